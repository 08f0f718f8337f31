import { checkNumber } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import * as losses from '../losses/index.ts';
import type { Padding, Spatial } from '../ops/index.ts';
import * as ops from '../ops/index.ts';
import { checkOptionNames } from '../option-names.ts';
import { checkAxes, checkAxis } from '../tensor/axes.ts';
import { ones, range, type Tensor, type TensorLike, toTensor, zeros } from '../tensor/index.ts';
import { layout } from './layout.ts';

/** Moves the classes to the last axis. */
function classesLast(name: string, x: TensorLike, axis: number): Tensor {
  const source = toTensor(x);
  return checkAxis(name, axis, source.rank) === source.rank - 1 ? source : ops.moveaxis(source, axis, -1);
}

/**
 * `-sum(target * log(output))` along the classes.
 * @example ops.categoricalCrossentropy([[0, 1]], [[0.5, 0.5]]) // [0.6931]
 */
export function categoricalCrossentropy(target: TensorLike, output: TensorLike, fromLogits = false, axis = -1): Tensor {
  const name = 'categoricalCrossentropy';
  return losses.categoricalCrossentropy(classesLast(name, target, axis), classesLast(name, output, axis), {
    fromLogits,
  });
}

/**
 * `-log(output[target])` along the classes.
 * @example ops.sparseCategoricalCrossentropy([1], [[0.5, 0.5]]) // [0.6931]
 */
export function sparseCategoricalCrossentropy(
  target: TensorLike,
  output: TensorLike,
  fromLogits = false,
  axis = -1,
): Tensor {
  const scores = classesLast('sparseCategoricalCrossentropy', output, axis);
  return losses.sparseCategoricalCrossentropy(toTensor(target), scores, { fromLogits });
}

/**
 * `-(target * log(output) + (1 - target) * log(1 - output))` of every element.
 * @example ops.binaryCrossentropy([[0, 1]], [[0.5, 0.5]]) // [[0.6931, 0.6931]]
 */
export function binaryCrossentropy(target: TensorLike, output: TensorLike, fromLogits = false): Tensor {
  const [y, p] = [toTensor(target).toFloat().expandDims(-1), toTensor(output).toFloat().expandDims(-1)];
  return losses.binaryCrossentropy(y, p, { fromLogits });
}

/** Ones, but for the size of `axis`: the shape under which `[n]` broadcasts along it. */
function along(x: Tensor, axis: number): number[] {
  return x.shape.map((_, a) => (a === axis ? -1 : 1));
}

/**
 * `(x - mean) / sqrt(variance + epsilon) * scale + offset`, all of them `[n]` along an axis.
 * @example ops.batchNormalization([[1], [3]], [2], [1], -1, null, null, 0) // [[-1], [1]]
 */
export function batchNormalization(
  x: TensorLike,
  mean: TensorLike,
  variance: TensorLike,
  axis: number,
  offset?: TensorLike | null,
  scale?: TensorLike | null,
  epsilon = 1e-3,
): Tensor {
  const source = toTensor(x);
  const shape = along(source, checkAxis('batchNormalization', axis, source.rank));
  const placed = (v: TensorLike): Tensor => toTensor(v).reshape(shape);
  const given = (v: TensorLike | null | undefined): Tensor | null => (v === undefined || v === null ? null : placed(v));
  return ops.batchNorm(source, placed(mean), placed(variance), given(offset), given(scale), epsilon);
}

/** `gamma` or `beta` of the sizes of `axes` under a shape that broadcasts. */
function parameter(x: Tensor, axes: readonly number[], value: TensorLike): Tensor {
  return toTensor(value).reshape(x.shape.map((dim, a) => (axes.includes(a) ? dim : 1)));
}

/**
 * `(x - mean) / sqrt(variance + epsilon) * gamma + beta` with the moments along axes (Ba et al., 2016).
 * @example ops.layerNormalization([[1, 3]], null, null, -1, 0) // [[-1, 1]]
 */
export function layerNormalization(
  x: TensorLike,
  gamma?: TensorLike | null,
  beta?: TensorLike | null,
  axis: number | readonly number[] = -1,
  epsilon?: number | null,
): Tensor {
  const source = toTensor(x);
  const axes = checkAxes('layerNormalization', axis, source.rank);
  const small = checkNumber('layerNormalization', 'epsilon', epsilon ?? 1e-7);
  if (axes.length === 1 && axes[0] === source.rank - 1 && source.dtype === 'float32') {
    const size = source.shape.slice(-1);
    const given = (v: TensorLike | null | undefined, otherwise: Tensor): Tensor =>
      v === undefined || v === null ? otherwise : toTensor(v).reshape(size);
    return ops.fusedLayerNorm(source, given(gamma, ones(size)), given(beta, zeros(size)), small);
  }
  const { mean, variance } = ops.moments(source, axes, true);
  let y = source.sub(mean).mul(variance.add(small).rsqrt());
  if (gamma !== undefined && gamma !== null) y = y.mul(parameter(source, axes, gamma));
  return beta === undefined || beta === null ? y : y.add(parameter(source, axes, beta));
}

/**
 * `x / sqrt(mean(x^2) + epsilon) * scale` along axes (Zhang and Sennrich, 2019).
 * @example ops.rmsNormalization([[1, 7]], [1, 1], -1, 0) // [[0.2, 1.4]]
 */
export function rmsNormalization(
  x: TensorLike,
  scale?: TensorLike | null,
  axis: number | readonly number[] = -1,
  epsilon?: number | null,
): Tensor {
  const source = toTensor(x);
  const axes = checkAxes('rmsNormalization', axis, source.rank);
  const square = source.square().mean(axes, true);
  const y = source.mul(square.add(checkNumber('rmsNormalization', 'epsilon', epsilon ?? 1e-7)).rsqrt());
  return scale === undefined || scale === null ? y : y.mul(parameter(source, axes, scale));
}

/**
 * Peak signal to noise in decibels: `20 log10(maxVal) - 10 log10(mean((x1 - x2)^2))`.
 * @example ops.psnr([0, 0], [1, 1], 10) // 20
 */
export function psnr(x1: TensorLike, x2: TensorLike, maxVal: number): Tensor {
  const [a, b] = [toTensor(x1), toTensor(x2)];
  if (a.shape.join() !== b.shape.join())
    throw new ShapeError(`psnr: shapes [${a.shape.join(', ')}] and [${b.shape.join(', ')}] differ`);
  const error = ops.squaredDifference(a.toFloat(), b.toFloat()).mean();
  return error
    .log()
    .mul(-10 / Math.LN10)
    .add(20 * Math.log10(checkNumber('psnr', 'maxVal', maxVal)));
}

/** Options of {@link dotProductAttention}. */
export interface AttentionOptions {
  /** Added to the scores `[batch, heads, queries, keys]`. */
  bias?: TensorLike | null;
  /** True where a query may look at a key, `[batch, heads, queries, keys]`. */
  mask?: TensorLike | null;
  /** Factor of the scores (default `1 / sqrt(depth)`). */
  scale?: number | null;
  /** Whether queries see no later keys (default false). */
  isCausal?: boolean;
}

/**
 * `softmax(scale * query . key + bias) . value` of heads: `query [batch, queries, heads, depth]`, `key` and `value`
 * `[batch, keys, kvHeads, depth]`, where kvHeads divides heads (Vaswani et al., 2017).
 * @throws ShapeError for other ranks and sizes.
 * @example ops.dotProductAttention(ones([2, 3, 4, 8]), ones([2, 5, 4, 8]), ones([2, 5, 4, 8])).shape // [2, 3, 4, 8]
 */
export function dotProductAttention(
  query: TensorLike,
  key: TensorLike,
  value: TensorLike,
  options: AttentionOptions = {},
): Tensor {
  checkOptionNames('dotProductAttention', options, ['bias', 'mask', 'scale', 'isCausal'], '{ isCausal: true }');
  const [q, k, v] = [toTensor(query), toTensor(key), toTensor(value)];
  if (q.rank !== 4 || k.rank !== 4 || v.rank !== 4)
    throw new ShapeError(
      `dotProductAttention takes [batch, length, heads, depth], got ${[q, k, v].map((t) => `[${t.shape.join(', ')}]`).join(', ')}`,
    );
  const heads = q.shape[2] as number;
  const shared = k.shape[2] as number;
  if (shared < 1 || heads % shared !== 0)
    throw new ShapeError(`dotProductAttention: ${shared} heads of keys for ${heads} of queries`);
  const spread = (t: Tensor): Tensor => (shared === heads ? t : ops.repeat(t, heads / shared, 2));
  const byHead = (t: Tensor): Tensor => ops.transpose(t, [0, 2, 1, 3]);
  const scale = options.scale ?? 1 / Math.sqrt(q.shape[3] as number);
  let scores = ops
    .matMul(byHead(q), byHead(spread(k)), false, true)
    .mul(checkNumber('dotProductAttention', 'scale', scale));
  if (options.bias !== undefined && options.bias !== null) scores = scores.add(options.bias);
  // Far below all scores, and still a number: a row without any key would be NaN otherwise.
  const far = -0.7 * 3.4028234663852886e38;
  if (options.mask !== undefined && options.mask !== null) scores = ops.where(options.mask, scores, far);
  if (options.isCausal === true) {
    const [queries, keys] = [q.shape[1] as number, k.shape[1] as number];
    const seen = range(0, keys, 1, 'int32').lessEqual(range(0, queries, 1, 'int32').expandDims(1));
    scores = ops.where(seen, scores, far);
  }
  return byHead(ops.matMul(ops.softmax(scores), byHead(spread(v))));
}

type Convolution = (x: Tensor, kernel: Tensor, options: ops.ConvOptions) => Tensor;

/** The function for 1, 2 or 3 spatial axes. */
function ofRank<F>(name: string, x: Tensor, functions: readonly (F | undefined)[]): F {
  const found = functions[x.rank - 3];
  if (found === undefined)
    throw new ShapeError(
      `${name} takes [batch, ...sizes, channels] of rank 3 to ${functions.length + 2}, got [${x.shape.join(', ')}]`,
    );
  return found;
}

/**
 * Convolution in 1 to 3 dimensions; the kernel's input channels may be a fraction of the input's: groups.
 * @example ops.conv(ones([1, 8, 8, 3]), ones([3, 3, 3, 4]), 1, 'same').shape // [1, 8, 8, 4]
 */
export function conv(
  inputs: TensorLike,
  kernel: TensorLike,
  strides: Spatial = 1,
  padding: Padding = 'valid',
  dataFormat?: string | null,
  dilationRate: Spatial = 1,
): Tensor {
  const [x, k] = [toTensor(inputs), toTensor(kernel)];
  const f = ofRank<Convolution>('conv', x, [ops.conv1d, ops.conv2d, ops.conv3d]);
  const format = layout('conv', dataFormat);
  const channels = (format === 'channelsLast' ? x.shape.at(-1) : x.shape[1]) as number;
  const perGroup = k.shape.at(-2) ?? 1;
  const groups = perGroup > 0 && channels % perGroup === 0 ? channels / perGroup : 1;
  return f(x, k, { strides, padding, dilations: dilationRate, dataFormat: format, groups });
}

/**
 * Depthwise convolution in 1 or 2 dimensions.
 * @example ops.depthwiseConv(ones([1, 8, 8, 3]), ones([3, 3, 3, 2]), 1, 'same').shape // [1, 8, 8, 6]
 */
export function depthwiseConv(
  inputs: TensorLike,
  kernel: TensorLike,
  strides: Spatial = 1,
  padding: Padding = 'valid',
  dataFormat?: string | null,
  dilationRate: Spatial = 1,
): Tensor {
  const x = toTensor(inputs);
  const f = ofRank<Convolution>('depthwiseConv', x, [ops.depthwiseConv1d, ops.depthwiseConv2d]);
  return f(x, toTensor(kernel), {
    strides,
    padding,
    dilations: dilationRate,
    dataFormat: layout('depthwiseConv', dataFormat),
  });
}

/**
 * {@link depthwiseConv}, then a convolution of size 1.
 * @example ops.separableConv(ones([1, 8, 8, 3]), ones([3, 3, 3, 2]), ones([1, 1, 6, 4]), 1, 'same').shape // [1, 8, 8, 4]
 */
export function separableConv(
  inputs: TensorLike,
  depthwiseKernel: TensorLike,
  pointwiseKernel: TensorLike,
  strides: Spatial = 1,
  padding: Padding = 'valid',
  dataFormat?: string | null,
  dilationRate: Spatial = 1,
): Tensor {
  const depthwise = depthwiseConv(inputs, depthwiseKernel, strides, padding, dataFormat, dilationRate);
  return conv(depthwise, pointwiseKernel, 1, 'valid', dataFormat);
}

/**
 * Transposed convolution in 1 to 3 dimensions, kernel `[...sizes, out, in]`.
 * @example ops.convTranspose(ones([1, 4, 4, 3]), ones([3, 3, 2, 3]), 2, 'same').shape // [1, 8, 8, 2]
 */
export function convTranspose(
  inputs: TensorLike,
  kernel: TensorLike,
  strides: Spatial = 1,
  padding: Padding = 'valid',
  outputPadding?: Spatial | null,
  dataFormat?: string | null,
  dilationRate: Spatial = 1,
): Tensor {
  return ops.convTranspose(inputs, kernel, {
    strides,
    padding,
    outputPadding: outputPadding ?? undefined,
    dataFormat: layout('convTranspose', dataFormat),
    dilations: dilationRate,
  });
}

type Pooling = (x: Tensor, size: Spatial, options: ops.PoolOptions) => Tensor;

function pooled(
  name: string,
  functions: readonly Pooling[],
  inputs: TensorLike,
  poolSize: Spatial,
  strides: Spatial | null | undefined,
  padding: Padding,
  dataFormat: string | null | undefined,
): Tensor {
  const x = toTensor(inputs);
  return ofRank(name, x, functions)(x, poolSize, {
    strides: strides ?? poolSize,
    padding,
    dataFormat: layout(name, dataFormat),
  });
}

/**
 * Largest element of every window, in 1 to 3 dimensions; strides default to the size.
 * @example ops.maxPool(ones([1, 8, 8, 3]), 2).shape // [1, 4, 4, 3]
 */
export function maxPool(
  inputs: TensorLike,
  poolSize: Spatial,
  strides?: Spatial | null,
  padding: Padding = 'valid',
  dataFormat?: string | null,
): Tensor {
  return pooled('maxPool', [ops.maxPool1d, ops.maxPool, ops.maxPool3d], inputs, poolSize, strides, padding, dataFormat);
}

/**
 * Mean of every window, in 1 to 3 dimensions; strides default to the size.
 * @example ops.averagePool(ones([1, 8, 8, 3]), 2).shape // [1, 4, 4, 3]
 */
export function averagePool(
  inputs: TensorLike,
  poolSize: Spatial,
  strides?: Spatial | null,
  padding: Padding = 'valid',
  dataFormat?: string | null,
): Tensor {
  return pooled(
    'averagePool',
    [ops.avgPool1d, ops.avgPool, ops.avgPool3d],
    inputs,
    poolSize,
    strides,
    padding,
    dataFormat,
  );
}

/**
 * Means over so many bins along each axis.
 * @example ops.adaptiveAveragePool(ones([1, 8, 8, 3]), 3).shape // [1, 3, 3, 3]
 */
export function adaptiveAveragePool(inputs: TensorLike, outputSize: Spatial, dataFormat?: string | null): Tensor {
  return ops.adaptiveAveragePool(inputs, outputSize, layout('adaptiveAveragePool', dataFormat));
}

/**
 * Largest elements of so many bins along each axis.
 * @example ops.adaptiveMaxPool(ones([1, 8, 8, 3]), 3).shape // [1, 3, 3, 3]
 */
export function adaptiveMaxPool(inputs: TensorLike, outputSize: Spatial, dataFormat?: string | null): Tensor {
  return ops.adaptiveMaxPool(inputs, outputSize, layout('adaptiveMaxPool', dataFormat));
}
