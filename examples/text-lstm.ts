// Tells good reviews from bad ones with an LSTM: npx tsx examples/text-lstm.ts (EPOCHS=2 to vary it).
import { layers, sequential, setSeed, tensor, train } from 'hornbeam';

setSeed(1);

// Reviews are made up; `not` turns their meaning round, so single words do not tell.
const good = ['great', 'lovely', 'clever', 'moving'];
const bad = ['dull', 'clumsy', 'boring', 'awful'];
const things = ['film', 'story', 'cast', 'music', 'ending'];
let seed = 1;
function pick<T>(list: readonly T[]): T {
  seed = (seed * 48271) % 2147483647;
  return list[seed % list.length] as T;
}
function review(): { text: string; isGood: number } {
  const [praises, negated] = [pick([true, false]), pick([true, false])];
  const word = pick(praises ? good : bad);
  const text = `the ${pick(things)} was ${negated ? 'not ' : ''}${word}${pick(['', ' indeed', ' if you ask me'])}`;
  return { text, isGood: praises !== negated ? 1 : 0 };
}

// Words become ids from 1 on; 0 fills short reviews up, and is masked.
const steps = 9;
const ids = new Map<string, number>();
function encode(text: string, learns: boolean): number[] {
  const words = text.toLowerCase().split(' ').slice(0, steps);
  const known = words.map((word) => {
    if (learns && !ids.has(word)) ids.set(word, ids.size + 1);
    return ids.get(word) ?? 0;
  });
  return [...known, ...new Array<number>(steps - known.length).fill(0)];
}

const reviews = Array.from({ length: 1000 }, review);
const x = tensor(
  reviews.map(({ text }) => encode(text, true)),
  undefined,
  'int32',
);
const y = tensor(reviews.map(({ isGood }) => [isGood]));

const model = sequential();
model.add(layers.embedding({ inputDim: ids.size + 1, outputDim: 16, maskZero: true, inputShape: [steps] }));
model.add(layers.lstm({ units: 16 }));
model.add(layers.dense({ units: 1, activation: 'sigmoid' }));
model.compile({ optimizer: train.adam(0.01), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
model.summary();
await model.fit(x, y, { epochs: Number(process.env.EPOCHS ?? 8), validationSplit: 0.2 });

const asked = ['the music was lovely', 'the music was not lovely', 'the ending was not awful if you ask me'];
const answers = await model.predict(asked.map((text) => encode(text, false))).data();
for (const [i, text] of asked.entries()) console.log(`${answers[i]?.toFixed(2)} ${text}`);
