// A small transformer learns a text by heart and goes on writing it: npx tsx examples/transformer.ts (EPOCHS=2 to vary it).
import { input, layers, losses, model, range, type SymbolicTensor, setSeed, type Tensor, tensor } from 'hornbeam';

setSeed(1);
const text = `the hornbeam is a small tree of slow growth. its wood is hard and white.
old mills had gears of hornbeam, and old hedges were made of it.
in spring its leaves are folded like a fan. in autumn they are yellow.
`.repeat(8);
const characters = [...new Set(text)].sort();
const ids = [...text].map((character) => characters.indexOf(character));
const steps = 32;
const size = 48;

/** What a character means, and where it stands. */
class Embedded extends layers.Layer {
  static override readonly className = 'Embedded';
  readonly tokens = layers.embedding({ inputDim: characters.length, outputDim: size });
  readonly places = layers.embedding({ inputDim: steps, outputDim: size });

  override call(x: Tensor): Tensor {
    return this.tokens.apply(x).add(this.places.apply(range(0, x.shape[1] as number, 1, 'int32')));
  }
}

/** Attention to what came before, then a small net for every step; each is added to what it was given. */
function block(x: SymbolicTensor): SymbolicTensor {
  const norm = (y: SymbolicTensor): SymbolicTensor => layers.layerNormalization({ epsilon: 1e-6 }).apply(y);
  const attention = layers.multiHeadAttention({ numHeads: 4, keyDim: size / 4 });
  const attended = layers.add().apply([x, attention.apply(norm(x), { useCausalMask: true })]);
  const wide = layers.dense({ units: 4 * size, activation: 'gelu' }).apply(norm(attended));
  return layers.add().apply([attended, layers.dense({ units: size }).apply(wide)]);
}

const x = input({ shape: [null], dtype: 'int32' });
const h = block(block(new Embedded().apply(x)));
const next = layers.dense({ units: characters.length }).apply(layers.layerNormalization().apply(h));
const writer = model({ inputs: x, outputs: next });
const loss = new losses.SparseCategoricalCrossentropy({ fromLogits: true });
writer.compile({ optimizer: 'adam', loss, metrics: ['accuracy'] });

// Every window of the text; the targets are the same characters, one further.
const starts = Array.from({ length: ids.length - steps }, (_, i) => i);
const windows = tensor(
  starts.map((i) => ids.slice(i, i + steps)),
  undefined,
  'int32',
);
const targets = tensor(
  starts.map((i) => ids.slice(i + 1, i + steps + 1)),
  undefined,
  'int32',
);
await writer.fit(windows, targets, { epochs: Number(process.env.EPOCHS ?? 4), batchSize: 32 });

const written = [...'the hornbeam is '].map((character) => characters.indexOf(character));
for (let i = 0; i < 57; i++) {
  const seen = written.slice(-steps);
  const scores = writer.predict([seen]).slice([0, seen.length - 1, 0], [1, 1, -1]);
  written.push((await scores.argMax(-1).data())[0] as number);
}
console.log(written.map((id) => characters[id]).join(''));
