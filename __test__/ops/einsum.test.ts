import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';

const matrix = (): tf.Tensor => tf.range(1, 7).reshape([2, 3]);

describe('products as NumPy has them', () => {
  test('matMul takes vectors as rows and columns', () => {
    expectClose(tf.matMul([1, 2, 3], [4, 5, 6]), 32);
    expectClose(tf.matMul(matrix(), [1, 0, 1]), [4, 10]);
    expectClose(tf.matMul([1, -1], matrix()), [-3, -3, -3]);
    expect(tf.matMul(tf.zeros([3]), tf.zeros([5, 3, 2])).shape).toEqual([5, 2]);
    expect(() => tf.matMul([1, 2], [[1, 2]], true)).toThrow(tf.ShapeError);
    expect(() => tf.matMul(2, [[1, 2]])).toThrow(tf.ShapeError);
  });

  test('dot, inner, vdot, outerProduct, kron', () => {
    expectClose(tf.dot(2, [1, 2]), [2, 4]);
    expect(tf.dot(tf.zeros([2, 3, 4]), tf.zeros([5, 4, 6])).shape).toEqual([2, 3, 5, 6]);
    expectClose(tf.dot(matrix(), matrix().transpose()), [
      [14, 32],
      [32, 77],
    ]);
    expectClose(tf.inner(matrix(), [1, 1, 0]), [3, 9]);
    expect(tf.inner(tf.zeros([2, 3]), tf.zeros([4, 3])).shape).toEqual([2, 4]);
    expectClose(tf.vdot(matrix(), matrix()), 91);
    expect(tf.outerProduct(matrix(), [1, 2]).shape).toEqual([6, 2]);
    expectClose(tf.kron([1, 10], [1, 2]), [1, 2, 10, 20]);
    expectClose(
      tf.kron(
        [
          [1, 2],
          [3, 4],
        ],
        [[0, 1]],
      ),
      [
        [0, 1, 0, 2],
        [0, 3, 0, 4],
      ],
    );
    expect(() => tf.vdot([1, 2], [1, 2, 3])).toThrow(tf.ShapeError);
  });

  test('cross', () => {
    expectClose(tf.cross([1, 0, 0], [0, 1, 0]), [0, 0, 1]);
    expectClose(tf.cross([1, 2, 3], [4, 5, 6]), [-3, 6, -3]);
    expectClose(tf.cross([1, 2], [4, 5]), -3);
    expectClose(tf.cross([1, 2, 0], [4, 5]), [0, 0, -3]);
    expectClose(tf.cross([1, 2], [4, 5, 6]), [12, -6, -3]);
    expect(tf.cross(tf.zeros([3, 4]), tf.zeros([3, 4]), { axis: 0 }).shape).toEqual([3, 4]);
    expect(() => tf.cross([1, 2, 3, 4], [1, 2, 3, 4])).toThrow(tf.ShapeError);
  });

  test('tensordot', () => {
    expectClose(tf.tensordot(matrix(), matrix()), 91);
    expectClose(tf.tensordot(matrix(), [1, 1, 1], 1), [6, 15]);
    expectClose(tf.tensordot(matrix(), matrix(), [[0], [0]]), [
      [17, 22, 27],
      [22, 29, 36],
      [27, 36, 45],
    ]);
    expect(tf.tensordot(tf.zeros([2]), tf.zeros([3]), 0).shape).toEqual([2, 3]);
    expect(
      tf.tensordot(tf.zeros([2, 3, 4]), tf.zeros([4, 5, 3]), [
        [-1, 1],
        [0, 2],
      ]).shape,
    ).toEqual([2, 5]);
    expect(() => tf.tensordot([1, 2], [1, 2, 3], 1)).toThrow(/axis 0 of shape \[2\] and axis 0 of shape \[3\] differ/);
    expect(() => tf.tensordot([1, 2], [1, 2], 3)).toThrow(tf.ShapeError);
    expect(() =>
      tf.tensordot(
        [1, 2],
        [1, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
    ).toThrow(tf.ShapeError);
  });
});

describe('einsum', () => {
  test('values', () => {
    expectClose(tf.einsum('ij->ji', matrix()), [
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expectClose(
      tf.einsum('ii', [
        [1, 2],
        [3, 4],
      ]),
      5,
    );
    expectClose(
      tf.einsum('ii->i', [
        [1, 2],
        [3, 4],
      ]),
      [1, 4],
    );
    expectClose(tf.einsum('ij,kj->ik', matrix(), matrix()), [
      [14, 32],
      [32, 77],
    ]);
    expectClose(tf.einsum('i,j,k->kji', [1, 2], [3], [5, 7]), [[[15, 30]], [[21, 42]]]);
    expectClose(tf.einsum('...j,j->...', matrix(), [1, 0, -1]), [-2, -2]);
    expect(tf.einsum('ij,jk', tf.tensor([[2]], [1, 1], 'int32'), [[3]]).dtype).toBe('float32');
  });

  test('gradient', () => {
    const a = matrix();
    const b = tf.range(0, 6).reshape([3, 2]);
    const [da, db] = tf.grads((x: tf.Tensor, y: tf.Tensor) => tf.einsum('ij,jk->', x, y))([a, b]);
    expectClose(da as tf.Tensor, [
      [1, 5, 9],
      [1, 5, 9],
    ]);
    expectClose(db as tf.Tensor, [
      [5, 5],
      [7, 7],
      [9, 9],
    ]);
  });

  test('mistakes', () => {
    const a = matrix();
    expect(() => tf.einsum('ij,jk->ik', a)).toThrow(/has subscripts for 2 operands, got 1/);
    expect(() => tf.einsum('ij->ik', a)).toThrow(/the result names "k", which no operand has/);
    expect(() => tf.einsum('ij->ii', a)).toThrow(/names "i" twice/);
    expect(() => tf.einsum('ijk->i', a)).toThrow(/name 3 axes, its shape \[2, 3\] has 2/);
    expect(() => tf.einsum('ii->i', a)).toThrow(/"i" names axes of size 2 and 3/);
    expect(() => tf.einsum('i1->i', a)).toThrow(tf.ConfigError);
    expect(() => tf.einsum('i->i')).toThrow(tf.ConfigError);
    expect(() => tf.einsum(3 as unknown as string, a)).toThrow(tf.ConfigError);
  });
});
