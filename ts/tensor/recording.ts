import { native } from '../native.ts';

/** Depth of the functions that are being differentiated, one inside the other. */
let depth = 0;

/** Whether a function is being differentiated outside a trace. */
export function isRecording(): boolean {
  return depth > 0 && !native.isTracing();
}

/**
 * Runs `f`, which builds a graph and its gradient. Nodes made meanwhile remember the operation that made them even when their
 * numbers are computed, so the function may read numbers, print, and assign variables.
 */
export function recording<R>(f: () => R): R {
  depth++;
  native.recordBegin();
  try {
    return f();
  } finally {
    native.recordEnd();
    depth--;
  }
}
