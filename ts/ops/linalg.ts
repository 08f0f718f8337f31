import { checkFlag, checkIntegers, checkNumber, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { type MatrixFunction, native } from '../native.ts';
import { checkAxis, shown } from '../tensor/axes.ts';
import { castTo, floatOperand, operandPair, type TensorLike, toTensor, wrap } from '../tensor/convert.ts';
import { eye, onesLike } from '../tensor/create.ts';
import { type DType, isFloat } from '../tensor/dtype.ts';
import { Tensor } from '../tensor/tensor.ts';
import { matMul, matrixTranspose } from './contraction.ts';
import { abs, div, mul, sqrt, square, sub } from './elementwise.ts';
import { concat, stack } from './joining.ts';
import { max, min, sum } from './reduction.ts';
import { expandDims, reshape, squeeze, transpose } from './shape.ts';

/** Results of a native function of matrices, in the type of `x`. */
function apply(kind: MatrixFunction, x: TensorLike): Tensor[] {
  const { handle, result } = floatOperand(x);
  return native.matrixFunction(kind, handle).map((output) => {
    const own = output.dtype as DType;
    return wrap(output, own, own === 'float32' ? result : own);
  });
}

function resultType(dtype: DType): DType {
  return isFloat(dtype) ? dtype : 'float32';
}

/**
 * The Cholesky factor of symmetric positive definite matrices `[..., n, n]`: lower triangular `L` with `L L^T = x` (or upper
 * `U = L^T` with `U^T U = x`). Of a matrix that is not symmetric, that of `(x + x^T) / 2`.
 * @throws DataError, when the numbers are asked for, where a matrix is not positive definite: it names its index in the batch.
 * @example linalg.cholesky([[4, 2], [2, 5]]) // [[2, 0], [1, 2]]
 */
export function cholesky(x: TensorLike, upper = false): Tensor {
  const [factor] = apply('cholesky', x) as [Tensor];
  return upper ? matrixTranspose(factor) : factor;
}

/**
 * The inverse of `A`, given its Cholesky factor.
 * @example ops.choleskyInverse([[2, 0], [0, 4]]) // [[0.25, 0], [0, 0.0625]]
 */
export function choleskyInverse(factor: TensorLike, upper = false): Tensor {
  const given = toTensor(factor);
  const inverse = inv(given);
  return upper ? matMul(inverse, inverse, false, true) : matMul(inverse, inverse, true);
}

/**
 * The inverse of square matrices `[..., n, n]`.
 * @throws DataError, when the numbers are asked for, where a matrix is singular.
 * @example ops.inv([[2, 0], [0, 4]]) // [[0.5, 0], [0, 0.25]]
 */
export function inv(x: TensorLike): Tensor {
  return apply('inverse', x)[0] as Tensor;
}

/**
 * Determinants `[..., n, n] -> [...]`. That of a singular matrix is 0 and has no gradient (DataError).
 * @example ops.det([[1, 2], [3, 4]]) // -2
 */
export function det(x: TensorLike): Tensor {
  return apply('det', x)[0] as Tensor;
}

/**
 * Sign of the determinants and logarithm of their modulus: `[sign, logarithm]`; 0 and -Infinity of a singular matrix.
 * @example linalg.slogdet([[0, 1], [1, 0]]) // [-1, 0]
 */
export function slogdet(x: TensorLike): [Tensor, Tensor] {
  return apply('slogdet', x) as [Tensor, Tensor];
}

/**
 * Logarithm of the determinant of symmetric positive definite matrices, by their Cholesky factors.
 * @example ops.logdet([[Math.E, 0], [0, 1]]) // 1
 */
export function logdet(x: TensorLike): Tensor {
  return mul(sum(diagonal(cholesky(x)).log(), -1), 2);
}

/**
 * Factors of square matrices with row exchanges: `lu` holds `U` and, below the diagonal, `L` (whose diagonal is ones); row `i` of `L U`
 * is row `order[i]` of `x` (int32).
 * @example linalg.luFactor([[2, 0], [0, 4]]).lu // [[2, 0], [0, 4]]
 */
export function luFactor(x: TensorLike): { lu: Tensor; order: Tensor } {
  const [lu, order] = apply('lu', x) as [Tensor, Tensor];
  return { lu, order };
}

/**
 * The `X` with `a X = b`: `a [..., n, n]`, `b [..., n, k]` or a vector `[n]`; leading axes broadcast.
 * @throws DataError, when the numbers are asked for, where a matrix is singular.
 * @example linalg.solve([[2, 0], [0, 4]], [2, 4]) // [1, 1]
 */
export function solve(a: TensorLike, b: TensorLike): Tensor {
  const pair = operandPair(a, b);
  return wrap(native.solve(castTo(pair.a, 'float32'), castTo(pair.b, 'float32')), 'float32', resultType(pair.dtype));
}

/** How {@link solveTriangular} reads its matrix. */
export interface TriangularOptions {
  /** The lower triangle (default false: the upper one, as in SciPy and Keras). */
  lower?: boolean;
  /** Solves with the transpose. */
  transpose?: boolean;
  /** The diagonal counts as ones. */
  unitDiagonal?: boolean;
}

/**
 * The `X` with `a X = b` for triangular `a`; the other triangle is not read. A boolean is `lower`. @throws as {@link solve}.
 * @example linalg.solveTriangular([[2, 0], [1, 4]], [2, 5], true) // [1, 1]
 */
export function solveTriangular(a: TensorLike, b: TensorLike, options: boolean | TriangularOptions = {}): Tensor {
  const {
    lower = false,
    transpose: swap = false,
    unitDiagonal = false,
  } = typeof options === 'boolean' ? { lower: options } : options;
  const pair = operandPair(a, b);
  const solution = native.triangularSolve(
    castTo(pair.a, 'float32'),
    castTo(pair.b, 'float32'),
    lower,
    swap,
    unitDiagonal,
  );
  return wrap(solution, 'float32', resultType(pair.dtype));
}

/**
 * QR of `[..., m, n]`: `[q, r]` with orthonormal columns in `q` and upper triangular `r`, by Householder's reflections. Signs are LAPACK's
 * (as in NumPy and TensorFlow): elements on the diagonal of `r` may be negative. Keras' modes: false is 'reduced', true 'complete'.
 * @param fullMatrices `q` is `[..., m, m]` instead of `[..., m, min(m, n)]`; has no gradient when m > n.
 * @example
 * const [q, r] = linalg.qr([[1, 2], [3, 4]]);
 * q.matMul(r) // [[1, 2], [3, 4]]
 */
export function qr(x: TensorLike, fullMatrices: boolean | 'reduced' | 'complete' = false): [Tensor, Tensor] {
  if (typeof fullMatrices !== 'boolean' && fullMatrices !== 'reduced' && fullMatrices !== 'complete') {
    throw new ConfigError(`qr: the mode is 'reduced' or 'complete', got ${received(fullMatrices)}`);
  }
  const full = fullMatrices === true || fullMatrices === 'complete';
  return apply(full ? 'qrFull' : 'qr', x) as [Tensor, Tensor];
}

/**
 * Eigenvalues (ascending) and eigenvectors (columns) of symmetric matrices: `[w [..., n], v [..., n, n]]`, `x v = v diag(w)`. The largest
 * component of each vector is positive. Of a matrix that is not symmetric, those of `(x + x^T) / 2`. By Jacobi's
 * rotations: meant for matrices of up to a few hundred rows.
 * @example linalg.eigh([[2, 0], [0, 1]])[0] // [1, 2]
 */
export function eigh(x: TensorLike): [Tensor, Tensor] {
  return apply('eigh', x) as [Tensor, Tensor];
}

/** Eigenvalues of symmetric matrices, ascending. @example linalg.eigvalsh([[2, 0], [0, 1]]) // [1, 2] */
export function eigvalsh(x: TensorLike): Tensor {
  return eigh(x)[0];
}

/**
 * Singular value decomposition of `[..., m, n]`: `[u, s, vt]` with `x = u diag(s) vt`, `s` descending. The largest component of each
 * column of `u` is positive. By Jacobi's rotations: meant for matrices of up to a few hundred rows.
 * @param fullMatrices `u` is `[..., m, m]` and `vt` `[..., n, n]` (default true, as NumPy and Keras); false leaves `min(m, n)` columns
 * and rows, and has gradients for tall and wide matrices too.
 * @example linalg.svd([[3, 0], [0, 4]])[1] // [4, 3]
 */
export function svd(x: TensorLike, fullMatrices = true): [Tensor, Tensor, Tensor] {
  const [u, s, vt] = apply('svd', x) as [Tensor, Tensor, Tensor];
  return fullMatrices ? [completed(u), s, matrixTranspose(completed(matrixTranspose(vt)))] : [u, s, vt];
}

/** Orthonormal columns, and others that make the matrix square. */
function completed(u: Tensor): Tensor {
  const [m, k] = u.shape.slice(-2) as [number, number];
  if (m === k) return u;
  const [q] = qr(u, true);
  const begin = q.shape.map((_, axis) => (axis === q.rank - 1 ? k : 0));
  return concat([u, q.slice(begin)], -1);
}

/**
 * Least-squares solution of `a X = b` of least norm; singular values up to `rcond` times the largest count as zero (default: eps max(m, n)).
 * @example linalg.lstsq([[2, 0], [0, 4]], [2, 4]) // [1, 1]
 */
export function lstsq(a: TensorLike, b: TensorLike, rcond?: number): Tensor {
  if (rcond !== undefined) checkNumber('lstsq', 'rcond', rcond);
  const pair = operandPair(a, b);
  const [x, y] = [castTo(pair.a, 'float32'), castTo(pair.b, 'float32')];
  const cutoff = rcond ?? EPSILON * Math.max(...x.shape.slice(-2), 1);
  return wrap(native.leastSquares(x, y, cutoff), 'float32', resultType(pair.dtype));
}

/** Distance of 1 and the next float32. */
const EPSILON = 2 ** -23;

/**
 * Moore and Penrose's inverse `[..., m, n] -> [..., n, m]`; `rcond` as in {@link lstsq}.
 * @example linalg.pinv([[2, 0], [0, 4]]) // [[0.5, 0], [0, 0.25]]
 */
export function pinv(x: TensorLike, rcond?: number): Tensor {
  const tensor = toTensor(x);
  return lstsq(tensor, eye(tensor.shape.at(-2) ?? 0), rcond);
}

/**
 * Number of singular values above `tolerance` (default: the largest times eps max(m, n)), int32.
 * @example ops.matrixRank([[1, 2], [2, 4]]) // 1
 */
export function matrixRank(x: TensorLike, tolerance?: number): Tensor {
  const tensor = toTensor(x);
  const s = apply('svd', tensor)[1] as Tensor;
  const limit = tolerance ?? mul(max(s, -1, true), EPSILON * Math.max(...tensor.shape.slice(-2)));
  return sum(s.greater(limit).cast('int32'), -1);
}

/**
 * The matrix multiplied by itself `n` times; a negative `n` is a power of the inverse, 0 the identity.
 * @example linalg.matrixPower([[1, 1], [0, 1]], 3) // [[1, 3], [0, 1]]
 */
export function matrixPower(x: TensorLike, n: number): Tensor {
  if (!Number.isInteger(n))
    throw new ConfigError(`matrixPower: the exponent must be a whole number, got ${received(n)}`);
  let base = n < 0 ? inv(x) : toTensor(x);
  let left = Math.abs(n);
  let power: Tensor | undefined;
  while (left > 0) {
    if (left % 2 === 1) power = power === undefined ? base : matMul(power, base);
    left = Math.floor(left / 2);
    if (left > 0) base = matMul(base, base);
  }
  // The identity, also where the matrix is singular.
  return power ?? mul(eye(base.shape.at(-1) ?? 0), onesLike(base));
}

/** The diagonal of the last two axes. */
function diagonal(x: Tensor): Tensor {
  return sum(bandPart(x, 0, 0), -1);
}

/**
 * The matrices with zeros outside a band of the diagonal, `numLower` diagonals below it and `numUpper` above; a negative number keeps all.
 * @throws ShapeError for a rank under 2. ConfigError unless both are whole numbers.
 * @example linalg.bandPart([[1, 2], [3, 4]], 0, 0) // [[1, 0], [0, 4]]
 */
export function bandPart(x: TensorLike, numLower: number, numUpper: number): Tensor {
  const tensor = toTensor(x);
  if (tensor.rank < 2) throw new ShapeError(`bandPart needs rank 2 or more, got shape ${shown(tensor.shape)}`);
  if (!Number.isInteger(numLower) || !Number.isInteger(numUpper)) {
    throw new ConfigError(
      `bandPart: numLower and numUpper are whole numbers, got ${received(numLower)} and ${received(numUpper)}`,
    );
  }
  const dims = tensor.shape.slice(-2) as [number, number];
  const row = new Tensor(native.iota([...dims], 0, 'int32'));
  const distance = sub(row, new Tensor(native.iota([...dims], 1, 'int32')));
  const lower = numLower < 0 ? Math.max(...dims) : numLower;
  const upper = numUpper < 0 ? Math.max(...dims) : numUpper;
  const inside = distance.lessEqual(lower).logicalAnd(distance.greaterEqual(-upper));
  const zero = native.constant(0, tensor.dtype);
  return new Tensor(native.select(inside.handle, tensor.handle, zero));
}

/**
 * Orthonormal vectors that span the same spaces as the given ones, in order (Gram and Schmidt). Takes and gives a list of
 * vectors, or a matrix of row vectors.
 * @throws ShapeError for vectors of different sizes, or more vectors than they have elements.
 * @example linalg.gramSchmidt(tensor([[3, 0], [1, 2]])) // [[1, 0], [0, 1]]
 */
export function gramSchmidt(xs: readonly Tensor[] | Tensor): Tensor[] | Tensor {
  const isList = Array.isArray(xs);
  const rows = isList ? stack(xs as readonly Tensor[]) : toTensor(xs as Tensor);
  const [m, n] = rows.shape as [number, number];
  if (rows.rank !== 2 || m > n) {
    throw new ShapeError(`gramSchmidt takes at most n vectors of n elements, got shape ${shown(rows.shape)}`);
  }
  // The rows of Q^T, each with the sign that its vector gives it: reflections choose other signs.
  const [q, r] = qr(matrixTranspose(rows));
  const signs = expandDims(diagonal(r).sign(), 0);
  const vectors = matrixTranspose(mul(q, signs));
  return isList ? vectors.unstack() : vectors;
}

/** Which norm: of a vector, or (over two axes) of a matrix. */
export type NormOrder = number | 'euclidean' | 'fro' | 'nuc';

/**
 * Norms, as NumPy's `linalg.norm`. Over one axis (or all of a vector) `ord` is a vector norm: 2 (default), 1, any p, Infinity, -Infinity, 0 (how many are not
 * zero). Over two axes it is a matrix norm: 'fro' (default), 'nuc', 1, -1, Infinity, -Infinity (largest or smallest sum
 * of a column or row), 2, -2 (singular values). Without `ord` and `axis`: 2 over all elements.
 * @throws ConfigError for an unknown order. ShapeError for more than two axes with an order.
 * @example ops.norm([3, 4]) // 5
 */
export function norm(x: TensorLike, ord?: NormOrder, axis?: number | readonly number[], keepDims = false): Tensor {
  const tensor = toTensor(x);
  const real = isFloat(tensor.dtype) ? tensor : tensor.cast('float32');
  const given = axis ?? Array.from({ length: real.rank }, (_, i) => i);
  checkFlag('norm', 'keepDims', keepDims);
  if (ord !== undefined && typeof ord !== 'number' && !['euclidean', 'fro', 'nuc'].includes(ord)) {
    throw new ConfigError(`norm: ord must be a number, 'euclidean', 'fro' or 'nuc', got ${received(ord)}`);
  }
  const listed = typeof given === 'number' ? [given] : checkIntegers('norm', 'axis', given);
  const axes = listed.map((a) => checkAxis('norm', a, real.rank));
  if (ord === undefined || ord === 'euclidean' || (ord === 'fro' && axes.length === 2)) {
    return sqrt(sum(square(real), axes, keepDims));
  }
  const first = axes[0] as number;
  if (axes.length === 1 && typeof ord === 'number') return vectorNorm(real, ord, first, keepDims);
  if (axes.length !== 2) {
    throw typeof ord === 'number' && axes.length > 0
      ? new ShapeError(`norm: ord ${ord} is a norm over one axis or two, got axes ${shown(axes)}`)
      : new ConfigError(`norm: ord '${ord}' is a norm of matrices: give two axes, got ${shown(axes)}`);
  }
  return matrixNorm(real, ord, first, axes[1] as number, keepDims);
}

function vectorNorm(x: Tensor, ord: number, axis: number, keepDims: boolean): Tensor {
  if (Number.isNaN(ord)) throw new ConfigError('norm: ord must be a number, got NaN');
  if (ord === Number.POSITIVE_INFINITY) return max(abs(x), axis, keepDims);
  if (ord === Number.NEGATIVE_INFINITY) return min(abs(x), axis, keepDims);
  if (ord === 0) return sum(x.notEqual(0).cast(x.dtype), axis, keepDims);
  if (ord === 1) return sum(abs(x), axis, keepDims);
  if (ord === 2) return sqrt(sum(square(x), axis, keepDims));
  return sum(abs(x).pow(ord), axis, keepDims).pow(1 / ord);
}

function matrixNorm(x: Tensor, ord: NormOrder, rows: number, columns: number, keepDims: boolean): Tensor {
  const restored = (y: Tensor): Tensor => {
    if (!keepDims) return y;
    return reshape(
      y,
      x.shape.map((n, axis) => (axis === rows || axis === columns ? 1 : n)),
    );
  };
  const sums = (axis: number): Tensor => sum(abs(x), axis, true);
  const chosen = (y: Tensor, largest: boolean): Tensor =>
    restored(squeeze((largest ? max : min)(y, [rows, columns], true), [rows, columns]));
  if (ord === 1 || ord === -1) return chosen(sums(rows), ord > 0);
  if (ord === Number.POSITIVE_INFINITY || ord === Number.NEGATIVE_INFINITY) return chosen(sums(columns), ord > 0);
  if (ord !== 2 && ord !== -2 && ord !== 'nuc') {
    throw new ConfigError(
      `norm: ord of a matrix is 'fro', 'nuc', 1, -1, 2, -2, Infinity or -Infinity, got ${received(ord)}`,
    );
  }
  const others = x.shape.map((_, axis) => axis).filter((axis) => axis !== rows && axis !== columns);
  const s = apply('svd', transpose(x, [...others, rows, columns]))[1] as Tensor;
  if (ord === 'nuc') return restored(sum(s, -1));
  return restored((ord > 0 ? max : min)(s, -1));
}

/** Ratio of the largest to the smallest singular value. @example linalg.cond([[4, 0], [0, 2]]) // 2 */
export function cond(x: TensorLike): Tensor {
  return div(norm(x, 2, [-2, -1]), norm(x, -2, [-2, -1]));
}
