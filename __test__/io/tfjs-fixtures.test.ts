// Models that @tensorflow/tfjs saved (tools/fixtures/tfjs.mjs), what it predicted with them, and after three more steps of training.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadModel, type Model, type Tensor, type Tree, tensor } from '../../ts/index.ts';

const fixtures = join(import.meta.dirname, 'fixtures', 'tfjs');
const folder = mkdtempSync(join(tmpdir(), 'hornbeam-tfjs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Expected {
  inputs: { shape: number[]; values: number[] }[];
  outputs: number[][];
  after?: number[][];
}

type AnyModel = Model<Tree>;
const expectedOf = (name: string): Expected =>
  JSON.parse(readFileSync(join(fixtures, name, 'expected.json'), 'utf8')) as Expected;
const single = <T>(list: readonly T[]): T | readonly T[] => (list.length === 1 ? (list[0] as T) : list);
const inputsOf = ({ inputs }: Expected) => single(inputs.map(({ values, shape }) => tensor(values, shape))) as Tensor;

async function outputsOf(model: AnyModel, expected: Expected): Promise<number[][]> {
  const outputs = model.predict(inputsOf(expected));
  return Promise.all(([outputs].flat() as Tensor[]).map(async (y) => [...(await y.data())]));
}

function expectClose(got: readonly number[][], wanted: readonly number[][], tolerance: number): void {
  expect(got.map(({ length }) => length)).toEqual(wanted.map(({ length }) => length));
  const gaps = got.flatMap((row, i) =>
    row.map((value, k) => {
      const other = wanted[i]?.[k] as number;
      return Math.abs(value - other) / Math.max(1, Math.abs(other));
    }),
  );
  expect(Math.max(...gaps)).toBeLessThan(tolerance);
}

/** The steps that the fixtures' program took. */
async function train(model: AnyModel, expected: Expected): Promise<void> {
  const shape = [4, ...(model.outputShape as number[]).slice(1)];
  const size = shape.reduce((product, dim) => product * dim, 1);
  const { numbers } = (await import('../../tools/interop/tfjs/models.mjs')) as {
    numbers(count: number, seed: number): number[];
  };
  const y = tensor(numbers(size, 50), shape);
  for (let step = 0; step < 3; step++) await model.trainOnBatch(inputsOf(expected), y);
}

describe('models of TensorFlow.js', () => {
  it.each(readdirSync(fixtures))('%s', async (name) => {
    const expected = expectedOf(name);
    const model: AnyModel = await loadModel<Tree>(join(fixtures, name, 'model.json'));
    expectClose(await outputsOf(model, expected), expected.outputs, 1e-5);

    await model.save(join(folder, name, 'model.json'));
    const again: AnyModel = await loadModel<Tree>(join(folder, name, 'model.json'));
    expectClose(await outputsOf(again, expected), expected.outputs, 1e-5);
    expect(again.isCompiled).toBe(expected.after !== undefined);
    expect(again.getUserDefinedMetadata()).toEqual(
      name === 'dense' ? { classes: ['cat', 'dog'], version: 3 } : undefined,
    );
    if (expected.after !== undefined) {
      for (const one of [model, again]) {
        await train(one, expected);
        expectClose(await outputsOf(one, expected), expected.after, 1e-4);
      }
    }

    const plain: AnyModel = await loadModel<Tree>(join(fixtures, name, 'model.json'), { compile: false });
    expect(plain.isCompiled).toBe(false);
    plain.setWeights(plain.getWeights().map((weight) => weight.mul(0)));
    await plain.loadWeights(join(folder, name, 'model.json'));
    expectClose(await outputsOf(plain, expected), expected.outputs, 1e-5);
    for (const one of [model, again, plain]) one.dispose();
  });
});
