// Two inputs, two outputs: the price of a flat and how soon it is let, from numbers and from the part of the town.
// npx tsx examples/multi-output.ts (EPOCHS=2 to vary it)
import {
  callbacks,
  input,
  layers,
  model,
  randomNormal,
  randomUniform,
  randomUniformInt,
  setSeed,
  stack,
} from 'hornbeam';

setSeed(1);
const count = 2000;
const parts = 6;

// Made up: size in hundreds of square metres, age in decades, one of six parts of the town that differ in what they cost.
const size = randomUniform([count], 0.3, 1.5);
const age = randomUniform([count], 0, 8);
const part = randomUniformInt([count], 0, parts);
const worth = part.cast('float32').mul(0.4).add(1);
const price = size
  .mul(worth)
  .sub(age.mul(0.05))
  .add(randomNormal([count], 0, 0.05));
// 0: within a week, 1: within a month, 2: later. What is cheap for its size goes first.
const rate = price.div(size);
const soon = rate.greater(1.5).cast('int32').add(rate.greater(2.2).cast('int32'));

const numbers = input({ shape: [2], name: 'numbers' });
const town = input({ shape: [1], dtype: 'int32', name: 'town' });
const place = layers.flatten().apply(layers.embedding({ inputDim: parts, outputDim: 4 }).apply(town));
const all = layers.concatenate().apply([layers.batchNormalization().apply(numbers), place]);
const hidden = layers.dense({ units: 32, activation: 'relu' }).apply(all);
// The two answers share a layer, and have one of their own each.
const priced = layers
  .dense({ units: 1, name: 'price' })
  .apply(layers.dense({ units: 16, activation: 'relu' }).apply(hidden));
const letting = layers.dense({ units: 3, activation: 'softmax', name: 'soon' }).apply(hidden);
const flats = model({ inputs: { numbers, town }, outputs: { price: priced, soon: letting } });
flats.compile({
  optimizer: 'adam',
  loss: { price: 'meanSquaredError', soon: 'sparseCategoricalCrossentropy' },
  lossWeights: { price: 2, soon: 1 },
  metrics: { price: ['meanAbsoluteError'], soon: ['accuracy'] },
});
flats.summary();

const x = { numbers: stack([size, age], 1), town: part.expandDims(1) };
await flats.fit(
  x,
  { price: price.expandDims(1), soon },
  {
    epochs: Number(process.env.EPOCHS ?? 20),
    validationSplit: 0.2,
    callbacks: new callbacks.EarlyStopping({ patience: 5, restoreBestWeights: true }),
  },
);

const asked = {
  numbers: [
    [0.8, 1],
    [0.8, 1],
  ],
  town: [[0], [5]],
};
const answer = flats.predict(asked);
const prices = await answer.price.data();
const terms = await answer.soon.argMax(-1).data();
for (const i of [0, 1]) console.log(`part ${asked.town[i]}: price ${prices[i]?.toFixed(2)}, let in class ${terms[i]}`);
