import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type layers, type Tensor, tensor, valueAndGrads, variableGrads } from '../../ts/index.ts';
import { layerFromConfig } from '../../ts/layers/registry.ts';
import { wave } from '../wave.ts';

interface SpatialCase {
  className: string;
  config: Record<string, unknown>;
  inputShape: number[];
  mask?: number[][];
  outputShape: number[];
  output: number[];
  /** Of a training call, and the weights that it left. */
  training?: number[];
  updated?: number[][];
  inputGradient: number[];
  weightGradients: number[][];
}

const families = ['convolution', 'transposed', 'pooling', 'normalization', 'reshaping', 'interpolation', 'others'];

function rows(family: string): SpatialCase[] {
  const path = new URL(`../goldens/spatial-${family}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as SpatialCase[];
}

/** As in goldens/spatial.py: the i-th weight has phase i + 1, variances and deviations are moved up by 1. */
function weightValue(shape: readonly number[], index: number, name: string): Tensor {
  const value = wave(shape, index + 1, 0.5);
  return /variance|stddev/.test(name) ? value.add(1) : value;
}

async function close(actual: Tensor, expected: readonly number[], tolerance: number): Promise<void> {
  const got = await actual.data();
  expect(got.length).toBe(expected.length);
  expected.forEach((value, i) => {
    const difference = Math.abs((got[i] as number) - value);
    if (!(difference <= tolerance * Math.max(1, Math.abs(value))))
      expect.fail(`element ${i}: expected ${value}, got ${got[i]}`);
  });
}

describe.each(families)('%s layers equal Keras', (family) => {
  it.each(rows(family).map((row, i) => [`${row.className} ${JSON.stringify(row.config)} (${i})`, row] as const))(
    '%s',
    async (_, row) => {
      const layer = layerFromConfig(row) as layers.Layer;
      const x = wave(row.inputShape, 0.3);
      layer.build([null, ...row.inputShape.slice(1)]);
      layer.setWeights(layer.weights.map((w, i) => weightValue(w.shape, i, w.name)));
      const mask = row.mask === undefined ? undefined : tensor(row.mask).cast('bool');
      const y = layer.apply(x, { mask });
      expect([...y.shape]).toEqual(row.outputShape);
      await close(y, row.output, 1e-5);
      if (mask === undefined) {
        expect(layer.computeOutputShape([null, ...row.inputShape.slice(1)])).toEqual([
          null,
          ...row.outputShape.slice(1),
        ]);
      }

      const training = row.training !== undefined;
      const before = layer.getWeights();
      const dy = wave(row.outputShape, 0.5);
      const loss = (input: Tensor): Tensor => layer.apply(input, { mask, training }).mul(dy).sum();
      const { grads } = valueAndGrads(loss)([x]);
      await close(grads[0] as Tensor, row.inputGradient, 1e-4);
      layer.setWeights(before);
      const trained = layer.trainableWeights;
      expect(trained.length).toBe(row.weightGradients.length);
      if (trained.length > 0) {
        const found = variableGrads(() => loss(x), trained).grads;
        for (const [i, w] of trained.entries())
          await close(found[w.name] as Tensor, row.weightGradients[i] as number[], 1e-4);
        layer.setWeights(before);
      }
      if (training) {
        await close(layer.apply(x, { mask, training }), row.training as number[], 1e-5);
        for (const [i, w] of layer.nonTrainableWeights.entries())
          await close(w.read(), row.updated?.[i] as number[], 1e-5);
      }

      const copy = layerFromConfig({ className: layer.className, config: layer.getConfig() });
      expect(copy.getConfig()).toEqual(layer.getConfig());
      expect(layer.getConfig()).toMatchObject({ name: layer.name, trainable: true, dtype: 'float32' });
    },
  );
});
