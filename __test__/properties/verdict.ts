// Makes a call and says what is wrong about how it went.
import * as tf from '../../ts/index.ts';
import { native } from '../../ts/native.ts';
import type { DrawnCall } from './calls.ts';
import { evaluate, OwnError } from './fixtures.ts';

/** A promise that has not settled by then hangs. */
const PROMISE_LIMIT = 20_000;
/** Texts beyond this help nobody. */
const LONGEST_MESSAGE = 2500;

function firstFrame(error: Error): string {
  return error.stack?.split('\n').find((line) => /^\s+at /.test(line)) ?? '';
}

/** What is wrong about an error, `undefined` for nothing: only the documented classes may come out, and say something. */
export function wrongAbout(error: unknown): string | undefined {
  if (error instanceof OwnError) return undefined;
  // A function of the caller's own met what it did not expect.
  if (error instanceof Error && /^\s+at .*eval at evaluate/.test(firstFrame(error))) return undefined;
  if (!(error instanceof tf.HornbeamError)) {
    return `threw ${error instanceof Error ? `${error.name}: ${error.message.slice(0, 300)}` : String(error)}`;
  }
  const { message } = error;
  const text = `${error.name}: ${message.slice(0, 300)}`;
  if (error instanceof tf.NativeError && !/memory/.test(message)) return `an inner error: ${text}`;
  if (message.length < 15) return `says nothing: ${text}`;
  if (message.length > LONGEST_MESSAGE) return `a message of ${message.length} characters: ${text}`;
  if (/\[object |undefined is not|is not a function|Cannot read/.test(message))
    return `does not say what came: ${text}`;
  return undefined;
}

function tensorsIn(value: unknown, depth = 0): tf.Tensor[] {
  if (value instanceof tf.Tensor) return [value];
  if (typeof value !== 'object' || value === null || depth > 3) return [];
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return [];
  return Object.values(value).flatMap((entry) => tensorsIn(entry, depth + 1));
}

async function settled(value: unknown): Promise<unknown> {
  if (!(value instanceof Promise)) return value;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('the promise does not settle')), PROMISE_LIMIT);
  });
  try {
    return await Promise.race([value, limit]);
  } finally {
    clearTimeout(timer);
  }
}

async function attempt(call: DrawnCall): Promise<void> {
  let result = await settled(evaluate(call.source));
  if (typeof result === 'function' && !/^class\b/.test(Function.prototype.toString.call(result))) {
    const given = call.more.map(evaluate);
    result = await settled((result as (...args: unknown[]) => unknown)(...given));
  }
  if (call.read) for (const tensor of tensorsIn(result)) tensor.dataSync();
}

/** Whether the process is as usable as before: no trace left open, and sums are right. */
function broken(): string | undefined {
  if (native.isTracing()) {
    native.traceAbort();
    return 'left a trace open';
  }
  const [sum] = tf.add(1, 2).dataSync();
  return sum === 3 ? undefined : `1 + 2 is ${sum} afterwards`;
}

/** Makes the call; gives what is wrong, `undefined` for nothing. */
export async function judge(call: DrawnCall): Promise<string | undefined> {
  let wrong: string | undefined;
  try {
    await attempt(call);
  } catch (error) {
    wrong = wrongAbout(error);
  }
  return wrong ?? broken();
}
