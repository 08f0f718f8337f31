import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as activations from '../../ts/activations/index.ts';
import type { Layer } from '../../ts/layers/layer.ts';
import { layerFromConfig } from '../../ts/layers/registry.ts';
import { wave, weightWave } from '../wave.ts';

interface LayerCase {
  className: string;
  config: Record<string, unknown>;
  inputShape: number[];
  outputShape: number[];
  output: number[];
  training?: number[];
  weights?: number[][];
}

const goldens = JSON.parse(readFileSync(new URL('../goldens/layers.json', import.meta.url), 'utf8')) as {
  layers: LayerCase[];
  activations: Record<string, number[]>;
};

function close(actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-5): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs((actual[i] as number) - value)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)));
  });
}

describe('layers equal Keras', () => {
  for (const [index, golden] of goldens.layers.entries()) {
    it(`${golden.className} ${JSON.stringify(golden.config)} (${index})`, async () => {
      const layer = layerFromConfig(golden) as Layer;
      const x = wave(golden.inputShape, 0.3);
      layer.apply(x);
      layer.setWeights(layer.weights.map((w, i) => weightWave(w.shape, i, w.name)));
      const y = layer.apply(x);
      expect([...y.shape]).toEqual(golden.outputShape);
      close(await y.data(), golden.output);
      expect(layer.computeOutputShape([null, ...golden.inputShape.slice(1)])).toEqual([
        null,
        ...golden.outputShape.slice(1),
      ]);
      if (golden.training === undefined) return;
      close(await layer.apply(x, { training: true }).data(), golden.training);
      for (const [i, weight] of layer.getWeights().entries())
        close(await weight.data(), golden.weights?.[i] as number[]);
    });
  }
});

describe('activations equal Keras', () => {
  for (const [name, expected] of Object.entries(goldens.activations)) {
    it(name, async () => {
      const y = activations.get(name as activations.ActivationName).apply(wave([3, 5], 0.3, 4));
      close(await y.data(), expected);
    });
  }

  it('accepts both spellings, functions, and nothing', () => {
    expect(activations.get('hard_sigmoid').name).toBe('hardSigmoid');
    expect(activations.get(null).name).toBe('linear');
    expect(activations.get((x) => x.mul(2)).name).toBe('custom');
    expect(() => activations.get('toString' as activations.ActivationName)).toThrow(/no activation "toString"/);
  });
});
