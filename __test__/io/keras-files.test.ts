import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  layers,
  loadModel,
  Model,
  registerClass,
  sequential,
  setPrecision,
  type Tensor,
  tensor,
  type Variable,
  zeros,
} from '../../ts/index.ts';
import { modelFromKeras } from '../../ts/io/keras-config/index.ts';
import type { TrainableModel } from '../../ts/models/model.ts';

const folder = new URL('./fixtures/keras/', import.meta.url);
const pathOf = (name: string): URL => new URL(name, folder);

interface Listed {
  readonly keys: readonly string[] | null;
  readonly arrays: readonly { readonly shape: readonly number[]; readonly values: readonly number[] }[];
}

interface Expected {
  readonly x: Listed;
  readonly before: Listed;
  readonly y?: Listed;
  readonly after?: Listed;
}

/** What the tools that wrote the files predicted: tools/fixtures/keras_files.py. */
const expected = Object.entries(
  Object.assign({}, ...['keras', 'tf-keras'].map((name) => JSON.parse(readFileSync(pathOf(`${name}.json`), 'utf8')))),
) as [string, Expected][];

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

function tensors({ keys, arrays }: Listed): Tensor | Tensor[] | Record<string, Tensor> {
  const made = arrays.map(({ values, shape }) => tensor([...values], shape));
  if (keys !== null) return Object.fromEntries(keys.map((key, i) => [key, made[i] as Tensor]));
  return made.length === 1 ? (made[0] as Tensor) : made;
}

function flat(tree: unknown): Tensor[] {
  if (Array.isArray(tree)) return tree.flatMap(flat);
  if (tree === null || typeof tree !== 'object' || 'shape' in tree) return [tree as Tensor];
  return Object.keys(tree)
    .sort()
    .flatMap((key) => flat((tree as Record<string, unknown>)[key]));
}

async function expectPredictions(model: TrainableModel, x: Listed, wanted: Listed, most: number): Promise<void> {
  const found = flat(model.predict(tensors(x) as Tensor, { batchSize: 8 }));
  expect(found.map(({ shape }) => shape)).toEqual(wanted.arrays.map(({ shape }) => shape));
  for (const [i, { values }] of wanted.arrays.entries()) {
    const data = await (found[i] as Tensor).data();
    const errors = values.map((value, k) => Math.abs(value - (data[k] as number)) / Math.max(1, Math.abs(value)));
    expect(Math.max(...errors)).toBeLessThan(most);
  }
}

async function expectTraining(model: TrainableModel, { x, y, after }: Expected): Promise<void> {
  if (y === undefined || after === undefined) return;
  await model.fit(tensors(x) as Tensor, tensors(y) as Tensor, { batchSize: 8, epochs: 2, shuffle: false, verbose: 0 });
  await expectPredictions(model, x, after, 2e-5);
}

describe('files of Keras', () => {
  setPrecision('exact');
  afterEach(() => void vi.restoreAllMocks());
  const whole = expected.filter(([name]) => !/\.weights\.(h5|json)$/.test(name));
  const weights = expected.filter(([name]) => /\.weights\.(h5|json)$/.test(name));

  it('are there', () => {
    expect(whole.filter(([name]) => name.endsWith('.keras')).length).toBeGreaterThanOrEqual(12);
    expect(whole.filter(([name]) => name.endsWith('.h5')).length).toBeGreaterThanOrEqual(6);
    expect(weights.length).toBeGreaterThanOrEqual(4);
  });

  it.each(whole)('%s predicts and trains on as where it was saved', async (name, wanted) => {
    const warn = vi.spyOn(process, 'emitWarning');
    const model = (await loadModel(pathOf(name))) as unknown as TrainableModel;
    await expectPredictions(model, wanted.x, wanted.before, 1e-5);
    await expectTraining(model, wanted);
    expect(warn).not.toHaveBeenCalled();
  });

  // Written by Keras as floats of two bytes, and as two bytes that do not say what they are.
  it.each(['float16', 'bfloat16'])('weights of %s in .h5 are read', async (dtype) => {
    const path = pathOf(`${dtype}.h5`);
    const model = (await loadModel(path)) as unknown as TrainableModel;
    expect(model.weights.map((weight) => weight.dtype)).toEqual(Array.from({ length: 6 }, () => dtype));
    const values = async (): Promise<number[][]> =>
      Promise.all(model.weights.slice(0, 3).map(async (weight) => [...(await weight.data())]));
    const wanted = [
      [0.5, -1.25, 3, 2 ** -7, -2, 100],
      [0.375, -0],
      [1, 1],
    ];
    expect(await values()).toEqual(wanted);
    model.setWeights(model.weights.map(({ shape }) => zeros(shape)));
    await model.loadWeights(path);
    expect(await values()).toEqual(wanted);
  });

  it.each(whole.filter(([name]) => name.endsWith('.keras')))(
    '%s is the same when hornbeam saved it again',
    async (name, wanted) => {
      const { mkdtemp, rm } = await import('node:fs/promises');
      const { tmpdir } = await import('node:os');
      const { join } = await import('node:path');
      const box = await mkdtemp(join(tmpdir(), 'hornbeam-keras-'));
      try {
        const model = (await loadModel(pathOf(name))) as unknown as TrainableModel;
        const path = join(box, 'again.keras');
        await model.save(path);
        const again = (await loadModel(path)) as unknown as TrainableModel;
        expect(again.name).toBe(model.name);
        await expectPredictions(again, wanted.x, wanted.before, 1e-5);
        await expectTraining(again, wanted);
        // The weights alone, by order and by name.
        const other = (await loadModel(pathOf(name), { compile: false })) as unknown as TrainableModel;
        await again.saveWeights(join(box, 'only.weights.h5'));
        for (const byName of name === 'custom_model.keras' ? [false] : [false, true]) {
          other.setWeights(other.weights.map((weight) => weight.mul(0)));
          await other.loadWeights(join(box, 'only.weights.h5'), { byName });
          await expectPredictions(other, wanted.x, wanted.after ?? wanted.before, 2e-5);
        }
      } finally {
        await rm(box, { recursive: true });
      }
    },
  );

  it.each(weights)('%s gives a model its weights', async (name, wanted) => {
    const model = modelFor(name);
    await model.loadWeights(pathOf(name));
    await expectPredictions(model, wanted.x, wanted.before, 1e-5);
  });

  /** The model whose weights a file holds. */
  function modelFor(name: string): TrainableModel {
    const own = name.replace(/\.weights\.(h5|json)$/, '');
    const dense = (units: number, options = {}) => layers.dense({ units, ...options });
    if (own === 'sharded')
      return sequential({
        layers: [dense(5, { activation: 'relu', inputShape: [6] }), dense(2)],
      }) as unknown as TrainableModel;
    if (own === 'tf_keras')
      return sequential({
        layers: [dense(8, { activation: 'relu', inputShape: [6] }), layers.batchNormalization(), dense(3)],
      }) as unknown as TrainableModel;
    return modelFromKeras(own, JSON.parse(readFileSync(pathOf(`${own}.config.json`), 'utf8')));
  }
});
