// Programs of dense layers.
import {
  constraints,
  input,
  layers,
  losses,
  metrics,
  model,
  optimizers,
  regularizers,
  sequential,
  type Tensor,
} from '../../../ts/index.ts';
import { chirp } from '../data.ts';
import { binary, labels, type Make, oneHot } from './program.ts';

const mlp: Make = () => {
  const net = sequential({
    layers: [
      layers.dense({ units: 24, activation: 'relu', inputShape: [10] }),
      layers.dense({ units: 16, activation: 'tanh', kernelRegularizer: regularizers.l2({ l2: 0.01 }) }),
      layers.dropout({ rate: 0 }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  net.compile({
    optimizer: new optimizers.SGD({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
    loss: new losses.CategoricalCrossentropy({ labelSmoothing: 0.1 }),
    metrics: ['accuracy', 'mse'],
    weightedMetrics: ['categoricalCrossentropy', 'accuracy'],
  });
  const sampleWeight = chirp([32], 1, 0.5, 1);
  return { model: net, x: chirp([32, 10], 0.2), y: oneHot([32, 3]), sampleWeight, batch: 8, evaluate: 12 };
};

const several: Make = () => {
  const numbers = input({ shape: [6], name: 'numbers' });
  const ids = input({ shape: [5], dtype: 'int32', name: 'words' });
  const dense = layers.dense({ units: 8, activation: 'selu', kernelInitializer: 'leCunNormal' }).apply(numbers);
  const embedded = layers.embedding({ inputDim: 12, outputDim: 8, maskZero: true }).apply(ids);
  const bag = layers.globalAveragePooling1d().apply(embedded);
  const both = layers.concatenate().apply([dense, bag, layers.multiply().apply([dense, bag])]);
  const shared = layers.dense({ units: 10, activation: 'elu' }).apply(both);
  const price = layers.dense({ units: 1, name: 'price' }).apply(shared);
  const kind = layers.dense({ units: 4, activation: 'softmax', name: 'kind' }).apply(shared);
  const largest = layers.maximum().apply([shared, layers.dense({ units: 10 }).apply(dense)]);
  const flags = layers.dense({ units: 3, activation: 'sigmoid', name: 'flags' }).apply(largest);
  const net = model({ inputs: [numbers, ids], outputs: [price, kind, flags] });
  net.compile({
    optimizer: new optimizers.Adam({ learningRate: 0.01 }),
    loss: ['huber', 'sparseCategoricalCrossentropy', new losses.BinaryCrossentropy()],
    lossWeights: [0.5, 2, 1],
    metrics: [['mae', 'rootMeanSquaredError'], ['accuracy'], []],
    weightedMetrics: [[], ['sparseCategoricalCrossentropy'], ['accuracy']],
  });
  return {
    model: net,
    x: [chirp([24, 6], 0.5), labels([24, 5], 12)],
    y: [chirp([24, 1], 3), labels([24, 1], 4), binary([24, 3])],
    sampleWeight: [chirp([24], 1, 0.5, 1), chirp([24], 2, 0.4, 0.8), chirp([24], 4, 0.3, 1)],
    batch: 8,
    evaluate: 10,
  };
};

const named: Make = () => {
  const inputs = { left: input({ shape: [4], name: 'left' }), right: input({ shape: [4], name: 'right' }) };
  const h = layers
    .average()
    .apply([
      layers.dense({ units: 6, activation: 'softplus' }).apply(inputs.left),
      layers.dense({ units: 6, activation: 'gelu' }).apply(inputs.right),
    ]);
  const outputs = {
    sum: layers.dense({ units: 2, name: 'total' }).apply(h),
    sign: layers.dense({ units: 1, activation: 'sigmoid', name: 'positive' }).apply(h),
  };
  const net = model({ inputs, outputs });
  net.compile({
    optimizer: new optimizers.RMSprop({ learningRate: 0.01, momentum: 0.5 }),
    loss: { sum: 'logCosh', sign: 'binaryCrossentropy' },
    lossWeights: { sum: 1.5, sign: 0.3 },
    metrics: { sign: ['accuracy', new metrics.AUC({ name: 'area' })] },
  });
  const y = { sum: chirp([24, 2], 6), sign: binary([24, 1]) };
  return { model: net, x: { left: chirp([24, 4], 1), right: chirp([24, 4], 2) }, y, batch: 6, evaluate: 24 };
};

const wideAndDeep: Make = () => {
  const wide = input({ shape: [12] });
  const deep = input({ shape: [5] });
  let h = layers.dense({ units: 8 }).apply(layers.unitNormalization().apply(deep));
  h = layers.dense({ units: 6 }).apply(layers.prelu().apply(h));
  h = layers.concatenate().apply([wide, layers.leakyReLU().apply(h)]);
  const net = model({ inputs: [wide, deep], outputs: layers.dense({ units: 1, activation: 'sigmoid' }).apply(h) });
  net.compile({
    optimizer: new optimizers.Ftrl({
      learningRate: 0.1,
      l1RegularizationStrength: 0.001,
      l2RegularizationStrength: 0.01,
    }),
    loss: new losses.BinaryFocalCrossentropy(),
    metrics: ['binaryAccuracy', new metrics.Precision({ name: 'precision' }), new metrics.Recall({ name: 'recall' })],
  });
  const x = [binary([24, 12]), chirp([24, 5], 0.4)];
  return { model: net, x, y: binary([24, 1]), classWeight: { 0: 0.5, 1: 2 }, batch: 8, evaluate: 8 };
};

/** Adds what its inputs cost to the loss. */
class Budget extends layers.Layer {
  override call(x: Tensor): Tensor {
    this.addLoss(x.square().mean().mul(0.02));
    return x;
  }
}

const penalized: Make = () => {
  const net = sequential({
    layers: [
      layers.dense({ units: 8, activation: 'tanh', trainable: false, kernelRegularizer: 'l2', inputShape: [6] }),
      layers.dense({
        units: 8,
        activation: 'silu',
        activityRegularizer: regularizers.l1({ l1: 0.01 }),
        kernelConstraint: constraints.maxNorm({ maxValue: 0.9 }),
      }),
      new Budget(),
      layers.dense({
        units: 4,
        kernelRegularizer: regularizers.l1l2({ l1: 0.01, l2: 0.02 }),
        biasConstraint: 'nonNeg',
        activation: 'hardSigmoid',
      }),
      layers.activityRegularization({ l2: 0.05 }),
      layers.dense({ units: 2, kernelConstraint: constraints.unitNorm({ axis: 1 }) }),
    ],
  });
  net.compile({
    optimizer: new optimizers.Adagrad({ learningRate: 0.1 }),
    loss: 'meanAbsoluteError',
    metrics: ['mse', new metrics.CosineSimilarity()],
  });
  return { model: net, x: chirp([24, 6], 0.7), y: chirp([24, 2], 1.7), batch: 8, evaluate: 7 };
};

/** Running means of the weights take their place when `fit` ends, and gradients are added up over two steps. */
const averaged: Make = () => {
  const net = sequential({
    layers: [
      layers.dense({ units: 12, activation: 'mish', inputShape: [6] }),
      layers.layerNormalization(),
      layers.dense({ units: 2 }),
    ],
  });
  const optimizer = new optimizers.Adam({
    learningRate: 0.02,
    useEma: true,
    emaMomentum: 0.8,
    gradientAccumulationSteps: 2,
    globalClipnorm: 0.5,
  });
  net.compile({ optimizer, loss: 'mse', metrics: ['mae'] });
  const validationData = [chirp([10, 6], 9), chirp([10, 2], 8)] as const;
  return {
    model: net,
    x: chirp([40, 6], 0.7),
    y: chirp([40, 2], 1.7),
    batch: 8,
    fit: { epochs: 4, validationData },
  };
};

/** The programs by their names. */
export const programs: Readonly<Record<string, Make>> = {
  mlp,
  'several inputs and outputs': several,
  'inputs and outputs by name': named,
  'wide and deep': wideAndDeep,
  'penalties and constraints': penalized,
  'running means': averaged,
};
