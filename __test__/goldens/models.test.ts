// Whole models through 20 steps of training, written as users write them (programs/), beside the same ones in Keras.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  clearSession,
  type DataNest,
  type Logs,
  setPrecision,
  type Tensor,
  tensor,
  type Variable,
} from '../../ts/index.ts';
import { flattenNest, mapNest, type Nest } from '../../ts/layers/nest.ts';
import { casesOf, chirp, expectClose, sizeOf } from './data.ts';
import { programs as custom } from './programs/custom.ts';
import { programs as dense } from './programs/dense.ts';
import type { Program } from './programs/program.ts';
import { programs as sequences } from './programs/sequences.ts';
import { programs as spatial } from './programs/spatial.ts';

/** Every `every`-th of the numbers of a tensor. */
interface Sampled {
  shape: number[];
  values: number[];
  every: number;
}

/** `null` for one that has no gradient but for rounding. */
type Learned = (Omit<Sampled, 'every'> & { sum: number; squares: number }) | null;

interface ModelCase {
  name: string;
  logs: Record<string, number[]>;
  history?: Record<string, number[]>;
  every: number;
  weights: Learned[];
  evaluated?: Record<string, number>;
  outputs: Sampled[];
}

/**
 * What single precision loses in 20 steps. Losses and metrics are means of numbers near 1 with an error of 1e-7 each, which training
 * carries on and multiplies where it is not stable (adversarial training, sign-like optimizers): 2e-5 is ten times what is seen.
 */
const STEP = 2e-5;
/** Of how far a weight went in training: 20 steps that go wrong by one part in 2000 each are seen. */
const OF_CHANGE = 1e-3;

const programs = { ...dense, ...spatial, ...sequences, ...custom };
const steps = 20;

/** The value that a weight begins with, as in tools/goldens/models.py. */
function startOf(shape: readonly number[], index: number, name: string): Tensor {
  if (['gamma', 'variance', 'scale'].some((part) => name.includes(part))) return chirp(shape, index + 1, 0.2, 1);
  if (shape.length < 2) return chirp(shape, index + 1, 0.1);
  if (name.includes('embeddings')) return chirp(shape, index + 1, 0.5);
  return chirp(shape, index + 1, Math.sqrt(2 / (sizeOf(shape) / (shape.at(-1) as number))));
}

const last = (name: string): string => name.split('/').at(-1) as string;

function cut(data: DataNest, begin: number, count: number): DataNest {
  return mapNest<Tensor, Tensor>(data as Nest<Tensor>, (entry) => {
    const all = Array.isArray(entry) ? tensor(entry as number[][]) : entry;
    return all.slice([begin], [count]);
  }) as DataNest;
}

/** Names as Keras has them: a metric keeps the name by which it was asked for, here in camelCase. */
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function note(logs: Record<string, number[]>, results: Logs): void {
  for (const [name, value] of Object.entries(results)) {
    const key = snake(name);
    logs[key] ??= [];
    logs[key].push(value as number);
  }
}

function renamed<T>(logs: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(logs).map(([name, values]) => [snake(name), values]));
}

/** Steps on the batches of the data in turn; each gives the numbers of its own batch. */
async function trainOnBatches({ model, x, y, batch, sampleWeight, classWeight, resets }: Program) {
  const logs: Record<string, number[]> = {};
  const first = flattenNest<Tensor>(x as Nest<Tensor>)[0] as Tensor;
  for (let step = 0; step < steps; step++) {
    const at = (step % Math.floor((first.shape[0] as number) / batch)) * batch;
    const options = {
      ...(sampleWeight === undefined ? {} : { sampleWeight: cut(sampleWeight, at, batch) }),
      ...(classWeight === undefined ? {} : { classWeight }),
    };
    note(logs, await model.trainOnBatch(cut(x, at, batch), y === null ? null : cut(y, at, batch), options));
    if (resets?.includes(step)) model.resetStates();
  }
  return { logs, history: undefined };
}

async function byFit({ model, x, y, batch, fit: options }: Program) {
  const logs: Record<string, number[]> = {};
  const { history } = await model.fit(x, y, {
    batchSize: batch,
    verbose: 0,
    shuffle: false,
    callbacks: { onTrainBatchEnd: (_batch, results) => note(logs, results as Logs) },
    ...options,
  });
  return { logs, history };
}

function expectLogs(actual: Record<string, readonly number[]>, expected: Record<string, number[]>, what: string) {
  expect(Object.keys(actual).sort(), what).toEqual(Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected))
    expectClose(actual[name] as readonly number[], values, `${what} ${name}`, STEP);
}

async function expectLearned(variable: Variable, start: Tensor, golden: Learned, every: number): Promise<void> {
  if (golden === null) return;
  expect([...variable.shape], variable.name).toEqual(golden.shape);
  const all = Float64Array.from(await variable.read().data());
  const before = await start.data();
  const listed = all.filter((_, i) => i % every === 0);
  const change = golden.values.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (before[i * every] as number))),
    0,
  );
  const tolerance = OF_CHANGE * change + 5e-6;
  expectClose(listed, golden.values, variable.name, tolerance);
  const sum = all.reduce((a, b) => a + b, 0);
  const squares = all.reduce((a, b) => a + b * b, 0);
  expectClose(
    [sum, squares],
    [golden.sum, golden.squares],
    `sums of ${variable.name}`,
    tolerance * Math.sqrt(all.length),
  );
}

async function check(golden: ModelCase): Promise<void> {
  clearSession();
  const program = (programs[golden.name] as () => Program)();
  const { model, x, y, batch } = program;
  if (!model.built) model.predictOnBatch(cut(x, 0, batch));
  const { weights } = model;
  expect(weights.length).toBe(golden.weights.length);
  const begin = weights.map(({ shape, name }, i) => startOf(shape, i, last(name)));
  for (const [i, variable] of weights.entries()) variable.assign(begin[i] as Tensor);
  const { logs, history } = await (program.fit === undefined ? trainOnBatches(program) : byFit(program));
  // Metrics of a training step that Keras computes without the mask that it has elsewhere are left out.
  const compared = program.unmasked ? { loss: logs.loss as number[] } : logs;
  expectLogs(compared, golden.logs, 'steps');
  if (golden.history !== undefined) expectLogs(renamed(history ?? {}), golden.history, 'history');
  for (const [i, variable] of weights.entries())
    await expectLearned(variable, begin[i] as Tensor, golden.weights[i] as Learned, golden.every);
  if (golden.evaluated !== undefined) {
    const results = await model.evaluate(x, y, { batchSize: program.evaluate as number, verbose: 0 });
    const lists = (record: Logs) =>
      Object.fromEntries(Object.entries(record).map(([name, v]) => [name, [v as number]]));
    expectLogs(renamed(lists(results)), lists(golden.evaluated), 'evaluation');
  }
  const outputs = flattenNest<Tensor>(model.predictOnBatch(cut(x, 0, batch)) as Nest<Tensor>);
  expect(outputs.map(({ shape }) => [...shape])).toEqual(golden.outputs.map(({ shape }) => shape));
  for (const [i, output] of outputs.entries()) {
    const { every, values } = golden.outputs[i] as Sampled;
    const numbers = await output.data();
    expectClose(
      numbers.filter((_, k) => k % every === 0),
      values,
      `output ${i}`,
      1e-4,
    );
  }
}

describe('whole models train as in Keras', () => {
  beforeAll(() => setPrecision('exact'));
  afterAll(() => setPrecision('fast'));
  const cases = casesOf<ModelCase>('models');

  it('every program has its numbers', () => {
    expect(Object.keys(programs).sort()).toEqual(cases.map(({ name }) => name).sort());
  });

  for (const golden of cases) it(golden.name, () => check(golden));
});
