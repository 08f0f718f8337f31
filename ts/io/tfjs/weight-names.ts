import type { AnyLayer } from '../../layers/layer.ts';
import { Bidirectional, RNN, StackedRNNCells, TimeDistributed } from '../../layers/recurrent/index.ts';
import type { TrainableModel } from '../../models/model.ts';
import { Model } from '../../models/model.ts';
import type { Variable } from '../../tensor/index.ts';

/** A weight of a model with the names that it may have in files of TensorFlow.js. */
export interface NamedWeight {
  readonly variable: Variable;
  /** The layer that it belongs to, for error texts. */
  readonly label: string;
  /** What TensorFlow.js calls it: `dense_Dense1/kernel`. */
  readonly name: string;
  /** What stands above it, outermost first: names of models, layers, cells. */
  readonly owners: readonly string[];
  /** How many of `owners` are models, which names seldom mention. */
  readonly models: number;
  /** Names of the weight in its layer: TensorFlow.js' own, Keras', its number. */
  readonly leaves: readonly string[];
}

/** Where TensorFlow.js and Keras have different names. */
const leafNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  DepthwiseConv2D: { kernel: 'depthwise_kernel' },
};

/** All weights of a model, in Keras' order: layer by layer. */
export function namedWeights(model: TrainableModel): NamedWeight[] {
  const found: NamedWeight[] = [];
  const seen = new Set<Variable>();
  const add = (layer: AnyLayer, scope: readonly string[], owners: readonly string[], models: number): void => {
    ownWeights(layer).forEach((variable, i) => {
      if (seen.has(variable)) return;
      seen.add(variable);
      const leaf = lastPart(variable.name);
      const own = leafNames[layer.className]?.[leaf] ?? leaf;
      const leaves = [...new Set([own, leaf, String(i)])];
      found.push({ variable, label: layer.label, name: [...scope, own].join('/'), owners, models, leaves });
    });
  };
  // `scope` is how TensorFlow.js begins names here; wrappers build what they hold themselves, so it has no scope of its own.
  const visit = (layer: AnyLayer, scope: readonly string[], owners: readonly string[], models: number): void => {
    if (layer instanceof Model) {
      const inside = [...owners, layer.name];
      for (const inner of layer.layers) visit(inner, [inner.name], inside, inside.length);
      for (const inner of layer.sublayers)
        if (!layer.layers.includes(inner)) visit(inner, [inner.name], inside, inside.length);
      add(layer, [layer.name], inside, models);
      return;
    }
    const inside = owners.at(-1) === layer.name ? owners : [...owners, layer.name];
    add(layer, scope, inside, models);
    if (layer instanceof Bidirectional) {
      for (const direction of [layer.forwardLayer, layer.backwardLayer])
        visit(direction, [...scope, lastPart(direction.name)], [...inside, lastPart(direction.name)], models);
    } else if (layer instanceof StackedRNNCells) {
      layer.cells.forEach(
        (cell, i) => void visit(cell, [...scope, `RNNCell_${i}`], [...inside, `RNNCell_${i}`], models),
      );
    } else if (layer instanceof RNN || layer instanceof TimeDistributed) {
      for (const inner of layer.sublayers) visit(inner, scope, inside, models);
    } else {
      for (const inner of layer.sublayers) visit(inner, [...scope, lastPart(inner.name)], inside, models);
    }
  };
  visit(model as AnyLayer, [], [], 0);
  return found;
}

/** The order of TensorFlow.js: what trains of all layers, then what does not. */
export function trainableFirst<T extends { readonly variable: Variable }>(
  model: TrainableModel,
  weights: readonly T[],
): T[] {
  const trained = new Set(model.trainableWeights);
  return [
    ...weights.filter(({ variable }) => trained.has(variable)),
    ...weights.filter(({ variable }) => !trained.has(variable)),
  ];
}

function ownWeights(layer: AnyLayer): Variable[] {
  const inside = new Set(layer.sublayers.flatMap(({ weights }) => weights));
  return layer.weights.filter((variable) => !inside.has(variable));
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
