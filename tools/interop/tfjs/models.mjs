// Models of TensorFlow.js that hornbeam can read: every layer class that both have. `make(tf)` builds one, not compiled; `inputs` are the
// shapes of its inputs without the batch (`integers`: below which the numbers are). The fixtures of npm test are some of them.
const sequence = (tf, ...layers) => tf.sequential({ layers });

// A bias before batch normalization has a gradient of rounding errors alone, which Adam makes steps of: models that are trained have none.
// Average pooling with padding 'same', and a frozen batch normalization, train otherwise in TensorFlow.js.
/** @type {Record<string, { make(tf): object, inputs: number[][], integers?: number, trains?: boolean }>} */
export const models = {
  dense: {
    make: ({ layers: l, ...tf }) =>
      sequence(tf, l.dense({ units: 4, activation: 'relu', inputShape: [3] }), l.dense({ units: 2, useBias: false })),
    inputs: [[3]],
  },
  'dense-options': {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.dense({
          units: 4,
          inputShape: [3],
          kernelInitializer: 'heNormal',
          kernelRegularizer: tf.regularizers.l1l2({ l1: 0.01, l2: 0.02 }),
          biasConstraint: tf.constraints.maxNorm({ maxValue: 1 }),
          activation: 'softsign',
        }),
        l.activation({ activation: 'hardSigmoid' }),
        l.dense({ units: 3, activation: 'softmax', kernelConstraint: 'nonNeg' }),
      ),
    inputs: [[3]],
  },
  activations: {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        ...['elu', 'selu', 'relu6', 'sigmoid', 'softplus', 'tanh', 'swish', 'mish', 'linear'].map((activation, i) =>
          l.dense({ units: 4, activation, ...(i === 0 ? { inputShape: [4] } : {}) }),
        ),
      ),
    inputs: [[4]],
  },
  'advanced-activations': {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.dense({ units: 6, inputShape: [4] }),
        l.leakyReLU({ alpha: 0.2 }),
        l.dense({ units: 6 }),
        l.elu({}),
        l.dense({ units: 6 }),
        l.reLU({ maxValue: 2 }),
        l.dense({ units: 6 }),
        l.thresholdedReLU({ theta: 0.1 }),
        l.dense({ units: 6 }),
        l.prelu({ alphaInitializer: 'ones' }),
        l.softmax({}),
      ),
    inputs: [[4]],
  },
  'batch-normalization': {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.dense({ units: 4, useBias: false, inputShape: [3] }),
        l.batchNormalization({ momentum: 0.9, epsilon: 0.01 }),
        l.dense({ units: 4, useBias: false, activation: 'tanh' }),
        l.batchNormalization({}),
        l.dense({ units: 2 }),
      ),
    inputs: [[3]],
    trains: true,
  },
  // TensorFlow.js fails when it trains those.
  'batch-normalization-options': {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.dense({ units: 4, inputShape: [3] }),
        l.batchNormalization({ scale: false }),
        l.batchNormalization({ center: false }),
      ),
    inputs: [[3]],
  },
  regularization: {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.dense({ units: 8, inputShape: [3] }),
        l.layerNormalization({ epsilon: 1e-3 }),
        l.dropout({ rate: 0.3 }),
        l.gaussianNoise({ stddev: 0.1 }),
        l.gaussianDropout({ rate: 0.2 }),
        l.alphaDropout({ rate: 0.1 }),
        l.dense({ units: 2 }),
      ),
    inputs: [[3]],
  },
  conv2d: {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.conv2d({ filters: 3, kernelSize: 3, activation: 'relu', inputShape: [8, 8, 2] }),
        l.maxPooling2d({ poolSize: 2 }),
        l.conv2d({ filters: 4, kernelSize: [2, 1], strides: [1, 2], padding: 'same' }),
        l.averagePooling2d({ poolSize: 2, strides: 1 }),
        l.flatten(),
        l.dense({ units: 2 }),
      ),
    inputs: [[8, 8, 2]],
    trains: true,
  },
  'conv2d-kinds': {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.separableConv2d({ filters: 3, kernelSize: 2, inputShape: [7, 7, 2] }),
        l.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2, activation: 'tanh' }),
        l.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same' }),
        l.conv2d({ filters: 2, kernelSize: 2, dilationRate: 2 }),
        l.globalAveragePooling2d({}),
      ),
    inputs: [[7, 7, 2]],
  },
  shapes2d: {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.zeroPadding2d({ padding: [[1, 2], [0, 1]], inputShape: [5, 5, 2] }),
        l.cropping2D({ cropping: [[1, 0], [1, 1]] }),
        l.upSampling2d({ size: [2, 2] }),
        l.upSampling2d({ size: [1, 2], interpolation: 'bilinear' }),
        l.globalMaxPooling2d({}),
      ),
    inputs: [[5, 5, 2]],
  },
  conv1d: {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.conv1d({ filters: 4, kernelSize: 3, padding: 'same', inputShape: [12, 2] }),
        l.maxPooling1d({ poolSize: 2 }),
        l.conv1d({ filters: 3, kernelSize: 2, activation: 'relu' }),
        l.averagePooling1d({ poolSize: 2 }),
        l.spatialDropout1d({ rate: 0.2 }),
        l.globalMaxPooling1d({}),
      ),
    inputs: [[12, 2]],
  },
  conv3d: {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.conv3d({ filters: 2, kernelSize: 2, inputShape: [6, 6, 6, 1] }),
        l.maxPooling3d({ poolSize: 2 }),
        l.conv3dTranspose({ filters: 2, kernelSize: 2 }),
        l.averagePooling3d({ poolSize: 2, strides: 1 }),
        l.flatten(),
      ),
    inputs: [[6, 6, 6, 1]],
  },
  reshaping: {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.dense({ units: 6, inputShape: [4] }),
        l.repeatVector({ n: 4 }),
        l.permute({ dims: [2, 1] }),
        l.reshape({ targetShape: [3, 8] }),
        l.globalAveragePooling1d({}),
      ),
    inputs: [[4]],
  },
  embedding: {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.embedding({ inputDim: 10, outputDim: 4, inputLength: 6 }),
        l.flatten(),
        l.dense({ units: 2 }),
      ),
    inputs: [[6]],
    integers: 10,
    trains: true,
  },
  'embedding-masked': {
    make: ({ layers: l, ...tf }) =>
      sequence(tf, l.embedding({ inputDim: 6, outputDim: 4, maskZero: true, inputLength: 5 }), l.lstm({ units: 3 })),
    inputs: [[5]],
    integers: 6,
  },
  masking: {
    make: ({ layers: l, ...tf }) =>
      sequence(tf, l.masking({ maskValue: 0, inputShape: [5, 3] }), l.simpleRNN({ units: 3 })),
    inputs: [[5, 3]],
  },
  lstm: {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.lstm({ units: 3, returnSequences: true, inputShape: [5, 2] }),
        l.lstm({ units: 2, recurrentActivation: 'sigmoid', goBackwards: true }),
        l.dense({ units: 2 }),
      ),
    inputs: [[5, 2]],
    trains: true,
  },
  gru: {
    make: ({ layers: l, ...tf }) =>
      sequence(tf, l.gru({ units: 3, returnSequences: true, inputShape: [5, 2] }), l.gru({ units: 2, useBias: false })),
    inputs: [[5, 2]],
    trains: true,
  },
  'simple-rnn': {
    make: ({ layers: l, ...tf }) =>
      sequence(tf, l.simpleRNN({ units: 3, activation: 'relu', dropout: 0.1, inputShape: [5, 2] })),
    inputs: [[5, 2]],
    trains: false,
  },
  'rnn-cell': {
    make: ({ layers: l, ...tf }) => sequence(tf, l.rnn({ cell: l.gruCell({ units: 3 }), inputShape: [5, 2] })),
    inputs: [[5, 2]],
  },
  'rnn-stacked': {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.rnn({ cell: [l.lstmCell({ units: 3 }), l.gruCell({ units: 2 }), l.simpleRNNCell({ units: 4 })], inputShape: [5, 2] }),
      ),
    inputs: [[5, 2]],
  },
  bidirectional: {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.bidirectional({ layer: l.lstm({ units: 2, returnSequences: true }), mergeMode: 'concat', inputShape: [4, 3] }),
        l.bidirectional({ layer: l.gru({ units: 3, name: 'inner' }), mergeMode: 'sum' }),
        l.dense({ units: 1 }),
      ),
    inputs: [[4, 3]],
    trains: true,
  },
  'time-distributed': {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.timeDistributed({ layer: l.dense({ units: 3 }), inputShape: [4, 2] }),
        l.timeDistributed({ layer: l.activation({ activation: 'tanh' }) }),
        l.lstm({ units: 2 }),
      ),
    inputs: [[4, 2]],
  },
  'conv-lstm2d': {
    make: ({ layers: l, ...tf }) =>
      sequence(tf, l.convLstm2d({ filters: 2, kernelSize: 2, inputShape: [3, 5, 5, 1] }), l.flatten()),
    inputs: [[3, 5, 5, 1]],
  },
  preprocessing: {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.rescaling({ scale: 0.5, offset: -1, inputShape: [8, 8, 2] }),
        l.flatten(),
      ),
    inputs: [[8, 8, 2]],
  },
  merging: {
    make: (tf) => {
      const { layers: l } = tf;
      const [a, b] = [tf.input({ shape: [4] }), tf.input({ shape: [4] })];
      const c = l.dense({ units: 4 }).apply(a);
      const d = l.dense({ units: 4 }).apply(b);
      const parts = [
        l.add().apply([c, d]),
        l.multiply().apply([c, d]),
        l.average().apply([c, d]),
        l.maximum().apply([c, d]),
        l.minimum().apply([c, d]),
      ];
      return tf.model({ inputs: [a, b], outputs: l.concatenate({ axis: -1 }).apply(parts) });
    },
    inputs: [[4], [4]],
  },
  dot: {
    make: (tf) => {
      const { layers: l } = tf;
      const [a, b] = [tf.input({ shape: [3, 4], name: 'left' }), tf.input({ shape: [5, 4], name: 'right' })];
      return tf.model({ inputs: [a, b], outputs: l.dot({ axes: 2, normalize: true }).apply([a, b]), name: 'products' });
    },
    inputs: [[3, 4], [5, 4]],
  },
  'several-outputs': {
    make: (tf) => {
      const { layers: l } = tf;
      const x = tf.input({ shape: [4], name: 'features' });
      const hidden = l.dense({ units: 5, activation: 'relu', name: 'hidden_layer' }).apply(x);
      const first = l.dense({ units: 2, name: 'first' }).apply(hidden);
      const second = l.dense({ units: 1, name: 'secondOutput' }).apply(l.concatenate().apply([hidden, x]));
      return tf.model({ inputs: x, outputs: [first, second] });
    },
    inputs: [[4]],
  },
  'shared-layer': {
    make: (tf) => {
      const { layers: l } = tf;
      const [a, b] = [tf.input({ shape: [3] }), tf.input({ shape: [3] })];
      const shared = l.dense({ units: 3, name: 'shared' });
      const sum = l.add().apply([shared.apply(a), shared.apply(b)]);
      return tf.model({ inputs: [a, b], outputs: l.dense({ units: 1 }).apply(sum) });
    },
    inputs: [[3], [3]],
  },
  residual: {
    make: (tf) => {
      const { layers: l } = tf;
      const x = tf.input({ shape: [6, 6, 2] });
      let y = l.conv2d({ filters: 2, kernelSize: 3, padding: 'same', useBias: false }).apply(x);
      y = l.activation({ activation: 'relu' }).apply(l.batchNormalization().apply(y));
      y = l.add().apply([x, y]);
      return tf.model({ inputs: x, outputs: l.dense({ units: 2 }).apply(l.globalAveragePooling2d({}).apply(y)) });
    },
    inputs: [[6, 6, 2]],
    trains: true,
  },
  nested: {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        sequence(tf, l.dense({ units: 4, useBias: false, inputShape: [3], name: 'inner_dense' }), l.batchNormalization()),
        l.dense({ units: 2 }),
      ),
    inputs: [[3]],
    trains: true,
  },
  'nested-functional': {
    make: (tf) => {
      const { layers: l } = tf;
      const x = tf.input({ shape: [4] });
      const inner = tf.model({ inputs: x, outputs: l.dense({ units: 3, name: 'in_inner' }).apply(x), name: 'inner_model' });
      const z = tf.input({ shape: [4] });
      return tf.model({ inputs: z, outputs: l.dense({ units: 2 }).apply(l.add().apply([inner.apply(z), inner.apply(z)])) });
    },
    inputs: [[4]],
  },
  frozen: {
    make: ({ layers: l, ...tf }) =>
      sequence(
        tf,
        l.dense({ units: 4, inputShape: [3], trainable: false }),
        l.batchNormalization({}),
        l.dense({ units: 2 }),
      ),
    inputs: [[3]],
    trains: true,
  },
  'no-weights': {
    make: ({ layers: l, ...tf }) => sequence(tf, l.flatten({ inputShape: [2, 3] }), l.activation({ activation: 'relu' })),
    inputs: [[2, 3]],
    trains: false,
  },
  large: {
    make: ({ layers: l, ...tf }) =>
      sequence(tf, l.dense({ units: 1200, inputShape: [700] }), l.dense({ units: 1000 }), l.dense({ units: 2 })),
    inputs: [[700]],
  },
};

/** Optimizers that take the same steps in both, with and without options. */
export const optimizers = {
  sgd: (tf) => tf.train.sgd(0.05),
  momentum: (tf) => tf.train.momentum(0.02, 0.9),
  nesterov: (tf) => tf.train.momentum(0.02, 0.8, true),
  rmsprop: (tf) => tf.train.rmsprop(0.01, 0.9),
  'rmsprop-momentum': (tf) => tf.train.rmsprop(0.01, 0.9, 0.5),
  adam: (tf) => tf.train.adam(0.01),
  'adam-options': (tf) => tf.train.adam(0.02, 0.8, 0.95, 1e-6),
  adagrad: (tf) => tf.train.adagrad(0.05),
  // Adadelta keeps the same state, but TensorFlow.js divides by the mean of squares of the step before.
};

/** Numbers in [-1, 1], or whole ones below `below`, the same in every process. */
export function numbers(count, seed, below) {
  let state = seed * 2654435761 + 12345;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const share = state / 2 ** 32;
    return below === undefined ? Math.round((2 * share - 1) * 1000) / 1000 : Math.floor(share * below);
  });
}
