import { expect } from 'vitest';
import { ConfigError } from '../../ts/errors.ts';
import type { AnyLayer } from '../../ts/layers/layer.ts';
import { flattenNest, type Nest } from '../../ts/layers/nest.ts';
import { layerFromConfig } from '../../ts/layers/registry.ts';
import { differentiate } from '../../ts/tensor/gradient.ts';
import { type Tensor, Variable } from '../../ts/tensor/index.ts';
import { wave, weightWave } from '../wave.ts';
import { type Case, compareCases } from './cases.ts';
import { casesOf, type DataSpec, dataOf, expectClose, expectGradient, maskOf, type Numbers } from './data.ts';

/** An option of a call: one of the inputs, a mask, a list of such, or itself. */
type CallEntry = { input: number } | { mask: number[] } | CallEntry[] | string | number | boolean;

interface LayerCase extends Case {
  inputs: DataSpec[];
  /** Whether the layer takes the inputs as a list. */
  list?: boolean;
  random?: boolean;
  gradient?: boolean;
  masks?: (number[] | null)[];
  call?: Record<string, CallEntry>;
  weights: [string, number[]][];
  outputs: Numbers[];
  training?: Numbers[];
  updated?: Record<string, (number | string)[]>;
  inputGradients?: Record<string, number[] | null>;
  weightGradients?: (number[] | null)[];
  tolerance?: number;
  why?: string;
}

function optionOf(entry: CallEntry, inputs: readonly Tensor[]): unknown {
  if (Array.isArray(entry)) return entry.map((item) => optionOf(item, inputs));
  if (typeof entry !== 'object') return entry;
  return 'input' in entry ? inputs[entry.input] : maskOf(entry.mask);
}

function callOf(golden: LayerCase, layer: AnyLayer): (inputs: readonly Tensor[], training: boolean) => Tensor[] {
  const masks = golden.masks?.map((shape) => (shape === null ? undefined : maskOf(shape)));
  return (inputs, training) => {
    const options: Record<string, unknown> = { training };
    for (const [name, entry] of Object.entries(golden.call ?? {})) options[name] = optionOf(entry, inputs);
    if (masks !== undefined) options.mask = golden.list ? masks : masks[0];
    const given = golden.list ? [...inputs] : (inputs[0] as Tensor);
    return flattenNest<Tensor>(layer.apply(given, options) as Nest<Tensor>);
  };
}

async function compare(outputs: readonly Tensor[], expected: readonly Numbers[], what: string, tolerance?: number) {
  expect(
    outputs.map(({ shape }) => [...shape]),
    `${what}: shapes`,
  ).toEqual(expected.map(({ shape }) => shape));
  for (const [i, output] of outputs.entries())
    expectClose(await output.data(), (expected[i] as Numbers).values, `${what} ${i}`, tolerance);
}

async function check(golden: LayerCase): Promise<void> {
  const layer = layerFromConfig(golden);
  const call = callOf(golden, layer);
  const inputs = golden.inputs.map(dataOf);
  call(inputs, false);
  const last = (name: string): string => name.split('/').at(-1) as string;
  expect(layer.weights.map(({ name, shape }) => [last(name), [...shape]])).toEqual(golden.weights);
  const reset = (): void => layer.setWeights(layer.weights.map((w, i) => weightWave(w.shape, i, last(w.name))));
  reset();
  await compare(call(inputs, false), golden.outputs, 'output', golden.tolerance);
  if (!golden.random) {
    await compare(call(inputs, true), golden.training ?? golden.outputs, 'training output', golden.tolerance);
    for (const [name, values] of Object.entries(golden.updated ?? {})) {
      const weight = layer.nonTrainableWeights.find((variable) => last(variable.name) === name) as Variable;
      expectClose(await weight.read().data(), values, `updated ${name}`, golden.tolerance);
    }
  }
  const copy = layerFromConfig({ className: layer.className, config: layer.getConfig() });
  expect(copy.getConfig()).toEqual(layer.getConfig());
  if (golden.inputGradients === undefined) return;
  reset();
  const variables = new Map(
    Object.keys(golden.inputGradients).map((i) => [
      Number(i),
      new Variable(inputs[Number(i)] as Tensor, true, `golden_input_${i}`),
    ]),
  );
  const trained = layer.trainableWeights;
  const wanted = [...variables.values(), ...trained];
  const { gradients } = differentiate(() => {
    const outputs = call(
      inputs.map((x, i) => variables.get(i)?.read() ?? x),
      golden.random !== true,
    );
    return outputs.map((y, k) => y.mul(wave(y.shape, 5 + k)).sum()).reduce((a, b) => a.add(b));
  }, wanted);
  const expected = [...Object.values(golden.inputGradients), ...(golden.weightGradients ?? [])];
  expect(gradients.length).toBe(expected.length);
  const tolerance = golden.tolerance === undefined ? undefined : golden.tolerance * 10;
  for (const [i, variable] of wanted.entries()) {
    // What the value does not depend on has no gradient here and zeros in Keras.
    const gradient = (await gradients[i]?.data()) ?? new Float32Array(variable.size);
    expectGradient(gradient, expected[i] as number[] | null, `gradient of ${variable.name}`, tolerance);
  }
}

/** The classes that a case names, in the configurations inside its own, too. */
function classesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'className' in value ? [value.className as string] : [];
  return [...own, ...Object.values(value).flatMap(classesIn)];
}

function isThere(className: string): boolean {
  try {
    layerFromConfig({ className, config: {} });
    return true;
  } catch (error) {
    return !(error instanceof ConfigError && error.message.includes('there is no layer class'));
  }
}

const files = ['simple', 'spatial', 'recurrent', 'attention'];
const cases = files.flatMap((file) => casesOf<LayerCase>(`layers-${file}`));
compareCases('layers', cases, check, ({ className, config }) => [className, ...classesIn(config)], isThere);
