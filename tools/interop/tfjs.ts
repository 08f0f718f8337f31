// The hornbeam half of the family tfjs, and TensorFlow.js' half: both run in this process. Prints a line of JSON for each case.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Tensor as OurTensor } from '../../ts/index.ts';
import * as hornbeam from '../../ts/index.ts';
import { models, numbers, optimizers } from './tfjs/models.mjs';

// biome-ignore lint/suspicious/noExplicitAny: TensorFlow.js, and only what both libraries have is called.
type Any = any;
const tf: Any = createRequire(import.meta.url)('@tensorflow/tfjs');
const [, , folder] = process.argv as [string, string, string];
const BATCH = 4;

interface Case {
  make(tf: Any): Any;
  inputs: number[][];
  integers?: number;
  trains?: boolean;
}

function report(what: string, isRight: boolean, detail: string): void {
  console.log(JSON.stringify({ what, isRight, detail }));
}

/** Largest difference, relative to numbers above 1. */
function difference(a: number[][], b: number[][]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const [i, row] of a.entries()) {
    const other = b[i] as number[];
    if (row.length !== other.length) return Number.POSITIVE_INFINITY;
    for (const [k, value] of row.entries()) {
      const gap = Math.abs(value - (other[k] as number)) / Math.max(1, Math.abs(value));
      largest = Math.max(largest, Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap);
    }
  }
  return largest;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

function inputsOf({ inputs, integers }: Case): { values: number[]; shape: number[] }[] {
  return inputs.map((shape, i) => ({
    values: numbers(BATCH * sizeOf(shape), i + 1, integers),
    shape: [BATCH, ...shape],
  }));
}

const listed = <T>(x: T | T[]): T[] => (Array.isArray(x) ? x : [x]);

function predictTheirs(model: Any, data: ReturnType<typeof inputsOf>): number[][] {
  return tf.tidy(() => {
    const tensors = data.map(({ values, shape }) => tf.tensor(values, shape));
    return listed<Any>(model.predict(tensors.length === 1 ? tensors[0] : tensors)).map((y) => Array.from(y.dataSync()));
  });
}

async function predictOurs(model: Any, data: ReturnType<typeof inputsOf>): Promise<number[][]> {
  const tensors = data.map(({ values, shape }) => hornbeam.tensor(values, shape));
  const outputs = listed<OurTensor>(model.predict(tensors.length === 1 ? tensors[0] : tensors));
  return Promise.all(outputs.map(async (y) => Array.from(await y.data())));
}

/** As @tensorflow/tfjs-node writes models. */
async function saveTheirs(model: Any, path: string, includeOptimizer: boolean): Promise<void> {
  mkdirSync(path, { recursive: true });
  const handler = tf.io.withSaveHandler(async ({ weightData, weightSpecs, ...rest }: Any) => {
    const weights = Buffer.from(tf.io.CompositeArrayBuffer.join(weightData));
    writeFileSync(join(path, 'weights.bin'), weights);
    const json = { ...rest, weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }] };
    writeFileSync(join(path, 'model.json'), JSON.stringify(json));
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON({ weightData, weightSpecs, ...rest }) };
  });
  await model.save(handler, { includeOptimizer });
}

/** As @tensorflow/tfjs-node reads models. */
async function loadTheirs(path: string): Promise<Any> {
  const { weightsManifest, ...rest } = JSON.parse(readFileSync(join(path, 'model.json'), 'utf8'));
  const weightSpecs = weightsManifest.flatMap(({ weights }: Any) => weights);
  const files = weightsManifest.flatMap(({ paths }: Any) => paths);
  const bytes = Buffer.concat(files.map((name: string) => readFileSync(join(path, name))));
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return tf.loadLayersModel(tf.io.fromMemory({ ...rest, weightSpecs, weightData }));
}

/** Other weights than the first ones: statistics that were never moved would hide a mistake. */
function fill(model: Any): void {
  const values = model.weights.map((weight: Any, i: number) => {
    const drawn = numbers(sizeOf(weight.shape), 100 + i).map((value: number) =>
      weight.name.includes('variance') ? Math.abs(value) + 0.5 : value * Math.min(1, 8 / weight.shape[0]),
    );
    return tf.tensor(drawn, weight.shape);
  });
  model.setWeights(values);
}

async function architecture(name: string, one: Case): Promise<void> {
  const theirs = one.make(tf);
  fill(theirs);
  const data = inputsOf(one);
  const expected = predictTheirs(theirs, data);
  await saveTheirs(theirs, join(folder, name), false);
  const ours = await hornbeam.loadModel(join(folder, name, 'model.json'));
  const read = difference(expected, await predictOurs(ours, data));
  report(`${name}: TensorFlow.js to hornbeam`, read < 1e-5, `difference ${read.toExponential(1)}`);
  await ours.save(`${join(folder, `${name}-ours`)}/`);
  const back = await loadTheirs(join(folder, `${name}-ours`));
  const written = difference(expected, predictTheirs(back, data));
  report(`${name}: hornbeam to TensorFlow.js`, written < 1e-5, `difference ${written.toExponential(1)}`);
}

async function train(model: Any, data: ReturnType<typeof inputsOf>, library: Any, steps: number): Promise<void> {
  const x = data.map(({ values, shape }) => library.tensor(values, shape));

  const targets = (Array.isArray(model.outputShape[0]) ? model.outputShape : [model.outputShape]) as number[][];
  const y = targets.map((shape, i) =>
    library.tensor(numbers(sizeOf(shape.slice(1)) * BATCH, 50 + i), [BATCH, ...shape.slice(1)]),
  );
  for (let step = 0; step < steps; step++) await model.trainOnBatch(x.length === 1 ? x[0] : x, y.length === 1 ? y[0] : y);
}

async function training(name: string, one: Case, kind: string): Promise<void> {
  const what = `${name} with ${kind}`;
  const path = join(folder, `${name}-${kind}`);
  const theirs = one.make(tf);
  fill(theirs);
  theirs.compile({ optimizer: (optimizers as Any)[kind](tf), loss: 'meanSquaredError', metrics: ['mae'] });
  const data = inputsOf(one);
  await train(theirs, data, tf, 3);
  await saveTheirs(theirs, path, true);
  const ours = await hornbeam.loadModel(join(path, 'model.json'));
  await train(ours, data, hornbeam, 3);
  await ours.save(`${path}-ours/`);
  await train(theirs, data, tf, 3);
  const goesOn = difference(predictTheirs(theirs, data), await predictOurs(ours, data));
  report(`${what}: trains on in hornbeam`, goesOn < 1e-4, `difference ${goesOn.toExponential(1)}`);
  const back = await loadTheirs(`${path}-ours`);
  await train(back, data, tf, 3);
  await train(theirs, data, tf, 3);
  const returns = difference(predictTheirs(theirs, data), predictTheirs(back, data));
  report(`${what}: and on in TensorFlow.js`, returns < 1e-4, `difference ${returns.toExponential(1)}`);
}

async function attempt(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    report(what, false, (error as Error).message);
    if (process.env.HORNBEAM_FULL_STACK) console.error(error);
  }
}

tf.setBackend('cpu');
const chosen = process.argv.slice(3);
for (const [name, one] of Object.entries(models) as [string, Case][]) {
  if (chosen.length === 0 || chosen.includes(name)) await attempt(name, () => architecture(name, one));
}
for (const [name, one] of Object.entries(models) as [string, Case][]) {
  if (one.trains !== true || (chosen.length > 0 && !chosen.includes(name))) continue;
  const kinds = name === 'batch-normalization' ? Object.keys(optimizers) : ['adam'];
  for (const kind of kinds) await attempt(`${name} with ${kind}`, () => training(name, one, kind));
}
