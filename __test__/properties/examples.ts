import { operations } from './operations.ts';
import type { Call } from './recipe.ts';

const seeded: Call = [{ seed: '1' }];
const layer = { name: "'a'", trainable: 'true', dtype: "'float32'", inputShape: ['3'] } as const;
const kernel = {
  ...layer,
  activation: "'relu'",
  useBias: 'true',
  kernelInitializer: "'ones'",
  biasInitializer: { className: "'Constant'", config: { value: '1' } },
  kernelRegularizer: "'l2'",
  biasRegularizer: 'tf.regularizers.l1()',
  kernelConstraint: "'maxNorm'",
  biasConstraint: 'tf.constraints.nonNeg()',
} as const;
const optimizer = { name: "'a'", learningRate: '0.1', weightDecay: '0.1', clipnorm: '1' } as const;
const pooling = { poolSize: ['2', '2'], strides: '1', padding: "'same'", dataFormat: "'channelsLast'" } as const;
const depthwise = {
  kernelSize: '2',
  padding: "'same'",
  depthMultiplier: '1',
  activation: "'relu'",
  depthwiseInitializer: "'ones'",
  depthwiseRegularizer: "'l2'",
} as const;
const data: Call = ['x([4, 3])', 'x([4, 2])'];
const fit = {
  batchSize: '2',
  epochs: '1',
  verbose: '0',
  callbacks: ['new tf.EarlyStopping()', { onEpochEnd: '() => {}' }],
  validationSplit: '0.5',
  validationBatchSize: '2',
  validationSteps: '1',
  validationFreq: ['1'],
  shuffle: "'batch'",
  sampleWeight: 'x([4]).abs()',
  initialEpoch: '0',
  stepsPerEpoch: '1',
  signal: 'new AbortController().signal',
  handleSignals: 'false',
} as const;
const logs = { loss: '1', val_loss: '1' } as const;

/**
 * Right arguments by the name of a function (`new layers.Dense` for a constructor, `Dense#apply` for a method; a method is
 * also looked up under the classes that its own inherits from, and a method of Tensor as the function of its name without
 * the first argument). What stands in no row is called with tensors and small numbers.
 */
export const examples: Readonly<Record<string, readonly Call[]>> = {
  ...operations,
  'new initializers.Constant': [[{ value: '1' }]],
  'initializers.constant': [[{ value: '1' }]],
  'new initializers.Identity': [[{ gain: '2' }]],
  'new initializers.Orthogonal': [[{ gain: '2', seed: '1' }]],
  'new initializers.RandomNormal': [[{ mean: '1', stddev: '2', seed: '1' }]],
  'initializers.randomNormal': [[{ mean: '1', stddev: '2', seed: '1' }]],
  'new initializers.RandomUniform': [[{ minval: '1', maxval: '2', seed: '1' }]],
  'new initializers.VarianceScaling': [[{ scale: '1', mode: "'fanIn'", distribution: "'uniform'", seed: '1' }]],
  'new initializers.HeNormal': [seeded],
  'initializers.getInitializer': [["'ones'"], [{ className: "'RandomNormal'", config: { mean: '1' } }]],
  'Initializer#call': [[['2', '3'], "'float32'"]],
  'regularizers.getRegularizer': [["'l1'"], [{ className: "'L2'", config: { l2: '1' } }]],
  'new regularizers.L1': [[{ l1: '1' }]],
  'new regularizers.L2': [[{ l2: '1' }]],
  'new regularizers.L1L2': [[{ l1: '1', l2: '1' }]],
  'Regularizer#call': [['x()']],
  'constraints.getConstraint': [["'nonNeg'"], [{ className: "'MaxNorm'", config: { maxValue: '1' } }]],
  'new constraints.MaxNorm': [[{ maxValue: '1', axis: '0' }]],
  'new constraints.MinMaxNorm': [[{ minValue: '0', maxValue: '1', rate: '1', axis: '0' }]],
  'Constraint#call': [['x()']],

  'layers.dense': [[{ units: '2', ...kernel }]],
  'layers.conv2d': [[{ filters: '2', kernelSize: '2', ...kernel, inputShape: ['4', '4', '2'], groups: '1' }]],
  'layers.activation': [[{ activation: "'relu'", ...layer }]],
  'layers.batchNormalization': [[{ axis: '-1', momentum: '0.9', epsilon: '0.1', center: 'true', ...layer }]],
  'layers.dropout': [[{ rate: '0.5', noiseShape: ['null', '1'], seed: '1', ...layer }]],
  'layers.embedding': [
    [{ inputDim: '3', outputDim: '2', maskZero: 'true', weights: 'tf.ones([3, 2])', inputLength: '4', ...layer }],
  ],
  'layers.flatten': [[layer]],
  'layers.inputLayer': [[{ shape: ['3', 'null'] }]],
  'layers.masking': [[{ maskValue: '1', ...layer }]],
  'layers.maxPooling2d': [[pooling]],
  'layers.averagePooling2d': [[pooling]],
  'layers.depthwiseConv2d': [[depthwise]],
  'layers.globalAveragePooling2d': [[{ keepDims: 'true', ...layer }]],
  'layers.reLU': [[{ maxValue: '6', negativeSlope: '0.1', threshold: '0.5', ...layer }]],
  'layers.reshape': [[{ targetShape: ['-1', '1'], ...layer }]],
  'new layers.Dense': [[{ units: '2', ...kernel }]],
  'new layers.Conv2D': [
    [
      {
        filters: '2',
        kernelSize: ['2', '2'],
        strides: '1',
        padding: "'same'",
        dilationRate: '1',
        groups: '1',
        ...kernel,
      },
    ],
  ],
  'new layers.Activation': [[{ activation: "'relu'" }]],
  'new layers.BatchNormalization': [
    [{ axis: '-1', scale: 'true', gammaInitializer: "'ones'", betaRegularizer: "'l1'" }],
  ],
  'new layers.Dropout': [[{ rate: '0.5', seed: '1' }]],
  'new layers.Embedding': [[{ inputDim: '3', outputDim: '2' }]],
  'new layers.InputLayer': [[{ inputShape: ['3'] }]],
  'new layers.Masking': [[{ maskValue: '1' }]],
  'new layers.MaxPooling2D': [[pooling]],
  'new layers.AveragePooling2D': [[pooling]],
  'new layers.DepthwiseConv2D': [[depthwise]],
  'new layers.GlobalAveragePooling2D': [[{ keepDims: 'true' }]],
  'new layers.ReLU': [[{ maxValue: '6' }]],
  'new layers.Reshape': [[{ targetShape: ['3', '1'] }]],
  'layers.concatenate': [[{ axis: '1', ...layer }]],
  'layers.dot': [[{ axes: ['1', '1'], normalize: 'true', ...layer }]],
  'new layers.Concatenate': [[{ axis: '1' }]],
  'new layers.Dot': [[{ axes: '1', normalize: 'true' }]],
  'Merge#apply': [[['x([4, 3])', 'x([4, 3])'], { training: 'true' }]],
  'Merge#build': [
    [
      [
        ['null', '3'],
        ['null', '3'],
      ],
    ],
  ],
  'Merge#computeOutputShape': [
    [
      [
        ['null', '3'],
        ['null', '3'],
      ],
    ],
  ],
  'Merge#computeMask': [
    [
      ['x([4, 3])', 'x([4, 3])'],
      ['x([4])', 'x([4])'],
    ],
  ],
  'Concatenate#apply': [[['x([4, 3])', 'x([4, 2])']]],
  'Concatenate#computeMask': [
    [
      ['x([4, 3])', 'x([4, 2])'],
      ['x([4])', 'undefined'],
    ],
  ],
  'Dot#apply': [[['x([4, 3])', 'x([4, 3])']]],
  'new layers.SeedGenerator': [['1']],
  'Layer#apply': [['x([4, 3])', { training: 'true', mask: 'undefined' }]],
  'Conv2D#apply': [['x([1, 4, 4, 2])', { training: 'true' }]],
  'DepthwiseConv2D#apply': [['x([1, 4, 4, 2])', { training: 'true' }]],
  'Pooling2D#apply': [['x([1, 4, 4, 2])']],
  'GlobalAveragePooling2D#apply': [['x([1, 4, 4, 2])']],
  'Layer#call': [['x([4, 3])', { training: 'true' }]],
  'Layer#build': [[['null', '3']]],
  'Layer#checkInput': [[['null', '3']]],
  'Layer#computeOutputShape': [[['null', '3']]],
  'Layer#computeMask': [['x([4, 3])', 'undefined']],
  'Layer#setWeights': [[['x([3, 2])', 'x([2])']]],
  'Layer#addWeight': [[{ name: "'w'", shape: ['2'], initializer: "'ones'", regularizer: "'l2'", trainable: 'true' }]],

  'new Sequential': [[{ name: "'a'", layers: ['tf.layers.dense({ units: 2 })'], trainable: 'true' }]],
  sequential: [[{ layers: ['tf.layers.dense({ units: 2, inputShape: [3] })', 'tf.layers.flatten()'] }]],
  'Sequential.fromConfig': [
    [{ name: "'a'", layers: [{ className: "'Dense'", config: { units: '2' } }], buildInputShape: ['null', '3'] }],
    [{ layers: [{ className: "'Own'", config: {} }] }, { Own: 'tf.layers.Flatten' }],
  ],
  input: [[{ shape: '[3]', name: '"samples"', dtype: '"float32"' }], [{ batchShape: '[4, 3]' }]],
  model: [[{ inputs: 'graph().inputs', outputs: 'graph().outputs', name: '"m"' }]],
  'Layer#addLoss': [['x([1])']],
  'Layer#addMetric': [['new tf.metrics.Mean()']],
  'Sequential#add': [['tf.layers.dense({ units: 2 })']],
  'Model#compile': [
    [
      {
        optimizer: "'adam'",
        loss: "'mse'",
        metrics: ["'mae'", '(a, b) => a.sub(b)'],
        weightedMetrics: "'accuracy'",
        runEagerly: 'false',
      },
    ],
  ],
  'Model#fit': [
    [...data, { ...fit, validationData: ['x([2, 3])', 'x([2, 2])'] }],
    [...data, { batchSize: '2', verbose: '0', classWeight: { 0: '1', 1: '2' } }],
    [{ data: 'new Float32Array(6)', shape: ['2', '3'] }, 'x([2, 2])', { verbose: '0' }],
  ],
  'Model#evaluate': [[...data, { batchSize: '2', verbose: '0', steps: '1', sampleWeight: 'x([4])', callbacks: '{}' }]],
  'Model#predict': [['x([4, 3])', { batchSize: '2', callbacks: ['new tf.Callback()'] }]],
  'Model#predictOnBatch': [['x([4, 3])']],
  'Model#trainOnBatch': [
    [...data, { sampleWeight: 'x([4])' }],
    [...data, { classWeight: { 1: '2' } }],
  ],
  'Model#testOnBatch': [[...data, { sampleWeight: 'x([4])' }]],
  'Model#summary': [[{ lineLength: '60', printFn: '() => {}' }]],
  'Model#getLayer': [['0']],

  'new optimizers.SGD': [[{ ...optimizer, momentum: '0.5', nesterov: 'true' }]],
  'new optimizers.RMSprop': [[{ ...optimizer, rho: '0.5', momentum: '0.5', epsilon: '0.1', centered: 'true' }]],
  'new optimizers.Adam': [[{ ...optimizer, beta1: '0.5', beta2: '0.5', epsilon: '0.1', amsgrad: 'true' }]],
  'new optimizers.AdamW': [[{ ...optimizer, beta1: '0.5' }]],
  'optimizers.get': [["'sgd'"]],
  'train.sgd': [['0.1', { clipvalue: '1' }]],
  'train.momentum': [['0.1', '0.5', 'true', { name: "'a'" }]],
  'train.rmsprop': [['0.1', { rho: '0.5' }]],
  'train.adam': [['0.1', { beta1: '0.5' }]],
  'train.adamw': [['0.1', { weightDecay: '0.5' }]],
  'Optimizer#apply': [
    [
      ['x()', 'null'],
      ['variable()', 'variable([])'],
    ],
  ],
  'Optimizer#minimize': [['() => tf.scalar(1)', ['variable()']]],
  'Optimizer#build': [[['variable()']]],
  'Optimizer#isBuiltFor': [[['variable()']]],
  'Optimizer#learningRate=': [['0.1']],

  'losses.binaryCrossentropy': [['x()', 'x()', { fromLogits: 'true', labelSmoothing: '0.1' }]],
  'losses.categoricalCrossentropy': [['x()', 'x()', { fromLogits: 'true', labelSmoothing: '0.1' }]],
  'losses.sparseCategoricalCrossentropy': [['x([2], "int32")', 'x()', { fromLogits: 'true' }]],
  'losses.get': [["'mse'"], ['(a, b) => a.sub(b)'], [{ className: "'Huber'", config: { delta: '2' } }]],
  'losses.serialize': [['new tf.losses.Huber()']],
  'losses.deserialize': [[{ className: "'Huber'", config: { delta: '2' } }, '{}']],
  'losses.binaryFocalCrossentropy': [['x()', 'x()', { gamma: '2', alpha: '0.5', applyClassBalancing: 'true' }]],
  'losses.categoricalFocalCrossentropy': [['x()', 'x()', { gamma: '2', fromLogits: 'true', axis: '-1' }]],
  'losses.categoricalGeneralizedCrossEntropy': [['x([2], "int32")', 'x()', '0.5']],
  'losses.tversky': [['x()', 'x()', { alpha: '0.3', beta: '0.7', axis: ['1'] }]],
  'losses.dice': [['x()', 'x()', ['1']]],
  'losses.circle': [['x([2], "int32")', 'x()', { gamma: '2', margin: '0.1', removeDiagonal: 'false' }]],
  'losses.ctc': [['x([2, 2], "int32")', 'x([2, 3, 4])']],
  'losses.huber': [['x()', 'x()', '1']],
  'losses.cosineSimilarity': [['x()', 'x()', '1']],
  'new losses.Huber': [[{ delta: '2', reduction: 'null' }]],
  'new losses.Tversky': [[{ alpha: '0.3', beta: '0.7', axis: '1' }]],
  'new losses.Circle': [[{ gamma: '2', margin: '0.1', removeDiagonal: 'false' }]],
  'new losses.CategoricalGeneralizedCrossEntropy': [[{ q: '0.7' }]],
  'Loss#apply': [['x()', 'x()', 'x([2])']],
  'Loss#call': [['x()', 'x()']],
  'new losses.MeanSquaredError': [[{ reduction: "'sum'", name: "'a'" }]],
  'new losses.BinaryCrossentropy': [[{ fromLogits: 'true', labelSmoothing: '0.1' }]],
  'metrics.get': [["'accuracy'"], ['(a, b) => a.sub(b)']],
  'metrics.sparseCategoricalAccuracy': [['x([2], "int32")', 'x()']],
  'metrics.binaryAccuracy': [['x()', 'x()', '0.5']],
  'new metrics.Mean': [[{ name: "'a'" }]],
  'new metrics.BinaryAccuracy': [[{ name: "'a'", threshold: '0.5' }]],
  'new metrics.MeanOverSamples': [['(a, b) => a.sub(b).mean(-1)', { name: "'a'" }]],
  'Metric#updateState': [['x()', 'x()', 'x([2])']],
  'Metric#addVariable': [["'a'", ['2'], '1', "'int32'"]],
  'Mean#update': [['x()', 'x([2])']],

  'new EarlyStopping': [
    [{ monitor: "'loss'", minDelta: '1', patience: '1', mode: "'min'", baseline: '1', verbose: '0' }],
  ],
  'new callbacks.ReduceLROnPlateau': [
    [{ monitor: "'loss'", factor: '0.5', patience: '1', cooldown: '1', minLr: '0.1' }],
  ],
  'new callbacks.LearningRateScheduler': [['(epoch, rate) => rate', { verbose: '0' }]],
  'Callback#onEpochBegin': [['0', logs]],
  'Callback#onEpochEnd': [['0', logs]],
  'Callback#onBatchEnd': [['0', logs]],
  'Callback#onTrainBegin': [[logs]],
  'Callback#onTrainEnd': [[logs]],
  'Callback#setModel': [['model()']],
  'Callback#setParams': [[{ epochs: '1' }]],
};

/** Arguments of what stands in no row. */
export const guesses: readonly Call[] = [
  [],
  ['x()'],
  ['x()', 'x()'],
  ['x()', '1'],
  ['x([2, 3], "int32")', 'x()'],
  ['x([2, 2])', '0', 'true'],
  [['x()', 'x()'], '0'],
  ['x([1, 4, 4, 2])', '2', '1', "'same'"],
  ['x()', 'x()', 'x()'],
  ['x([3])', 'x([3], "int32")', '3'],
];
