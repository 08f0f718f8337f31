import { describe, expect, it } from 'vitest';
import { layers, Model, model as modelOf, sequential, setSeed, type Tensor, tensor, tidy } from '../../ts/index.ts';

const rows = (count: number, width: number): number[][] =>
  Array.from({ length: count }, (_, i) => Array.from({ length: width }, (_, j) => ((i * 7 + j * 3) % 11) / 11 - 0.4));

const numbers = (t: Tensor): number[] => Array.from(t.dataSync());

/** Sums what its blocks give; blocks may join it later. */
class Sum extends Model {
  readonly blocks: layers.Dense[] = [];
  head = layers.dense({ units: 2, kernelInitializer: 'ones', useBias: false });

  override call(inputs: Tensor): Tensor {
    return this.blocks.reduce((sum, block) => sum.add(block.apply(inputs)), this.head.apply(inputs));
  }
}

describe('the program that a model keeps for its predictions', () => {
  it('is the one of the shape and dtype, in any order', () => {
    setSeed(3);
    const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
    const of = (x: Tensor): number[] => numbers(model.predict(x));
    const [one, two, whole] = [tensor(rows(1, 3)), tensor(rows(2, 3)), tensor([[1, 0, 2]], [1, 3], 'int32')];
    const expected = of(two).slice(0, 2);
    for (const x of [one, one, two, one, whole, one, whole, two]) {
      const found = of(x);
      expect(found).toHaveLength((x.shape[0] as number) * 2);
      if (x !== whole) expect(found.slice(0, 2)).toEqual(expected);
    }
    expect(of(whole)).toEqual(of(tensor([[1, 0, 2]])));
    expect(() => model.predict(tensor(rows(1, 4)))).toThrow(/\[1, 4\]/);
    expect(of(one)).toEqual(expected);
  });

  it('sees weights that changed, and gives every call results of its own', () => {
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'ones' })] });
    const x = tensor([[1, 2]]);
    const first = model.predict(x);
    const kept = numbers(first);
    model.setWeights([tensor([[2], [3]]), tensor([1])]);
    expect(numbers(model.predict(x))).toEqual([9]);
    expect(numbers(first)).toEqual(kept);
    expect(tidy(() => numbers(model.predict(x)))).toEqual([9]);
    expect(numbers(model.predict(x))).toEqual([9]);
  });

  it('is made again when a layer joins a model or takes the place of another', () => {
    const model = new Sum();
    const x = tensor([[1, 2]]);
    expect(numbers(model.predict(x) as Tensor)).toEqual([3, 3]);
    const ones = (): layers.Dense => layers.dense({ units: 2, kernelInitializer: 'ones', useBias: false });
    model.blocks.push(ones());
    expect(numbers(model.predict(x) as Tensor)).toEqual([6, 6]);
    model.blocks.push(ones());
    expect(numbers(model.predict(x) as Tensor)).toEqual([9, 9]);
    model.blocks.length = 0;
    model.head = layers.dense({ units: 2, kernelInitializer: 'zeros', useBias: false });
    expect(numbers(model.predict(x) as Tensor)).toEqual([0, 0]);
  });

  it('is made again when a layer that was there before joins, or takes the place of one like it', () => {
    const make = (kernelInitializer: 'ones' | 'zeros'): layers.Dense =>
      layers.dense({ units: 2, kernelInitializer, useBias: false });
    const x = tensor([[1, 2]]);
    const [one, other] = [make('ones'), make('zeros')];
    for (const layer of [one, other]) layer.apply(x);
    const model = new Sum();
    model.head = one;
    expect(numbers(model.predict(x) as Tensor)).toEqual([3, 3]);
    expect(numbers(model.predict(x) as Tensor)).toEqual([3, 3]);
    model.head = other;
    expect(numbers(model.predict(x) as Tensor)).toEqual([0, 0]);
    model.blocks.push(one);
    expect(numbers(model.predict(x) as Tensor)).toEqual([3, 3]);
  });

  it('is made again when a layer deep inside a model changes', () => {
    const inner = layers.activation({ activation: 'relu' });
    const input = layers.input({ shape: [2] });
    const block = modelOf({ inputs: input, outputs: inner.apply(input) });
    const outer = sequential({
      layers: [layers.dense({ units: 2, inputShape: [2], kernelInitializer: 'ones' }), block],
    });
    const x = tensor([[1, -3]]);
    expect(numbers(outer.predict(x))).toEqual([0, 0]);
    const before = outer.version;
    inner.trainable = false;
    expect(outer.version).toBeGreaterThan(before);
    expect(numbers(outer.predict(x))).toEqual([0, 0]);
    outer.dispose();
  });

  it('works on after compile, another precision and dispose of the programs', () => {
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'ones' })] });
    const x = tensor([[1, 2]]);
    expect(numbers(model.predict(x))).toEqual([3]);
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', precision: 'exact' });
    expect(numbers(model.predict(x))).toEqual([3]);
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', precision: 'fast' });
    expect(numbers(model.predict(x))).toEqual([3]);
  });
});
