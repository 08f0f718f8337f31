import { checkIntegers, checkList, checkWhole, received } from '../arguments.ts';
import { ShapeError } from '../errors.ts';
import { shown } from '../tensor/axes.ts';
import { type TensorLike, toTensor } from '../tensor/convert.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { slice } from './indexing.ts';
import { pad } from './padding.ts';
import { reshape, transpose } from './shape.ts';
import { type DataFormat, isChannelsFirst } from './window.ts';

function image(name: string, x: TensorLike, blockSize: number, dataFormat: DataFormat): Tensor {
  checkWhole(name, 'blockSize', blockSize, 1);
  const tensor = toTensor(x);
  if (tensor.rank !== 4) throw new ShapeError(`${name} takes a tensor of rank 4, got shape ${shown(tensor.shape)}`);
  return isChannelsFirst(name, dataFormat) ? transpose(tensor, [0, 2, 3, 1]) : tensor;
}

const formatted = (name: string, x: Tensor, dataFormat: DataFormat): Tensor =>
  isChannelsFirst(name, dataFormat) ? transpose(x, [0, 3, 1, 2]) : x;

/**
 * Channels spread over blocks of `blockSize x blockSize` pixels: `[n, h, w, c b b]` to `[n, h b, w b, c]`.
 * @throws ShapeError when the channels do not divide by `blockSize^2`.
 * @example depthToSpace(ones([1, 2, 2, 12]), 2).shape // [1, 4, 4, 3]
 */
export function depthToSpace(x: TensorLike, blockSize: number, dataFormat: DataFormat = 'NHWC'): Tensor {
  const tensor = image('depthToSpace', x, blockSize, dataFormat);
  const [n, h, w, c] = tensor.shape as [number, number, number, number];
  const [b, depth] = [blockSize, c / blockSize ** 2];
  if (!Number.isInteger(depth)) {
    throw new ShapeError(`depthToSpace: ${c} channels do not divide by blockSize^2 = ${b * b}`);
  }
  const blocks = transpose(reshape(tensor, [n, h, w, b, b, depth]), [0, 1, 3, 2, 4, 5]);
  return formatted('depthToSpace', reshape(blocks, [n, h * b, w * b, depth]), dataFormat);
}

/**
 * Blocks of `blockSize x blockSize` pixels as channels: `[n, h b, w b, c]` to `[n, h, w, b b c]`; undoes {@link depthToSpace}.
 * @throws ShapeError when height or width do not divide by `blockSize`.
 * @example ops.spaceToDepth(ones([1, 4, 4, 3]), 2).shape // [1, 2, 2, 12]
 */
export function spaceToDepth(x: TensorLike, blockSize: number, dataFormat: DataFormat = 'NHWC'): Tensor {
  const tensor = image('spaceToDepth', x, blockSize, dataFormat);
  const [n, height, width, c] = tensor.shape as [number, number, number, number];
  const b = blockSize;
  const [h, w] = [height / b, width / b];
  if (!Number.isInteger(h) || !Number.isInteger(w)) {
    throw new ShapeError(`spaceToDepth: ${height} x ${width} pixels do not divide by blockSize ${b}`);
  }
  const blocks = transpose(reshape(tensor, [n, h, b, w, b, c]), [0, 1, 3, 2, 4, 5]);
  return formatted('spaceToDepth', reshape(blocks, [n, h, w, b * b * c]), dataFormat);
}

type Pairs = readonly (readonly [number, number])[];

/** Copies of block sizes and of a pair for each of them. */
function checkBlocks(
  name: string,
  tensor: Tensor,
  blockShape: readonly number[],
  pairs: Pairs,
): [number[], [number, number][]] {
  const blocks = checkIntegers(name, 'blockShape', blockShape);
  if (tensor.rank < blocks.length + 1) {
    throw new ShapeError(
      `${name}: a block of ${blocks.length} axes needs rank ${blocks.length + 1} or more, got shape ${shown(tensor.shape)}`,
    );
  }
  for (const block of blocks) checkWhole(name, 'a block size', block, 1);
  const copies = checkList(name, 'pairs', pairs).map((pair) => checkIntegers(name, 'a pair', pair));
  if (copies.length !== blocks.length || copies.some((pair) => pair.length !== 2 || pair.some((n) => n < 0))) {
    throw new ShapeError(
      `${name} takes a pair of whole numbers from 0 on for each of the ${blocks.length} axes of the block, got ${received(pairs)}`,
    );
  }
  return [blocks, copies as [number, number][]];
}

/**
 * Blocks of the axes behind the first moved into the batch, after zeros were added: `[n, s..., rest...]` with `blockShape`
 * b to `[n prod(b), (s + paddings) / b..., rest...]`.
 * @throws ShapeError when a padded axis does not divide by its block.
 * @example spaceToBatchND(ones([1, 4, 4, 3]), [2, 2], [[0, 0], [0, 0]]).shape // [4, 2, 2, 3]
 */
export function spaceToBatchND(x: TensorLike, blockShape: readonly number[], paddings: Pairs): Tensor {
  const tensor = toTensor(x);
  const [blocks, pairs] = checkBlocks('spaceToBatchND', tensor, blockShape, paddings);
  const count = blocks.length;
  const rest = tensor.shape.slice(count + 1);
  const padded = pad(tensor, [[0, 0], ...pairs, ...rest.map((): [number, number] => [0, 0])]);
  const [n = 0, ...dims] = padded.shape;
  const sizes = blocks.map((b, i) => (dims[i] ?? 0) / b);
  if (sizes.some((size) => !Number.isInteger(size))) {
    throw new ShapeError(
      `spaceToBatchND: padded sizes ${shown(dims.slice(0, count))} do not divide by blocks ${shown(blocks)}`,
    );
  }
  const split = reshape(padded, [n, ...blocks.flatMap((b, i) => [sizes[i] ?? 0, b]), ...rest]);
  const order = [
    ...blocks.map((_, i) => 2 * i + 2),
    0,
    ...blocks.map((_, i) => 2 * i + 1),
    ...rest.map((_, i) => 2 * count + 1 + i),
  ];
  return reshape(transpose(split, order), [n * blocks.reduce((a, b) => a * b, 1), ...sizes, ...rest]);
}

/**
 * The batch spread over blocks of the axes behind it, then cut: `[n prod(b), s..., rest...]` to
 * `[n, s b - crops..., rest...]`; undoes {@link spaceToBatchND}.
 * @throws ShapeError when the batch does not divide by the block's size or crops leave nothing.
 * @example batchToSpaceND(ones([4, 2, 2, 3]), [2, 2], [[0, 0], [0, 0]]).shape // [1, 4, 4, 3]
 */
export function batchToSpaceND(x: TensorLike, blockShape: readonly number[], crops: Pairs): Tensor {
  const tensor = toTensor(x);
  const [blocks, pairs] = checkBlocks('batchToSpaceND', tensor, blockShape, crops);
  const count = blocks.length;
  const product = blocks.reduce((a, b) => a * b, 1);
  const [batch = 0, ...dims] = tensor.shape;
  if (batch % product !== 0) throw new ShapeError(`batchToSpaceND: a batch of ${batch} does not divide by ${product}`);
  const [sizes, rest] = [dims.slice(0, count), dims.slice(count)];
  const split = reshape(tensor, [...blocks, batch / product, ...sizes, ...rest]);
  const order = [count, ...blocks.flatMap((_, i) => [count + 1 + i, i]), ...rest.map((_, i) => 2 * count + 1 + i)];
  const spread = sizes.map((size, i) => size * (blocks[i] ?? 1));
  const whole = reshape(transpose(split, order), [batch / product, ...spread, ...rest]);
  const kept = spread.map((size, i) => size - (pairs[i]?.[0] ?? 0) - (pairs[i]?.[1] ?? 0));
  if (kept.some((size) => size < 0)) {
    throw new ShapeError(`batchToSpaceND: crops take more than the sizes ${shown(spread)}`);
  }
  return slice(
    whole,
    [0, ...pairs.map(([before]) => before), ...rest.map(() => 0)],
    [batch / product, ...kept, ...rest],
  );
}
