// The state of optimizers in `.h5` files. Keras 3 writes it in its own order; tf-keras without the learning rate; the optimizers of
// Keras 2 before 2.11 ("legacy") slot by slot instead of variable by variable.
import type { TrainableModel } from '../models/model.ts';
import { Adafactor } from '../optimizers/adafactor.ts';
import { LossScaleOptimizer } from '../optimizers/loss-scale.ts';
import { Nadam } from '../optimizers/nadam.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import type { Variable } from '../tensor/index.ts';
import { Assignments, type StoredArray } from './assigning.ts';
import { takeOverRate } from './weight-store.ts';

/** What is told of an optimizer whose state stays as it is new. */
function leaveOut(file: string, optimizer: Optimizer, reason: string): void {
  process.emitWarning(
    `${file}: the state of the optimizer ${optimizer.getClassName()} is left out: ${reason}. Training begins anew`,
    'HornbeamWarning',
  );
}

/** Takes the state of the optimizer over. What is not known, or does not fit, is left out with a warning. */
export async function restoreLegacyOptimizer(
  file: string,
  arrays: readonly StoredArray[],
  model: TrainableModel,
): Promise<void> {
  const { optimizer } = model;
  const counters = optimizer.variables;
  // SGD without momentum has no other state, nor has an optimizer that never took a step.
  const isCounters = arrays.length <= counters.length && arrays.every(({ shape }) => shape.length === 0);
  if (isCounters && arrays.length < counters.length && optimizer instanceof LossScaleOptimizer) return;
  if (!isCounters) optimizer.build(model.trainableWeights);
  const variables = orderOf(arrays, optimizer, model.trainableWeights);
  const given = variables.order === 'slots' ? arrays.filter(({ name }) => !name.includes('momentum_cache')) : arrays;
  const list = isCounters ? variables.list.slice(0, given.length) : variables.list;
  const plan = new Assignments(file);
  try {
    plan.add(
      { name: 'optimizer', label: `the optimizer ${optimizer.getClassName()}`, variables: list },
      { name: 'optimizer_weights', arrays: given },
    );
  } catch (error) {
    leaveOut(file, optimizer, (error as Error).message);
    return;
  }
  await plan.run(true);
  if (variables.order === 'keras3') await takeOverRate(optimizer);
  if (!isCounters && variables.order !== 'keras3' && optimizer instanceof Nadam) await setProduct(optimizer);
}

/** The optimizer's variables in the order of a file. */
function orderOf(
  arrays: readonly StoredArray[],
  optimizer: Optimizer,
  trained: readonly Variable[],
): { order: 'keras3' | 'tf-keras' | 'slots'; list: Variable[] } {
  const all = optimizer.variables;
  const first = arrays[0]?.name ?? '';
  if (!first.endsWith(':0')) return { order: 'keras3', list: all };
  const [iterations, ...rest] = all;
  const slots = rest.filter(({ name }) => name !== 'learning_rate' && !name.endsWith('/u_product'));
  const counter = [iterations as Variable];
  if (first.endsWith('iter:0')) return { order: 'slots', list: [...counter, ...bySlot(slots)] };
  if (!(optimizer instanceof Adafactor)) return { order: 'tf-keras', list: [...counter, ...slots] };
  // Keras 3 has scalars in the places of rows and columns of vectors.
  const perWeight = slots.length / trained.length;
  const known = slots.filter(({ rank }, i) => rank > 0 || (trained[Math.floor(i / perWeight)] as Variable).rank === 0);
  return { order: 'tf-keras', list: [...counter, ...known] };
}

/** Grouped by the last part of their names: `adam/dense/kernel/momentum`. */
function bySlot(slots: readonly Variable[]): Variable[] {
  const groups = new Map<string, Variable[]>();
  for (const slot of slots) {
    const kind = slot.name.slice(slot.name.lastIndexOf('/') + 1);
    groups.set(kind, [...(groups.get(kind) ?? []), slot]);
  }
  return [...groups.values()].flat();
}

/** Keras 2 does not store the product of Nadam's shares, which follows from the number of steps. */
async function setProduct(optimizer: Nadam): Promise<void> {
  const steps = (await optimizer.iterations.data())[0] as number;
  let product = 1;
  for (let t = 1; t <= steps; t++) product *= optimizer.beta1 * (1 - 0.5 * 0.96 ** t);
  optimizer.variables.at(-1)?.assign(product);
}
