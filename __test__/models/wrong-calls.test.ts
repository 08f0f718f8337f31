import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  DataError,
  type FitOptions,
  HornbeamError,
  layers,
  losses,
  metrics,
  type Sequential,
  ShapeError,
  StateError,
  sequential,
  type Tensor,
  tensor,
  train,
  zeros,
} from '../../ts/index.ts';
import { classifier, samples } from './samples.ts';

type ErrorClass = new (message: string) => HornbeamError;
type Call = (model: Sequential) => unknown;

/** Arguments that TypeScript would refuse. */
function wrong<T>(value: unknown): T {
  return value as T;
}

const { x, y } = samples();

/** fit with one wrong option. */
function fitting(options: unknown): Call {
  return (model) => model.fit(x, y, { verbose: 0, ...wrong<FitOptions>(options) });
}

function detached(): Float32Array {
  const numbers = new Float32Array(72);
  structuredClone(numbers.buffer, { transfer: [numbers.buffer] });
  return numbers;
}

function disposed(): Tensor {
  const t = zeros([18, 4]);
  t.dispose();
  return t;
}

const calls: [string, Call, ErrorClass, RegExp][] = [
  // data
  [
    'x of another width',
    (m) => m.fit(zeros([18, 5]), y),
    ShapeError,
    /expects inputs of shape \[null, 4\] but got \[18, 5\]/,
  ],
  [
    'x of another rank',
    (m) => m.fit(zeros([18, 4, 1]), y),
    ShapeError,
    /expects inputs of shape \[null, 4\] but got \[18, 4, 1\]/,
  ],
  ['one sample without a batch', (m) => m.predict(zeros([4])), ShapeError, /expects inputs of shape.*expandDims\(0\)/],
  ['no samples', (m) => m.fit(zeros([0, 4]), zeros([0])), DataError, /fit: x holds no samples/],
  ['no samples to evaluate', (m) => m.evaluate(zeros([0, 4]), zeros([0])), DataError, /evaluate: x holds no samples/],
  ['no samples to predict', (m) => m.predict(zeros([0, 4])), DataError, /predict: x holds no samples/],
  ['empty array', (m) => m.fit([], []), DataError, /holds no samples/],
  ['a scalar as x', (m) => m.fit(1, y), DataError, /expected samples along the first axis, got a scalar/],
  ['fewer targets than samples', (m) => m.fit(x, zeros([17])), DataError, /x holds 18 samples, y 17/],
  ['targets missing', (m) => m.fit(x, wrong(undefined)), DataError, /there are no targets, but a loss. Hand in y/],
  ['null as x', (m) => m.predict(wrong(null)), DataError, /predict: x: expected a tensor or numbers, got null/],
  [
    'ragged rows',
    (m) =>
      m.fit(
        [
          [1, 2, 3, 4],
          [1, 2],
        ],
        [0, 1],
      ),
    DataError,
    /fit: x: .*ragged/,
  ],
  ['texts as numbers', (m) => m.fit(wrong([['a', 'b', 'c', 'd']]), [0]), DataError, /fit: x: .*number/],
  [
    'typed array of another size',
    (m) => m.fit({ data: new Float32Array(71), shape: [18, 4] }, y),
    ShapeError,
    /holds 72 values, but 71/,
  ],
  ['a NaN size', (m) => m.fit({ data: new Float32Array(72), shape: [18, Number.NaN] }, y), ShapeError, /whole numbers/],
  ['a detached buffer', (m) => m.fit({ data: detached(), shape: [18, 4] }, y), DataError, /detached/],
  ['a disposed tensor as x', (m) => m.fit(disposed(), y), StateError, /fit: x: the tensor was disposed/],
  ['a disposed tensor to predict', (m) => m.predict(disposed()), StateError, /disposed/],
  [
    'a label above the classes',
    (m) => m.fit(x, tensor([...Array(17).fill(0), 3], [18], 'int32'), { verbose: 0 }),
    DataError,
    /17/,
  ],
  [
    'a negative label',
    (m) => m.fit(x, tensor([0, -1, ...Array(16).fill(0)], [18], 'int32'), { verbose: 0 }),
    DataError,
    /1/,
  ],
  [
    'a label that is NaN',
    (m) => m.fit(x, [Number.NaN, ...Array<number>(17).fill(0)], { verbose: 0 }),
    DataError,
    /sample 0/,
  ],
  [
    'a label that is no whole number',
    (m) => m.fit(x, [...Array<number>(17).fill(0), 0.5], { verbose: 0 }),
    DataError,
    /sample 17/,
  ],
  [
    'a label out of range in evaluate',
    (m) => m.evaluate(x, tensor(Array(18).fill(9), [18], 'int32'), { verbose: 0 }),
    DataError,
    /label/i,
  ],
  [
    'a label out of range in trainOnBatch',
    (m) => m.trainOnBatch(x, tensor(Array(18).fill(9), [18], 'int32')),
    DataError,
    /label/i,
  ],
  ['one-hot targets with a sparse loss', (m) => m.fit(x, zeros([18, 3])), ShapeError, /categoricalCrossentropy/],
  [
    'sample weights of another length',
    (m) => m.fit(x, y, { sampleWeight: [1, 2] }),
    DataError,
    /sampleWeight holds 2 weights for 18 samples/,
  ],
  [
    'validation data of another shape',
    fitting({ validationData: [zeros([3, 5]), [0, 1, 2]] }),
    ShapeError,
    /validationData/,
  ],
  [
    'validation data of other lengths',
    fitting({ validationData: [zeros([3, 4]), [0, 1]] }),
    DataError,
    /x holds 3 samples, y 2/,
  ],
  // options of fit
  ['a misspelt option', fitting({ epoch: 3 }), ConfigError, /fit: there is no option "epoch"/],
  ['options that are none', (m) => m.fit(x, y, wrong(5)), ConfigError, /fit: options must be an object/],
  ['batchSize 0', fitting({ batchSize: 0 }), ConfigError, /batchSize must be a whole number from 1 on, got 0/],
  ['batchSize NaN', fitting({ batchSize: Number.NaN }), ConfigError, /batchSize must be a whole number/],
  [
    'batchSize as text',
    fitting({ batchSize: '32' }),
    ConfigError,
    /batchSize must be a whole number from 1 on, got "32"/,
  ],
  ['half an epoch', fitting({ epochs: 0.5 }), ConfigError, /epochs must be a whole number/],
  [
    'validationSplit 1',
    fitting({ validationSplit: 1 }),
    ConfigError,
    /validationSplit must be a number between 0 and 1/,
  ],
  ['validationSplit that leaves nothing', fitting({ validationSplit: 0.99 }), DataError, /leaves training without any/],
  ['an unknown order', fitting({ shuffle: 'all' }), ConfigError, /shuffle must be true, false or 'batch'/],
  ['verbose 3', fitting({ verbose: 3 }), ConfigError, /verbose must be 0, 1, 2 or 'auto'/],
  [
    'both kinds of weights',
    fitting({ classWeight: { 0: 1 }, sampleWeight: zeros([18]) }),
    ConfigError,
    /do not go together/,
  ],
  [
    'class weights by name',
    fitting({ classWeight: { cat: 2 } }),
    ConfigError,
    /classWeight must map labels to weights/,
  ],
  ['validationFreq 0', fitting({ validationFreq: 0 }), ConfigError, /validationFreq must be a whole number from 1 on/],
  ['a callback that is none', fitting({ callbacks: ['early'] }), ConfigError, /callbacks: expected objects with hooks/],
  [
    'a misspelt hook',
    fitting({ callbacks: { onEpochFinished() {} } }),
    ConfigError,
    /there is no hook "onEpochFinished"/,
  ],
  [
    'evaluate with an option of fit',
    (m) => m.evaluate(x, y, wrong({ epochs: 2 })),
    ConfigError,
    /evaluate: there is no option "epochs"/,
  ],
  ['predict with batchSize -1', (m) => m.predict(x, { batchSize: -1 }), ConfigError, /predict: batchSize/],
  // compile
  [
    'an unknown loss',
    (m) => m.compile({ loss: wrong('crossEntropie') }),
    ConfigError,
    /there is no loss "crossEntropie"; known are/,
  ],
  [
    'no loss',
    () => {
      const other = sequential({ layers: [layers.dense({ units: 2, inputShape: [4] })] });
      other.compile({ optimizer: 'adam' });
      return other.fit(x, y, { verbose: 0 });
    },
    ConfigError,
    /there is no loss to minimize. Pass one to compile/,
  ],
  ['no options', (m) => m.compile(wrong(undefined)), ConfigError, /compile: options must be an object such as/],
  [
    'an unknown optimizer',
    (m) => m.compile({ optimizer: wrong('adagrad2'), loss: 'mse' }),
    ConfigError,
    /there is no optimizer "adagrad2"/,
  ],
  [
    'an unknown metric',
    (m) => m.compile({ loss: 'mse', metrics: [wrong<'mse'>('recal')] }),
    ConfigError,
    /there is no metric "recal"/,
  ],
  [
    'a learning rate that is none',
    () => train.adam(Number.NaN),
    ConfigError,
    /learningRate must be a finite number, got NaN/,
  ],
  ['two ways to clip', () => train.sgd(0.1, { clipnorm: 1, clipvalue: 1 }), ConfigError, /only one of clipnorm/],
  ['a momentum of 2', () => train.sgd(0.1, { momentum: 2 }), ConfigError, /momentum must be a number from 0 to 1/],
  [
    'a reduction that is none',
    () => new losses.MeanSquaredError({ reduction: wrong('avg') }),
    ConfigError,
    /reduction must be one of/,
  ],
  ['a metric that is none', () => metrics.get(wrong(5)), ConfigError, /there is no metric 5/],
  // layers
  ['no units', () => layers.dense(wrong({})), ConfigError, /Dense "dense\w*": units must be a whole number above 0/],
  ['units 1.5', () => layers.dense({ units: 1.5 }), ConfigError, /units must be a whole number above 0, got 1.5/],
  ['layer options that are none', () => layers.dense(wrong(10)), ConfigError, /options must be an object/],
  [
    'an unknown activation',
    () => layers.dense({ units: 1, activation: wrong('rleu') }),
    ConfigError,
    /no activation "rleu"/,
  ],
  [
    'an unknown initializer',
    () => layers.dense({ units: 1, kernelInitializer: wrong('glorot') }),
    ConfigError,
    /initializer "glorot"/,
  ],
  [
    'an unknown regularizer',
    () => layers.dense({ units: 1, kernelRegularizer: wrong('l3') }),
    ConfigError,
    /regularizer "l3"/,
  ],
  [
    'an unknown padding',
    () => layers.conv2d({ filters: 1, kernelSize: 3, padding: wrong('full') }),
    ConfigError,
    /padding must be 'valid' or 'same'/,
  ],
  [
    'a kernel of three axes',
    () => layers.conv2d({ filters: 1, kernelSize: wrong([3, 3, 3]) }),
    ConfigError,
    /kernelSize must be/,
  ],
  [
    'groups that do not divide',
    () => layers.conv2d({ filters: 3, kernelSize: 1, groups: 2 }),
    ConfigError,
    /groups \(2\) must divide filters \(3\)/,
  ],
  [
    'strides and dilation',
    () => layers.conv2d({ filters: 1, kernelSize: 1, strides: 2, dilationRate: 2 }),
    ConfigError,
    /do not go together/,
  ],
  [
    'a dropout rate of 20',
    () => layers.dropout({ rate: 20 }),
    ConfigError,
    /rate must be a number from 0 to 1, got 20/,
  ],
  [
    'an inputShape with a NaN',
    () => layers.dense({ units: 1, inputShape: [Number.NaN] }),
    ShapeError,
    /inputShape must hold whole numbers above 0/,
  ],
  ['an InputLayer without a shape', () => layers.inputLayer(wrong({})), ConfigError, /needs the shape of one sample/],
  [
    'images without channels',
    () => layers.conv2d({ filters: 1, kernelSize: 3 }).apply(zeros([2, 5, 5])),
    ShapeError,
    /expects inputs of rank 4/,
  ],
  [
    'a kernel larger than the image',
    () => sequential({ layers: [layers.conv2d({ filters: 1, kernelSize: 5, inputShape: [3, 3, 1] })] }),
    ShapeError,
    /the kernel reaches over 5 cells, but the input has 3 along its height/,
  ],
  [
    'other channels than the layer was built for',
    () => {
      const layer = layers.conv2d({ filters: 2, kernelSize: 3, name: 'stem' });
      layer.build([null, 8, 8, 3]);
      return layer.apply(zeros([1, 8, 8, 1]));
    },
    ShapeError,
    /Conv2D "stem" expects 3 input channels but got 1 \(input shape \[1, 8, 8, 1\]\)\. Did you mean inputShape: \[8, 8, 3\]\?/,
  ],
  [
    'a reshape that does not fit',
    () => layers.reshape({ targetShape: [5] }).apply(zeros([2, 6])),
    ShapeError,
    /do not fit targetShape \[5\]/,
  ],
  ['two unknown sizes', () => layers.reshape({ targetShape: [-1, -1] }), ConfigError, /at most one of them -1/],
  // models
  ['what is no layer', (m) => m.add(wrong('dense')), ConfigError, /add needs a layer/],
  ['the same layer twice', (m) => m.add(m.layers[0] as layers.Layer), ConfigError, /has a layer named/],
  [
    'an InputLayer at the end',
    (m) => m.add(layers.inputLayer({ inputShape: [2] })),
    ConfigError,
    /an InputLayer comes first/,
  ],
  [
    'a convolution after a vector',
    (m) => m.add(layers.conv2d({ filters: 1, kernelSize: 1 })),
    ShapeError,
    /expects inputs of rank 4.*input shape \[null, 3\]/,
  ],
  ['a layer by a wrong name', (m) => m.getLayer('conv'), ConfigError, /has no layer "conv"; its layers are dense/],
  ['too few weights', (m) => m.setWeights([zeros([4, 6])]), ConfigError, /setWeights got 1 values for 4 weights/],
  [
    'weights of another shape',
    (m) => m.setWeights([zeros([4, 5]), zeros([6]), zeros([6, 3]), zeros([3])]),
    ShapeError,
    /weight 0 .* has shape \[4, 6\], but a value of shape \[4, 5\]/,
  ],
  [
    'an unknown class in a configuration',
    (m) => (m.constructor as typeof Sequential).fromConfig({ layers: [{ className: 'Dense2', config: {} }] }),
    ConfigError,
    /no layer class "Dense2"/,
  ],
];

describe('wrong calls say what is wrong, and the model still works', () => {
  const model = classifier();

  for (const [name, call, Class, text] of calls) {
    it(name, async () => {
      const error = await Promise.resolve()
        .then(() => call(model))
        .then(
          () => undefined,
          (reason: unknown) => reason,
        );
      expect(error, 'nothing was thrown').toBeInstanceOf(HornbeamError);
      expect((error as Error).message).toMatch(text);
      expect(error).toBeInstanceOf(Class);
      const { loss } = await model.evaluate(x, y, { verbose: 0 });
      expect(Number.isFinite(loss)).toBe(true);
    });
  }

  it('trains after all of them', async () => {
    const { history } = await model.fit(x, y, { epochs: 2, verbose: 0 });
    expect(history.loss).toHaveLength(2);
  });
});

describe('calls at the wrong time', () => {
  it('fit, evaluate, trainOnBatch, optimizer before compile', async () => {
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [4] })] });
    await expect(model.fit(x, y)).rejects.toThrow(/fit needs a compiled model\. Call compile first/);
    await expect(model.evaluate(x, y)).rejects.toThrow(StateError);
    await expect(model.trainOnBatch(x, y)).rejects.toThrow(StateError);
    expect(() => model.optimizer).toThrow(StateError);
    expect(model.predict(x).shape).toEqual([18, 1]);
  });

  it('a second fit, compile, trainOnBatch and dispose while fit runs', async () => {
    const model = classifier();
    const first = model.fit(x, y, { epochs: 3, verbose: 0 });
    await expect(model.fit(x, y, { verbose: 0 })).rejects.toThrow(/another fit of this model is running/);
    await expect(model.trainOnBatch(x, y)).rejects.toThrow(StateError);
    expect(() => model.compile({ loss: 'mse' })).toThrow(StateError);
    expect(() => model.dispose()).toThrow(StateError);
    expect((await first).epoch).toEqual([0, 1, 2]);
    await model.fit(x, y, { verbose: 0 });
  });

  it('a model without layers, or without parameters to count', async () => {
    const model = sequential();
    model.compile({ loss: 'mse' });
    await expect(model.fit(x, y)).rejects.toThrow(/has no layers/);
    expect(() => model.pop()).toThrow(/no layer to pop/);
    expect(() => layers.dense({ units: 1 }).countParams()).toThrow(/is not built/);
  });

  it('numbers asked for inside call', () => {
    class Peek extends layers.Layer {
      static override readonly className = 'Peek';
      override call(inputs: Tensor): Tensor {
        inputs.dataSync();
        return inputs;
      }
    }
    expect(() => sequential({ layers: [new Peek({ inputShape: [3], name: 'peek' })] })).toThrow(/Peek "peek"/);
    expect(() => sequential({ layers: [new Peek({ inputShape: [3] })] })).toThrow(StateError);
  });

  it('a layer that returns nothing, a rank that depends on the batch', () => {
    class Nothing extends layers.Layer {
      override call(): Tensor {
        return undefined as unknown as Tensor;
      }
    }
    expect(() => sequential({ layers: [new Nothing({ inputShape: [3] })] })).toThrow(
      /call must return a Tensor, got nothing/,
    );
    class Odd extends layers.Layer {
      override call(inputs: Tensor): Tensor {
        return (inputs.shape[0] as number) > 85 ? inputs : inputs.flatten();
      }
    }
    expect(() => sequential({ layers: [new Odd({ inputShape: [3] })] })).toThrow(/rank of the output depends/);
  });

  it('training without anything to train', async () => {
    const model = classifier();
    model.trainable = false;
    const { history } = await model.fit(x, y, { verbose: 0 });
    expect(history.loss).toHaveLength(1);
  });
});
