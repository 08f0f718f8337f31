// Masks in graphs that Keras 3 wrote. Keras notes how a mask is made as nodes of operations (`NotEqual`, `Any`, ...) and gives it to
// layers as the argument `mask`; tensors of hornbeam carry their masks, so those nodes and arguments are left out when they say what
// the layers before them say anyway. Others stay, and are refused as classes that nobody knows.
import { isRecord, type Json } from './reading.ts';

/** Layers between a mask and where it is used; beyond it a mask counts as unknown. */
const MOST_STEPS = 1000;
/** Layers whose mask is that of all their inputs together. */
const merging: ReadonlySet<unknown> = new Set(['Add', 'Subtract', 'Multiply', 'Average', 'Maximum', 'Minimum']);
/** Options that hold a layer of a layer. */
const inside = ['layer', 'forward_layer', 'backward_layer'];

/** A configuration without the nodes and arguments that only carry masks; graphs inside others included. */
export function withoutMaskNodes(object: Json): Json {
  const { config } = object;
  if (!isRecord(config)) return object;
  const changed: Record<string, unknown> = {};
  for (const name of inside) {
    const inner = config[name];
    if (isRecord(inner)) changed[name] = withoutMaskNodes(inner);
  }
  if (Array.isArray(config.layers)) {
    const layers = config.layers.map((layer: unknown) => (isRecord(layer) ? withoutMaskNodes(layer) : layer));
    const isGraph = layers.some((layer) => isRecord(layer) && isOperation(layer));
    changed.layers = isGraph ? new Graph(layers.filter(isRecord), config.output_layers).stripped(layers) : layers;
  }
  return Object.keys(changed).length === 0 ? object : { ...object, config: { ...config, ...changed } };
}

/** What masks are made with. */
const operations: ReadonlySet<unknown> = new Set([
  'NotEqual',
  'Any',
  'LogicalOr',
  'ExpandDims',
  'ConvertToTensor',
  'ZerosLike',
  'OnesLike',
  'Concatenate',
]);

function isOperation({ module, class_name: name, config }: Json): boolean {
  if (typeof module === 'string') return /^keras\.(src\.)?ops\b/.test(module);
  // `.h5` files do not say the module; of layers they say whether they are trained.
  return module === undefined && operations.has(name) && isRecord(config) && !('trainable' in config);
}

/** One graph: what its nodes of operations say, and what masks its tensors have. */
class Graph {
  readonly #layers: ReadonlyMap<unknown, Json>;
  readonly #outputs: unknown;
  /** Masks and operations by what they are made of: equal ones have the same number. */
  readonly #known = new Map<string, string>();
  readonly #masks = new Map<string, string | undefined>();

  constructor(layers: readonly Json[], outputs: unknown) {
    this.#layers = new Map(layers.map((layer) => [layer.name, layer]));
    this.#outputs = outputs;
  }

  stripped(layers: readonly unknown[]): unknown[] {
    const rest = layers.map((layer) => (isRecord(layer) && !isOperation(layer) ? this.#withoutMasks(layer) : layer));
    const [before, after] = [layers, rest].map((all) => this.#operationsOf(all));
    // One that nobody ever read is none of those.
    const isDropped = ({ name }: Json): boolean => before?.has(name) === true && after?.has(name) === false;
    return rest.filter((layer) => !isRecord(layer) || !isOperation(layer) || !isDropped(layer));
  }

  /** A layer without those arguments `mask` that its inputs bring along. */
  #withoutMasks(layer: Json): Json {
    if (!Array.isArray(layer.inbound_nodes)) return layer;
    const nodes = layer.inbound_nodes.map((node: unknown) => {
      if (!isRecord(node) || !isRecord(node.kwargs)) return node;
      const { mask, ...kwargs } = node.kwargs;
      return this.#isImplied(mask, firstOf(node)) ? { ...node, kwargs } : node;
    });
    return { ...layer, inbound_nodes: nodes };
  }

  /** Whether a mask that is given is the one that the inputs have. */
  #isImplied(mask: unknown, inputs: unknown): boolean {
    if (Array.isArray(mask) && Array.isArray(inputs) && mask.length > 0) {
      if (mask.length !== inputs.length || mask.every((one) => one === null)) return false;
      return mask.every((one, i) =>
        one === null ? this.#maskOf(inputs[i], 0) === undefined : this.#isImplied(one, inputs[i]),
      );
    }
    const layer = this.#layerOf(mask);
    if (layer === undefined || !isOperation(layer)) return false;
    const said = this.#operation(mask, 0);
    return said !== undefined && said === this.#maskOf(Array.isArray(inputs) ? inputs[0] : inputs, 0);
  }

  /** What an operation makes; `undefined` for one that masks are not made with. */
  #operation(reference: unknown, steps: number): string | undefined {
    const layer = this.#layerOf(reference);
    const node = this.#nodeOf(layer, reference);
    if (layer === undefined || node === undefined || !isOperation(layer) || steps > MOST_STEPS) return undefined;
    const { class_name: name, config } = layer;
    const axis = isRecord(config) ? config.axis : undefined;
    const args = Array.isArray(node.args) ? node.args : [];
    const of = (value: unknown): string | undefined => this.#operation(value, steps + 1);
    switch (name) {
      case 'NotEqual':
        return this.#differs(args[0], args[1]);
      case 'Any':
        return axis === -1 ? this.#made('any', [of(args[0])]) : undefined;
      case 'LogicalOr':
        return this.#either(of(args[0]), of(args[1]));
      case 'ExpandDims':
        // Only to make a mask as long as what it is concatenated with.
        return axis === -1 ? of(args[0]) : undefined;
      case 'ConvertToTensor':
        return of(args[0]);
      case 'ZerosLike':
        return 'false';
      case 'OnesLike':
        return 'true';
      case 'Concatenate':
        return Array.isArray(args[0]) ? this.#made(`concatenate ${axis}`, args[0].map(of)) : undefined;
      default:
        return undefined;
    }
  }

  /** The mask that a tensor of a layer has; `undefined` for none, and for one that is too far away. */
  #maskOf(reference: unknown, steps: number): string | undefined {
    const layer = this.#layerOf(reference);
    const node = this.#nodeOf(layer, reference);
    if (layer === undefined || node === undefined || steps > MOST_STEPS) return undefined;
    const key = placeOf(reference)?.join('\n') ?? '';
    // First of all unknown: a graph that goes in a circle ends here.
    if (!this.#masks.has(key)) {
      this.#masks.set(key, undefined);
      this.#masks.set(key, this.#layerMask(layer, firstOf(node), steps + 1));
    }
    return this.#masks.get(key);
  }

  #layerMask({ class_name: name, config: options }: Json, inputs: unknown, steps: number): string | undefined {
    const config = isRecord(options) ? options : {};
    const list = Array.isArray(inputs) ? inputs : [inputs];
    if (name === 'Embedding') return config.mask_zero === true ? this.#differs(inputs, 0) : undefined;
    if (name === 'Masking') return this.#made('any', [this.#differs(inputs, config.mask_value)]);
    const masks = list.map((one) => this.#maskOf(one, steps));
    if (merging.has(name))
      return masks.slice(1).reduce<string | undefined>((all, mask) => this.#either(all, mask), masks[0]);
    if (name !== 'Concatenate') return masks[0];
    if (masks.every((mask) => mask === undefined)) return undefined;
    const all = masks.map((mask) => mask ?? 'true');
    return this.#made('any', [this.#made(`concatenate ${config.axis}`, all)]);
  }

  #differs(tensor: unknown, value: unknown): string | undefined {
    const place = placeOf(tensor);
    return place === undefined || typeof value !== 'number' ? undefined : this.#made(`differs ${value}`, place);
  }

  #either(a: string | undefined, b: string | undefined): string | undefined {
    return b === 'false' ? a : this.#made('or', [a, b]);
  }

  #made(how: string, parts: readonly (string | undefined)[]): string | undefined {
    if (parts.includes(undefined)) return undefined;
    const key = JSON.stringify([how, ...parts]);
    const found = this.#known.get(key) ?? `#${this.#known.size}`;
    this.#known.set(key, found);
    return found;
  }

  #layerOf(reference: unknown): Json | undefined {
    return this.#layers.get(placeOf(reference)?.[0]);
  }

  #nodeOf(layer: Json | undefined, reference: unknown): Json | undefined {
    const nodes = layer?.inbound_nodes;
    const node = Array.isArray(nodes) ? nodes[Number(placeOf(reference)?.[1])] : undefined;
    return isRecord(node) ? node : undefined;
  }

  /** Names of operations that layers and outputs still read, by way of other operations too. */
  #operationsOf(layers: readonly unknown[]): ReadonlySet<unknown> {
    const used = new Set<unknown>();
    const stack: unknown[] = [this.#outputs];
    for (const layer of layers) if (isRecord(layer) && !isOperation(layer)) stack.push(layer.inbound_nodes);
    while (stack.length > 0) {
      const value = stack.pop();
      // Outputs are listed as `[name, node, index]`, one of them without a list around it.
      const name = placeOf(value)?.[0] ?? value;
      const layer = typeof name === 'string' ? this.#layers.get(name) : undefined;
      if (layer !== undefined && isOperation(layer)) {
        if (used.has(name)) continue;
        used.add(name);
        stack.push(layer.inbound_nodes);
      } else if (Array.isArray(value)) {
        for (const one of value) stack.push(one);
      } else if (isRecord(value) && placeOf(value) === undefined) {
        for (const one of Object.values(value)) stack.push(one);
      }
    }
    return used;
  }
}

/** What a call is applied to. */
function firstOf({ args, kwargs }: Json): unknown {
  if (Array.isArray(args) && args.length > 0) return args[0];
  return isRecord(kwargs) ? (kwargs.inputs ?? kwargs.sequences ?? kwargs.sequence) : undefined;
}

/** Layer, call and output that stand for a tensor. */
function placeOf(value: unknown): readonly string[] | undefined {
  if (!isRecord(value) || value.class_name !== '__keras_tensor__' || !isRecord(value.config)) return undefined;
  const { keras_history: history } = value.config;
  return Array.isArray(history) && history.length === 3 ? history.map(String) : undefined;
}
