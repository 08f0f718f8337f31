// hornbeam's half of the family keras: loads what Keras saved, trains it further, and saves models for Keras to do the same.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { layers, loadModel, Model, registerClass, setPrecision, type Tensor, tensor, type Variable } from '../../ts/index.ts';
import type { NamedArray } from '../../ts/io/artifacts.ts';
import { openFile } from '../../ts/io/bytes.ts';
import { openNpz, writeNpzArrays } from '../../ts/io/npz.ts';
import type { TrainableModel } from '../../ts/models/model.ts';

class Blocks extends layers.Layer {
  static override readonly className = 'Blocks';
  readonly units: number;
  readonly zeta: layers.Dense;
  readonly firstHidden: layers.Dense;
  readonly blocks: layers.Dense[];
  w!: Variable;

  constructor(config: layers.LayerConfig & { units?: number } = {}) {
    super(config);
    this.units = config.units ?? 4;
    const { units } = this;
    this.zeta = layers.dense({ units });
    this.firstHidden = layers.dense({ units, activation: 'relu' });
    this.blocks = [layers.dense({ units }), layers.dense({ units })];
  }

  override build(shape: layers.Shape): void {
    this.zeta.build(shape);
    for (const layer of [this.firstHidden, ...this.blocks]) layer.build([null, this.units]);
    this.w = this.addWeight({ name: 'w', shape: [this.units], initializer: 'ones' });
  }

  override call(x: Tensor): Tensor {
    return this.blocks.reduce((y, block) => block.apply(y), this.firstHidden.apply(this.zeta.apply(x))).mul(this.w);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), units: this.units };
  }
}

class Net extends Model {
  static override readonly className = 'Net';
  readonly zeta = layers.dense({ units: 5, activation: 'relu' });
  readonly alpha = layers.dense({ units: 4 });
  readonly inner = new Blocks({ units: 3 });
  override call(x: Tensor): Tensor {
    return this.inner.apply(this.alpha.apply(this.zeta.apply(x)));
  }
}

registerClass(Blocks, 'interop');
registerClass(Net, 'interop');
setPrecision('exact');

const [folder = '', ...names] = process.argv.slice(2);
const say = (name: string, what: string, error: unknown, most: number): void =>
  appendFileSync(join(folder, 'hornbeam.jsonl'), `${JSON.stringify({ name, what, error, most })}\n`);

/** What Keras wrote of a model. */
interface Case {
  readonly path: string;
  readonly x: Parts;
  readonly y: Parts;
  readonly arrays: ReadonlyMap<string, NamedArray>;
  readonly legacy: string;
}

type Parts = Tensor | Tensor[] | Record<string, Tensor>;

async function read(name: string): Promise<Case> {
  const path = join(folder, name);
  const source = await openFile(`${path}.npz`);
  const npz = await openNpz(source);
  const arrays = new Map<string, NamedArray>();
  for (const one of npz.names) arrays.set(one, await npz.read(one));
  await source.close();
  const { inputs, outputs, legacy } = JSON.parse(readFileSync(`${path}.json`, 'utf8'));
  const parts = (prefix: string, keys: string[] | null): Parts => {
    const found = group(arrays, prefix).map(({ data, shape, dtype }) => tensor(data, shape, dtype));
    if (keys !== null) return Object.fromEntries(keys.map((key, i) => [key, found[i] as Tensor]));
    return found.length === 1 ? (found[0] as Tensor) : found;
  };
  return { path, x: parts('x', inputs), y: parts('y', outputs), arrays, legacy };
}

function group(arrays: ReadonlyMap<string, NamedArray>, prefix: string): NamedArray[] {
  return [...arrays].flatMap(([key, array]) => (new RegExp(`^${prefix}\\d+$`).test(key) ? [array] : []));
}

/** Tensors of a prediction in Keras' order: records by their sorted keys. */
function flat(tree: unknown): Tensor[] {
  if (Array.isArray(tree)) return tree.flatMap(flat);
  if (tree === null || typeof tree !== 'object' || 'shape' in tree) return [tree as Tensor];
  const record = tree as Record<string, unknown>;
  return Object.keys(record)
    .sort()
    .flatMap((key) => flat(record[key]));
}

async function predict(model: TrainableModel, x: Parts): Promise<NamedArray[]> {
  model.resetStates();
  const found: NamedArray[] = [];
  for (const one of flat(model.predict(x as Tensor, { batchSize: 8 })))
    found.push({ name: '', shape: one.shape, dtype: one.dtype, data: await one.data() });
  return found;
}

async function fit(model: TrainableModel, { x, y }: Case): Promise<void> {
  model.resetStates();
  await model.fit(x as Tensor, y as Tensor, { batchSize: 8, epochs: 2, shuffle: false, verbose: 0 });
}

/** Largest difference, by the size of the numbers where they are above 1. */
function difference(wanted: readonly NamedArray[], found: readonly NamedArray[]): number | string {
  const shapes = (arrays: readonly NamedArray[]): string => arrays.map(({ shape }) => `[${shape}]`).join();
  if (shapes(wanted) !== shapes(found)) return `shapes ${shapes(found)} instead of ${shapes(wanted)}`;
  let most = 0;
  for (const [k, { data }] of wanted.entries()) {
    const other = (found[k] as NamedArray).data;
    for (let i = 0; i < data.length; i++) {
      const a = Number(data[i]);
      const distance = Math.abs(a - Number(other[i])) / Math.max(1, Math.abs(a));
      if (!(distance <= most)) most = distance;
    }
  }
  return most;
}

async function check(name: string): Promise<void> {
  const given = await read(name);
  const { path, x, arrays, legacy } = given;
  const model = (await loadModel(`${path}.keras`)) as unknown as TrainableModel;
  say(name, 'predicts', difference(group(arrays, 'before'), await predict(model, x)), 1e-5);
  await fit(model, given);
  say(name, 'trains on', difference(group(arrays, 'after'), await predict(model, x)), 2e-5);
  await model.save(`${path}.out.keras`);
  const before = await predict(model, x);
  // From the file, as Keras does.
  const again = (await loadModel(`${path}.out.keras`)) as unknown as TrainableModel;
  await fit(again, given);
  const after = await predict(again, x);
  const named = (prefix: string, list: readonly NamedArray[]) => list.map((one, i) => ({ ...one, name: `${prefix}${i}` }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeNpzArrays([...named('before', before), ...named('after', after)])) chunks.push(chunk);
  await model.loadWeights(`${path}.weights.h5`);
  say(name, 'weights', difference(group(arrays, 'before'), await predict(model, x)), 1e-5);
  await model.saveWeights(`${path}.out.weights.h5`);
  writeFileSync(`${path}.out.npz`, Buffer.concat(chunks));
  if (!existsSync(`${path}.h5`)) {
    say(name, `Keras makes no .h5 that it reads (${legacy.slice(0, 60)})`, 0, 0);
    return;
  }
  const old = (await loadModel(`${path}.h5`)) as unknown as TrainableModel;
  say(name, '.h5 predicts', difference(group(arrays, 'before'), await predict(old, x)), 1e-5);
  await fit(old, given);
  say(name, '.h5 trains on', difference(group(arrays, 'after'), await predict(old, x)), 2e-5);
}

for (const name of names) {
  try {
    await check(name);
  } catch (error) {
    say(name, 'loads', `${(error as Error).name}: ${(error as Error).message}`.slice(0, 500), 0);
    if (process.env.HORNBEAM_TRACE !== undefined) console.error(name, error);
  }
}
