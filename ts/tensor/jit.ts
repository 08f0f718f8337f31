import { checkFunction } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { type NativeProgram, native, runProgram } from '../native.ts';
import { TensorBase } from './base.ts';
import { retryingBuilds } from './building.ts';
import { isRecording } from './recording.ts';
import { Tensor } from './tensor.ts';
import { traced } from './trace.ts';
import { checkDepth, isBranch, leaves, rebuild, type Tree } from './tree.ts';
import { Variable } from './variable.ts';

interface Traced {
  program: NativeProgram;
  result: Tree;
}

/** Numbers in arrays are part of a program's key: longer lists are data, for tensors. */
const LONGEST = 100_000;

/** What distinguishes programs: structure, shapes and dtypes of tensors, and every other argument's value. */
function keyOf(args: readonly unknown[]): string {
  const key = (x: unknown, depth: number): unknown => {
    checkDepth(depth);
    if (x instanceof Variable) return `variable ${x.cell.id}`;
    if (x instanceof TensorBase) return `${x.dtype}[${x.shape.join()}]`;
    if (Array.isArray(x) && x.length > LONGEST) {
      throw new ConfigError(
        `jit: an array of arguments may have ${LONGEST} entries, got ${x.length}. Make it a tensor`,
      );
    }
    if (isBranch(x))
      return Array.isArray(x)
        ? x.map((entry) => key(entry, depth + 1))
        : Object.entries(x).map(([name, value]) => [name, key(value, depth + 1)]);
    if (typeof x === 'object' || typeof x === 'function') {
      if (x !== null)
        throw new ConfigError(
          'jit: arguments may be tensors, numbers, texts, booleans, and arrays and records of them',
        );
    }
    return [typeof x, String(x)];
  };
  return JSON.stringify(args.map((arg) => key(arg, 0)));
}

function tensorsIn(x: unknown, found: Tensor[]): Tensor[] {
  if (x instanceof Variable) return found;
  if (x instanceof TensorBase) found.push(x as Tensor);
  else if (isBranch(x)) for (const entry of Object.values(x)) tensorsIn(entry, found);
  return found;
}

function replaceTensors(x: unknown, next: () => Tensor): unknown {
  if (x instanceof Variable) return x;
  if (x instanceof TensorBase) return next();
  if (Array.isArray(x)) return x.map((entry) => replaceTensors(entry, next));
  if (isBranch(x))
    return Object.fromEntries(Object.entries(x).map(([name, value]) => [name, replaceTensors(value, next)]));
  return x;
}

/** A compiled function: call it as the one it was made of. */
export interface Jitted<A extends readonly unknown[], R> {
  (...args: A): R;
  /** Number of programs compiled until now. */
  readonly programs: number;
  /** Frees the programs. */
  dispose(): void;
}

/** Programs that one function keeps; a new one lets go of the one that was used longest ago. */
const MAX_PROGRAMS = 64;

/**
 * `f` compiled: traced once for every combination of shapes, dtypes and non-tensor arguments, then run without JavaScript.
 * Arguments and result are tensors, or arrays and records of them (numbers and texts as arguments are baked in; a
 * variable is itself, so `f` can assign it). Variables
 * assigned in `f` are updated by every call; tensors that `f` captures are operands. Layers that have no weights yet and
 * optimizers without their state are built on the way; `f` is then traced once more.
 * @throws StateError when f asks for numbers; ConfigError when it returns something else than tensors.
 * @example
 * const w = variable(ones([2, 1]));
 * const step = jit((x: Tensor) => x.matMul(w).relu());
 * step(tensor([[1, 2]])) // [[3]]
 */
export function jit<A extends readonly unknown[], R extends Tree>(f: (...args: A) => R): Jitted<A, R> {
  checkFunction('jit', 'its argument', f);
  const cache = new Map<string, Traced>();
  const compile = (args: A): Traced => {
    let result: Tree | undefined;
    const program = retryingBuilds(() =>
      traced(f.name || 'jit', (finish) => {
        const params = tensorsIn(args, []).map((x) => new Tensor(native.placeholder([...x.shape], x.dtype)));
        let next = 0;
        const inner = replaceTensors(args, () => params[next++] as Tensor) as A;
        result = f(...inner);
        return finish(params, leaves(result));
      }),
    );
    return { program, result: result as Tree };
  };
  const run = (...args: A): R => {
    // Part of a larger trace, or of a gradient, which a finished program would cut off.
    if (native.isTracing() || isRecording()) return f(...args);
    const key = keyOf(args);
    let entry = cache.get(key);
    // A map keeps its order: what is used goes to the end, the first is the one that was used longest ago.
    if (entry !== undefined) cache.delete(key);
    entry ??= compile(args);
    cache.set(key, entry);
    if (cache.size > MAX_PROGRAMS) {
      const [oldest, { program }] = cache.entries().next().value as [string, Traced];
      cache.delete(oldest);
      program.dispose();
    }
    const inputs = tensorsIn(args, []).map((x) => x.handle);
    const outputs = runProgram(entry.program, inputs);
    return rebuild(
      entry.result,
      outputs.map((handle) => new Tensor(handle)),
    ) as R;
  };
  const dispose = (): void => {
    for (const { program } of cache.values()) program.dispose();
    cache.clear();
  };
  Object.defineProperties(run, { programs: { get: () => cache.size }, dispose: { value: dispose } });
  return run as Jitted<A, R>;
}
