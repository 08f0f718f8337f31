import { native } from '../native.ts';
import type { TensorBase } from './base.ts';

/** Tensors made inside the running `tidy` calls, innermost last. */
const scopes: TensorBase[][] = [];
let innermost: TensorBase[] | undefined;

/** Tensors that `keep` took out of all scopes. */
const kept = new WeakSet<TensorBase>();
let anyKept = false;

/** Notes a new tensor for the innermost `tidy`. */
export function track(tensor: TensorBase): void {
  innermost?.push(tensor);
}

/** Takes a tensor out of every running `tidy`. */
export function untrack(tensor: TensorBase): void {
  if (innermost === undefined) return;
  kept.add(tensor);
  anyKept = true;
}

/** Opens a scope. */
export function openScope(): void {
  innermost = [];
  scopes.push(innermost);
}

/** Closes the innermost scope: frees its tensors but those of `results`, which go to the scope around it. */
export function closeScope(results: ReadonlySet<TensorBase>): void {
  const tensors = scopes.pop() ?? [];
  innermost = scopes.at(-1);
  const released = [];
  for (const tensor of tensors) {
    if (anyKept && kept.has(tensor)) continue;
    if (results.size > 0 && results.has(tensor)) {
      innermost?.push(tensor);
      continue;
    }
    const handle = tensor.release();
    if (handle !== undefined) released.push(handle);
  }
  // One call into the addon for all.
  native.disposeAll(released);
}
