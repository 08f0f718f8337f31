// Numbers of files into weights. Everything is checked before the first weight changes; then they are read and assigned one by one.
import { FileError } from '../errors.ts';
import type { AnyLayer } from '../layers/layer.ts';
import { shown } from '../tensor/axes.ts';
import { type Tensor, type TypedArray, tensor, type Variable } from '../tensor/index.ts';
import { Scratch } from './bytes.ts';

/** An array of a file: what is known of it before its numbers are read. */
export interface StoredArray {
  /** Where it is in the file. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Its numbers, where the memory of `scratch` can hold them there: until it is taken again. */
  read(scratch?: Scratch): Promise<TypedArray>;
}

/** Arrays of a file that belong together: the weights of a layer. */
export interface StoredLayer {
  readonly name: string;
  readonly arrays: readonly StoredArray[];
}

/** Weights of a model that belong together. */
export interface TargetLayer {
  readonly name: string;
  /** What errors call it: `Dense "dense_1"`. */
  readonly label: string;
  readonly built?: boolean;
  readonly variables: readonly Variable[];
}

/** Whether what does not fit is left as it is, with a warning, instead of being an error. */
export interface MismatchOptions {
  readonly skipMismatch?: boolean;
}

/** Milliseconds after which the event loop gets its turn. */
const TURN = 10;

/** Fills a model that was made for a file. When that fails nobody has the model, so its memory is given back. */
export async function filled<M extends { dispose(): void }>(model: M, fill: () => Promise<void>): Promise<M> {
  try {
    await fill();
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Which array of a file goes into which weight: collected and checked first, then assigned. */
export class Assignments {
  readonly #file: string;
  readonly #skips: boolean;
  readonly #planned = new Map<Variable, StoredArray>();

  constructor(file: string, { skipMismatch = false }: MismatchOptions = {}) {
    this.#file = file;
    this.#skips = skipMismatch;
  }

  /** How many weights get a value. */
  get count(): number {
    return this.#planned.size;
  }

  /** Plans the weights of a layer. @throws FileError unless numbers and shapes are those of the layer. */
  add(target: TargetLayer, stored: StoredLayer): void {
    const { variables, label } = target;
    const { arrays, name } = stored;
    if (arrays.length !== variables.length) {
      const hint = target.built === false ? '; the layer is not built' : '';
      const has = arrays.length === 0 ? 'none' : arrays.length;
      this.refuse(`${label} has ${countOf(variables.length)}, but the file holds ${has} for it (in "${name}")${hint}`);
      return;
    }
    variables.forEach((variable, i) => {
      const array = arrays[i] as StoredArray;
      const fits =
        array.shape.length === variable.shape.length &&
        array.shape.every((size, axis) => size === variable.shape[axis]);
      if (fits) this.#planned.set(variable, array);
      else
        this.refuse(
          `${label}: weight "${variable.name}" has shape ${shown(variable.shape)}, but the file holds shape ${shown(array.shape)} for it (${array.name})`,
        );
    });
  }

  /** An error of the file. */
  error(problem: string): FileError {
    return new FileError(`${this.#file}: ${problem}`);
  }

  /** @throws FileError, unless mismatches are skipped: then it is a warning. */
  refuse(problem: string): void {
    if (!this.#skips) throw this.error(problem);
    process.emitWarning(`${this.#file}: ${problem}. It is skipped`, 'HornbeamWarning');
  }

  /**
   * Reads and assigns, one weight after the other.
   *
   * @param isNew Whether nobody has the weights yet: their values are not kept meanwhile.
   * @throws FileError when an array cannot be read: no weight has changed then, unless they are new.
   */
  async run(isNew = false): Promise<void> {
    const before: [Variable, Tensor][] = [];
    const scratch = new Scratch();
    let turn = performance.now();
    try {
      for (const [variable, array] of this.#planned) {
        const value = await this.#valueOf(variable, array, scratch);
        if (!isNew) before.push([variable, variable.read()]);
        variable.assign(value);
        value.dispose();
        if (performance.now() - turn < TURN) continue;
        await new Promise((resolve) => setImmediate(resolve));
        turn = performance.now();
      }
    } catch (error) {
      for (const [variable, value] of before) variable.assign(value);
      throw error;
    } finally {
      for (const [, value] of before) value.dispose();
    }
  }

  async #valueOf({ dtype }: Variable, { name, shape, read }: StoredArray, scratch: Scratch): Promise<Tensor> {
    const data = await read(scratch);
    try {
      return tensor(data, shape, dtype);
    } catch (cause) {
      throw new FileError(`${this.#file}: ${name}: ${(cause as Error).message}`, { cause });
    }
  }
}

/** Plans by order: the first layer with weights gets those of the first one in the file. @throws FileError for other numbers or shapes. */
export function planByOrder(plan: Assignments, targets: readonly TargetLayer[], stored: readonly StoredLayer[]): void {
  const layers = targets.filter(({ variables }) => variables.length > 0);
  const given = stored.filter(({ arrays }) => arrays.length > 0);
  if (layers.length !== given.length) {
    const unmatched = layers.length > given.length ? layers[given.length]?.label : given[layers.length]?.name;
    throw plan.error(
      `the model has ${layers.length} layers with weights, but the file holds those of ${given.length} (${unmatched} is one too many)`,
    );
  }
  for (const [i, layer] of layers.entries()) plan.add(layer, given[i] as StoredLayer);
}

/** Plans by name. Layers that the file lacks stay as they are, and what the file has beside them is not read. */
export function planByName(plan: Assignments, targets: readonly TargetLayer[], stored: readonly StoredLayer[]): void {
  const byName = new Map(stored.map((layer) => [layer.name, layer]));
  for (const target of targets) {
    const found = byName.get(target.name);
    if (found !== undefined && (target.variables.length > 0 || found.arrays.length > 0)) plan.add(target, found);
  }
}

/** The layers of a model as Keras 2 counts them: with all weights inside, trainable ones first. */
export function layersOf(model: { readonly layers: readonly AnyLayer[] }): TargetLayer[] {
  return model.layers.map((layer) => ({
    name: layer.name,
    label: layer.label,
    built: layer.built,
    variables: [...layer.trainableWeights, ...layer.nonTrainableWeights],
  }));
}

function countOf(weights: number): string {
  return weights === 0 ? 'no weights' : weights === 1 ? '1 weight' : `${weights} weights`;
}
