// Calls of layers in a graph: what Keras' `args` and `kwargs` mean for a layer of ours.
import { received } from '../../arguments.ts';
import { HornbeamError } from '../../errors.ts';
import type { SymbolicTensor } from '../../layers/symbolic.ts';
import { type DType, type Tensor, tensor } from '../../tensor/index.ts';
import { toCamel } from './names.ts';
import { readDType } from './read-options.ts';
import { type Entry, isRecord, type Json, type Reading } from './reading.ts';

/** One call of a layer, with references in place of tensors. */
export interface GraphCall {
  readonly inputs: unknown;
  readonly options: Readonly<Record<string, unknown>>;
  /** How the inputs are called when they come by name. */
  readonly inputName: string | undefined;
}

const projected = [
  'value',
  'key',
  'query_mask',
  'value_mask',
  'key_mask',
  'attention_mask',
  'return_attention_scores',
  'training',
  'use_causal_mask',
];
const scored = ['mask', 'training', 'return_attention_scores', 'use_causal_mask'];

/** Arguments of `call` after the first one, by Keras' classes that have others than `training` and `mask`. */
const positional: Readonly<Record<string, readonly string[]>> = {
  MultiHeadAttention: projected,
  GroupQueryAttention: projected,
  // Its name in `.h5` files.
  GroupedQueryAttention: projected,
  Attention: scored,
  AdditiveAttention: scored,
  CategoryEncoding: ['count_weights'],
  BatchNormalization: ['training', 'mask'],
};
const recurrent = ['initial_state', 'mask', 'training'];
const recurrentClasses: ReadonlySet<string> = new Set([
  'RNN',
  'SimpleRNN',
  'LSTM',
  'GRU',
  'Bidirectional',
  'ConvLSTM1D',
  'ConvLSTM2D',
  'ConvLSTM3D',
]);
/** Names of the first argument, when it comes by name. */
const firstNames = ['inputs', 'sequences', 'sequence', 'query', 'x', 'input'];

/** The calls of a layer of a graph. @throws FileError for what are none. */
export function readCalls(reading: Reading, entry: Entry, place: string): GraphCall[] {
  const { inbound_nodes: nodes = [] } = entry;
  return reading.list(place, 'inbound_nodes', nodes).map((node) => {
    const { args = [], kwargs = {} } = reading.record(place, 'an entry of inbound_nodes', node);
    return readCall(
      reading,
      entry.class_name,
      reading.list(place, 'args', args),
      reading.record(place, 'kwargs', kwargs),
      place,
    );
  });
}

/** One call. */
export function readCall(
  reading: Reading,
  className: string,
  args: readonly unknown[],
  kwargs: Json,
  place: string,
): GraphCall {
  const names = recurrentClasses.has(className) ? recurrent : (positional[className] ?? ['training', 'mask']);
  const named: Record<string, unknown> = { ...kwargs };
  let [inputs] = args;
  let first: string | undefined;
  if (args.length === 0) {
    first = firstNames.find((name) => Object.hasOwn(named, name));
    if (first === undefined) return reading.fail(place, 'a call of it has no inputs');
    inputs = named[first];
    delete named[first];
  }
  args.slice(1).forEach((value, i) => {
    const name = names[i];
    if (value === null) return;
    if (name === undefined)
      reading.fail(place, `a call of it has ${args.length} arguments, more than hornbeam knows of`);
    named[name] = value;
  });
  const options = Object.entries(named).flatMap(([name, value]) => (isNothing(value) ? [] : [[toCamel(name), value]]));
  return { inputs, options: Object.fromEntries(options) as Record<string, unknown>, inputName: first };
}

/** Arguments left out, and masks of a list of inputs that have none. */
function isNothing(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length > 0 && value.every(isNothing));
}

type Place = readonly [layer: string, call: number, output: number];

/** The place of a tensor that stands for one. */
export function referenceOf(value: unknown): Place | undefined {
  if (!isRecord(value) || value.class_name !== '__keras_tensor__') return undefined;
  const history = isRecord(value.config) ? value.config.keras_history : undefined;
  const [layer, call, output] = Array.isArray(history) ? history : [];
  return [String(layer), Number(call), Number(output)];
}

/** What tensors a call reads. */
export function sourcesOf(call: GraphCall): Place[] {
  const found: Place[] = [];
  const stack: unknown[] = [call.inputs, call.options];
  while (stack.length > 0) {
    const value = stack.pop();
    const place = referenceOf(value);
    if (place !== undefined) found.push(place);
    else if (Array.isArray(value)) stack.push(...value.slice(0, 100_000));
    else if (isRecord(value)) stack.push(...Object.values(value));
  }
  return found;
}

/** Arguments of a call with tensors in place of what stands for them. */
export function withTensors(
  reading: Reading,
  value: unknown,
  at: (layer: string, call: number, output: number) => SymbolicTensor,
  place: string,
): unknown {
  const reference = referenceOf(value);
  if (reference !== undefined) return at(...reference);
  if (Array.isArray(value)) return value.map((inner) => withTensors(reading, inner, at, place));
  if (!isRecord(value)) return value;
  const { class_name: name, config, items } = value;
  if (name === '__tensor__' || name === '__numpy__')
    return constant(reading, reading.record(place, 'config', config), place);
  if (name === '__tuple__') return withTensors(reading, items, at, place);
  if (typeof name === 'string' && 'config' in value)
    return reading.fail(
      place,
      `a call of it has an argument of the class ${received(name)}, which hornbeam does not take`,
    );
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withTensors(reading, inner, at, place)]));
}

/** A tensor that is the same in every call. */
export function constant(reading: Reading, config: Json, place: string): Tensor {
  const { value, shape, dtype } = config;
  const type = readDType(reading, dtype, place) as DType | undefined;
  try {
    return tensor(value as number[], shape as number[] | undefined, type);
  } catch (error) {
    if (!(error instanceof HornbeamError)) throw error;
    return reading.fail(place, `a constant argument of a call of it: ${error.message}`, error);
  }
}
