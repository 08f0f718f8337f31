import { StateError } from '../errors.ts';
import { type NativeTensor, native } from '../native.ts';

/** Depth of the functions that are being differentiated, one inside the other. */
let depth = 0;

/** What waits for the end of the outermost: writing a variable computes the value, and a computed node has no operands. */
const waiting: (() => void)[] = [];

/** Whether a function is being differentiated outside a trace: its nodes must stay pending until the gradient is built. */
export function isRecording(): boolean {
  return depth > 0 && !native.isTracing();
}

/** Runs `f`, which builds a graph and its gradient. */
export function recording<R>(f: () => R): R {
  depth++;
  try {
    return f();
  } finally {
    depth--;
    if (depth === 0) for (const task of waiting.splice(0)) task();
  }
}

/** Runs `task` when nothing is being differentiated any more. */
export function afterRecording(task: () => void): void {
  waiting.push(task);
}

/** @throws StateError when the numbers of a pending tensor are asked for while a gradient is recorded. */
export function checkReadable(handle: NativeTensor): void {
  if (isRecording() && native.producer(handle) !== null) {
    throw new StateError(
      'The numbers of this tensor cannot be read inside a function that is being differentiated: computing it would cut it ' +
        'off from the gradient. Keep the tensor and read it afterwards',
    );
  }
}
