import { describe, expect, test } from 'vitest';
import { clearSession, input, layers, type Model, model, sequential } from '../../ts/index.ts';
import { compileFromLegacy, modelFromLegacy, modelToLegacy, trainingConfigOf } from '../../ts/io/keras-config/index.ts';
import type { TrainableModel } from '../../ts/models/model.ts';
import { asJSON } from './config-fixtures.ts';
import { type TheirModel, tfjs } from './their-library.ts';

/** A topology as TensorFlow.js reads it. */
async function loaded(topology: unknown): Promise<TheirModel> {
  return tfjs.loadLayersModel(tfjs.io.fromMemory({ modelTopology: topology as object }));
}

const shapesOf = (made: { weights: readonly { shape: readonly (number | null)[] }[] }): string[] =>
  made.weights.map(({ shape }) => shape.join()).sort();

/** Models of hornbeam that TensorFlow.js has all layers of. */
function ours(): Record<string, Model> {
  const L = layers;
  const [a, b] = [input({ shape: [4], name: 'a' }), input({ shape: [4], name: 'b' })];
  const shared = L.dense({ units: 3, name: 'shared' });
  const steps = input({ shape: [6, 3] });
  const [encoded, h, c] = L.lstm({ units: 4, returnState: true, returnSequences: true }).apply(steps) as never as [
    typeof a,
    typeof a,
    typeof a,
  ];
  const decoded = L.lstm({ units: 4, activation: 'tanh' }).apply(encoded, { initialState: [h, c] });
  return {
    dense: sequential({
      layers: [
        L.dense({ units: 8, activation: 'silu', inputShape: [4], kernelRegularizer: 'l2' }),
        L.dense({ units: 1, kernelConstraint: 'nonNeg' }),
      ],
    }),
    convolution: sequential({
      layers: [
        L.conv2d({
          filters: 4,
          kernelSize: 3,
          padding: 'same',
          inputShape: [8, 8, 3],
          kernelInitializer: 'leCunNormal',
        }),
        L.batchNormalization(),
        L.reLU({ maxValue: 6 }),
        L.maxPooling2d({ poolSize: 2 }),
        L.depthwiseConv2d({ kernelSize: 3 }),
        L.flatten(),
        L.dropout({ rate: 0.2 }),
        L.dense({ units: 3, activation: 'softmax' }),
      ],
    }),
    text: sequential({
      layers: [
        L.embedding({ inputDim: 20, outputDim: 6, inputShape: [7] }),
        L.bidirectional({ layer: L.lstm({ units: 5, returnSequences: true }), mergeMode: 'sum' }),
        L.gru({ units: 4, resetAfter: false, recurrentActivation: 'legacyHardSigmoid' }),
        L.dense({ units: 2 }),
      ],
    }),
    shared: model({
      inputs: [a, b],
      outputs: [L.concatenate().apply([shared.apply(a), shared.apply(b)]), L.add().apply([a, b])],
    }) as never,
    states: model({ inputs: steps, outputs: decoded }) as never,
    nested: sequential({
      layers: [sequential({ layers: [L.dense({ units: 3, inputShape: [4] }), L.prelu()] }), L.dense({ units: 1 })],
    }),
  };
}

describe('models of ours in TensorFlow.js', () => {
  clearSession();
  test.each(Object.entries(ours()))('%s', async (_, made) => {
    const topology = asJSON(modelToLegacy(made as unknown as TrainableModel));
    const theirs = await loaded(topology);
    expect(shapesOf(theirs as never)).toEqual(shapesOf(made));
    expect(JSON.stringify(theirs.outputs.map(({ shape }) => shape))).toBe(
      JSON.stringify([made.outputs].flat().map((symbol) => (symbol as { shape: layers.Shape }).shape)),
    );
    // And back: their words for the same model.
    const back = modelFromLegacy('model.json', theirs.toJSON(null, false)) as unknown as Model;
    expect(asJSON(modelToLegacy(back as unknown as TrainableModel))).toEqual(topology);
    theirs.dispose();
  });
});

/** Models as TensorFlow.js makes them. */
function theirs(): Record<string, TheirModel> {
  const L = tfjs.layers;
  const x = tfjs.input({ shape: [5], name: 'x' });
  const y = tfjs.input({ shape: [5], name: 'y' });
  const both = L.dense({ units: 4, name: 'both' });
  return {
    dense: tfjs.sequential({
      layers: [
        L.dense({ units: 8, activation: 'relu', inputShape: [4], kernelRegularizer: 'l1l2' }),
        L.dense({ units: 1 }),
      ],
    }),
    convolution: tfjs.sequential({
      layers: [
        L.conv2d({ filters: 4, kernelSize: 3, inputShape: [9, 9, 2], activation: 'hardSigmoid' }),
        L.averagePooling2d({ poolSize: 2 }),
        L.separableConv2d({ filters: 3, kernelSize: 2 }),
        L.conv2dTranspose({ filters: 2, kernelSize: 2 }),
        L.batchNormalization(),
        L.globalAveragePooling2d({}),
        L.leakyReLU({ alpha: 0.2 }),
      ],
    }),
    recurrent: tfjs.sequential({
      layers: [
        L.lstm({ units: 4, inputShape: [6, 3], returnSequences: true }),
        L.bidirectional({ layer: L.gru({ units: 3, returnSequences: true }), mergeMode: 'ave' }),
        L.timeDistributed({ layer: L.dense({ units: 3 }) }),
        L.rnn({ cell: [L.lstmCell({ units: 4 }), L.gruCell({ units: 2 })] as never }),
      ],
    }),
    stateful: tfjs.sequential({ layers: [L.simpleRNN({ units: 4, batchInputShape: [2, 6, 3], stateful: true })] }),
    graph: tfjs.model({
      inputs: [x, y],
      outputs: L.dense({ units: 1 }).apply(
        L.concatenate().apply([both.apply(x), both.apply(y)] as never) as never,
      ) as never,
    }),
    spatial: tfjs.sequential({
      layers: [
        L.zeroPadding2d({ padding: 1, inputShape: [6, 6, 2] }),
        L.upSampling2d({ size: [2, 2] }),
        L.cropping2D({
          cropping: [
            [1, 1],
            [1, 1],
          ],
        }),
        L.reshape({ targetShape: [14, 28] }),
        L.permute({ dims: [2, 1] }),
        L.layerNormalization(),
        L.gaussianNoise({ stddev: 0.1 }),
        L.globalMaxPooling1d(),
        L.repeatVector({ n: 3 }),
      ],
    }),
  };
}

describe('models of TensorFlow.js', () => {
  test.each(Object.entries(theirs()))('%s', async (_, made) => {
    const topology = asJSON(made.toJSON(null, false));
    const read = modelFromLegacy('model.json', topology) as unknown as Model;
    expect(shapesOf(read)).toEqual(shapesOf(made as never));
    const again = await loaded(asJSON(modelToLegacy(read as unknown as TrainableModel)));
    expect(shapesOf(again as never)).toEqual(shapesOf(made as never));
    expect(JSON.stringify(again.outputs.map(({ shape }) => shape))).toBe(
      JSON.stringify(made.outputs.map(({ shape }) => shape)),
    );
  });
});

test.each([
  ['adam', 'binaryCrossentropy', ['acc']],
  [tfjs.train.momentum(0.1, 0.9), 'meanSquaredError', ['mse']],
  [tfjs.train.rmsprop(0.01, 0.8, 0.1, 1e-6, true), 'categoricalCrossentropy', undefined],
] as const)('how TensorFlow.js compiles: %s', async (optimizer, loss, metrics) => {
  const made = tfjs.sequential({ layers: [tfjs.layers.dense({ units: 2, inputShape: [3] })] });
  made.compile({ optimizer: optimizer as never, loss, metrics: metrics as never });
  const { trainingConfig } = await new Promise<{ readonly trainingConfig?: object }>((resolve) => {
    void made.save(
      tfjs.io.withSaveHandler(async (artifacts) => {
        resolve(artifacts);
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      }),
      { includeOptimizer: true },
    );
  });
  const read = modelFromLegacy('model.json', made.toJSON(null, false));
  compileFromLegacy('model.json', read, trainingConfig);
  const { optimizer_config: written, ...rest } = trainingConfig as {
    readonly optimizer_config: { readonly config: Record<string, unknown> };
    readonly metrics?: unknown;
  };
  const config = { ...written.config };
  // Ours are rounded to what steps compute with.
  config.learningRate = Math.fround(config.learningRate as number);
  expect(asJSON(trainingConfigOf(read))).toEqual(
    asJSON({ ...rest, metrics: rest.metrics ?? [], optimizer_config: { ...written, config } }),
  );
});

test('what TensorFlow.js does not have is an error that names it', () => {
  const net = sequential({
    layers: [layers.groupNormalization({ groups: 1, inputShape: [4] }), layers.rmsNormalization({ name: 'rms' })],
  });
  expect(() => modelToLegacy(net as unknown as TrainableModel)).toThrow(
    /TensorFlow.js has no layer of the class GroupNormalization, RMSNormalization, so it could not read GroupNormalization "group_normalization\w*", RMSNormalization "rms"/,
  );
  const gated = sequential({ layers: [layers.gru({ units: 2, inputShape: [3, 2], name: 'g' })] });
  expect(() => modelToLegacy(gated as unknown as TrainableModel)).toThrow(
    'GRU "g": TensorFlow.js computes with resetAfter: false only, but it is true',
  );
});
