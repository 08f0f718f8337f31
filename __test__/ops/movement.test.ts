import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';
import { wave } from '../wave.ts';
import { expectGradient } from './differences.ts';

const x = (): tf.Tensor => tf.range(0, 6).reshape([2, 3]);

describe('padding and rolling', () => {
  test('mirrorPad', () => {
    expectClose(tf.mirrorPad([1, 2, 3], [[2, 1]], 'reflect'), [3, 2, 1, 2, 3, 2]);
    expectClose(tf.mirrorPad([1, 2, 3], [[3, 1]], 'symmetric'), [3, 2, 1, 1, 2, 3, 3]);
    expectClose(
      tf.mirrorPad(
        x(),
        [
          [1, 0],
          [0, 2],
        ],
        'reflect',
      ),
      [
        [3, 4, 5, 4, 3],
        [0, 1, 2, 1, 0],
        [3, 4, 5, 4, 3],
      ],
    );
    expectClose(tf.pad([1, 2], [[1, 1]], 0, 'symmetric'), [1, 1, 2, 2]);
    expect(() => tf.mirrorPad([1, 2], [[2, 0]], 'reflect')).toThrow(/takes at most 1 mirrored elements/);
    expect(() => tf.mirrorPad([1], [[0, 0]], 'edge' as 'reflect')).toThrow(tf.ConfigError);
    expectGradient(
      (t) =>
        tf.mirrorPad(
          t,
          [
            [2, 1],
            [1, 1],
          ],
          'symmetric',
        ),
      wave([2, 3], 0.1),
    );
  });

  test('pad of a rank, roll', () => {
    expectClose(tf.pad1d([1], [1, 0]), [0, 1]);
    expect(
      tf.pad2d(x(), [
        [1, 1],
        [0, 0],
      ]).shape,
    ).toEqual([4, 3]);
    expectClose(tf.roll([1, 2, 3, 4], 1), [4, 1, 2, 3]);
    expectClose(tf.roll(x(), -1), [
      [1, 2, 3],
      [4, 5, 0],
    ]);
    expectClose(tf.roll(x(), [1, -4], [0, 1]), [
      [4, 5, 3],
      [1, 2, 0],
    ]);
    expect(tf.roll(tf.zeros([0]), 3).shape).toEqual([0]);
    expect(() => tf.roll([1], 0.5)).toThrow(tf.ConfigError);
    expectGradient((t) => tf.roll(t, 2, 1), wave([2, 3], 0.1));
  });
});

describe('axes', () => {
  test('swapaxes, moveaxis, reverse of a rank', () => {
    expect(tf.swapaxes(tf.zeros([2, 3, 4]), 0, -1).shape).toEqual([4, 3, 2]);
    expect(tf.moveaxis(tf.zeros([2, 3, 4, 5]), [0, 1], [-1, -2]).shape).toEqual([4, 5, 3, 2]);
    expect(tf.moveaxis(tf.zeros([2, 3, 4]), 2, 0).shape).toEqual([4, 2, 3]);
    expect(() => tf.moveaxis(x(), [0, 0], [0, 1])).toThrow(/must name as many axes, each once/);
    expectClose(tf.reverse1d([1, 2, 3]), [3, 2, 1]);
    expectClose(tf.reverse2d(x(), 0), [
      [3, 4, 5],
      [0, 1, 2],
    ]);
  });

  test('broadcastArgs, ensureShape', () => {
    expectClose(tf.broadcastArgs([2, 1], [3]), [2, 3]);
    expect(() => tf.broadcastArgs([2], [3])).toThrow(tf.ShapeError);
    expect(tf.ensureShape(x(), [null, 3]).shape).toEqual([2, 3]);
    expect(() => tf.ensureShape(x(), [3, null])).toThrow(/ensureShape: expected/);
  });
});

describe('joining', () => {
  test('of a rank, with one open size', () => {
    expectClose(tf.concat1d([[1], [2]]), [1, 2]);
    expect(() => tf.concat2d([[1], [2]])).toThrow(/concat2d takes tensors of rank 2, got shape \[1\]/);
    expect(tf.split(tf.zeros([7, 2]), [2, -1, 1]).map((part) => part.shape)).toEqual([
      [2, 2],
      [4, 2],
      [1, 2],
    ]);
    expect(() => tf.split([1, 2], [-1, -1])).toThrow(tf.ShapeError);
    expect(() => tf.split([1, 2], [3, -1])).toThrow(tf.ShapeError);
  });

  test('repeat', () => {
    expectClose(tf.repeat([1, 2], 2), [1, 1, 2, 2]);
    expectClose(tf.repeat(x(), 2, 1), [
      [0, 0, 1, 1, 2, 2],
      [3, 3, 4, 4, 5, 5],
    ]);
    expectClose(tf.repeat(x(), [2, 0, 1], 1), [
      [0, 0, 2],
      [3, 3, 5],
    ]);
    expect(tf.repeat(x(), 0).shape).toEqual([0]);
    expect(() => tf.repeat(x(), [1, 2], 1)).toThrow(/give one for every element/);
    expect(() => tf.repeat([1], -1)).toThrow(tf.ConfigError);
    expectGradient((t) => tf.repeat(t, [1, 3], 0), wave([2, 2], 0.1));
  });

  test('meshgrid', () => {
    const [a, b] = tf.meshgrid([1, 2, 3], [4, 5]) as [tf.Tensor, tf.Tensor];
    expectClose(a, [
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expectClose(b, [
      [4, 4, 4],
      [5, 5, 5],
    ]);
    const [c] = tf.meshgrid([1, 2, 3], [4, 5], { indexing: 'ij' }) as [tf.Tensor];
    expectClose(c, [
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(tf.meshgrid([1], [1, 2], [1, 2, 3]).map((t) => t.shape)).toEqual([
      [2, 1, 3],
      [2, 1, 3],
      [2, 1, 3],
    ]);
    expect(() => tf.meshgrid([[1]], [1])).toThrow(tf.ShapeError);
  });
});

describe('blocks', () => {
  test('depthToSpace and back', () => {
    const deep = tf.range(0, 8).reshape([1, 1, 2, 4]);
    expectClose(tf.depthToSpace(deep, 2).reshape([2, 4]), [
      [0, 1, 4, 5],
      [2, 3, 6, 7],
    ]);
    expectClose(tf.spaceToDepth(tf.depthToSpace(deep, 2), 2), deep.arraySync() as number[][][]);
    const first = tf.transpose(deep, [0, 3, 1, 2]);
    expect(tf.depthToSpace(first, 2, 'NCHW').shape).toEqual([1, 1, 2, 4]);
    expect(() => tf.depthToSpace(tf.zeros([1, 1, 1, 3]), 2)).toThrow(/3 channels do not divide by blockSize\^2 = 4/);
    expect(() => tf.spaceToDepth(tf.zeros([1, 3, 2, 1]), 2)).toThrow(tf.ShapeError);
    expect(() => tf.depthToSpace(tf.zeros([1, 4]), 2)).toThrow(/rank 4/);
    expectGradient((t) => tf.spaceToDepth(t, 2), wave([1, 2, 4, 1], 0.1));
  });

  test('spaceToBatchND and back', () => {
    const image = tf.range(1, 5).reshape([1, 2, 2, 1]);
    expectClose(
      tf.spaceToBatchND(
        image,
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
      [[[[1]]], [[[2]]], [[[3]]], [[[4]]]],
    );
    const padded = tf.spaceToBatchND(tf.ones([2, 3, 4]), [2], [[0, 1]]);
    expect(padded.shape).toEqual([4, 2, 4]);
    expectClose(tf.batchToSpaceND(padded, [2], [[0, 1]]), tf.ones([2, 3, 4]).arraySync() as number[][]);
    expect(() =>
      tf.spaceToBatchND(
        image,
        [3, 1],
        [
          [0, 0],
          [0, 0],
        ],
      ),
    ).toThrow(/do not divide by blocks/);
    expect(() => tf.batchToSpaceND(tf.zeros([3, 2]), [2], [[0, 0]])).toThrow(/a batch of 3 does not divide by 2/);
    expect(() => tf.batchToSpaceND(tf.zeros([2, 1]), [2], [[2, 1]])).toThrow(/crops take more/);
  });
});

describe('strided slices', () => {
  test('masks', () => {
    const cube = tf.range(0, 24).reshape([2, 3, 4]);
    expect(tf.stridedSlice(cube, [0, 0], [1, 2], [1, 1], 0, 0, 1).shape).toEqual([2, 3, 2]);
    expectClose(tf.stridedSlice(cube, [1, 0, -1], [2, 9, 0], [1, 2, 1], 0, 0, 0, 0, 5), [15, 23]);
    expect(tf.stridedSlice(cube, [0, 0], [0, 1], [1, 1], 0, 0, 0, 1).shape).toEqual([1, 1, 3, 4]);
    expectClose(tf.stridedSlice([0, 1, 2, 3], [2], [1], [1], 1, 2), [0]);
    expectClose(tf.stridedSlice([0, 1, 2, 3], [2], [1], [-1], 1, 1), [3, 2, 1, 0]);
    expect(tf.stridedSlice([0, 1], [1], [1]).shape).toEqual([0]);
    expect(() => tf.stridedSlice([0, 1], [2], [3], [1], 0, 0, 0, 0, 1)).toThrow(
      /index 2 is outside of axis 0 of size 2/,
    );
    expect(() => tf.stridedSlice([0, 1], [0, 0], [1, 1])).toThrow(/2 entries for a tensor of shape \[2\]/);
    expect(() => tf.stridedSlice([0, 1], [0.5], [1])).toThrow(tf.ShapeError);
    expectGradient((t) => tf.stridedSlice(t, [-1, 0], [0, 4], [-2, 2], 0, 1), wave([4, 4], 0.1));
    expectClose(tf.slice1d([1, 2, 3], 1, 2), [2, 3]);
  });
});

describe('matrices', () => {
  test('bands and triangles', () => {
    const m = tf.range(1, 10).reshape([3, 3]);
    expectClose(tf.linalg.bandPart(m, 1, 0), [
      [1, 0, 0],
      [4, 5, 0],
      [0, 8, 9],
    ]);
    expectClose(tf.linalg.bandPart(m, -1, -1), m.arraySync() as number[][]);
    expectClose(tf.tril(m, -1), [
      [0, 0, 0],
      [4, 0, 0],
      [7, 8, 0],
    ]);
    expectClose(tf.triu(m, 1), [
      [0, 2, 3],
      [0, 0, 6],
      [0, 0, 0],
    ]);
    expect(tf.tril(tf.ones([2, 3, 4], 'int32')).dtype).toBe('int32');
    expect(() => tf.tril([1])).toThrow(/takes matrices/);
    expect(() => tf.tril(m, 0.5)).toThrow(tf.ConfigError);
  });

  test('diagonals', () => {
    expectClose(tf.diag([1, 2]), [
      [1, 0],
      [0, 2],
    ]);
    expectClose(tf.diag([1, 2], 1), [
      [0, 1, 0],
      [0, 0, 2],
      [0, 0, 0],
    ]);
    expectClose(tf.diag([1, 2], -1), [
      [0, 0, 0],
      [1, 0, 0],
      [0, 2, 0],
    ]);
    expect(tf.diag(x()).shape).toEqual([2, 3, 2, 3]);
    expectClose(tf.diagPart(tf.diag(x())), x().arraySync() as number[][]);
    expectClose(tf.diagonal(x(), 1), [1, 5]);
    expectClose(tf.diagonal(x(), -1), [3]);
    expect(tf.diagonal(x(), 3).shape).toEqual([0]);
    expect(tf.diagonal(tf.zeros([2, 3, 4]), 0, 0, 2).shape).toEqual([3, 2]);
    expectClose(tf.trace(x()), 4);
    expect(() => tf.diagPart(x())).toThrow(tf.ShapeError);
    expect(() => tf.diagonal([1])).toThrow(tf.ShapeError);
    expectGradient((t) => tf.diag(t, -2), wave([3], 0.1));
    expectGradient((t) => tf.diagonal(t, 1), wave([3, 4], 0.1));
    expect(tf.eye(2, 3, [4]).shape).toEqual([4, 2, 3]);
    expect(tf.eye(2, 2, 'int32').dtype).toBe('int32');
  });
});
