import * as ops from '../../ops/index.ts';
import type { TensorLike } from '../convert.ts';
import type { Tensor } from '../tensor.ts';
import { ShapeMethods } from './shape.ts';

/** The arguments of an operation after its first. */
type Rest<F extends (x: TensorLike, ...rest: never[]) => unknown> = F extends (
  x: TensorLike,
  ...rest: infer R
) => unknown
  ? R
  : never;

/** Products, and what networks are made of. */
export abstract class LearningMethods extends ShapeMethods {
  /** Matrix product. */
  matMul(this: Tensor, other: TensorLike, transposeA = false, transposeB = false): Tensor {
    return ops.matMul(this, other, transposeA, transposeB);
  }

  /** Product of vectors and matrices. */
  dot(this: Tensor, other: TensorLike): Tensor {
    return ops.dot(this, other);
  }

  /** `e^x / sum(e^x)` along an axis (default the last). */
  softmax(this: Tensor, axis = -1): Tensor {
    return ops.softmax(this, axis);
  }

  /** `x - log(sum(e^x))` along an axis (default the last). */
  logSoftmax(this: Tensor, axis = -1): Tensor {
    return ops.logSoftmax(this, axis);
  }

  /** Itself, without gradient. */
  stopGradient(this: Tensor): Tensor {
    return ops.stopGradient(this);
  }

  /** `min(max(x, 0), 6)`. */
  relu6(this: Tensor): Tensor {
    return ops.relu6(this);
  }

  /** Scaled exponential linear unit. */
  selu(this: Tensor): Tensor {
    return ops.selu(this);
  }

  /** `x` if positive, else `e^x - 1`. */
  elu(this: Tensor): Tensor {
    return ops.elu(this);
  }

  /** `log(sigmoid(x))`. */
  logSigmoid(this: Tensor): Tensor {
    return ops.logSigmoid(this);
  }

  /** `x` if positive, else `alpha * x`. */
  leakyRelu(this: Tensor, alpha = 0.2): Tensor {
    return ops.leakyRelu(this, alpha);
  }

  /** `x` if positive, else `alpha * x` with an alpha for every element, broadcast. */
  prelu(this: Tensor, alpha: TensorLike): Tensor {
    return ops.prelu(this, alpha);
  }

  /** 1 above 0, `alpha` below. */
  step(this: Tensor, alpha = 0): Tensor {
    return ops.step(this, alpha);
  }

  /** Normalized with given moments. */
  batchNorm(
    this: Tensor,
    mean: TensorLike,
    variance: TensorLike,
    offset?: TensorLike | null,
    scale?: TensorLike | null,
    varianceEpsilon = 1e-3,
  ): Tensor {
    return ops.batchNorm(this, mean, variance, offset, scale, varianceEpsilon);
  }

  /** Divided by the neighbouring channels' size. */
  localResponseNormalization(this: Tensor, depthRadius = 5, bias = 1, alpha = 1, beta = 0.5): Tensor {
    return ops.localResponseNormalization(this, depthRadius, bias, alpha, beta);
  }

  /** Convolution in one dimension. */
  conv1d(this: Tensor, ...rest: Rest<typeof ops.conv1d>): Tensor {
    return ops.conv1d(this, ...rest);
  }

  /** Convolution in two dimensions. */
  conv2d(this: Tensor, ...rest: Rest<typeof ops.conv2d>): Tensor {
    return ops.conv2d(this, ...rest);
  }

  /** Transposed convolution in two dimensions. */
  conv2dTranspose(this: Tensor, ...rest: Rest<typeof ops.conv2dTranspose>): Tensor {
    return ops.conv2dTranspose(this, ...rest);
  }

  /** Convolution of every channel by itself. */
  depthwiseConv2d(this: Tensor, ...rest: Rest<typeof ops.depthwiseConv2d>): Tensor {
    return ops.depthwiseConv2d(this, ...rest);
  }

  /** A depthwise convolution, then one of size 1. */
  separableConv2d(this: Tensor, ...rest: Rest<typeof ops.separableConv2d>): Tensor {
    return ops.separableConv2d(this, ...rest);
  }

  /** Grey-scale dilation. */
  dilation2d(this: Tensor, ...rest: Rest<typeof ops.dilation2d>): Tensor {
    return ops.dilation2d(this, ...rest);
  }

  /** Largest element of every window. */
  maxPool(this: Tensor, ...rest: Rest<typeof ops.maxPool>): Tensor {
    return ops.maxPool(this, ...rest);
  }

  /** Mean of every window. */
  avgPool(this: Tensor, ...rest: Rest<typeof ops.avgPool>): Tensor {
    return ops.avgPool(this, ...rest);
  }

  /** Pooling, dilated if asked for. */
  pool(this: Tensor, ...rest: Rest<typeof ops.pool>): Tensor {
    return ops.pool(this, ...rest);
  }

  /** Fourier transform along the last axis, of real numbers: `{ real, imag }`. */
  fft(this: Tensor): { real: Tensor; imag: Tensor } {
    return ops.fft(this);
  }

  /** Inverse Fourier transform along the last axis, of real numbers: `{ real, imag }`. */
  ifft(this: Tensor): { real: Tensor; imag: Tensor } {
    return ops.ifft(this);
  }

  /** The first frequencies along the last axis: `{ real, imag }`. */
  rfft(this: Tensor, fftLength?: number): { real: Tensor; imag: Tensor } {
    return ops.rfft(this, fftLength);
  }

  /** The real numbers whose first frequencies these (real ones) are. */
  irfft(this: Tensor, fftLength?: number): Tensor {
    return ops.irfft(this, fftLength);
  }

  /** Images at another size, bilinear. */
  resizeBilinear(this: Tensor, ...rest: Rest<typeof ops.image.resizeBilinear>): Tensor {
    return ops.image.resizeBilinear(this, ...rest);
  }

  /** Images at another size, each cell the nearest one. */
  resizeNearestNeighbor(this: Tensor, ...rest: Rest<typeof ops.image.resizeNearestNeighbor>): Tensor {
    return ops.image.resizeNearestNeighbor(this, ...rest);
  }
}
