import { checkConfig, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { passedOn } from '../layers/call-stack.ts';
import type { CallOptions, SymbolicInputs, Symbolized } from '../layers/calls.ts';
import { InputLayer, input } from '../layers/input-layer.ts';
import type { AnyLayer } from '../layers/layer.ts';
import { checkLeaves, flattenNest, mapNest, type Nest, packNest } from '../layers/nest.ts';
import { addModelClass, type LayerClass, type LayerClasses, layerFromConfig } from '../layers/registry.ts';
import { type Shape, shown, type TensorSpec } from '../layers/shape.ts';
import { type CallNode, nameInputs, replaceSymbols, SymbolicTensor } from '../layers/symbolic.ts';
import { checkOptionNames } from '../option-names.ts';
import { type DType, Tensor, tensor } from '../tensor/index.ts';
import type { Tree } from '../tensor/tree.ts';
import { type LayerGraph, layerGraph, rewired } from './graph.ts';
import { Model } from './model.ts';

/** A symbolic tensor, or a list or record of them. */
export type SymbolicNest = Nest<SymbolicTensor>;

/** What a model gives whose outputs are `Outputs`: tensors in the same places. */
export type Computed<Outputs> = Outputs extends SymbolicTensor
  ? Tensor
  : Outputs extends readonly SymbolicTensor[] | { readonly [name: string]: SymbolicTensor }
    ? { [K in keyof Outputs]: Tensor }
    : Tree;

/** Options of {@link Functional}. */
export interface FunctionalConfig<Outputs extends SymbolicNest = SymbolicTensor> {
  inputs: SymbolicNest;
  outputs: Outputs;
  /** Default: `functional`, numbered. */
  name?: string;
  /** Default true. A model that is made with false trains nothing; its layers are not frozen themselves, as they are by `model.trainable = false`. */
  trainable?: boolean;
}

/**
 * A model of a graph of layers: several inputs and outputs (in lists or by name), shared layers, branches that meet again.
 * Models are layers, so graphs nest.
 *
 * Data and targets come in the places of `inputs` and `outputs`: one, a list, or a record. Data in a record may also go by
 * the names of the input layers, targets by those of the layers that give the outputs.
 *
 * @example
 * const x = input({ shape: [32] });
 * const h = layers.dense({ units: 32, activation: 'relu' }).apply(x);
 * const residual = model({ inputs: x, outputs: layers.add().apply([x, h]) });
 */
export class Functional<Out extends Tree = Tensor> extends Model<Out> {
  static override readonly className: string = 'Functional';
  readonly #inputs: SymbolicNest;
  readonly #outputs: SymbolicNest;
  readonly #flatInputs: readonly SymbolicTensor[];
  readonly #flatOutputs: readonly SymbolicTensor[];
  readonly #graph: LayerGraph;

  /** @throws ConfigError for what are no symbolic tensors, outputs that depend on other inputs, two layers with one name. */
  constructor(config: FunctionalConfig<SymbolicNest>) {
    checkOptionNames('model', config, ['inputs', 'outputs', 'name', 'trainable'], '{ inputs: x, outputs: y }');
    const { inputs, outputs, ...base } = config;
    super(base);
    for (const [what, nest] of [
      ['inputs', inputs],
      ['outputs', outputs],
    ] as const) {
      checkLeaves(`${this.label}: ${what}`, nest, 'symbolic tensors (from input() or layer.apply)', isSymbol);
      if (flattenNest(nest).length === 0) throw new ConfigError(`${this.label}: there are no ${what}`);
    }
    const given = flattenNest(inputs);
    if (new Set(given).size < given.length) throw new ConfigError(`${this.label}: an input is listed twice`);
    let flatOutputs = flattenNest(outputs);
    let graph = layerGraph(this.label, given, flatOutputs);
    let flatInputs = given;
    if (given.some(({ node }) => !(node.layer instanceof InputLayer))) {
      flatInputs = given.map((symbol) => beginningFor(symbol));
      flatOutputs = rewired(
        graph,
        new Map(given.map((symbol, i) => [symbol, flatInputs[i] as SymbolicTensor])),
        flatOutputs,
      );
      graph = layerGraph(this.label, flatInputs, flatOutputs);
    }
    this.#inputs = packNest(inputs, flatInputs);
    this.#outputs = packNest(outputs, flatOutputs);
    this.#flatInputs = flatInputs;
    this.#flatOutputs = flatOutputs;
    this.#graph = graph;
    this.built = true;
    this.buildShape = mapNest<SymbolicTensor, Shape>(this.#inputs, ({ shape }) => shape);
  }

  /** The symbolic tensors that stand for the data, in their places. */
  override get inputs(): SymbolicNest {
    return this.#inputs;
  }

  /** The symbolic tensors that stand for the results, in their places. */
  override get outputs(): SymbolicNest {
    return this.#outputs;
  }

  /** The inputs, as those of one layer. */
  override get input(): SymbolicTensor {
    return this.#inputs as SymbolicTensor;
  }

  /** The outputs, as those of one layer. */
  override get output(): Symbolized<Out> {
    return this.#outputs as Symbolized<Out>;
  }

  override get inputSpecs(): Nest<TensorSpec> {
    return mapNest<SymbolicTensor, TensorSpec>(this.#inputs, ({ shape, dtype }) => ({ shape, dtype }));
  }

  /** Names of the inputs: of their layers. */
  override get inputNames(): readonly string[] {
    return this.#flatInputs.map(({ node }) => node.layer.name);
  }

  /** Names of the outputs: of the layers that give them, or those of a record. */
  override get outputNames(): readonly string[] {
    return outputNames(this.#outputs);
  }

  /** The layers, input layers among them, those farthest from the outputs first. */
  override get layers(): readonly AnyLayer[] {
    return this.#graph.layers;
  }

  override get sublayers(): AnyLayer[] {
    return [...this.#graph.layers];
  }

  /** The calls of layers that the model is made of, in the order in which they are computed. @internal */
  get callNodes(): readonly CallNode[] {
    return this.#graph.nodes;
  }

  protected override get layerOutputs(): readonly (Nest<Shape> | undefined)[] {
    const nodes = new Set(this.#graph.nodes);
    return this.#graph.layers.map((layer) => {
      const node = layer.inboundNodes.find((call) => nodes.has(call)) as CallNode;
      return mapNest<SymbolicTensor, Shape>(node.outputs, ({ shape }) => shape);
    });
  }

  /** What each layer reads, as `summary` shows it; `undefined` for a plain stack of layers. */
  protected override get connections(): readonly string[] | undefined {
    const { nodes, nodesByDepth, layers } = this.#graph;
    const own = new Set(nodes);
    const isStack =
      nodesByDepth.every((level) => level.length === 1 && (level[0] as CallNode).sources.length <= 1) &&
      nodes.length === layers.length;
    if (isStack) return undefined;
    return layers.map((layer) => {
      const sources = layer.inboundNodes.filter((node) => own.has(node)).flatMap((node) => node.sources);
      const shownSources = sources.map(({ node, index }) => `${node.layer.name}[${node.position}][${index}]`);
      return shownSources.join(', ') || '-';
    });
  }

  override checkInput(shapes: Nest<Shape>): void {
    const isOne = (x: unknown): boolean => Array.isArray(x) && !x.some(Array.isArray);
    const flat: Shape[] = [];
    mapNest<Shape, void>(shapes, (shape) => void flat.push(shape), isOne);
    if (flat.length !== this.#flatInputs.length) {
      throw new ShapeError(`${this.label} expects ${this.#flatInputs.length} inputs but got ${flat.length}`);
    }
    this.#flatInputs.forEach((symbol, i) => {
      const got = flat[i] as Shape;
      const fits =
        got.length === symbol.shape.length &&
        symbol.shape.every((size, axis) => axis === 0 || size === null || got[axis] === null || got[axis] === size);
      if (fits) return;
      throw new ShapeError(
        `${this.label} expects inputs of shape ${shown(symbol.shape)} but got ${shown(got)} (input "${this.inputNames[i]}")`,
      );
    });
  }

  override call(inputs: Tree, { training, mask }: CallOptions<Nest<Tensor | undefined>>): Out {
    const given = flattenNest<Tensor>(inputs as Nest<Tensor>);
    const masks = flattenNest<Tensor | undefined>(mask);
    const values = new Map<SymbolicTensor, Tensor>();
    this.#flatInputs.forEach((symbol, i) => {
      const x = given[i] as Tensor;
      const wanted = masks[i] ?? x.mask;
      const isSame = x.dtype === symbol.dtype && x.mask === wanted;
      // The caller's tensor keeps the mask that it has.
      const value = isSame ? x : x.dtype === symbol.dtype ? x.clone() : x.cast(symbol.dtype);
      if (!isSame) value.mask = wanted;
      values.set(symbol, value);
    });
    const known = new Set(this.#flatInputs.map(({ node }) => node));
    // What the model is told holds for its layers, whatever their calls were told in the graph: `fit`, `evaluate` and `predict` always tell.
    const overriding = passedOn(training);
    for (const node of this.#graph.nodes) {
      if (known.has(node)) continue;
      const value = (symbol: SymbolicTensor): Tensor => values.get(symbol) as Tensor;
      const options = replaceSymbols(node.options, value) as CallNode['options'];
      const outputs = node.layer.apply(replaceSymbols(node.inputs, value) as Tensor, { ...options, ...overriding });
      const flat = flattenNest<Tensor>(outputs as Nest<Tensor>);
      flattenNest<SymbolicTensor>(node.outputs).forEach((symbol, i) => void values.set(symbol, flat[i] as Tensor));
    }
    return packNest<Tensor>(
      this.#outputs,
      this.#flatOutputs.map((symbol) => values.get(symbol) as Tensor),
    ) as Out;
  }

  override computeMask(): Nest<Tensor | undefined> {
    // The outputs carry the masks that their layers gave them.
    return undefined;
  }

  override getConfig(): Record<string, unknown> {
    const own = new Set(this.#graph.nodes);
    const callsOf = (layer: AnyLayer): CallNode[] => layer.inboundNodes.filter((node) => own.has(node));
    const reference = ({ node, index, shape, dtype }: SymbolicTensor): unknown => ({
      className: '__keras_tensor__',
      config: { shape: [...shape], dtype, kerasHistory: [node.layer.name, callsOf(node.layer).indexOf(node), index] },
    });
    const layers = this.#graph.layers.map((layer) => ({
      className: layer.className,
      name: layer.name,
      config: layer.getConfig(),
      inboundNodes: callsOf(layer)
        .filter(() => !(layer instanceof InputLayer))
        .map(({ inputs, options, inputName }) => ({
          args: [constants(replaceSymbols(inputs, reference))],
          kwargs: constants(replaceSymbols(options, reference)),
          ...(inputName === undefined ? {} : { inputName }),
        })),
    }));
    const place = ({ node, index }: SymbolicTensor): unknown => [
      node.layer.name,
      callsOf(node.layer).indexOf(node),
      index,
    ];
    return {
      name: this.name,
      trainable: this.trainable,
      layers,
      inputLayers: mapNest<SymbolicTensor, unknown>(this.#inputs, place),
      outputLayers: mapNest<SymbolicTensor, unknown>(this.#outputs, place),
    };
  }

  /**
   * A model of a configuration, with new weights.
   *
   * @param customLayers Classes of your own by their `className`.
   * @throws ConfigError for an unknown class, and for a configuration that is none of a graph.
   */
  static override fromConfig(config: Record<string, unknown>, customLayers: LayerClasses = {}): Functional<Tree> {
    checkConfig('Functional.fromConfig', config);
    const { layers, inputLayers, outputLayers, name, trainable } = config;
    if (!Array.isArray(layers)) throw new ConfigError('Functional.fromConfig: the configuration has no list of layers');
    const symbols = symbolsOf(layers as readonly GraphEntry[], customLayers);
    const at = (place: unknown): SymbolicTensor => {
      const [layer, node, index] = Array.isArray(place) ? place : [];
      const symbol = symbols.get(layer)?.[node]?.[index];
      if (symbol === undefined) throw new ConfigError(`Functional.fromConfig: there is no tensor ${received(place)}`);
      return symbol;
    };
    return new Functional<Tree>({
      ...(typeof name === 'string' ? { name } : {}),
      ...(trainable === false ? { trainable } : {}),
      inputs: mapNest<unknown, SymbolicTensor>(inputLayers as Nest<unknown>, at, isPlace),
      outputs: mapNest<unknown, SymbolicTensor>(outputLayers as Nest<unknown>, at, isPlace),
    });
  }
}

addModelClass(Functional.className, Functional as unknown as LayerClass);

/** A new {@link Functional}. */
export function model<const Outputs extends SymbolicNest>(
  config: FunctionalConfig<Outputs>,
): Functional<Computed<Outputs>> {
  return new Functional(config);
}

function isSymbol(x: unknown): boolean {
  return x instanceof SymbolicTensor;
}

/** An input layer's tensor in place of one in the middle of a graph. */
function beginningFor(symbol: SymbolicTensor): SymbolicTensor {
  if (symbol.node.layer instanceof InputLayer) return symbol;
  return input({ batchShape: symbol.shape, dtype: symbol.dtype });
}

/** Names of outputs as Keras gives them: keys of a flat record, else of the layers. */
function outputNames(outputs: SymbolicNest): string[] {
  const isRecord = !(outputs instanceof SymbolicTensor) && !Array.isArray(outputs);
  if (isRecord && Object.values(outputs).every(isSymbol)) return Object.keys(outputs).sort();
  return flattenNest<SymbolicTensor>(outputs).map(({ node }) => node.layer.name);
}

/** Constant tensors of a call as a configuration holds them. */
function constants(nest: unknown): unknown {
  return mapNest<unknown, unknown>(nest as Nest<unknown>, (value) =>
    value instanceof Tensor
      ? { className: '__tensor__', config: { value: value.arraySync(), shape: value.shape, dtype: value.dtype } }
      : value,
  );
}

/** A layer of a graph in a configuration. */
interface GraphEntry {
  readonly className: string;
  readonly name?: string;
  readonly config: Record<string, unknown>;
  readonly inboundNodes?: readonly GraphEntryCall[];
}

interface GraphEntryCall {
  readonly args: readonly unknown[];
  readonly kwargs?: Record<string, unknown>;
  readonly inputName?: string;
}

/** `[layer, call, output]`. */
function isPlace(x: unknown): boolean {
  return Array.isArray(x) && typeof x[0] === 'string' && typeof x[1] === 'number';
}

/** Makes the layers and repeats their calls as soon as what they read is there. Gives the tensors of each layer's calls. */
function symbolsOf(entries: readonly GraphEntry[], custom: LayerClasses): Map<string, SymbolicTensor[][]> {
  const symbols = new Map<string, SymbolicTensor[][]>();
  const open = entries.map((entry) => {
    const layer = layerFromConfig(entry, custom);
    const calls = layer instanceof InputLayer ? [] : [...(entry.inboundNodes ?? [])];
    symbols.set(layer.name, layer instanceof InputLayer ? [[layer.symbol]] : []);
    return { layer, calls };
  });
  for (let progress = true; progress; ) {
    progress = false;
    for (const { layer, calls } of open) {
      for (let call = calls[0]; call !== undefined; call = calls[0]) {
        const read = restored([call.args[0], call.kwargs ?? {}], symbols);
        if (read === undefined) break;
        const [inputs, options] = read as [SymbolicInputs, Record<string, unknown>];
        const outputs = layer.apply(inputs, options) as SymbolicNest;
        nameInputs(layer, call.inputName);
        symbols.get(layer.name)?.push(flattenNest(outputs));
        calls.shift();
        progress = true;
      }
    }
  }
  const stuck = open.find(({ calls }) => calls.length > 0);
  if (stuck !== undefined)
    throw new ConfigError(`Functional.fromConfig: what ${stuck.layer.label} reads is not in the configuration`);
  return symbols;
}

/** Arguments with tensors in place of their references; `undefined` while one is not there yet. */
function restored(nest: unknown, symbols: ReadonlyMap<string, SymbolicTensor[][]>): unknown {
  let isComplete = true;
  const read = mapNest<unknown, unknown>(
    nest as Nest<unknown>,
    (value) => {
      const { className, config } = Object(value) as { className?: string; config?: Record<string, unknown> };
      if (className === '__tensor__')
        return tensor(config?.value as number[], config?.shape as number[], config?.dtype as DType);
      if (className !== '__keras_tensor__') return value;
      const [layer, node, index] = Object(config?.kerasHistory) as [string, number, number];
      const symbol = symbols.get(layer)?.[node]?.[index];
      isComplete &&= symbol !== undefined;
      return symbol;
    },
    (value) => typeof value === 'object' && value !== null && 'className' in value,
  );
  return isComplete ? read : undefined;
}
