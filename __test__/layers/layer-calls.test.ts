import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Inputs } from '../../ts/layers/calls.ts';
import { layerFromConfig } from '../../ts/layers/registry.ts';
import { differentiate } from '../../ts/tensor/gradient.ts';
import { type DType, Tensor, tensor, Variable } from '../../ts/tensor/index.ts';
import { wave } from '../wave.ts';

interface Constant {
  shape: number[];
  values: number[];
  dtype?: DType;
}

/** A row of goldens/layer-calls.json, written by goldens/layer_calls.py. */
interface LayerCall {
  className: string;
  config: Record<string, unknown>;
  inputs: number[] | number[][];
  scale?: number;
  values?: number[][];
  masks?: (unknown[] | null)[];
  options?: { tensors?: Record<string, number[]>; [option: string]: unknown };
  own?: Record<string, Constant>;
  outputs: { shape: number[]; values: number[] }[];
  mask?: unknown[];
  gradients?: number[][];
}

const cases = JSON.parse(readFileSync(new URL('../goldens/layer-calls.json', import.meta.url), 'utf8')) as LayerCall[];

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  expected.forEach((value, i) => {
    const off = Math.abs((actual[i] as number) - value);
    if (!(off <= tolerance * Math.min(largest, Math.max(1, Math.abs(value)))))
      expect.fail(`${what}[${i}] is ${actual[i]}, Keras has ${value}`);
  });
}

const tensorsOf = (outputs: unknown): Tensor[] => (outputs instanceof Tensor ? [outputs] : (outputs as Tensor[]));

describe('calls of layers equal Keras', () => {
  for (const [index, golden] of cases.entries()) {
    const { className, config, scale = 1 } = golden;
    const told = JSON.stringify({ ...config, ...golden.options });
    it(`${className} ${told} ${golden.masks ? 'masked ' : ''}(${index})`, async () => {
      const several = Array.isArray(golden.inputs[0]);
      const shapes = (several ? golden.inputs : [golden.inputs]) as number[][];
      // Variables, so that there are gradients with respect to all of them.
      const held = shapes.map((shape, i) => {
        const given = golden.values?.[i];
        return new Variable(given === undefined ? wave(shape, 0.3 + i, scale) : tensor(given, shape));
      });
      const { tensors = {}, ...plain } = golden.options ?? {};
      const named = Object.entries(tensors).map(
        ([name, shape], i) => [name, new Variable(wave(shape, 2 + i, scale))] as const,
      );
      const constants = Object.entries(golden.own ?? {}).map(
        ([name, { shape, values, dtype }]) => [name, tensor(values, shape, dtype)] as const,
      );
      const layer = layerFromConfig({ className, config });
      const call = (): Tensor[] => {
        const inputs = held.map((x, i) => {
          const read = x.add(0);
          const mask = golden.masks?.[i];
          if (mask) read.mask = tensor(mask as number[][]).cast('bool');
          return read;
        });
        const options = Object.fromEntries([...named, ...constants]);
        return tensorsOf(layer.apply((several ? inputs : inputs[0]) as Inputs, { ...plain, ...options }));
      };
      call();
      layer.setWeights(layer.weights.map(({ shape }, i) => wave(shape, i + 1, 0.5)));
      const outputs = call();
      expect(outputs).toHaveLength(golden.outputs.length);
      for (const [i, output] of outputs.entries()) {
        const expected = golden.outputs[i] as (typeof golden.outputs)[number];
        expect([...output.shape]).toEqual(expected.shape);
        expectClose(await output.data(), expected.values, 1e-5, `output ${i}`);
      }
      expect(await outputs[0]?.mask?.cast('int32').array()).toEqual(golden.mask);

      // What a configuration says makes the same layer.
      expect(layerFromConfig({ className, config: layer.getConfig() }).getConfig()).toEqual(layer.getConfig());

      if (named.length === 0 && constants.length === 0) {
        const known = shapes.map(([, ...rest]) => [null, ...rest]);
        const found = layer.computeOutputShape(several ? known : (known[0] as (number | null)[]));
        const first = golden.outputs[0]?.shape.slice(1);
        if (golden.outputs.length === 1) expect(found).toEqual([null, ...(first as number[])]);
      }

      if (golden.gradients === undefined) return;
      const variables = [
        ...layer.weights,
        ...held,
        ...[...named].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, variable]) => variable),
      ];
      const { gradients } = differentiate(() => {
        const terms = call().map((output, i) => output.mul(wave(output.shape, 0.5 + i)).sum());
        return terms.reduce((sum, term) => sum.add(term));
      }, variables);
      for (const [i, gradient] of gradients.entries()) {
        const expected = golden.gradients[i] as number[];
        const found = gradient === null ? expected.map(() => 0) : await gradient.data();
        expectClose(found, expected, 1e-4, `gradient ${i}`);
      }
    });
  }
});
