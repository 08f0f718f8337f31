import { FileError } from '../../errors.ts';
import type { TrainableModel } from '../../models/model.ts';
import type { Variable } from '../../tensor/index.ts';
import { weightOwners } from '../weight-tree.ts';
import { type NamedWeight, namedWeights, trainableFirst } from './weight-names.ts';

/** What is known of an array before its numbers are read. */
interface Described {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Which array of a file belongs to which weight. */
export type Matches<A> = Map<NamedWeight, A>;

/** What arrays and weights have no partner. */
interface Leftovers {
  readonly missing: readonly NamedWeight[];
  readonly unexpected: readonly string[];
}

/**
 * Finds the array of every weight: by the names of TensorFlow.js, those of Keras 2 and 3 with the names of models and cells in them,
 * Keras 3's places in its files, or else by order, when the names in the layers are the same.
 *
 * @throws FileError that lists what is missing and what is too much.
 */
export function matchAll<A extends Described>(file: string, model: TrainableModel, arrays: readonly A[]): Matches<A> {
  const weights = namedWeights(model);
  const byName = matchByNames(model, weights, arrays);
  const leftovers = leftoversOf(weights, arrays, byName);
  if (leftovers.missing.length === 0 && leftovers.unexpected.length === 0) return byName;
  const inOrder = byName.size === 0 ? matchByOrder(model, weights, arrays) : undefined;
  if (inOrder !== undefined) return inOrder;
  throw new FileError(`${file} does not hold the weights of ${model.label}: ${described(leftovers)}`);
}

/** As `matchAll`, of what fits by name; what is left on either side stays out. */
export function matchNamed<A extends Described>(model: TrainableModel, arrays: readonly A[]): Matches<A> {
  return matchByNames(model, namedWeights(model), arrays);
}

/** As `matchAll`, by order first: for models whose layers have other names. @throws as `matchAll`. */
export function matchOrdered<A extends Described>(
  file: string,
  model: TrainableModel,
  arrays: readonly A[],
): Matches<A> {
  return matchByOrder(model, namedWeights(model), arrays) ?? matchAll(file, model, arrays);
}

function matchByNames<A extends Described>(
  model: TrainableModel,
  weights: readonly NamedWeight[],
  arrays: readonly A[],
): Matches<A> {
  const exact = new Map(weights.map((weight) => [weight.name, weight]));
  const places = placesOf(model, weights);
  const found: Matches<A> = new Map();
  for (const array of arrays) {
    const name = array.name.replace(/:0$/, '');
    const weight = exact.get(name) ?? places.get(name) ?? loosely(name, weights, array, found);
    if (weight !== undefined && !found.has(weight)) found.set(weight, array);
  }
  return found;
}

/** Weights by their paths in Keras 3's files: what its converter calls them. */
function placesOf(model: TrainableModel, weights: readonly NamedWeight[]): Map<string, NamedWeight> {
  const byVariable = new Map<Variable, NamedWeight>(weights.map((weight) => [weight.variable, weight]));
  const places = new Map<string, NamedWeight>();
  for (const { path, variables } of weightOwners(model)) {
    variables.forEach((variable, i) => {
      const weight = byVariable.get(variable);
      if (weight === undefined) return;
      const place = `${path}${path === '' ? '' : '/'}vars/${i}`;
      places.set(place, weight);
      // Older versions of Keras 3 have another name for the layers of a model.
      places.set(place.replaceAll(/(^|\/)layers\//g, '$1_layer_checkpoint_dependencies/'), weight);
    });
  }
  return places;
}

/** The one weight whose owners a name mentions, in their order; models and cells may be left out, cells be called otherwise. */
function loosely<A extends Described>(
  name: string,
  weights: readonly NamedWeight[],
  array: A,
  taken: Matches<A>,
): NamedWeight | undefined {
  const parts = name.split('/').filter((part) => part !== 'vars');
  const leaf = parts.pop() as string;
  const fitting = weights.filter(
    (weight) =>
      !taken.has(weight) &&
      weight.leaves.includes(leaf) &&
      mentions(parts, weight) &&
      sameShape(weight.variable, array),
  );
  return fitting.length === 1 || areOneLayers(fitting) ? fitting[0] : undefined;
}

/** Cells of one layer, of equal shapes and called alike: their order says which is which. */
function areOneLayers(weights: readonly NamedWeight[]): boolean {
  const [first] = weights;
  if (first === undefined || !first.owners.some((owner) => owner.startsWith('RNNCell_'))) return false;
  return weights.every(({ owners }) => owners[first.models] === first.owners[first.models]);
}

function mentions(parts: readonly string[], { owners, models }: NamedWeight): boolean {
  const rest = [...parts];
  // The name of a model of the outermost kind may be another one: it is not part of what is compared when layers have names.
  const [layer] = owners.slice(models);
  if (layer !== undefined && !rest.includes(layer)) return false;
  let at = 0;
  for (const part of rest) {
    const place = owners.indexOf(part, at);
    if (place >= 0) at = place + 1;
    else if (!isFree(part) && part !== rest[0]) return false;
  }
  return true;
}

/** Names of cells, which files number on through a whole program. */
function isFree(part: string): boolean {
  return /(^|_)cells?(_\d+)?$/.test(part);
}

/** All weights in the order of TensorFlow.js, or in that of Keras: whichever has the same names in the layers, and the same shapes. */
function matchByOrder<A extends Described>(
  model: TrainableModel,
  weights: readonly NamedWeight[],
  arrays: readonly A[],
): Matches<A> | undefined {
  if (weights.length !== arrays.length) return undefined;
  const orders = [trainableFirst(model, weights), weights].filter((order) =>
    order.every(({ leaves }, i) => leaves.includes(lastPart((arrays[i] as A).name))),
  );
  const fits = (order: readonly NamedWeight[]): boolean =>
    order.every(({ variable }, i) => sameShape(variable, arrays[i] as A));
  // Without one whose shapes fit, the first is what the error will be about.
  const order = orders.find(fits) ?? orders[0];
  return order && new Map(order.map((weight, i) => [weight, arrays[i] as A]));
}

function lastPart(name: string): string {
  return name.replace(/:0$/, '').slice(name.lastIndexOf('/') + 1);
}

function sameShape({ shape }: Variable, array: Described): boolean {
  return shape.length === array.shape.length && shape.every((size, axis) => size === array.shape[axis]);
}

function leftoversOf<A extends Described>(
  weights: readonly NamedWeight[],
  arrays: readonly A[],
  matches: Matches<A>,
): Leftovers {
  const used = new Set(matches.values());
  return {
    missing: weights.filter((weight) => !matches.has(weight)),
    unexpected: arrays.filter((array) => !used.has(array)).map(({ name }) => name),
  };
}

function described({ missing, unexpected }: Leftovers): string {
  const shownOf = (names: readonly string[]): string =>
    `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
  const parts = [
    ...(missing.length === 0 ? [] : [`it lacks ${shownOf(missing.map(({ name }) => name))}`]),
    ...(unexpected.length === 0 ? [] : [`it has ${shownOf(unexpected)}, which the model has not`]),
  ];
  return parts.join(', and ');
}
