// Programs of layers over space.
import { input, layers, losses, metrics, model, optimizers, sequential } from '../../../ts/index.ts';
import type { SymbolicTensor } from '../../../ts/layers/index.ts';
import { chirp } from '../data.ts';
import { binary, labels, type Make, oneHot, shares } from './program.ts';

const mnist: Make = () => {
  const net = sequential();
  net.add(layers.conv2d({ filters: 6, kernelSize: 3, activation: 'relu', inputShape: [16, 16, 1] }));
  net.add(layers.maxPooling2d({ poolSize: 2 }));
  net.add(layers.conv2d({ filters: 8, kernelSize: 3, activation: 'relu' }));
  net.add(layers.maxPooling2d({ poolSize: 2 }));
  net.add(layers.conv2d({ filters: 8, kernelSize: 2, activation: 'relu' }));
  net.add(layers.flatten());
  net.add(layers.dense({ units: 12, activation: 'relu' }));
  net.add(layers.dense({ units: 10, activation: 'softmax' }));
  net.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  const validationData = [shares([10, 16, 16, 1], 5), labels([10], 10)] as const;
  return {
    model: net,
    x: shares([44, 16, 16, 1], 0.4),
    y: labels([44], 10),
    batch: 12,
    fit: { epochs: 5, validationData },
  };
};

function block(x: SymbolicTensor, filters: number, strides: number): SymbolicTensor {
  const same = { padding: 'same', useBias: false } as const;
  let h = layers.conv2d({ filters, kernelSize: 3, strides, ...same }).apply(x);
  h = layers.reLU().apply(layers.batchNormalization({ momentum: 0.9 }).apply(h));
  h = layers.conv2d({ filters, kernelSize: 3, ...same }).apply(h);
  h = layers.batchNormalization({ momentum: 0.9 }).apply(h);
  const shortcut = strides > 1 ? layers.conv2d({ filters, kernelSize: 1, strides }).apply(x) : x;
  return layers.activation({ activation: 'relu' }).apply(layers.add().apply([shortcut, h]));
}

const residual: Make = () => {
  const x = input({ shape: [8, 8, 3] });
  const h = layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }).apply(x);
  const pooled = layers.globalAveragePooling2d().apply(block(block(h, 4, 1), 8, 2));
  const net = model({ inputs: x, outputs: layers.dense({ units: 3 }).apply(pooled) });
  const learningRate = new optimizers.schedules.PiecewiseConstantDecay({
    boundaries: [6, 13],
    values: [0.1, 0.05, 0.01],
  });
  net.compile({
    optimizer: new optimizers.SGD({ learningRate, momentum: 0.9, weightDecay: 1e-3 }),
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  return { model: net, x: chirp([16, 8, 8, 3], 0.4), y: labels([16]), batch: 8, evaluate: 6 };
};

const uNet: Make = () => {
  const convolution = (filters: number) =>
    layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu' });
  const x = input({ shape: [8, 8, 2] });
  const first = convolution(4).apply(x);
  const second = convolution(6).apply(layers.maxPooling2d({ poolSize: 2 }).apply(first));
  const middle = convolution(8).apply(layers.averagePooling2d({ poolSize: 2 }).apply(second));
  let h = layers.concatenate().apply([layers.upSampling2d({ size: 2 }).apply(middle), second]);
  h = layers.conv2dTranspose({ filters: 4, kernelSize: 2, strides: 2, padding: 'same' }).apply(convolution(6).apply(h));
  h = layers.spatialDropout2d({ rate: 0 }).apply(layers.concatenate().apply([h, first]));
  const outputs = layers.conv2d({ filters: 1, kernelSize: 1, activation: 'sigmoid' }).apply(h);
  const net = model({ inputs: x, outputs });
  net.compile({
    optimizer: new optimizers.RMSprop({ learningRate: 0.005, centered: true }),
    loss: 'binaryCrossentropy',
    metrics: [new metrics.BinaryIoU({ name: 'iou' }), 'binaryAccuracy'],
  });
  return { model: net, x: chirp([8, 8, 8, 2], 0.4), y: binary([8, 8, 8, 1]), batch: 4, evaluate: 3 };
};

const separable: Make = () => {
  const net = sequential({
    layers: [
      layers.separableConv2d({
        filters: 6,
        kernelSize: 3,
        padding: 'same',
        depthMultiplier: 2,
        useBias: false,
        inputShape: [10, 9, 3],
      }),
      layers.batchNormalization({ momentum: 0.8 }),
      layers.reLU({ maxValue: 6 }),
      layers.depthwiseConv2d({ kernelSize: 3, strides: 2, padding: 'same', useBias: false }),
      layers.batchNormalization({ momentum: 0.8, scale: false }),
      layers.activation({ activation: 'hardSilu' }),
      layers.conv2d({ filters: 8, kernelSize: 1, groups: 2 }),
      layers.globalMaxPooling2d(),
      layers.dense({ units: 4, activation: 'softmax' }),
    ],
  });
  net.compile({
    optimizer: new optimizers.Nadam({ learningRate: 0.005 }),
    loss: 'categoricalFocalCrossentropy',
    metrics: ['accuracy', new metrics.TopKCategoricalAccuracy({ k: 2, name: 'top' })],
  });
  return { model: net, x: chirp([16, 10, 9, 3], 0.4), y: oneHot([16, 4]), batch: 8, evaluate: 16 };
};

const autoencoder: Make = () => {
  const encoder = sequential({
    name: 'encoder',
    layers: [
      layers.zeroPadding2d({ padding: 1, inputShape: [8, 8, 1] }),
      layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, activation: 'relu' }),
      layers.flatten(),
      layers.dense({ units: 6, activation: 'tanh' }),
    ],
  });
  const code = input({ shape: [6] });
  let h = layers.reshape({ targetShape: [4, 4, 2] }).apply(layers.dense({ units: 32, activation: 'relu' }).apply(code));
  h = layers.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, activation: 'relu' }).apply(h);
  h = layers
    .cropping2d({
      cropping: [
        [0, 1],
        [1, 0],
      ],
    })
    .apply(h);
  h = layers.conv2dTranspose({ filters: 1, kernelSize: 3, padding: 'same', activation: 'sigmoid' }).apply(h);
  const decoder = model({ inputs: code, outputs: h, name: 'decoder' });
  const x = input({ shape: [8, 8, 1] });
  const net = model({ inputs: x, outputs: decoder.apply(encoder.apply(x)) });
  net.compile({
    optimizer: new optimizers.Adamax({ learningRate: 0.01 }),
    loss: 'mse',
    metrics: ['meanSquaredLogarithmicError'],
  });
  const images = shares([12, 8, 8, 1], 0.4);
  return { model: net, x: images, y: images, batch: 4, evaluate: 5 };
};

const volumes: Make = () => {
  const net = sequential({
    layers: [
      layers.conv3d({ filters: 4, kernelSize: 3, activation: 'relu', padding: 'same', inputShape: [6, 6, 6, 1] }),
      layers.maxPooling3d({ poolSize: 2 }),
      layers.conv3d({ filters: 4, kernelSize: 2, activation: 'leakyRelu' }),
      layers.averagePooling3d({ poolSize: 2 }),
      layers.flatten(),
      layers.dense({ units: 2, activation: 'logSoftmax' }),
    ],
  });
  net.compile({
    optimizer: new optimizers.Adadelta({ learningRate: 1 }),
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  return { model: net, x: chirp([12, 6, 6, 6, 1], 0.4), y: labels([12, 1], 2), batch: 4, evaluate: 12 };
};

const frames: Make = () => {
  const x = input({ shape: [4, 5, 5, 2] });
  let h = layers.convLstm2d({ filters: 4, kernelSize: 3, padding: 'same', returnSequences: true }).apply(x);
  h = layers.layerNormalization().apply(h);
  const inner = layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', activation: 'relu' });
  h = layers.timeDistributed({ layer: inner }).apply(h);
  const net = model({ inputs: x, outputs: layers.conv3d({ filters: 1, kernelSize: 3, padding: 'same' }).apply(h) });
  net.compile({
    optimizer: new optimizers.Adam({ learningRate: 0.01, clipvalue: 0.05 }),
    loss: 'mse',
    metrics: ['mae'],
  });
  return { model: net, x: chirp([8, 4, 5, 5, 2], 0.4), y: chirp([8, 4, 5, 5, 1], 1.4), batch: 4, evaluate: 8 };
};

const normalized: Make = () => {
  const x = input({ shape: [6, 6, 4] });
  let h = layers.conv2d({ filters: 8, kernelSize: 3, padding: 'same' }).apply(x);
  h = layers.activation({ activation: 'swish' }).apply(layers.groupNormalization({ groups: 4 }).apply(h));
  h = layers.conv2d({ filters: 8, kernelSize: 3, padding: 'same', dilationRate: 2 }).apply(h);
  h = layers.layerNormalization().apply(h);
  h = layers.add().apply([h, layers.conv2d({ filters: 8, kernelSize: 1 }).apply(x)]);
  h = layers.rmsNormalization().apply(layers.globalAveragePooling2d().apply(h));
  const net = model({ inputs: x, outputs: layers.dense({ units: 3, activation: 'softmax' }).apply(h) });
  const learningRate = new optimizers.schedules.CosineDecay({
    initialLearningRate: 0,
    decaySteps: 12,
    alpha: 0.1,
    warmupTarget: 0.02,
    warmupSteps: 6,
  });
  const optimizer = new optimizers.AdamW({ learningRate, weightDecay: 0.1, clipnorm: 0.3 });
  optimizer.excludeFromWeightDecay({ varNames: ['bias', 'gamma', 'beta', 'scale'] });
  net.compile({
    optimizer,
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy', new metrics.F1Score({ average: 'macro', name: 'f' })],
  });
  return { model: net, x: chirp([16, 6, 6, 4], 0.4), y: oneHot([16, 3]), batch: 8, evaluate: 8 };
};

/** The programs by their names. */
export const programs: Readonly<Record<string, Make>> = {
  mnist,
  residual,
  'u-net': uNet,
  separable,
  'autoencoder of two models': autoencoder,
  volumes,
  'frames of a convolutional LSTM': frames,
  'group and layer normalization': normalized,
};
