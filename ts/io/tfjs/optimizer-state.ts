import type { TrainableModel } from '../../models/model.ts';
import { Adadelta, Adagrad, Adam, RMSprop, SGD } from '../../optimizers/index.ts';
import type { Optimizer } from '../../optimizers/optimizer.ts';
import type { TypedArray, Variable } from '../../tensor/index.ts';
import { Assignments, type StoredArray } from '../assigning.ts';

/** State that is kept with every weight, under TensorFlow.js' name and hornbeam's. */
interface Slot {
  readonly suffix: string;
  readonly slot: string;
  /** Ours is theirs times this. */
  readonly factor?: number;
}

/** What TensorFlow.js keeps, in its order: all of one kind, then all of the next. `undefined`: it has no such optimizer, or cannot save its state. */
export function slotsOf(optimizer: Optimizer): readonly Slot[] | undefined {
  const { constructor: Class } = optimizer;
  if (Class === Adam && !(optimizer as Adam).amsgrad)
    return [
      { suffix: 'm', slot: 'momentum' },
      { suffix: 'v', slot: 'velocity' },
    ];
  if (Class === RMSprop)
    return [
      { suffix: 'rms', slot: 'velocity' },
      { suffix: 'momentum', slot: 'momentum' },
      ...((optimizer as RMSprop).centered ? [{ suffix: 'mg', slot: 'average_gradient' }] : []),
    ];
  if (Class === Adagrad) return [{ suffix: 'accumulator', slot: 'accumulator' }];
  if (Class === Adadelta)
    return [
      { suffix: 'accum_grad', slot: 'accumulated_grad' },
      { suffix: 'accum_var', slot: 'accumulated_delta_var' },
    ];
  if (Class !== SGD) return undefined;
  // TensorFlow.js adds up gradients and multiplies by the rate afterwards.
  return (optimizer as SGD).momentum === 0
    ? []
    : [{ suffix: 'momentum', slot: 'momentum', factor: -optimizer.learningRate }];
}

/** State of an optimizer on its way into a file. */
export interface StateArray {
  readonly name: string;
  readonly variable: Variable | undefined;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly convert: (values: TypedArray) => TypedArray;
}

/** The state in TensorFlow.js' order. `names`: what it calls the trained weights. */
export function stateArrays(
  optimizer: Optimizer,
  trained: readonly Variable[],
  names: readonly string[],
): StateArray[] | undefined {
  const slots = slotsOf(optimizer);
  if (slots === undefined) return undefined;
  const iterations: StateArray = {
    name: 'iter',
    variable: optimizer.iterations,
    shape: [],
    dtype: 'int32',
    convert: (values) => values,
  };
  if (trained.length === 0 || !optimizer.isBuiltFor(trained)) return [iterations];
  const states = slots.flatMap(({ suffix, slot, factor = 1 }): StateArray[] => {
    const kept = variablesOf(optimizer, slot);
    return trained.map(({ shape }, i) => ({
      name: `${names[i]}/${suffix}`,
      // Without momentum hornbeam keeps none, and what TensorFlow.js has there is multiplied by zero.
      variable: kept.length === 0 ? undefined : kept[i],
      shape,
      dtype: 'float32',
      // A rate of zero leaves nothing to divide by, and nothing moves.
      convert: (values) => (factor === 1 ? values : scaled(values, factor === 0 ? 0 : 1 / factor)),
    }));
  });
  return [iterations, ...states];
}

/** What a file holds of an optimizer's state. */
export interface StoredState extends StoredArray {
  readonly dtype: string;
}

/**
 * Sets the state of the optimizer. What does not fit is left out with a warning, as Keras does: the model is whole without it.
 *
 * @throws FileError when numbers cannot be read.
 */
export async function restoreState(file: string, model: TrainableModel, stored: readonly StoredState[]): Promise<void> {
  const { optimizer, trainableWeights: trained } = model;
  const skip = (why: string): void =>
    process.emitWarning(
      `${file}: the state of the optimizer is left out, ${why}: training would begin with a fresh state`,
      'HornbeamWarning',
    );
  const slots = slotsOf(optimizer);
  const [iterations, ...rest] = stored;
  if (iterations === undefined) return;
  if (slots === undefined) return skip(`because TensorFlow.js has none for ${optimizer.getClassName()}`);
  if (iterations.name !== 'iter' || iterations.shape.length > 0)
    return skip(`because it begins with "${iterations.name}" instead of "iter"`);
  const plan = new Assignments(file);
  plan.add(
    { name: 'iter', label: 'the optimizer', variables: [optimizer.iterations] },
    { name: 'iter', arrays: [iterations] },
  );
  if (rest.length > 0) {
    if (rest.length !== slots.length * trained.length) {
      return skip(
        `because it has ${rest.length} arrays instead of ${slots.length} for each of the ${trained.length} trainable weights`,
      );
    }
    optimizer.build(trained);
    for (const [kind, { slot, factor = 1 }] of slots.entries()) {
      for (const [i, variable] of variablesOf(optimizer, slot).entries()) {
        const array = rest[kind * trained.length + i] as StoredState;
        if (
          array.shape.length !== variable.shape.length ||
          array.shape.some((size, axis) => size !== variable.shape[axis])
        )
          return skip(
            `because "${array.name}" has the shape [${array.shape.join(', ')}] instead of [${variable.shape.join(', ')}]`,
          );
        const read = async (): Promise<TypedArray> => scaled(await array.read(), factor);
        plan.add(
          { name: slot, label: 'the optimizer', variables: [variable] },
          { name: slot, arrays: [{ ...array, read }] },
        );
      }
    }
  }
  await plan.run(true);
}

/** One kind of state of all trained weights. */
function variablesOf(optimizer: Optimizer, slot: string): Variable[] {
  return optimizer.variables.filter(({ name }) => name.endsWith(`/${slot}`));
}

function scaled(values: TypedArray, factor: number): TypedArray {
  return factor === 1 ? values : Float32Array.from(values as Float32Array, (value) => value * factor);
}
