import { describe, expect, it } from 'vitest';
import { ConfigError, layers, ShapeError, sequential, tensor } from '../../ts/index.ts';

/** Arguments that TypeScript would refuse. */
function wrong<T>(value: unknown): T {
  return value as T;
}

describe('DepthwiseConv2D', () => {
  it('names its weights and options as Keras does', () => {
    const layer = layers.depthwiseConv2d({
      kernelSize: 3,
      depthMultiplier: 2,
      depthwiseInitializer: 'ones',
      name: 'dw',
    });
    layer.build([null, 5, 5, 4]);
    expect(layer.weights.map(({ name, shape }) => [name, [...shape]])).toEqual([
      ['dw/kernel', [3, 3, 4, 2]],
      ['dw/bias', [8]],
    ]);
    const config = layer.getConfig();
    expect(config).toMatchObject({ depthMultiplier: 2, depthwiseInitializer: { className: 'Ones' } });
    expect(config).not.toHaveProperty('kernelInitializer');
  });

  it('trains', async () => {
    const model = sequential({
      layers: [
        layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', useBias: false, inputShape: [4, 4, 2] }),
        layers.reLU(),
        layers.globalAveragePooling2d(),
        layers.dense({ units: 1 }),
      ],
    });
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const x = tensor(
      Array.from({ length: 8 * 32 }, (_, i) => Math.sin(i)),
      [8, 4, 4, 2],
    );
    const y = tensor(
      Array.from({ length: 8 }, (_, i) => Math.cos(i)),
      [8, 1],
    );
    const { history } = await model.fit(x, y, { epochs: 3, verbose: 0, shuffle: false });
    const [first, , last] = history.loss as [number, number, number];
    expect(last).toBeLessThan(first);
  });

  it('says what is wrong', () => {
    const layer = layers.depthwiseConv2d({ kernelSize: 3 });
    expect(() => layer.apply(tensor([1, 2, 3]))).toThrow(/DepthwiseConv2D .* expects inputs of rank 4/);
    expect(() => layer.checkInput([null, 2, 5, 1])).toThrow(/the kernel reaches over 3 cells, but the input has 2/);
    layer.build([null, 5, 5, 4]);
    expect(() => layer.checkInput([null, 5, 5, 3])).toThrow(ShapeError);
    expect(() => layer.checkInput([null, 5, 5, 3])).toThrow(/expects 4 input channels but got 3 .*\[5, 5, 4\]\?/);
    expect(() => layers.depthwiseConv2d({ kernelSize: 3, strides: 2, dilationRate: 2 })).toThrow(ConfigError);
    expect(() => layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 0 })).toThrow(/depthMultiplier/);
    expect(() => layers.depthwiseConv2d(wrong({ kernelSize: 3, kernelInitializer: 'ones' }))).toThrow(
      /no option "kernelInitializer"/,
    );
  });
});

describe('ReLU and GlobalAveragePooling2D', () => {
  it('equals the activation by default, and refuses negative options', async () => {
    const x = tensor([-1, 0, Number.NEGATIVE_INFINITY, 3]);
    expect([...(await layers.reLU().apply(x).data())]).toEqual([0, 0, 0, 3]);
    expect([...(await layers.reLU({ threshold: 1 }).apply(x).data())]).toEqual([0, 0, 0, 3]);
    expect(() => layers.reLU({ maxValue: -1 })).toThrow(/maxValue must be a number of at least 0, got -1/);
    expect(() => layers.reLU(wrong({ threshold: 'a' }))).toThrow(ConfigError);
  });

  it('needs images', () => {
    expect(() => layers.globalAveragePooling2d().checkInput([null, 3])).toThrow(/rank 4/);
    expect(() => layers.globalAveragePooling2d(wrong({ keepDims: 1 }))).toThrow(ConfigError);
  });
});
