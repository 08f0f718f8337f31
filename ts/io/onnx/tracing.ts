// Traces a model for several sizes of what is not known before it runs.
import { ConfigError, HornbeamError, ShapeError } from '../../errors.ts';
import type { AnyLayer } from '../../layers/layer.ts';
import { flattenNest, mapNest, type Nest } from '../../layers/nest.ts';
import { isShape, isSpec, type Shape, shown, type TensorSpec } from '../../layers/shape.ts';
import type { TrainableModel } from '../../models/model.ts';
import { type NativeGraph, type NativeTensor, native } from '../../native.ts';
import { retryingBuilds } from '../../tensor/building.ts';
import { Tensor } from '../../tensor/index.ts';
import { prepareTracedSeed } from '../../tensor/seed.ts';
import { mergedGraph, type OperationGraph, Varying } from './operations.ts';

/** An input of the model in the file. */
export interface ModelInput extends TensorSpec {
  readonly name: string;
}

/** A size that is not known before the model runs. */
export interface UnknownSize {
  /** What it is called in the file. */
  readonly name: string;
  /** How errors speak of it. */
  readonly label: string;
  readonly size: Varying;
}

/** A model as data. */
export interface TracedModel {
  readonly inputs: readonly ModelInput[];
  /** Shapes of the inputs, with the sizes of all traces. */
  readonly shapes: readonly (readonly (number | Varying)[])[];
  readonly outputNames: readonly string[];
  readonly unknowns: readonly UnknownSize[];
  readonly graph: OperationGraph;
  /** What the parameters of the graph are: the inputs first. */
  readonly operands: ReturnType<NativeGraph['operands']>;
  /** The numbers of a parameter that is no input, in every trace; one tensor if it is the same in all. */
  numbers(operand: number): readonly [NativeTensor, ...NativeTensor[]];
  readonly plan: Plan;
}

/**
 * Sizes that stand for unknown ones, three for each: such that nobody writes as a number of units, and large enough for any kernel to
 * fit. Each trace but the first changes one of them, so that what a size depends on shows. The differences of three have no common divisor,
 * also when they were divided by 2, 3, 4, 5, 8, 9 or 16, up or down: what is left over by a division differs between them, too.
 */
const standIns: readonly (readonly [number, number, number])[] = [
  [83, 165, 158],
  [101, 187, 118],
  [107, 145, 134],
  [113, 159, 138],
  [131, 198, 157],
  [137, 183, 162],
  [149, 235, 214],
  [163, 245, 238],
];

/** An unknown size of an input: where it is, and which of the unknown sizes it is. */
interface Place {
  readonly input: number;
  readonly axis: number;
  readonly unknown: number;
}

/** What is traced: the inputs in their places. */
export interface Plan {
  readonly model: TrainableModel;
  readonly specs: Nest<TensorSpec>;
  readonly inputs: readonly ModelInput[];
  readonly places: readonly Place[];
  readonly names: readonly string[];
}

/** Traces a model. @throws ConfigError for what cannot become one graph, and says which size would have to be given. */
export function tracedModel(model: TrainableModel, given: Nest<Shape> | undefined): TracedModel {
  const specs = specsOf(model, given);
  const flat = flattenNest<TensorSpec>(specs, isSpec);
  const names = model.inputNames ?? flat.map((_, i) => (flat.length === 1 ? 'input' : `input_${i}`));
  const inputs = flat.map((spec, i) => ({ ...spec, name: names[i] as string }));
  const separate = planOf(model, specs, inputs, true);
  // Sizes that are unknown may have to be equal, as the lengths of sequences that are added.
  const shared = planOf(model, specs, inputs, false);
  try {
    try {
      return traceAll(separate);
    } catch (error) {
      if (!(error instanceof ShapeError) || shared.names.length === separate.names.length) throw error;
      return traceAll(shared);
    }
  } catch (error) {
    if (!(error instanceof ShapeError) || shared.names.length === 0) throw error;
    // Sizes that nobody wrote are in the message: as of images that must be multiples of 8.
    const sizes = shared.names.map((name, i) => `${name} ${standIns[i]?.[0]}`).join(', ');
    throw new ConfigError(
      `${model.label}: export: not every size will do for those that are not known (tried with ${sizes}): ${error.message}. Give them: export(path, { inputShape: [null, 128, ...] })`,
      { cause: error },
    );
  }
}

/** Shapes and dtypes of the inputs, where `given` says sizes with those. */
function specsOf(model: TrainableModel, given: Nest<Shape> | undefined): Nest<TensorSpec> {
  const { dtype, label } = model;
  const built =
    model.inputSpecs ??
    mapNest<Shape, TensorSpec>(model.buildShape as Nest<Shape>, (shape) => ({ shape, dtype }), isShape);
  if (given === undefined) return built;
  const shapes = flattenNest<Shape>(given, isShape);
  const specs = flattenNest<TensorSpec>(built, isSpec);
  if (shapes.length !== specs.length)
    throw new ConfigError(`${label}: export: inputShape has ${shapes.length} shapes for ${specs.length} inputs`);
  return mapNest<TensorSpec, TensorSpec>(
    built,
    (spec, i) => {
      const shape = shapes[i] as Shape;
      const fits =
        isShape(shape) &&
        shape.length === spec.shape.length &&
        shape.every(
          (size, axis) =>
            size === null ||
            (Number.isSafeInteger(size) && size > 0 && [size, null].includes(spec.shape[axis] as null)),
        );
      if (!fits)
        throw new ConfigError(
          `${label}: export: inputShape ${shown(shape)} does not fit the input of shape ${shown(spec.shape)}`,
        );
      return { dtype: spec.dtype, shape: shape.map((size, axis) => size ?? (spec.shape[axis] as number | null)) };
    },
    isSpec,
  );
}

/** Numbers the unknown sizes: the batch is one for all inputs; others are apart, or one an axis. */
function planOf(
  model: TrainableModel,
  specs: Nest<TensorSpec>,
  inputs: readonly ModelInput[],
  separate: boolean,
): Plan {
  const names: string[] = [];
  const places = inputs.flatMap(({ shape, name }, input) =>
    shape.flatMap((size, axis) => {
      if (size !== null) return [];
      const wanted = axis === 0 ? 'batch' : separate ? `${name}_axis${axis}` : `axis${axis}`;
      if (!names.includes(wanted)) names.push(wanted);
      return [{ input, axis, unknown: names.indexOf(wanted) }];
    }),
  );
  if (names.length > standIns.length) {
    throw new ConfigError(
      `${model.label}: export: ${names.length} sizes of the inputs are unknown, and at most ${standIns.length} may be. Give some of them with inputShape`,
    );
  }
  return { model, specs, inputs, places, names };
}

/** What a trace changes: an unknown size, and which of its stand-ins it gets. */
interface Change {
  readonly unknown: number;
  readonly choice: 0 | 1 | 2;
}

/** What the traces of a plan are: none changed, then each unknown size by itself. */
function changesOf({ names }: Plan): Change[] {
  const others = names.flatMap((_, unknown): Change[] => [
    { unknown, choice: 1 },
    { unknown, choice: 2 },
  ]);
  return [{ unknown: -1, choice: 0 }, ...others];
}

/** The stand-in of an unknown size in a trace. */
function standIn(unknown: number, change: Change): number {
  return standIns[unknown]?.[unknown === change.unknown ? change.choice : 0] as number;
}

/** The sizes of the inputs in a trace. */
function shapesOf({ inputs, places }: Plan, change: Change): number[][] {
  const shapes = inputs.map(({ shape }) => [...shape] as number[]);
  for (const { input, axis, unknown } of places) (shapes[input] as number[])[axis] = standIn(unknown, change);
  return shapes;
}

function traceAll(plan: Plan): TracedModel {
  const { model, inputs, names, places } = plan;
  const changes = changesOf(plan);
  const traces = changes.map((change) => traceOnce(plan, shapesOf(plan, change)));
  const [first] = traces as [NativeGraph];
  const [assigned] = first.assigned();
  if (assigned !== undefined) {
    throw new ConfigError(
      `${model.label}: export: a call changes the variable "${assigned}", but an ONNX model keeps nothing from run to run. A recurrent layer needs stateful: false`,
    );
  }
  const parsed = traces.map((trace) => JSON.parse(trace.json()) as unknown);
  const unknowns = names.map((name, unknown): UnknownSize => {
    const { input, axis } = places.find((place) => place.unknown === unknown) as Place;
    const label = axis === 0 ? 'the batch' : `axis ${axis} of input "${(inputs[input] as ModelInput).name}"`;
    const values = changes.map((change) => standIn(unknown, change));
    return { name, label, size: new Varying(values) };
  });
  const graph = mergedGraph(parsed);
  if (graph === undefined) {
    const at = changes.findIndex((_, i) => i > 0 && mergedGraph([parsed[0], parsed[i]]) === undefined);
    const { unknown } = changes[Math.max(at, 1)] as Change;
    throw new ConfigError(needsSize(model, unknowns[unknown] as UnknownSize, 'the operations of the model depend on'));
  }
  const shapes = inputs.map(({ shape }, input) =>
    shape.map((size, axis) => {
      const place = places.find((other) => other.input === input && other.axis === axis);
      return place === undefined ? (size as number) : (unknowns[place.unknown] as UnknownSize).size;
    }),
  );
  const outputs = graph.outputs.length;
  return {
    inputs,
    shapes,
    outputNames: outputNames(model, outputs),
    unknowns,
    graph,
    operands: first.operands(),
    numbers: (operand) => alike(traces.map((trace) => trace.numbers(operand))),
    plan,
  };
}

/** One of tensors that are the same, of which large ones are looked at only by identity; else all of them. */
function alike(tensors: readonly NativeTensor[]): [NativeTensor, ...NativeTensor[]] {
  const [first, ...others] = tensors as [NativeTensor, ...NativeTensor[]];
  const shape = first.shape.join();
  const same = others.every(
    (other) => other.id === first.id || (other.shape.join() === shape && areEqual(first, other)),
  );
  return same ? [first] : [first, ...others];
}

function areEqual(a: NativeTensor, b: NativeTensor): boolean {
  const [p, q] = [a.dataSync(), b.dataSync()];
  return p.every((value, i) => Object.is(value, q[i]));
}

/** Error text for a size that has to be given. */
export function needsSize(model: TrainableModel, { label, name }: UnknownSize, what: string): string {
  const wanted = name === 'batch' ? '[1, ...]' : '[null, 128, ...]';
  return `${model.label}: export: ${what} the size of ${label}, which is not known. Give it: export(path, { inputShape: ${wanted} })`;
}

function outputNames(model: TrainableModel, count: number): readonly string[] {
  const names = model.outputNames ?? [];
  if (names.length === count) return names;
  return Array.from({ length: count }, (_, i) => (count === 1 ? 'output' : `output_${i}`));
}

/** Applies the model inside a trace that has begun. */
function apply({ model, specs, inputs }: Plan, shapes: readonly number[][]): { params: Tensor[]; outputs: Tensor[] } {
  const params = inputs.map(({ dtype }, i) => new Tensor(native.placeholder([...(shapes[i] as number[])], dtype)));
  const given = mapNest<TensorSpec, Tensor>(specs, (_, i) => params[i] as Tensor, isSpec);
  const outputs = model.apply(given as Tensor, { training: false });
  return { params, outputs: flattenNest<Tensor>(outputs as Nest<Tensor>) };
}

function traceOnce(plan: Plan, shapes: readonly number[][]): NativeGraph {
  return retryingBuilds(() => {
    prepareTracedSeed();
    native.traceBegin('export');
    let open = true;
    try {
      const { params, outputs } = apply(plan, shapes);
      open = false;
      return native.traceDescribe(
        params.map(({ handle }) => handle),
        outputs.map(({ handle }) => handle),
      );
    } finally {
      if (open) native.traceAbort();
    }
  });
}

/** How errors name the innermost layer whose call makes an operation of this name; `undefined` if none does. */
export function layerOf({ plan }: TracedModel, operation: string): string | undefined {
  const { model } = plan;
  const calls: { label: string; first: number; last: number }[] = [];
  const now = (): number => native.placeholder([], 'float32').id;
  const restore = watchCalls(model, (label, call) => {
    const first = now();
    const result = call();
    calls.push({ label, first, last: now() });
    return result;
  });
  native.traceBegin('export');
  try {
    const { outputs } = apply(plan, shapesOf(plan, { unknown: -1, choice: 0 }));
    const origins = native.origins(outputs.map(({ handle }) => handle));
    const ids = origins.flatMap(({ id, name }) => (name === operation ? [id] : []));
    // Inner calls end, and are noted, before those around them.
    return calls.find(({ first, last }) => ids.some((id) => first < id && id < last))?.label;
  } catch (error) {
    if (error instanceof HornbeamError) return undefined;
    throw error;
  } finally {
    native.traceAbort();
    restore();
  }
}

/** Puts `around` around the calls of all layers inside a model; gives what takes it away again. */
function watchCalls(model: AnyLayer, around: (label: string, call: () => unknown) => unknown): () => void {
  const watched = new Set<AnyLayer>();
  const visit = (layer: AnyLayer): void => {
    for (const inner of layer.sublayers) {
      if (watched.has(inner) || Object.hasOwn(inner, 'call')) continue;
      watched.add(inner);
      const call = inner.call.bind(inner) as (...args: never[]) => unknown;
      const value = (...args: never[]): unknown => around(inner.label, () => call(...args));
      Object.defineProperty(inner, 'call', { configurable: true, value });
      visit(inner);
    }
  };
  visit(model);
  return () => {
    for (const layer of watched) Reflect.deleteProperty(layer, 'call');
  };
}
