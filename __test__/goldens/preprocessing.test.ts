// Layers that adapt to data, from one tensor, from batches in an array, from generators of both kinds.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layers, setPrecision, type Tensor } from '../../ts/index.ts';
import { layerFromConfig } from '../../ts/layers/registry.ts';
import { casesOf, type DataSpec, dataOf, expectClose, type Numbers } from './data.ts';

interface AdaptCase {
  className: 'Normalization' | 'Discretization';
  config: Record<string, unknown>;
  data: DataSpec[];
  inputs: DataSpec[];
  boundaries?: number[];
  weights?: Numbers[];
  outputs: Numbers[];
}

const cases = casesOf<AdaptCase>('preprocessing');

async function compare(layer: layers.Layer, golden: AdaptCase): Promise<void> {
  if (layer instanceof layers.Discretization)
    expectClose(layer.binBoundaries as number[], golden.boundaries as number[], 'boundaries');
  for (const [i, { shape, values }] of (golden.weights ?? []).entries()) {
    const weight = layer.getWeights()[i] as Tensor;
    expect([...weight.shape]).toEqual(shape);
    expectClose(await weight.data(), values, `weight ${i}`);
  }
  for (const [i, { shape, values }] of golden.outputs.entries()) {
    const output = layer.apply(dataOf(golden.inputs[i] as DataSpec));
    expect([...output.shape]).toEqual(shape);
    expectClose(await output.data(), values, `output ${i}`);
  }
}

describe('adapted layers equal Keras', () => {
  beforeAll(() => setPrecision('exact'));
  afterAll(() => setPrecision('fast'));

  for (const golden of cases) {
    it(`${golden.className} ${JSON.stringify(golden.config)} on ${JSON.stringify(golden.data)}`, async () => {
      const make = (): layers.Normalization | layers.Discretization =>
        layerFromConfig(golden) as layers.Normalization | layers.Discretization;
      const data = golden.data.map(dataOf);
      const layer = make();
      expect(layer.adapt(data.length === 1 ? (data[0] as Tensor) : data)).toBe(undefined);
      await compare(layer, golden);

      const late = make();
      await late.adapt(async function* () {
        for (const batch of data) yield [batch, 'targets'] as const;
      });
      await compare(late, golden);

      const named = make();
      named.adapt(data.map((xs) => ({ xs, ys: xs }))[Symbol.iterator]());
      await compare(named, golden);

      const copy = layerFromConfig({ className: layer.className, config: layer.getConfig() }) as typeof layer;
      expect(copy.getConfig()).toEqual(layer.getConfig());
      copy.apply(dataOf(golden.inputs[0] as DataSpec));
      copy.setWeights(layer.getWeights());
      await compare(copy, golden);
    });
  }
});
