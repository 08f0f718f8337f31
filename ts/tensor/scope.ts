import type { TensorBase } from './base.ts';

/** Tensors made inside the running `tidy` calls, innermost last. */
const scopes: Set<TensorBase>[] = [];

/** Notes a new tensor for the innermost `tidy`. */
export function track(tensor: TensorBase): void {
  scopes.at(-1)?.add(tensor);
}

/** Takes a tensor out of every running `tidy`. */
export function untrack(tensor: TensorBase): void {
  for (const scope of scopes) scope.delete(tensor);
}

/** Opens a scope. */
export function openScope(): void {
  scopes.push(new Set());
}

/** Closes the innermost scope: frees its tensors but those of `results`, which go to the scope around it. */
export function closeScope(results: ReadonlySet<TensorBase>): void {
  const outer = scopes.at(-2);
  for (const tensor of scopes.pop() ?? []) {
    if (results.has(tensor)) outer?.add(tensor);
    else tensor.dispose();
  }
}
