import { describe, expect, it } from 'vitest';
import * as tf from '../ts/index.ts';
import { checkOptionNames } from '../ts/option-names.ts';

const { layers, optimizers, regularizers, sequential, train } = tf;

/** Arguments that TypeScript would refuse. */
function wrong<T>(value: unknown): T {
  return value as T;
}

const calls: [string, () => unknown, RegExp][] = [
  [
    "a layer's option in Keras' spelling",
    () => layers.dense(wrong({ units: 3, use_bias: false })),
    /Dense: there is no option "use_bias" \(did you mean useBias\?\)/,
  ],
  [
    'a misspelt one',
    () => layers.conv2d(wrong({ filters: 2, kernelSize: 3, activaton: 'relu' })),
    /Conv2D: .*"activaton" \(did you mean activation\?\)/,
  ],
  [
    'one that is not there',
    () => layers.flatten(wrong({ kernelConstraint: 'maxNorm' })),
    /Flatten: .*kernelConstraint/,
  ],
  ['a pooling', () => layers.maxPooling2d(wrong({ pool_size: 2 })), /MaxPooling2D: .*did you mean poolSize/],
  ['no options for a layer that needs some', () => layers.dense(wrong(undefined)), /Dense: options are missing/],
  ['no activation', () => layers.activation(wrong({})), /Activation "\w+": activation is missing/],
  ["Keras' list of layers", () => sequential(wrong([layers.flatten()])), /Sequential: .*\{ layers: .*got an array/],
  ['sequential', () => sequential(wrong({ layer: [] })), /Sequential: .*"layer" \(did you mean layers\?\)/],
  ['compile', () => sequential().compile(wrong({ loss: 'mse', metric: ['mae'] })), /did you mean metrics/],
  ['an optimizer by position', () => new optimizers.Adam(wrong(0.1)), /Adam: options must be an object .*got 0.1/],
  ['train.sgd by position', () => train.sgd(0.1, wrong(0.9)), /must be an object such as .*got 0.9/],
  ['an optimizer', () => train.adam(0.1, wrong({ beta_1: 0.8 })), /Adam: .*"beta_1" \(did you mean beta1\?\)/],
  ['a beta of 2', () => train.adam(0.1, { beta1: 2 }), /Adam: beta1 must be a number from 0 to 1, got 2/],
  ['a regularizer by position', () => regularizers.l2(wrong(0.1)), /L2: options must be an object .*got 0.1/],
  ['a regularizer as a number', () => layers.dense({ units: 1, kernelRegularizer: wrong(0.1) }), /regularizer 0.1\./],
  ['a callback', () => new tf.EarlyStopping(wrong({ patiance: 3 })), /EarlyStopping: .*did you mean patience/],
];

describe('an option that does not exist is an error', () => {
  it.each(calls)('%s', (_, call, message) => {
    expect(call).toThrow(tf.ConfigError);
    expect(call).toThrow(message);
  });

  it('predict, trainOnBatch, testOnBatch', async () => {
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
    model.compile({ loss: 'mse' });
    expect(() => model.predict([[1]], wrong({ batch_size: 3 }))).toThrow(/predict: .*did you mean batchSize/);
    expect(() => model.predict([[1]], wrong(32))).toThrow(/predict: options must be an object/);
    const weights = wrong<tf.BatchOptions>({ sample_weight: [1] });
    await expect(model.trainOnBatch([[1]], [1], weights)).rejects.toThrow(/trainOnBatch: .*mean sampleWeight/);
    await expect(model.testOnBatch([[1]], [1], wrong({ classWeight: { 0: 1 } }))).rejects.toThrow(/"classWeight"/);
  });
});

describe('what stays allowed', () => {
  it('options that are undefined or null, and options of subclasses', () => {
    expect(() => checkOptionNames('f', { a: 1, other: undefined, more: null }, ['a'], '{}')).not.toThrow();
    class Wide extends layers.Dense {
      constructor(config: tf.layers.DenseConfig & { factor?: number }) {
        super({ ...config, units: config.units * (config.factor ?? 1) });
      }
    }
    expect(new Wide({ units: 2, factor: 3 }).units).toBe(6);
  });

  it('configurations of all layers make equal layers', () => {
    const all = [
      layers.inputLayer({ shape: [4, 4, 2] }),
      layers.conv2d({ filters: 2, kernelSize: 3, kernelRegularizer: 'l2', padding: 'same' }),
      layers.batchNormalization({ gammaRegularizer: 'l1' }),
      layers.maxPooling2d(),
      layers.averagePooling2d({ poolSize: 1 }),
      layers.activation({ activation: 'relu' }),
      layers.dropout({ rate: 0.5, seed: 1, noiseShape: [null, 1, 1, 1] }),
      layers.flatten(),
      layers.reshape({ targetShape: [-1] }),
      layers.dense({ units: 1, biasRegularizer: 'l1l2' }),
    ];
    const config = sequential({ layers: all }).getConfig();
    expect(tf.Sequential.fromConfig(config).getConfig()).toEqual(config);
  });
});
