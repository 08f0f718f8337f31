import { gelu as geluOf } from '../activations/index.ts';
import type { Tensor, TensorLike } from '../tensor/index.ts';

export {
  celu,
  elu,
  glu,
  hardShrink,
  hardSigmoid,
  hardSilu,
  hardSilu as hardSwish,
  hardTanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  relu6,
  selu,
  sigmoid,
  silu,
  silu as swish,
  softmax,
  softplus,
  softShrink,
  softsign,
  sparsemax,
  sparsePlus,
  sparseSigmoid,
  squareplus,
  tanhShrink,
  threshold,
} from '../activations/index.ts';
export { relu } from '../ops/index.ts';

/**
 * `x * P(X <= x)` of a normal X; approximated by a hyperbolic tangent unless `approximate` is false (Hendrycks and Gimpel, 2016).
 * @example ops.gelu([-1, 0, 1]) // [-0.1588, 0, 0.8412]
 */
export function gelu(x: TensorLike, approximate = true): Tensor {
  return geluOf(x, approximate);
}
