// Programs of layers over time.
import { input, layers, losses, model, optimizers, sequential } from '../../../ts/index.ts';
import { chirp } from '../data.ts';
import { binary, labels, type Make, oneHot, words } from './program.ts';

const bothDirections: Make = () => {
  const net = sequential({
    layers: [
      layers.inputLayer({ inputShape: [6], dtype: 'int32' }),
      layers.embedding({ inputDim: 15, outputDim: 6, maskZero: true }),
      layers.bidirectional({ layer: layers.lstm({ units: 5, returnSequences: true }) }),
      layers.bidirectional({ layer: layers.lstm({ units: 4 }), mergeMode: 'ave' }),
      layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  net.compile({
    optimizer: new optimizers.Adam({ learningRate: 0.02 }),
    loss: 'binaryCrossentropy',
    metrics: ['accuracy', 'auc'],
  });
  return { model: net, x: words(24, 6, 15), y: binary([24, 1]), classWeight: { 0: 1, 1: 3 }, batch: 8, evaluate: 24 };
};

const gated: Make = () => {
  const x = input({ shape: [7], dtype: 'int32' });
  let h = layers.embedding({ inputDim: 12, outputDim: 8, maskZero: true }).apply(x);
  h = layers.gru({ units: 6, returnSequences: true }).apply(h);
  h = layers.spatialDropout1d({ rate: 0 }).apply(h);
  h = layers.gru({ units: 6, resetAfter: false }).apply(h);
  const net = model({ inputs: x, outputs: layers.dense({ units: 4, activation: 'softmax' }).apply(h) });
  net.compile({
    optimizer: new optimizers.RMSprop({ learningRate: 0.02 }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  });
  return { model: net, x: words(24, 7, 12), y: labels([24], 4), batch: 8, evaluate: 9 };
};

/** A mask that reaches the loss and the metrics of a whole sequence. */
const tagged: Make = () => {
  const net = sequential({
    layers: [
      layers.masking({ maskValue: 0, inputShape: [5, 3] }),
      layers.simpleRNN({ units: 8, returnSequences: true, goBackwards: true }),
      layers.rnn({ cell: [layers.lstmCell({ units: 6 }), layers.gruCell({ units: 5 })], returnSequences: true }),
      layers.timeDistributed({ layer: layers.dense({ units: 3, activation: 'softmax' }) }),
    ],
  });
  net.compile({
    optimizer: new optimizers.Lion({ learningRate: 0.01 }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
    weightedMetrics: ['sparseCategoricalCrossentropy'],
  });
  const isStep = words(16, 5, 4).greater(0).cast('float32').reshape([16, 5, 1]);
  return {
    model: net,
    x: chirp([16, 5, 3], 0.4).mul(isStep),
    y: labels([16, 5, 1]),
    batch: 8,
    evaluate: 16,
    unmasked: true,
  };
};

const stateful: Make = () => {
  const net = sequential({
    layers: [
      layers.lstm({ units: 6, stateful: true, returnSequences: true, batchInputShape: [4, 3, 5] }),
      layers.gru({ units: 4, stateful: true }),
      layers.dense({ units: 2 }),
    ],
  });
  net.compile({ optimizer: new optimizers.SGD({ learningRate: 0.2, momentum: 0.8 }), loss: 'mse' });
  return { model: net, x: chirp([20, 3, 5], 0.4), y: chirp([20, 2], 2.4), batch: 4, resets: [4, 9, 16], evaluate: 4 };
};

const causal: Make = () => {
  const x = input({ shape: [12], dtype: 'int32' });
  let h = layers.embedding({ inputDim: 20, outputDim: 6 }).apply(x);
  for (const dilationRate of [1, 2, 4]) {
    const options = { filters: 6, kernelSize: 2, padding: 'causal', dilationRate } as const;
    const gate = layers
      .multiply()
      .apply([
        layers.conv1d({ ...options, activation: 'tanh' }).apply(h),
        layers.conv1d({ ...options, activation: 'sigmoid' }).apply(h),
      ]);
    h = layers.add().apply([h, layers.conv1d({ filters: 6, kernelSize: 1 }).apply(gate)]);
  }
  h = layers.separableConv1d({ filters: 8, kernelSize: 3, activation: 'gelu', padding: 'same' }).apply(h);
  h = layers.maxPooling1d({ poolSize: 2 }).apply(h);
  h = layers.concatenate().apply([layers.globalMaxPooling1d().apply(h), layers.globalAveragePooling1d().apply(h)]);
  const net = model({ inputs: x, outputs: layers.dense({ units: 5 }).apply(h) });
  net.compile({
    optimizer: new optimizers.Lamb({ learningRate: 0.02 }),
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy', 'sparseTopKCategoricalAccuracy'],
  });
  return { model: net, x: words(20, 12, 20, false), y: labels([20], 5), batch: 10, evaluate: 8 };
};

/** The states after one sequence begin the other. */
const translation: Make = () => {
  const source = input({ shape: [5, 4], name: 'source' });
  const target = input({ shape: [4, 3], name: 'target' });
  const [, hidden, carry] = layers.lstm({ units: 6, returnState: true }).apply(source);
  const h = layers.lstm({ units: 6, returnSequences: true }).apply(target, { initialState: [hidden, carry] });
  const outputs = layers.timeDistributed({ layer: layers.dense({ units: 3, activation: 'softmax' }) }).apply(h);
  const net = model({ inputs: [source, target], outputs });
  net.compile({
    optimizer: new optimizers.Adam({ learningRate: 0.02, amsgrad: true }),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
  });
  const x = [chirp([16, 5, 4], 0.4), chirp([16, 4, 3], 1.4)];
  return { model: net, x, y: oneHot([16, 4, 3]), batch: 4, evaluate: 16 };
};

const siamese: Make = () => {
  const inside = input({ shape: [6], dtype: 'int32' });
  const embedded = layers.embedding({ inputDim: 10, outputDim: 4 }).apply(inside);
  const code = layers.dense({ units: 4, activation: 'tanh' }).apply(layers.gru({ units: 8 }).apply(embedded));
  const encoder = model({ inputs: inside, outputs: code, name: 'encoder' });
  const left = input({ shape: [6], dtype: 'int32' });
  const right = input({ shape: [6], dtype: 'int32' });
  const both = [encoder.apply(left), encoder.apply(right)];
  const compared = layers
    .concatenate()
    .apply([layers.dot({ axes: 1, normalize: true }).apply(both), layers.subtract().apply(both)]);
  const outputs = layers.dense({ units: 1, activation: 'sigmoid' }).apply(compared);
  const net = model({ inputs: [left, right], outputs });
  net.compile({
    optimizer: new optimizers.Adafactor({ learningRate: 0.05 }),
    loss: 'binaryCrossentropy',
    metrics: ['accuracy'],
  });
  const x = [words(16, 6, 10, false), words(32, 6, 10, false).slice([16, 0])];
  return { model: net, x, y: binary([16, 1]), batch: 8, evaluate: 16 };
};

/** The programs by their names. */
export const programs: Readonly<Record<string, Make>> = {
  'bidirectional LSTM': bothDirections,
  'GRU encoder': gated,
  tags: tagged,
  stateful,
  'causal convolutions': causal,
  translation,
  siamese,
};
