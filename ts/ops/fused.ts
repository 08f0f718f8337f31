import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import type { TensorLike } from '../tensor/convert.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { matMul as product } from './contraction.ts';
import { type ConvOptions, conv2d as convolution, depthwiseConv2d as depthwise } from './convolution.ts';
import { add, elu, leakyRelu, prelu, relu, relu6, sigmoid } from './elementwise.ts';
import type { DataFormat, Padding, RoundingMode, Spatial } from './window.ts';

/** Activations that TensorFlow.js' fused operations know. */
export type FusedActivation = 'linear' | 'relu' | 'relu6' | 'elu' | 'prelu' | 'leakyrelu' | 'sigmoid';

/** What is done with the product. */
export interface FusedTail {
  /** Added, broadcast. */
  bias?: TensorLike | undefined;
  /** Default `'linear'`. */
  activation?: FusedActivation | undefined;
  /** Slopes of `'prelu'`. */
  preluActivationWeights?: TensorLike | undefined;
  /** Slope of `'leakyrelu'` (default 0.2). */
  leakyreluAlpha?: number | undefined;
}

/** Bias and activation. The engine joins them with the operation before them, whoever wrote them. */
function finish(name: string, x: Tensor, tail: FusedTail): Tensor {
  const y = tail.bias === undefined ? x : add(x, tail.bias);
  switch (tail.activation ?? 'linear') {
    case 'linear':
      return y;
    case 'relu':
      return relu(y);
    case 'relu6':
      return relu6(y);
    case 'elu':
      return elu(y);
    case 'sigmoid':
      return sigmoid(y);
    case 'leakyrelu':
      return leakyRelu(y, tail.leakyreluAlpha ?? 0.2);
    case 'prelu':
      if (tail.preluActivationWeights !== undefined) return prelu(y, tail.preluActivationWeights);
      throw new ConfigError(`fused.${name}: 'prelu' needs preluActivationWeights`);
    default:
      throw new ConfigError(
        `fused.${name}: activation must be linear, relu, relu6, elu, prelu, leakyrelu or sigmoid, got ${received(tail.activation)}`,
      );
  }
}

function checkOptions(name: string, options: object): void {
  if (typeof options === 'object' && options !== null) return;
  throw new ConfigError(`fused.${name} takes one object of options, got ${received(options)}`);
}

/** Options of {@link matMul}. */
export interface FusedMatMulOptions extends FusedTail {
  a: TensorLike;
  b: TensorLike;
  transposeA?: boolean | undefined;
  transposeB?: boolean | undefined;
}

/**
 * Matrix product with bias and activation.
 * @example fused.matMul({ a: [[1, 2]], b: [[3], [4]], bias: [-20], activation: 'relu' }) // [[0]]
 */
export function matMul(options: FusedMatMulOptions): Tensor {
  checkOptions('matMul', options);
  const { a, b, transposeA = false, transposeB = false } = options;
  return finish('matMul', product(a, b, transposeA, transposeB), options);
}

/** Options of {@link conv2d} and {@link depthwiseConv2d}. */
export interface FusedConvOptions extends FusedTail {
  x: TensorLike;
  filter: TensorLike;
  strides: Spatial;
  pad: Padding;
  dataFormat?: DataFormat | undefined;
  dilations?: Spatial | undefined;
  dimRoundingMode?: RoundingMode | undefined;
}

function geometry({ strides, pad, dataFormat, dilations, dimRoundingMode }: FusedConvOptions): ConvOptions {
  return { strides, padding: pad, dataFormat, dilations, dimRoundingMode };
}

/**
 * Convolution with bias and activation.
 * @example
 * fused.conv2d({ x: ones([1, 4, 4, 3]), filter: ones([3, 3, 3, 2]), strides: 1, pad: 'same', activation: 'relu' }).shape // [1, 4, 4, 2]
 */
export function conv2d(options: FusedConvOptions): Tensor {
  checkOptions('conv2d', options);
  return finish('conv2d', convolution(options.x, options.filter, geometry(options)), options);
}

/**
 * Depthwise convolution with bias and activation.
 * @example
 * fused.depthwiseConv2d({ x: ones([1, 4, 4, 3]), filter: ones([3, 3, 3, 1]), strides: 1, pad: 'same' }).shape // [1, 4, 4, 3]
 */
export function depthwiseConv2d(options: FusedConvOptions): Tensor {
  checkOptions('depthwiseConv2d', options);
  return finish('depthwiseConv2d', depthwise(options.x, options.filter, geometry(options)), options);
}
