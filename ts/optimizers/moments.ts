import type { Tensor, Variable } from '../tensor/index.ts';
import { constant } from './constant.ts';

/** Moves the running means of gradients and of squared gradients one step on; gives both. */
export function updateMoments(
  [momentum, velocity]: readonly [Variable, Variable],
  gradient: Tensor,
  { beta1, beta2 }: { readonly beta1: number; readonly beta2: number },
): [Tensor, Tensor] {
  const m = momentum.add(gradient.sub(momentum).mul(1 - beta1));
  const v = velocity.add(
    gradient
      .square()
      .sub(velocity)
      .mul(1 - beta2),
  );
  momentum.assign(m);
  velocity.assign(v);
  return [m, v];
}

/** `1 - beta^step`: what a running mean that began with zero has of its weight by now. */
export function biasCorrection(beta: number, step: Tensor): Tensor {
  return constant(1).sub(constant(beta).pow(step));
}
