import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  type FitOptions,
  layers,
  losses,
  metrics,
  optimizers,
  StateError,
  sequential,
  type Tensor,
} from '../../../ts/index.ts';
import { classifier, samples } from '../samples.ts';

/** Arguments that TypeScript would refuse. */
function wrong<T>(value: unknown): T {
  return value as T;
}

const { x, y } = samples();

describe('classes where objects belong', () => {
  it.each([
    [{ loss: losses.MeanSquaredError }, /the loss is a class: pass an object, new MeanSquaredError\(\)/],
    [{ loss: 'mse', metrics: [metrics.Accuracy] }, /the metric is a class: pass an object, new Accuracy\(\)/],
    [{ loss: 'mse', optimizer: optimizers.Adam }, /^the optimizer is a class or a function: .{0,60}$/],
  ])('%o', (config, message) => {
    const model = classifier();
    expect(() => model.compile(wrong(config))).toThrow(ConfigError);
    expect(() => model.compile(wrong(config))).toThrow(message);
  });
});

describe('options of fit', () => {
  it.each([
    ['validationData as an object', { validationData: { x, y } }, /validationData must be \[x, y\]/],
    ['validationData as a tensor', { validationData: x }, /validationData must be \[x, y\]/],
    ['a signal that is none', { signal: new AbortController() }, /signal must be an AbortSignal/],
    ["a hook in Keras' spelling", { callbacks: { on_epoch_end() {} } }, /there is no hook "on_epoch_end"/],
    ['classWeight as a Map', { classWeight: new Map([[0, 2]]) }, /classWeight must map .* got a Map/],
  ])('%s', async (_, options, message) => {
    const fit = classifier().fit(x, y, { verbose: 0, ...wrong<FitOptions>(options) });
    await expect(fit).rejects.toThrow(message);
    await expect(fit).rejects.toThrow(ConfigError);
  });
});

describe('functions of your own', () => {
  it('a metric that returns nothing is named', async () => {
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
    model.compile({ loss: 'mse', metrics: [wrong<metrics.MetricFunction>(function nothing() {})] });
    await expect(model.fit([[1]], [1], { verbose: 0 })).rejects.toThrow(/metric "nothing" must give a tensor/);
  });

  it('a weight made inside call', () => {
    class Late extends layers.Layer {
      override call(inputs: Tensor): Tensor {
        return inputs.mul(this.addWeight({ name: 'w', shape: [1] }));
      }
    }
    const make = () => sequential({ layers: [new Late({ inputShape: [1], name: 'late' })] });
    expect(make).toThrow(StateError);
    expect(make).toThrow(/^Late "late": addWeight: "w" is made inside call/);
  });

  it('a scalar handed to a layer', () => {
    expect(() => layers.dense({ units: 1 }).apply(3)).toThrow(/but got rank 0 \(input shape \[\]\)/);
  });

  it('a class without a name', () => {
    const layer = new (class extends layers.Layer {
      override call(inputs: Tensor): Tensor {
        return inputs;
      }
    })();
    expect(layer.name).toMatch(/^layer(_\d+)?$/);
  });
});
