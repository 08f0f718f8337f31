import { describe, expect, it } from 'vitest';
import { ConfigError, input, layers, model, ShapeError, tensor } from '../../ts/index.ts';

/** Arguments that TypeScript would refuse. */
function wrong<T>(value: unknown): T {
  return value as T;
}

const a = tensor([
  [1, 2],
  [3, 4],
]);

describe('layers that join tensors', () => {
  it('train in a graph, broadcast over unknown sizes', async () => {
    const x = input({ shape: [null, 4] });
    const y = input({ shape: [4] });
    const sum = layers.add().apply([x, layers.dense({ units: 4 }).apply(y)]);
    expect(sum.shape).toEqual([null, null, 4]);
    const both = layers.concatenate({ axis: 1 }).apply([sum, x]);
    expect(both.shape).toEqual([null, null, 4]);
    const pooled = layers.dot({ axes: 1 }).apply([both, both]);
    expect(pooled.shape).toEqual([null, 4, 4]);
    const net = model({
      inputs: [x, y],
      outputs: layers.dense({ units: 1 }).apply(layers.flatten().apply(layers.multiply().apply([pooled, pooled]))),
    });
    net.compile({ optimizer: 'sgd', loss: 'mse' });
    const data = [
      tensor(
        Float32Array.from({ length: 24 }, (_, i) => Math.sin(i) / 4),
        [2, 3, 4],
      ),
      tensor(
        Float32Array.from({ length: 8 }, (_, i) => Math.cos(i) / 4),
        [2, 4],
      ),
    ];
    const { history } = await net.fit(data, tensor([[1], [2]]), { epochs: 2, verbose: 0 });
    const [first, last] = history.loss as [number, number];
    expect(last).toBeLessThan(first);
  });

  it('keep the dtype of integers', async () => {
    const one = tensor([1, 2, 3], [3, 1], 'int32');
    const sum = layers.add().call([one, one], { training: false });
    expect(sum.dtype).toBe('int32');
    expect(await sum.array()).toEqual([[2], [4], [6]]);
  });

  it('say what is wrong', () => {
    expect(() => layers.add().apply(a)).toThrow(/Add "add\w*" expects a list of tensors, but got one tensor/);
    expect(() => layers.add().apply({ a })).toThrow(/expects a list of tensors, but got a record/);
    expect(() =>
      layers.add().apply([
        a,
        tensor([
          [1, 2, 3],
          [1, 2, 3],
        ]),
      ]),
    ).toThrow(/input shapes \[null, 2\] and \[null, 3\] do not broadcast/);
    expect(() => layers.add().apply([a, tensor([[1, 2]])])).toThrow(/different numbers of samples, 2 and 1/);
    expect(() => layers.subtract().apply([a, a, a])).toThrow(/expects exactly 2 tensors, but got 3/);
    expect(() => layers.concatenate({ axis: 2 }).apply([a, a])).toThrow(/axis 2 does not exist/);
    expect(() =>
      layers.concatenate({ axis: 0 }).checkInput([
        [2, 3],
        [2, 4],
      ]),
    ).toThrow(ShapeError);
    expect(() => layers.concatenate({ axis: 0.5 })).toThrow(ConfigError);
    expect(() => layers.dot({ axes: 0 }).apply([a, a])).toThrow(/is the batch, which is not summed over/);
    expect(() => layers.dot({ axes: 1 }).apply([a, tensor([[1], [2]])])).toThrow(/sizes 2 \(axis 1 of .* and 1/);
    expect(() => layers.dot(wrong({ axes: 'a' }))).toThrow(/axes must be a whole number or two such as \[1, 2\]/);
    expect(() => layers.dot(wrong(undefined))).toThrow(/options are missing/);
    expect(() => layers.maximum(wrong({ axis: 1 }))).toThrow(/no option "axis"/);
  });
});
