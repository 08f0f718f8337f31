import { where } from '../ops/index.ts';
import { type Tensor, toTensor } from '../tensor/index.ts';

/** Limits of gradients, of which one is set. */
export interface Limits {
  readonly clipvalue: number | undefined;
  readonly clipnorm: number | undefined;
  readonly globalClipnorm: number | undefined;
}

/** Gradients within their limits. */
export function clip({ clipvalue, clipnorm, globalClipnorm }: Limits, gradients: readonly Tensor[]): Tensor[] {
  if (clipvalue) return gradients.map((gradient) => gradient.clipByValue(-clipvalue, clipvalue));
  if (clipnorm) return gradients.map((gradient) => clipByNorm(gradient, clipnorm));
  if (globalClipnorm) {
    const squares = gradients.map((gradient) => gradient.square().sum());
    const norm = squares.reduce((sum, square) => sum.add(square)).sqrt();
    // min(1/norm, 1/limit) * limit; an infinite norm makes NaN on purpose: a lost step must not look like a small one.
    const scale = norm
      .reciprocal()
      .minimum(1 / globalClipnorm)
      .mul(globalClipnorm)
      .add(norm.sub(norm));
    return gradients.map((gradient) => gradient.mul(scale));
  }
  return [...gradients];
}

/** `g * limit / max(|g|, limit)`, 0 where the norm is 0. */
function clipByNorm(gradient: Tensor, limit: number): Tensor {
  const square = gradient.square().sum();
  // The root's slope at 0 is infinite: it is taken of 1 there, and put back to 0.
  const positive = square.greater(0);
  const norm = where(positive, where(positive, square, toTensor(1)).sqrt(), square);
  return gradient.mul(limit).div(norm.maximum(limit));
}
