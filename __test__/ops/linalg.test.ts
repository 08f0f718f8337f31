import { describe, expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { expectClose } from '../close.ts';

const { linalg } = tf;
const a = (): tf.Tensor =>
  tf.tensor([
    [4, 1, 2],
    [1, 5, 0],
    [2, 0, 6],
  ]);
const identity = (n: number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => (i === j ? 1 : 0)));

/** The gradient of `f` at `x` against central differences. */
function checkGradient(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, tolerance = 2e-2): void {
  const gradient = tf.grad(f)(x).dataSync();
  const at = Float32Array.from(x.dataSync());
  const step = 1e-2;
  for (let i = 0; i < at.length; i++) {
    const moved = (by: number): number => {
      const values = Float32Array.from(at);
      values[i] = (at[i] as number) + by;
      return f(tf.tensor(values, x.shape)).sum().dataSync()[0] as number;
    };
    expect(Math.abs((moved(step) - moved(-step)) / (2 * step) - (gradient[i] as number))).toBeLessThan(tolerance);
  }
}

describe('systems', () => {
  test('cholesky', () => {
    expectClose(
      linalg.cholesky([
        [4, 2],
        [2, 5],
      ]),
      [
        [2, 0],
        [1, 2],
      ],
    );
    const upper = linalg.cholesky(a(), true);
    expectClose(upper.matMul(upper, true), a().arraySync());
    expectClose(linalg.choleskyInverse(linalg.cholesky(a())).matMul(a()), identity(3), 1e-5);
    expectClose(linalg.choleskyInverse(upper, true).matMul(a()), identity(3), 1e-5);
    checkGradient(
      (x) =>
        linalg
          .cholesky(x)
          .mul([
            [1, 0, 0],
            [2, 1, 0],
            [3, -1, 1],
          ])
          .sum(),
      a(),
    );
  });

  test('solve, solveTriangular, inv', () => {
    expectClose(
      linalg.solve(
        [
          [2, 0],
          [0, 4],
        ],
        [2, 4],
      ),
      [1, 1],
    );
    expectClose(a().matMul(linalg.inv(a())), identity(3), 1e-5);
    expectClose(
      linalg.solveTriangular(
        [
          [2, 1],
          [9, 4],
        ],
        [4, 8],
      ),
      [1, 2],
    );
    expectClose(
      linalg.solveTriangular(
        [
          [2, 9],
          [1, 4],
        ],
        [[4], [10]],
        true,
      ),
      [[2], [2]],
    );
    expectClose(
      linalg.solveTriangular(
        [
          [2, 9],
          [1, 4],
        ],
        [4, 8],
        { lower: true, transpose: true },
      ),
      [1, 2],
    );
    expectClose(
      linalg.solveTriangular(
        [
          [7, 9],
          [1, 7],
        ],
        [4, 8],
        { lower: true, unitDiagonal: true },
      ),
      [4, 4],
    );
    expect(linalg.solve(tf.eye(3), tf.zeros([5, 3, 2])).shape).toEqual([5, 3, 2]);
    checkGradient((x) => linalg.solve(x, [1, 2, 3]).sum(), a());
    checkGradient((x) => linalg.inv(x).square().sum(), a());
  });

  test('bad matrices are named', async () => {
    const batch = tf.stack([tf.eye(2), tf.zeros([2, 2])]);
    for (const f of [linalg.inv, linalg.cholesky, (x: tf.Tensor) => linalg.solve(x, [1, 2])]) {
      await expect(f(batch).data()).rejects.toThrow(tf.DataError);
      await expect(f(batch).data()).rejects.toThrow(/1.*(singular|positive definite)/);
    }
    expect(() => linalg.inv([[1, 2, 3]])).toThrow(/square/);
    expect(() => linalg.solve(a(), [1, 2])).toThrow(tf.ShapeError);
    expect(() => linalg.cholesky([1, 2])).toThrow(/rank 2 or more/);
  });

  test('det, slogdet, logdet, luFactor', () => {
    expectClose(
      linalg.det([
        [1, 2],
        [3, 4],
      ]),
      -2,
    );
    expectClose(
      linalg.det([
        [1, 2],
        [2, 4],
      ]),
      0,
    );
    expectClose(linalg.det(tf.stack([tf.eye(2), tf.eye(2).mul(2)])), [1, 4]);
    const [sign, logarithm] = linalg.slogdet([
      [1, 2],
      [3, 4],
    ]);
    expectClose(sign, -1);
    expectClose(logarithm, Math.log(2));
    expectClose(linalg.logdet(a()), Math.log(94));
    const { lu, order } = linalg.luFactor([
      [1, 2],
      [4, 4],
    ]);
    expectClose(lu, [
      [4, 4],
      [0.25, 1],
    ]);
    expect(order.dtype).toBe('int32');
    expect(order.arraySync()).toEqual([1, 0]);
    expectClose(tf.grad((x) => linalg.det(x))(a()), linalg.inv(a()).mul(94).arraySync(), 1e-3);
    checkGradient((x) => linalg.slogdet(x)[1], a());
  });
});

describe('factors', () => {
  test('qr', () => {
    const x = tf.tensor([
      [3, 1],
      [4, 2],
      [0, 5],
    ]);
    const [q, r] = linalg.qr(x);
    expect([q.shape, r.shape]).toEqual([
      [3, 2],
      [2, 2],
    ]);
    expectClose(q.matMul(r), x.arraySync(), 1e-5);
    expectClose(q.matMul(q, true), identity(2), 1e-5);
    expect(r.arraySync()).toMatchObject([
      [expect.closeTo(-5, 5), expect.any(Number)],
      [0, expect.any(Number)],
    ]);
    const [full, tall] = linalg.qr(x, true);
    expect([full.shape, tall.shape]).toEqual([
      [3, 3],
      [3, 2],
    ]);
    expectClose(full.matMul(full, true), identity(3), 1e-5);
    expectClose(full.matMul(tall), x.arraySync(), 1e-5);
    checkGradient((y) => linalg.qr(y)[1].abs().sum(), x);
    expect(() => tf.grad((y) => linalg.qr(y, true)[1].sum())(x)).toThrow(tf.ConfigError);
    expect(() => linalg.qr(x, 'raw' as 'reduced')).toThrow(tf.ConfigError);
  });

  test('eigh', () => {
    const [w, v] = linalg.eigh([
      [2, 1],
      [1, 2],
    ]);
    expectClose(w, [1, 3], 1e-6);
    expectClose(v, [
      [Math.SQRT1_2, Math.SQRT1_2],
      [-Math.SQRT1_2, Math.SQRT1_2],
    ]);
    const [values, vectors] = linalg.eigh(a());
    expectClose(vectors.mul(values).matMul(vectors, false, true), a().arraySync(), 1e-5);
    checkGradient((x) => linalg.eigvalsh(x).mul([1, 2, 3]).sum(), a());
  });

  test('svd, pinv, lstsq, rank', () => {
    const x = tf.tensor([
      [3, 0, 1],
      [0, -4, 2],
    ]);
    const [u, s, vt] = linalg.svd(x, false);
    expect([u.shape, s.shape, vt.shape]).toEqual([[2, 2], [2], [2, 3]]);
    expectClose(u.mul(s).matMul(vt), x.arraySync(), 1e-5);
    const [, , full] = linalg.svd(x);
    expectClose(full.matMul(full, false, true), identity(3), 1e-5);
    expectClose(x.matMul(linalg.pinv(x)), identity(2), 1e-5);
    // A line through three points.
    expectClose(
      linalg.lstsq(
        [
          [0, 1],
          [1, 1],
          [2, 1],
        ],
        [1, 3, 5],
      ),
      [2, 1],
      1e-5,
    );
    // Of rank one: the solution of least norm.
    expectClose(
      linalg.lstsq(
        [
          [1, 1],
          [1, 1],
        ],
        [2, 2],
      ),
      [1, 1],
      1e-5,
    );
    expect(
      linalg
        .matrixRank([
          [1, 2],
          [2, 4],
        ])
        .arraySync(),
    ).toBe(1);
    expect(linalg.matrixRank(tf.stack([tf.eye(2), tf.zeros([2, 2])])).arraySync()).toEqual([2, 0]);
    expectClose(
      linalg.cond([
        [2, 0],
        [0, 8],
      ]),
      4,
      1e-5,
    );
    checkGradient((y) => linalg.svd(y, false)[1].mul([1, 3]).sum(), x);
  });

  test('bandPart, gramSchmidt, matrixPower', () => {
    expectClose(linalg.bandPart(a(), 0, 1), [
      [4, 1, 0],
      [0, 5, 0],
      [0, 0, 6],
    ]);
    expectClose(linalg.bandPart(a(), -1, 0), [
      [4, 0, 0],
      [1, 5, 0],
      [2, 0, 6],
    ]);
    const rows = linalg.gramSchmidt([tf.tensor([3, 4]), tf.tensor([1, 0])]) as tf.Tensor[];
    expectClose(rows[0] as tf.Tensor, [0.6, 0.8]);
    expectClose(rows[1] as tf.Tensor, [0.8, -0.6]);
    expectClose(linalg.gramSchmidt(tf.tensor([[0, -2]])) as tf.Tensor, [[0, -1]]);
    expectClose(
      linalg.matrixPower(
        [
          [1, 1],
          [0, 1],
        ],
        5,
      ),
      [
        [1, 5],
        [0, 1],
      ],
    );
    expectClose(
      linalg.matrixPower(
        [
          [1, 1],
          [0, 1],
        ],
        -2,
      ),
      [
        [1, -2],
        [0, 1],
      ],
    );
    expectClose(
      linalg.matrixPower(
        [
          [0, 1],
          [0, 0],
        ],
        0,
      ),
      identity(2),
    );
    expect(() => linalg.matrixPower(a(), 0.5)).toThrow(tf.ConfigError);
    expect(() => linalg.gramSchmidt(tf.zeros([3, 2]))).toThrow(tf.ShapeError);
  });
});

describe('norm', () => {
  const x = [
    [3, -4],
    [0, 12],
  ];
  test('of vectors', () => {
    expectClose(linalg.norm(x), 13);
    expectClose(linalg.norm(x, 2, 1), [5, 12]);
    expectClose(linalg.norm(x, 1, 0, true), [[3, 16]]);
    expectClose(linalg.norm(x, Infinity, -1), [4, 12]);
    expectClose(linalg.norm(x, -Infinity, -1), [3, 0]);
    expectClose(linalg.norm(x, 0, 1), [2, 1]);
    expectClose(linalg.norm(x, 3, 1), [91 ** (1 / 3), 12], 1e-4);
  });
  test('of matrices', () => {
    const both = [0, 1];
    expectClose(linalg.norm(x, 'fro', both), 13);
    expectClose(linalg.norm(x, 1, both), 16);
    expectClose(linalg.norm(x, -1, both), 3);
    expectClose(linalg.norm(x, Infinity, both), 12);
    expectClose(linalg.norm(x, -Infinity, both), 7);
    const s = linalg.svd(x)[1].dataSync();
    expectClose(linalg.norm(x, 2, both), s[0] as number);
    expectClose(linalg.norm(x, -2, both, true), [[s[1] as number]]);
    expectClose(linalg.norm(x, 'nuc', both), (s[0] as number) + (s[1] as number));
    expect(() => linalg.norm(x, 3, both)).toThrow(tf.ConfigError);
    expect(() => linalg.norm(x, 'nuc', 0)).toThrow(tf.ConfigError);
    expect(() => linalg.norm(tf.zeros([2, 2, 2]), 1)).toThrow(tf.ShapeError);
  });
});
