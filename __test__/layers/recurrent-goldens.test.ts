import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type layers, setSeed, tensor, Variable } from '../../ts/index.ts';
import { layerFromConfig } from '../../ts/layers/registry.ts';
import { differentiate } from '../../ts/tensor/gradient.ts';
import type { Tensor } from '../../ts/tensor/index.ts';
import { leaves, type Tree } from '../../ts/tensor/tree.ts';
import { wave, weightWave } from '../wave.ts';

interface Golden {
  className: string;
  config: Record<string, unknown>;
  input: number[];
  mask?: number[][];
  states?: number[][];
  training?: boolean;
  outputs: { shape: number[]; values: number[] }[];
  /** Of the input, the weights that train, the states. */
  gradients: number[][];
}

const text = readFileSync(new URL('../goldens/recurrent.json', import.meta.url), 'utf8');
const goldens = JSON.parse(text) as Golden[];

function close(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs((actual[i] as number) - value)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)));
  });
}

/** The layer, built for the case's input. */
function built(golden: Golden): layers.Layer<Tree> {
  setSeed(1);
  const layer = layerFromConfig(golden) as layers.Layer<Tree>;
  layer.build([null, ...golden.input.slice(1)]);
  layer.setWeights(layer.weights.map((w, i) => weightWave(w.shape, i, w.name)));
  return layer;
}

describe('recurrent layers equal Keras', () => {
  for (const [index, golden] of goldens.entries()) {
    const { className, config, input, mask, states, training } = golden;
    const title = `${className} ${JSON.stringify(config)} ${mask ? 'masked' : ''} ${states ? 'from states' : ''} (${index})`;
    it(title, () => {
      const layer = built(golden);
      const x = new Variable(wave(input, 0.3));
      const initial = (states ?? []).map((shape, i) => new Variable(wave(shape, 2 + i, 0.5)));
      const options = {
        training: training ?? false,
        ...(mask === undefined ? {} : { mask: tensor(mask).cast('bool') }),
        ...(states === undefined ? {} : { initialState: initial }),
      };
      const call = (): Tensor[] => leaves(layer.apply(x, options));
      // Before the gradients: a training step moves the averages of what keeps some.
      const learned = layer.trainableWeights;
      const { gradients } = differentiate(() => {
        const terms = call().map((y, i) => y.mul(wave(y.shape, 0.5 + i)).sum());
        return terms.reduce((sum, term) => sum.add(term));
      }, [x, ...learned, ...initial]);
      golden.gradients.forEach((expected, i) => {
        const gradient = gradients[i];
        const values = gradient?.dataSync() ?? new Float32Array(expected.length);
        close(values, expected, 1e-4);
      });
      const outputs = call();
      expect(outputs.map((y) => [...y.shape])).toEqual(golden.outputs.map(({ shape }) => shape));
      outputs.forEach((y, i) => void close(y.dataSync(), golden.outputs[i]?.values as number[], 1e-5));
      if (states !== undefined) return;
      const found = layer.computeOutputShape([null, ...input.slice(1)]) as unknown;
      const shapes = golden.outputs.map(({ shape }) => [null, ...shape.slice(1)]);
      expect(outputs.length === 1 ? [found] : (found as unknown[]).flat(Infinity).length).toEqual(
        outputs.length === 1 ? shapes : shapes.flat().length,
      );
    });
  }
});

describe('configurations', () => {
  const seen = new Set<string>();
  for (const golden of goldens) {
    const key = JSON.stringify([golden.className, golden.config]);
    if (seen.has(key)) continue;
    seen.add(key);
    it(key, () => {
      const layer = built(golden);
      const config = JSON.parse(JSON.stringify(layer.getConfig())) as Record<string, unknown>;
      const again = layerFromConfig({ className: golden.className, config });
      expect(again.getConfig()).toEqual(layer.getConfig());
      again.build([null, ...golden.input.slice(1)]);
      again.setWeights(layer.getWeights());
      const [a] = leaves(layer.apply(wave(golden.input, 0.3))) as [Tensor];
      const [b] = leaves(again.apply(wave(golden.input, 0.3))) as [Tensor];
      expect(b.arraySync()).toEqual(a.arraySync());
    });
  }
});
