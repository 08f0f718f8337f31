// Operations in graphs of Keras 3: `x + y` and `keras.ops.mean(x)` are nodes of a class `Add` or `Mean` with tensors among their arguments.
import { received } from '../../arguments.ts';
import { flattenNest } from '../../layers/nest.ts';
import { Operation, type OperationArgument } from '../../layers/operation.ts';
import { type KnownOperation, knownOperations } from '../../layers/operation-table.ts';
import type { CallNode, SymbolicTensor } from '../../layers/symbolic.ts';
import type { KerasObject } from '../artifacts.ts';
import { constant, type GraphCall, referenceOf } from './calls.ts';
import { readDType } from './read-options.ts';
import { type Entry, isOperation, type Json, type Reading } from './reading.ts';

/** Options of every operation. */
const common = ['name', 'dtype', 'trainable'];

/** The layer of an operation, and its one call; `undefined` for anything else. @throws FileError. */
export function readOperation(
  reading: Reading,
  entry: Entry,
  place: string,
): { layer: Operation; calls: GraphCall[] } | undefined {
  const operation = isOperation(entry) ? knownOperations().get(entry.class_name) : undefined;
  if (operation === undefined) return undefined;
  reading.countLayer();
  const nodes = reading.list(place, 'inbound_nodes', entry.inbound_nodes ?? []);
  if (nodes.length !== 1)
    reading.fail(place, `an operation is called once, but this one is called ${nodes.length} times`);
  const { args = [], kwargs = {} } = reading.record(place, 'an entry of inbound_nodes', nodes[0]);
  const given = {
    ...positional(reading, operation, reading.list(place, 'args', args), place),
    ...reading.record(place, 'kwargs', kwargs),
  };
  const options = reading.record(place, 'config', entry.config);
  const inputs: unknown[] = [];
  const found: Record<string, OperationArgument> = {};
  for (const { name, isOption, isNeeded, isAbsent } of operation.parameters) {
    const value = (isOption ? options : given)[name];
    if (isNeeded && value === null) reading.fail(place, `the option ${name} = null is one that hornbeam does not have`);
    if (value === undefined || value === null || (isAbsent && value === false)) continue;
    if (isAbsent) reading.fail(place, `the option ${name} = ${received(value)} is one that hornbeam does not have`);
    found[name] =
      name === 'dtype'
        ? (readDType(reading, value, `${place}: dtype`) as string)
        : readArgument(reading, value, inputs, `${place}: ${name}`);
  }
  const known = new Set(operation.parameters.map(({ name }) => name));
  for (const [name, value] of [...Object.entries(given), ...Object.entries(options)]) {
    if (known.has(name) || common.includes(name) || value === null || value === false) continue;
    reading.fail(place, `the option ${name} = ${received(value)} is one that hornbeam does not have`);
  }
  if (inputs.length === 0) reading.fail(place, 'none of its arguments is a tensor');
  const { name } = options;
  const config = { operation: operation.name, arguments: found, ...(typeof name === 'string' ? { name } : {}) };
  const layer = reading.trying(place, () => new Operation(config));
  return { layer, calls: [{ inputs: inputs.length === 1 ? inputs[0] : inputs, options: {}, inputName: undefined }] };
}

function positional(reading: Reading, operation: KnownOperation, args: readonly unknown[], place: string): Json {
  const names = operation.parameters.flatMap(({ name, isOption }) => (isOption ? [] : [name]));
  // Its operands come one by one.
  if (operation.name === 'Einsum') return { operands: args };
  if (args.length > names.length)
    reading.fail(place, `a call of it has ${args.length} arguments; ${operation.name} takes ${names.length}`);
  return Object.fromEntries(args.map((value, i) => [names[i] as string, value]));
}

/** A value of a call; tensors in it become inputs of the layer. */
function readArgument(reading: Reading, value: unknown, inputs: unknown[], place: string): OperationArgument {
  if (value === null || ['boolean', 'number', 'string'].includes(typeof value)) return value as OperationArgument;
  if (Array.isArray(value)) return value.map((inner) => readArgument(reading, inner, inputs, place));
  if (referenceOf(value) !== undefined) return { input: inputs.push(value) - 1 };
  const { class_name: name, config, items } = reading.record(place, 'an argument', value);
  if (name === '__tuple__') return readArgument(reading, items, inputs, place);
  if (name === '__ellipsis__') return { ellipsis: true };
  if (name === '__slice__') {
    const { start = null, stop = null, step = null } = reading.record(place, 'a slice', config);
    const places = [start, stop, step];
    if (places.every((one) => one === null || Number.isSafeInteger(one))) return { slice: places as (number | null)[] };
    return reading.fail(place, `a slice needs whole numbers, but has ${received(places)}`);
  }
  if (name === '__tensor__' || name === '__numpy__') {
    const found = constant(reading, reading.record(place, 'config', config), place);
    const { dtype } = found;
    const argument = { constant: found.arraySync(), dtype };
    found.dispose();
    return argument;
  }
  return reading.fail(place, `${received(value)} is no argument that hornbeam takes`);
}

/** An operation as Keras writes it. */
export function writeOperation(layer: Operation): KerasObject {
  const { name: className, module, parameters } = layer.operation;
  const options = parameters.filter(({ isOption, isAbsent }) => isOption && !isAbsent);
  const config = Object.fromEntries(options.map(({ name }) => [name, written(layer.arguments[name] ?? null, [])]));
  return {
    module: `keras.src.ops.${module}`,
    class_name: className,
    config: { name: layer.name, ...config },
    registered_name: className,
  };
}

/** The call of an operation. */
export function writeOperationCall(
  layer: Operation,
  node: CallNode,
  reference: (symbol: SymbolicTensor) => unknown,
): { args: unknown[]; kwargs: object } {
  const tensors = flattenNest(node.inputs).map((input) => reference(input as SymbolicTensor));
  const names = layer.operation.parameters.flatMap(({ name, isOption }) => (isOption ? [] : [name]));
  const args = names.map((name) => written(layer.arguments[name] ?? null, tensors));
  if (layer.operation.name === 'Einsum') return { args: args.flat(), kwargs: {} };
  while (args.length > 1 && args.at(-1) === null) args.pop();
  return { args, kwargs: {} };
}

function written(argument: OperationArgument, tensors: readonly unknown[]): unknown {
  if (Array.isArray(argument)) return argument.map((inner) => written(inner, tensors));
  if (argument === null || typeof argument !== 'object') return argument;
  if ('input' in argument) return tensors[argument.input];
  if ('constant' in argument)
    return { class_name: '__tensor__', config: { value: argument.constant, dtype: argument.dtype } };
  if ('ellipsis' in argument) return { class_name: '__ellipsis__', config: {} };
  const [start = null, stop = null, step = null] = (argument as { slice: readonly (number | null)[] }).slice;
  return { class_name: '__slice__', config: { start, stop, step } };
}
