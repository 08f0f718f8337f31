// Models that are exported: every class of layers that has a form in ONNX is in one of them.
import * as tf from '../../../ts/index.ts';
import type { TrainableModel } from '../../../ts/models/model.ts';

const { input, layers, model, sequential } = tf;

/** What the numbers of an input are. */
export type Kind = 'real' | 'positive' | { readonly below: number } | 'padded';

/** A model, and what its inputs are. */
export interface Row {
  readonly name: string;
  readonly make: () => TrainableModel;
  /** Shapes of inputs without the batch; sizes that the model leaves open are given in pairs to try. */
  readonly shapes: readonly (readonly (number | readonly [number, number])[])[];
  readonly kinds?: readonly Kind[];
  /** Operators that must be in the file. */
  readonly has?: readonly string[];
  /** Operators that must not. */
  readonly lacks?: readonly string[];
}

type Stack = readonly { apply: unknown }[];

/** A stack of layers on one input. */
function stack(
  name: string,
  shape: readonly (number | readonly [number, number])[],
  make: () => Stack,
  rest: Pick<Row, 'kinds' | 'has' | 'lacks'> = {},
): Row {
  return {
    name,
    shapes: [shape],
    ...rest,
    make: () => {
      const net = sequential({ name: name.replaceAll(/\W+/g, '_') });
      net.add(
        layers.inputLayer({ shape: shape.map((size) => (typeof size === 'number' ? size : null)), name: 'x' }) as never,
      );
      for (const layer of make()) net.add(layer as never);
      return net as unknown as TrainableModel;
    },
  };
}

/** Several inputs to one output. */
function graph(
  name: string,
  shapes: Row['shapes'],
  make: (inputs: tf.SymbolicTensor[]) => unknown,
  rest: Pick<Row, 'kinds' | 'has' | 'lacks'> = {},
): Row {
  return {
    name,
    shapes,
    ...rest,
    make: () => {
      const inputs = shapes.map((shape, i) =>
        input({ shape: shape.map((size) => (typeof size === 'number' ? size : null)), name: `x${i}` }),
      );
      const outputs = make(inputs) as never;
      return model({
        inputs: (inputs.length === 1 ? inputs[0] : inputs) as never,
        outputs,
        name: name.replaceAll(/\W+/g, '_'),
      }) as unknown as TrainableModel;
    },
  };
}

const open = [9, 13] as const;

/** A layer of one's own, with a weight. */
class Scale extends layers.Layer {
  static override readonly className = 'Scale';
  factor!: tf.Variable;
  override build(inputShape: tf.layers.Shape): void {
    this.factor = this.addWeight({ name: 'factor', shape: [inputShape.at(-1) as number] });
  }
  override call(x: tf.Tensor): tf.Tensor {
    return x.mul(this.factor).add(x.mean(-1, true));
  }
}

/** All models. */
export const rows: readonly Row[] = [
  stack(
    'dense',
    [6],
    () => [
      layers.dense({ units: 8, activation: 'relu' }),
      layers.dropout({ rate: 0.5 }),
      layers.dense({ units: 5, activation: 'softmax' }),
    ],
    { has: ['Gemm', 'Softmax'], lacks: ['Dropout', 'Transpose'] },
  ),
  stack('dense over sequences', [open, 6], () => [
    layers.dense({ units: 8, activation: 'tanh' }),
    layers.dense({ units: 5, useBias: false }),
  ]),
  ...(
    [
      'elu',
      'selu',
      'softplus',
      'softsign',
      'swish',
      'silu',
      'gelu',
      'relu6',
      'hardSigmoid',
      'hardSilu',
      'exponential',
      'leakyRelu',
      'linear',
      'logSoftmax',
      'mish',
      'sigmoid',
      'celu',
      'glu',
      'hardShrink',
      'hardTanh',
      'logSigmoid',
      'softShrink',
      'sparsePlus',
      'sparsemax',
      'squareplus',
      'tanhShrink',
      'sparseSigmoid',
    ] as const
  ).map((name) => stack(`activation ${name}`, [4, 6], () => [layers.activation({ activation: name as never })])),
  stack('rectified', [7], () => [
    layers.elu({ alpha: 0.7 }),
    layers.leakyReLU(),
    layers.prelu(),
    layers.reLU({ maxValue: 3, negativeSlope: 0.1, threshold: 0.2 }),
    layers.softmax(),
  ]),
  stack(
    'convolutional',
    [28, 28, 1],
    () => [
      layers.conv2d({ filters: 8, kernelSize: 3, activation: 'relu', padding: 'same' }),
      layers.batchNormalization(),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, activation: 'gelu' }),
      layers.averagePooling2d({ poolSize: 2, strides: 1, padding: 'same' }),
      layers.flatten(),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
    { has: ['Conv', 'MaxPool', 'AveragePool', 'Gemm'] },
  ),
  stack(
    'convolutional of any size',
    [[31, 40], [33, 35], 3],
    () => [
      layers.conv2d({ filters: 8, kernelSize: 3, strides: 2, activation: 'relu', padding: 'same' }),
      layers.depthwiseConv2d({ kernelSize: 3, padding: 'same' }),
      layers.batchNormalization({ scale: false }),
      layers.separableConv2d({ filters: 6, kernelSize: 3, dilationRate: 2 }),
      layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
      layers.globalAveragePooling2d(),
    ],
    { has: ['Conv', 'ReduceMean'] },
  ),
  stack('grouped convolution', [10, 9, 4], () => [
    layers.conv2d({ filters: 6, kernelSize: [3, 2], groups: 2 }),
    layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, strides: 2 }),
    layers.globalMaxPooling2d({ keepDims: true }),
  ]),
  stack('channels first', [3, 12, 11], () => [
    layers.conv2d({ filters: 4, kernelSize: 3, dataFormat: 'channelsFirst' }),
    layers.batchNormalization({ axis: 1 }),
    layers.maxPooling2d({ dataFormat: 'channelsFirst' }),
    layers.upSampling2d({ dataFormat: 'channelsFirst' }),
    layers.flatten({ dataFormat: 'channelsFirst' }),
  ]),
  stack(
    'transposed convolution',
    [7, 6, 3],
    () => [
      layers.conv2dTranspose({ filters: 5, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }),
      layers.conv2dTranspose({ filters: 2, kernelSize: [2, 3], outputPadding: 0, strides: [1, 2] }),
    ],
    { has: ['ConvTranspose'] },
  ),
  stack('autoencoder of any size', [[16, 24], [16, 8], 1], () => [
    layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', strides: 1, activation: 'relu' }),
    layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' }),
    layers.conv2d({ filters: 1, kernelSize: 3, padding: 'same', activation: 'sigmoid' }),
  ]),
  stack(
    'one axis',
    [20, 3],
    () => [
      layers.zeroPadding1d({ padding: [1, 2] }),
      layers.conv1d({ filters: 6, kernelSize: 3, activation: 'relu' }),
      layers.conv1d({ filters: 5, kernelSize: 3, padding: 'causal', dilationRate: 2 }),
      layers.depthwiseConv1d({ kernelSize: 3 }),
      layers.separableConv1d({ filters: 4, kernelSize: 2 }),
      layers.maxPooling1d({ poolSize: 2 }),
      layers.upSampling1d({ size: 3 }),
      layers.averagePooling1d({ poolSize: 3, strides: 2 }),
      layers.conv1dTranspose({ filters: 3, kernelSize: 3, strides: 2 }),
      layers.cropping1d({ cropping: [1, 1] }),
      layers.spatialDropout1d({ rate: 0.2 }),
      layers.globalMaxPooling1d(),
    ],
    { has: ['Conv', 'MaxPool'] },
  ),
  stack('one axis of any length', [[20, 31], 3], () => [
    layers.conv1d({ filters: 6, kernelSize: 3, activation: 'relu', strides: 2, padding: 'same' }),
    layers.maxPooling1d({ poolSize: 2 }),
    layers.globalAveragePooling1d(),
  ]),
  stack('three axes', [6, 7, 8, 2], () => [
    layers.zeroPadding3d({ padding: 1 }),
    layers.conv3d({ filters: 4, kernelSize: 3, strides: [1, 2, 1] }),
    layers.maxPooling3d({ poolSize: [2, 1, 2] }),
    layers.upSampling3d({ size: [1, 2, 2] }),
    layers.averagePooling3d({ poolSize: [1, 2, 2] }),
    layers.conv3dTranspose({ filters: 2, kernelSize: 2, strides: 2 }),
    layers.cropping3d({
      cropping: [
        [1, 0],
        [0, 1],
        [1, 1],
      ] as never,
    }),
    layers.spatialDropout3d({ rate: 0.2 }),
  ]),
  stack('three axes, pooled', [4, 5, 6, 3], () => [layers.globalAveragePooling3d()]),
  stack('three axes, largest', [4, 5, 6, 3], () => [layers.globalMaxPooling3d()]),
  stack('adaptive pooling', [11, 9, 3], () => [
    layers.adaptiveAveragePooling2d({ outputSize: [6, 5] } as never),
    layers.adaptiveMaxPooling2d({ outputSize: [4, 2] } as never),
  ]),
  stack('adaptive pooling along one axis', [11, 3], () => [
    layers.adaptiveMaxPooling1d({ outputSize: 7 } as never),
    layers.adaptiveAveragePooling1d({ outputSize: 3 } as never),
  ]),
  stack('adaptive pooling along three axes', [5, 6, 7, 2], () => [
    layers.adaptiveMaxPooling3d({ outputSize: [4, 3, 5] } as never),
    layers.adaptiveAveragePooling3d({ outputSize: [2, 3, 2] } as never),
  ]),
  stack('reshaping', [4, 6], () => [
    layers.permute({ dims: [2, 1] }),
    layers.reshape({ targetShape: [3, -1] }),
    layers.flatten(),
    layers.repeatVector({ n: 3 }),
  ]),
  stack('images', [10, 12, 3], () => [
    layers.rescaling({ scale: 1 / 255, offset: -0.5 } as never),
    layers.zeroPadding2d({
      padding: [
        [1, 2],
        [3, 0],
      ] as never,
    }),
    layers.cropping2D({
      cropping: [
        [1, 1],
        [0, 2],
      ] as never,
    }),
    layers.centerCrop({ height: 8, width: 6 }),
    layers.upSampling2d({ size: 2 }),
    layers.spatialDropout2d({ rate: 0.2 }),
    layers.resizing({ height: 9, width: 17 }),
  ]),
  stack(
    'enlarging images of any size',
    [[5, 6], [7, 8], 2],
    () => [
      layers.upSampling2d({ size: [2, 3], interpolation: 'nearest' }),
      layers.upSampling2d({ size: 2, interpolation: 'bilinear' }),
    ],
    { has: ['Resize'] },
  ),
  stack('resizing', [10, 12, 3], () => [
    layers.resizing({ height: 7, width: 20, interpolation: 'bicubic' }),
    layers.resizing({ height: 14, width: 9, interpolation: 'nearest' }),
    layers.upSampling2d({ size: 2, interpolation: 'bilinear' }),
  ]),
  stack(
    'normalization',
    [5, 6, 8],
    () => [
      layers.layerNormalization(),
      layers.groupNormalization({ groups: 4 }),
      layers.rmsNormalization(),
      layers.unitNormalization(),
      layers.batchNormalization({ axis: 2 }),
    ],
    { has: ['LayerNormalization'] },
  ),
  stack('layer normalization over two axes', [5, 6, 4], () => [
    layers.layerNormalization({ axis: [2, 3] }),
    layers.unitNormalization({ axis: 1 }),
  ]),
  stack('spectral normalization', [6], () => [layers.spectralNormalization({ layer: layers.dense({ units: 4 }) })]),
  stack(
    'noise that training adds',
    [6],
    () => [
      layers.gaussianNoise({ stddev: 1 }),
      layers.gaussianDropout({ rate: 0.5 }),
      layers.alphaDropout({ rate: 0.5 }),
      layers.activityRegularization({ l2: 0.1 }),
      layers.identity(),
    ],
    { lacks: ['Add', 'Mul'] },
  ),
  stack('normalization of data', [4], () => [
    layers.normalization({ mean: [1, 2, 3, 4], variance: [1, 2, 3, 4] }),
    layers.discretization({ binBoundaries: [-1, 0, 0.5, 2] }),
  ]),
  stack('categories, multi hot', [5], () => [layers.categoryEncoding({ numTokens: 7, outputMode: 'multiHot' })], {
    kinds: [{ below: 7 }],
  }),
  stack('categories, counted', [5], () => [layers.categoryEncoding({ numTokens: 7, outputMode: 'count' })], {
    kinds: [{ below: 7 }],
  }),
  stack('categories, one hot', [5], () => [layers.categoryEncoding({ numTokens: 7, outputMode: 'oneHot' })], {
    kinds: [{ below: 7 }],
  }),
  stack(
    'embedding',
    [open],
    () => [
      layers.embedding({ inputDim: 11, outputDim: 6 }),
      layers.globalAveragePooling1d(),
      layers.dense({ units: 2 }),
    ],
    { kinds: [{ below: 11 }], has: ['Gather'] },
  ),
  stack(
    'embedding with a mask',
    [8],
    () => [
      layers.embedding({ inputDim: 11, outputDim: 6, maskZero: true }),
      layers.lstm({ units: 5, returnSequences: true }),
      layers.globalAveragePooling1d(),
    ],
    { kinds: [{ below: 11 }] },
  ),
  stack(
    'masking',
    [8, 3],
    () => [
      layers.masking({ maskValue: 0 }),
      layers.gru({ units: 4, returnSequences: true }),
      layers.simpleRNN({ units: 4 }),
    ],
    { kinds: ['padded'] },
  ),
  stack(
    'lstm',
    [open, 4],
    () => [layers.lstm({ units: 5, returnSequences: true }), layers.lstm({ units: 3, goBackwards: true })],
    { has: ['Scan'] },
  ),
  stack('gru', [7, 4], () => [
    layers.gru({ units: 5, returnSequences: true, resetAfter: false }),
    layers.gru({ units: 3 }),
  ]),
  stack('unrolled', [4, 3], () => [layers.lstm({ units: 3, unroll: true })], { lacks: ['Scan', 'Loop'] }),
  stack('bidirectional', [open, 4], () => [
    layers.bidirectional({ layer: layers.lstm({ units: 3, returnSequences: true }) as never }),
    layers.bidirectional({ layer: layers.gru({ units: 3 }) as never, mergeMode: 'sum' }),
  ]),
  stack('cells', [6, 4], () => [
    layers.rnn({ cell: [layers.lstmCell({ units: 3 }), layers.gruCell({ units: 4 })] as never, returnSequences: true }),
    layers.rnn({ cell: layers.stackedRNNCells({ cells: [layers.simpleRNNCell({ units: 3 })] }) as never }),
  ]),
  stack('distributed in time', [4, 8, 8, 2], () => [
    layers.timeDistributed({ layer: layers.conv2d({ filters: 3, kernelSize: 3 }) as never }),
    layers.convLstm2d({ filters: 2, kernelSize: 3, padding: 'same' }),
  ]),
  stack('convolutional lstm along one axis', [4, 8, 2], () => [layers.convLstm1d({ filters: 3, kernelSize: 3 })]),
  stack('convolutional lstm along three axes', [3, 4, 5, 4, 2], () => [
    layers.convLstm3d({ filters: 2, kernelSize: 2 }),
  ]),
  stack('convolutional cell', [3, 6, 6, 2], () => [
    layers.rnn({ cell: layers.convLstm2dCell({ filters: 2, kernelSize: 3, padding: 'same' } as never) as never }),
  ]),
  stack('einsum', [5, 6], () => [
    layers.einsumDense({ equation: 'abc,cd->abd', outputShape: [null, 7], biasAxes: 'd' }),
    layers.einsumDense({ equation: 'abc,bcd->abd', outputShape: [5, 3] }),
  ]),
  graph('merging', [[4], [4]], ([p, q]) => {
    const pair = [p, q] as never;
    const all = [
      layers.add().apply(pair),
      layers.average().apply(pair),
      layers.maximum().apply(pair),
      layers.minimum().apply(pair),
      layers.multiply().apply(pair),
      layers.subtract().apply(pair),
    ];
    return [layers.concatenate().apply(all as never), layers.dot({ axes: 1 }).apply(pair)];
  }),
  graph('residual', [[8, 8, 3]], ([x]) => {
    const y = layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same' }).apply(x as never);
    const z = layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }).apply(y as never);
    const sum = layers.add().apply([y, z] as never);
    return layers.concatenate().apply([sum, layers.conv2d({ filters: 2, kernelSize: 1 }).apply(sum as never)] as never);
  }),
  graph(
    'attention',
    [
      [6, 4],
      [5, 4],
    ],
    ([q, v]) => [
      layers.attention({ useScale: true }).apply([q, v] as never),
      layers.additiveAttention().apply([q, v] as never),
    ],
  ),
  graph('multi-head attention', [[6, 8]], ([x]) => {
    const y = layers
      .multiHeadAttention({ numHeads: 2, keyDim: 4 })
      .apply(x as never, { value: x, useCausalMask: true } as never);
    return layers
      .groupQueryAttention({ headDim: 4, numQueryHeads: 4, numKeyValueHeads: 2 } as never)
      .apply(y as never, { value: y } as never);
  }),
  graph(
    'transformer',
    [[open]],
    ([tokens]) => {
      const x = layers.embedding({ inputDim: 20, outputDim: 8 }).apply(tokens as never);
      const y = layers.multiHeadAttention({ numHeads: 2, keyDim: 4 }).apply(x as never, { value: x } as never);
      const z = layers.layerNormalization().apply(layers.add().apply([x, y] as never) as never);
      const wide = layers.dense({ units: 16, activation: 'gelu' }).apply(z as never);
      return layers.add().apply([z, layers.dense({ units: 8 }).apply(wide as never)] as never);
    },
    { kinds: [{ below: 20 }] },
  ),
  graph(
    'two lengths',
    [
      [open, 4],
      [[5, 6], 4],
    ],
    ([q, v]) => layers.multiHeadAttention({ numHeads: 2, keyDim: 3 }).apply(q as never, { value: v } as never),
  ),
  stack('own layers', [open, 4], () => [new Scale(), layers.dense({ units: 3 }), new Scale()], { has: ['ReduceMean'] }),
  stack('bfloat16', [6], () => [
    layers.dense({ units: 8, dtype: 'bfloat16', activation: 'relu' }),
    layers.dense({ units: 3, dtype: 'float32' }),
  ]),
  stack('float16', [6, 6, 2], () => [
    layers.conv2d({ filters: 3, kernelSize: 3, dtype: 'float16', activation: 'relu' }),
    layers.flatten(),
    layers.dense({ units: 3, dtype: 'float32', activation: 'softmax' }),
  ]),
  graph(
    'shared and nested',
    [
      [6, 4],
      [6, 4],
    ],
    ([p, q]) => {
      const inner = sequential({
        layers: [layers.dense({ units: 5, inputShape: [6, 4] }), layers.globalMaxPooling1d()],
      });
      const both = [inner.apply(p as never), inner.apply(q as never)];
      return layers.dense({ units: 2 }).apply(layers.concatenate().apply(both as never) as never);
    },
  ),
  graph('states', [[6, 3]], ([x]) => layers.lstm({ units: 4, returnState: true }).apply(x as never)),
];
