import { describe, expect, it } from 'vitest';
import { ConfigError, layers, ones, optimizers, ShapeError, sequential, tensor } from '../../ts/index.ts';
import { layerFromConfig } from '../../ts/layers/registry.ts';
import { expectClose } from '../close.ts';
import { wave } from '../wave.ts';

/** Arguments that TypeScript would refuse. */
function wrong<T>(value: unknown): T {
  return value as T;
}

const refused: [string, () => unknown, RegExp][] = [
  [
    'a layout',
    () => layers.conv1d({ filters: 1, kernelSize: 1, dataFormat: wrong('x') }),
    /dataFormat must be 'channelsLast'/,
  ],
  [
    'causal in 2D',
    () => layers.conv2d({ filters: 1, kernelSize: 1, padding: wrong('causal') }),
    /padding must be 'valid'/,
  ],
  ['a size', () => layers.conv3d({ filters: 1, kernelSize: wrong([1, 2]) }), /kernelSize must be .* three such as/],
  [
    'outputPadding',
    () => layers.conv2dTranspose({ filters: 1, kernelSize: 2, strides: 2, outputPadding: 2 }),
    /outputPadding must be below the strides/,
  ],
  ['bins', () => layers.adaptiveMaxPooling1d({ outputSize: 0 }), /outputSize must be/],
  ['cropping', () => layers.cropping2d({ cropping: wrong([1, 2, 3]) }), /cropping must be/],
  ['dims', () => layers.permute({ dims: [0, 1] }), /dims must hold each number from 1 on once/],
  ['interpolation', () => layers.upSampling2d({ interpolation: wrong('area') }), /interpolation must be/],
  ['groups', () => layers.groupNormalization({ groups: 0 }), /groups must be a whole number above 0, or -1/],
  ['axis', () => layers.layerNormalization({ axis: wrong('a') }), /axis must be a whole number, or several/],
  ['a rate', () => layers.gaussianDropout({ rate: 1 }), /rate must be below 1/],
  [
    'clipping',
    () => layers.batchNormalization({ renorm: true, renormClipping: { rmin: 2, rmax: 1 } }),
    /rmin of at most rmax/,
  ],
  ['no layer', () => layers.spectralNormalization(wrong({})), /layer must be a layer/],
];

describe('layers over spatial axes', () => {
  it.each(refused)('refuses %s', (_, call, message) => {
    expect(call).toThrow(ConfigError);
    expect(call).toThrow(message);
  });

  it('says which input does not suit', () => {
    const conv = layers.conv1d({ filters: 2, kernelSize: 3, dataFormat: 'channelsFirst' });
    expect(() => conv.apply(ones([1, 2, 3, 4]))).toThrow(/rank 3 \(\[batch, channels, length\]\)/);
    conv.build([null, 4, 9]);
    expect(() => conv.apply(ones([1, 3, 9]))).toThrow(/expects 4 input channels but got 3 .*\[4, 9\]\?/);
    expect(() => conv.apply(ones([1, 4, 2]))).toThrow(ShapeError);
    expect(() => layers.cropping1d({ cropping: 2 }).apply(ones([1, 4, 1]))).toThrow(/leaves nothing of axis 1/);
    expect(() => layers.layerNormalization({ axis: 4 }).apply(ones([1, 4]))).toThrow(/axis 4 does not exist/);
    expect(() => layers.groupNormalization({ groups: 3 }).apply(ones([1, 4]))).toThrow(/must divide the channels/);
  });

  it('trains', async () => {
    const model = sequential({
      layers: [
        layers.conv1d({ filters: 4, kernelSize: 3, padding: 'causal', inputShape: [8, 3] }),
        layers.groupNormalization({ groups: 2 }),
        layers.spatialDropout1d({ rate: 0.1, seed: 1 }),
        layers.gaussianNoise({ stddev: 0.01, seed: 2 }),
        layers.activityRegularization({ l2: 0.01 }),
        layers.conv1dTranspose({ filters: 2, kernelSize: 2, strides: 2 }),
        layers.maxPooling1d(),
        layers.layerNormalization(),
        layers.globalAveragePooling1d(),
        layers.spectralNormalization({ layer: layers.dense({ units: 1 }) }),
      ],
    });
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const { history } = await model.fit(wave([8, 8, 3], 0.1), wave([8, 1], 1), {
      epochs: 4,
      verbose: 0,
      shuffle: false,
    });
    const losses = history.loss as number[];
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
  });
});

describe('layers that draw random numbers', () => {
  it('drops whole channels, and nothing in inference', async () => {
    const x = ones([4, 5, 6, 8]);
    const layer = layers.spatialDropout2d({ rate: 0.5, seed: 3 });
    expect(await layer.apply(x).data()).toEqual(await x.data());
    const y = layer.apply(x, { training: true });
    const means = await y.mean([1, 2]).data();
    expect(new Set(means)).toEqual(new Set([0, 2]));
  });

  it('keeps mean and variance', async () => {
    const x = wave([100, 100], 0.2).mul(Math.SQRT2);
    for (const layer of [layers.alphaDropout({ rate: 0.2, seed: 1 }), layers.gaussianDropout({ rate: 0.2, seed: 1 })]) {
      const y = layer.apply(x.add(1), { training: true });
      const expected = layer.className === 'AlphaDropout' ? undefined : 1;
      if (expected !== undefined)
        expect(Math.abs(((await y.mean().data())[0] as number) - expected)).toBeLessThan(0.05);
      expect(layerFromConfig({ className: layer.className, config: layer.getConfig() }).getConfig()).toEqual(
        layer.getConfig(),
      );
    }
  });
});

describe('SpectralNormalization', () => {
  it('divides the kernel by its largest singular value in training', async () => {
    const layer = layers.spectralNormalization({
      layer: layers.dense({ units: 2, useBias: false }),
      powerIterations: 30,
    });
    layer.build([null, 2]);
    layer.layer.setWeights([
      [
        [3, 0],
        [0, 1],
      ],
    ]);
    // As in Keras, the kernel is first.
    layer.setWeights([
      [
        [3, 0],
        [0, 1],
      ],
      [[0.5, 0.5]],
    ]);
    const y = await layer.apply(tensor([[3, 3]]), { training: true }).data();
    expect(y[0]).toBeCloseTo(3, 4);
    expect(y[1]).toBeCloseTo(1, 4);
    const copy = layerFromConfig({ className: layer.className, config: layer.getConfig() });
    expect(copy.getConfig()).toEqual(layer.getConfig());
    expect(() => layers.spectralNormalization({ layer: layers.flatten() }).build([null, 2])).toThrow(/has no kernel/);
  });

  it('trains the divided kernel, as Keras with TensorFlow and PyTorch', async () => {
    const model = sequential();
    model.add(layers.spectralNormalization({ layer: layers.dense({ units: 2 }), inputShape: [3] }));
    model.compile({ optimizer: new optimizers.SGD({ learningRate: 0.1 }), loss: 'meanSquaredError' });
    const kernel = [
      [3, 1],
      [0, -2],
      [1, 1],
    ];
    model.setWeights([kernel, [[1, 0.5]], [0.5, -0.5]]);
    const x = tensor([
      [1, 2, -1],
      [0, 1, 1],
      [2, -1, 0],
      [-1, 0, 3],
    ]);
    const y = tensor([
      [1, 0],
      [0, 1],
      [1, 1],
      [-1, 2],
    ]);
    await model.fit(x, y, { batchSize: 4, epochs: 2, shuffle: false, verbose: 0 });
    // What Keras 3.15.1 prints after the same two steps.
    const wanted = [
      [
        [0.82885027, 0.32424906],
        [0.0147242, -0.37015215],
        [0.07148729, 0.54805189],
      ],
      [[0.8347086, 0.5506919]],
      [0.33961466, -0.24711279],
    ];
    for (const [i, weight] of model.getWeights().entries()) expectClose(weight, wanted[i] ?? [], 1e-6);
  });
});
