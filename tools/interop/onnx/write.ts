// Exports all models to a folder, with inputs and what hornbeam predicts: NAME.onnx and NAME.json.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Kind, type Row, rows as models } from '../../../__test__/io/onnx/models.ts';
import { operations } from '../../../__test__/io/onnx/operations.ts';
import * as tf from '../../../ts/index.ts';

/** Classes of layers, by the models that have them. */
const exported = new Map<string, string>();

function noteClasses(layer: tf.layers.AnyLayer, name: string): void {
  exported.set(layer.className, name);
  for (const inner of layer.sublayers) noteClasses(inner, name);
}

/** Classes of layers. */
function layerClasses(): string[] {
  const isLayer = (value: unknown): value is typeof tf.layers.Layer =>
    typeof value === 'function' && Object.prototype.isPrototypeOf.call(tf.layers.Layer.prototype, value.prototype ?? {});
  return [...new Set(Object.values(tf.layers).filter(isLayer).map(({ className }) => className))];
}

/** Batches that every model is run with. */
const batches = [1, 7];

let state = 1;

/** Numbers in [0, 1), the same in every run (Park and Miller's generator). */
function uniform(): number {
  state = (state * 48271) % 2147483647;
  return state / 2147483647;
}

function numbers(kind: Kind, shape: readonly number[]): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  if (kind === 'positive') return Float32Array.from({ length: size }, uniform);
  if (kind === 'real') return Float32Array.from({ length: size }, () => 3 * uniform() - 1.5);
  if (kind !== 'padded') return Float32Array.from({ length: size }, () => Math.floor(uniform() * kind.below));
  // Some steps are zeros.
  const width = shape.at(-1) ?? 1;
  const isZero = Array.from({ length: size / width }, () => uniform() < 0.3);
  return Float32Array.from({ length: size }, (_, i) => (isZero[Math.floor(i / width)] ? 0 : uniform() - 0.5));
}

/** Weights as training leaves them: none is zero or one. */
function randomize(model: { weights: tf.Variable[] }): void {
  for (const weight of model.weights) {
    if (weight.dtype !== 'float32') continue;
    const isVariance = weight.name.includes('variance');
    const scale = isVariance ? 1 : Math.min(1, 2 / Math.sqrt(weight.shape.slice(0, -1).reduce((a, b) => a * b, 1)));
    const values = Float32Array.from({ length: weight.size }, () => (isVariance ? 0.5 + uniform() : scale * (2 * uniform() - 1)));
    weight.assign(tf.tensor(values, weight.shape as number[]));
  }
}

async function write(folder: string, row: Row): Promise<void> {
  state = 1;
  const model = row.make();
  randomize(model);
  const file = row.name.replaceAll(/\W+/g, '-');
  await model.export(join(folder, `${file}.onnx`));
  const cases = [];
  for (const [round, batch] of batches.entries()) {
    const inputs = row.shapes.map((shape, i) => {
      const sizes = [batch, ...shape.map((size) => (typeof size === 'number' ? size : (size[round] as number)))];
      return { shape: sizes, data: numbers(row.kinds?.[i] ?? 'real', sizes) };
    });
    const tensors = inputs.map(({ shape, data }) => tf.tensor(data, shape));
    const predicted = model.predict((tensors.length === 1 ? tensors[0] : tensors) as never) as tf.Tensor | tf.Tensor[];
    const outputs = (Array.isArray(predicted) ? predicted : [predicted]).flat() as tf.Tensor[];
    cases.push({
      inputs: inputs.map(({ shape, data }) => ({ shape, data: [...data] })),
      outputs: await Promise.all(outputs.map(async (y) => ({ shape: y.shape, data: [...(await y.data())] }))),
    });
  }
  writeFileSync(join(folder, `${file}.json`), JSON.stringify({ inputNames: model.inputNames, outputNames: model.outputNames, cases }));
  noteClasses(model, row.name);
  model.dispose();
}

const [folder = '.', only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const row of [...models, ...operations]) {
  if (only !== undefined && !row.name.includes(only)) continue;
  try {
    await write(folder, row);
  } catch (error) {
    writeFileSync(join(folder, `${row.name.replaceAll(/\W+/g, '-')}.error`), String((error as Error).stack));
  }
}
const missing = layerClasses().filter((name) => name !== 'Layer' && !exported.has(name));
writeFileSync(join(folder, 'classes.txt'), missing.sort().join('\n'));
