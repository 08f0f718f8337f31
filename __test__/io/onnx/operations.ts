// Models of one function each: every operation that has a form in ONNX is in one of them.
import * as tf from '../../../ts/index.ts';
import type { TrainableModel } from '../../../ts/models/model.ts';
import type { Kind, Row } from './models.ts';

type F = (x: tf.Tensor) => tf.Tensor;

const { layers, sequential } = tf;

/** A function of a tensor as a model. */
function operation(name: string, f: F, shape: Row['shapes'][number] = [4, 6], kind: Kind = 'real'): Row {
  return {
    name: `operation ${name}`,
    shapes: [shape],
    kinds: [kind],
    make: () => {
      const open = shape.map((size) => (typeof size === 'number' ? size : null));
      const first = layers.inputLayer({ shape: open, name: 'x' });
      const last = layers.lambda({ func: (x: tf.Tensor) => f(x).cast('float32'), name: 'f' });
      return sequential({ layers: [first, last] as never }) as unknown as TrainableModel;
    },
  };
}

const int = (x: tf.Tensor): tf.Tensor => x.mul(7).floor().cast('int32');

/** A running sum that forgets, over the second axis, from its end. */
function scanned(x: tf.Tensor): tf.Tensor {
  const step = (sum: tf.Tensor, y: tf.Tensor): [tf.Tensor, tf.Tensor] => [sum.mul(0.5).add(y), sum.add(y)];
  const [last, sums] = tf.scan(step, x.min(1), x.transpose([1, 0, 2]), { reverse: true });
  return sums.add(last);
}

/** A scan over nothing but its number of steps. */
function counted(x: tf.Tensor): tf.Tensor {
  const step = (y: tf.Tensor): [tf.Tensor, tf.Tensor] => [y.mul(0.5), y];
  return tf.scan(step, x, null, { length: 3, reverse: true })[1].transpose([1, 0, 2, 3]);
}

const unary: Readonly<Record<string, F>> = {
  neg: tf.neg,
  abs: tf.abs,
  sign: tf.sign,
  square: tf.square,
  expm1: tf.expm1,
  'expm1 near 0': (x) => tf.expm1(x.mul(1e-6)).mul(1e6),
  log1p: (x) => tf.log1p(x.abs()),
  sqrt: (x) => tf.sqrt(x.abs()),
  rsqrt: (x) => tf.rsqrt(x.abs().add(0.1)),
  reciprocal: (x) => tf.reciprocal(x.abs().add(0.1)),
  sin: tf.sin,
  cos: tf.cos,
  tan: tf.tan,
  asin: (x) => tf.asin(x.mul(0.6)),
  acos: (x) => tf.acos(x.mul(0.6)),
  atan: tf.atan,
  sinh: tf.sinh,
  cosh: tf.cosh,
  asinh: tf.asinh,
  acosh: (x) => tf.acosh(x.abs().add(1.1)),
  atanh: (x) => tf.atanh(x.mul(0.6)),
  erf: tf.erf,
  floor: tf.floor,
  ceil: tf.ceil,
  round: (x) => tf.round(x.mul(4).round().div(2)),
  logicalNot: (x) => x.greater(0).logicalNot(),
  isFinite: (x) => tf.isFinite(x.div(x.greater(0).cast('float32'))),
  isNaN: (x) => tf.isNaN(tf.log(x)),
  isInf: (x) => tf.isInf(x.div(x.greater(0).cast('float32'))),
  integers: (x) => int(x).abs().neg().sign().mul(int(x)),
  exp2: (x) => tf.ops.exp2(x),
  log2: (x) => tf.ops.log2(x.abs().add(0.1)),
  log10: (x) => tf.ops.log10(x.abs().add(0.1)),
  cbrt: (x) => tf.ops.cbrt(x),
  trunc: (x) => tf.ops.trunc(x.mul(3)),
};

const binary: Readonly<Record<string, (x: tf.Tensor, y: tf.Tensor) => tf.Tensor>> = {
  pow: (x, y) => tf.pow(x.abs().add(0.1), y),
  mod: (x, y) => tf.mod(x.mul(5), y),
  atan2: (x, y) => tf.atan2(x, y),
  'integer quotient': (x, y) => tf.floorDiv(int(x), int(y)),
  'integer rest': (x, y) => tf.mod(int(x), int(y)),
  'quotient by 3': (x) => tf.floorDiv(int(x), tf.scalar(3, 'int32')),
  comparisons: (x, y) =>
    tf.addN(
      [x.less(y), x.lessEqual(y), x.greater(y), x.greaterEqual(y), x.equal(y), x.notEqual(x)].map((t) =>
        t.cast('float32'),
      ),
    ),
  logical: (x, y) => x.greater(0).logicalAnd(y.greater(0)).logicalXor(x.greater(1)).logicalOr(y.less(-1)),
  where: (x, y) => tf.where(x.greater(y), x, y.mul(2)),
  'where of booleans': (x, y) => tf.where(x.greater(y), x.greater(0), y.greater(0)),
  'where of integers': (x, y) => tf.where(x.greater(y), int(x), int(y)),
};

const others: readonly Row[] = [
  operation('casts', (x) =>
    x.mul(100).cast('int32').cast('bool').cast('float32').add(x.mul(200).cast('uint8').cast('float32')),
  ),
  operation('bfloat16', (x) => x.cast('bfloat16').cast('float32').add(x.cast('float16').cast('float32'))),
  operation('reductions', (x) =>
    tf.addN([
      x.sum(1),
      x.mean(1),
      x.max(1),
      x.min(1),
      x.prod(1),
      x.greater(0).all(1).cast('float32'),
      x.less(0).any(1).cast('float32'),
    ]),
  ),
  operation('reductions over the batch', (x) => x.sub(x.mean(0)).div(x.max([0, 2], true).add(3))),
  operation('positions of extremes', (x) => x.argMax(-1).add(x.argMin(1).sum(-1, true))),
  operation('top', (x) => {
    const { values, indices } = tf.topk(x, 3);
    return values.add(indices.cast('float32'));
  }),
  operation('order', (x) => tf.ops.sort(x, 1).add(tf.ops.argsort(x, -1).cast('float32'))),
  operation(
    'search',
    (x) =>
      tf
        .searchSorted(tf.tensor([-1, 0, 0.5]).expandDims(0).tile([24, 1]), x.reshape([-1, 24]).transpose(), 'left')
        .transpose()
        .reshape([-1, 4, 6]),
    [4, 6],
  ),
  operation('running sums', (x) => tf.cumsum(x, 1).add(tf.cumsum(x, -1, true, true))),
  operation('running products', (x) => tf.cumprod(x, 1, true).add(tf.cumprod(x, -1, false, true))),
  operation('running extremes', (x) => tf.cummax(x, 1).add(tf.cummin(x, 2, true))),
  operation('slices', (x) =>
    tf
      .stridedSlice(x, [0, 1, 1], [1000, 4, 6], [1, 2, 2])
      .add(x.slice([0, 0, 3], [-1, 2, 3]).slice([0, 0, 0], [-1, 2, 3])),
  ),
  operation('rolled', (x) => tf.ops.roll(x, 2, 1)),
  operation('without the first samples', (x) => tf.concat([x.slice([0], [1]), x], 0).slice([1], [-1])),
  operation('reversed', (x) => tf.reverse(x, [1, 2]).add(tf.reverse(x, [0]))),
  operation('padded', (x) =>
    tf
      .pad(
        x,
        [
          [0, 0],
          [1, 2],
          [0, 1],
        ],
        3,
      )
      .sum(1),
  ),
  operation('mirrored', (x) =>
    tf.mirrorPad(
      x,
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
      'reflect',
    ),
  ),
  operation('tiled', (x) => tf.tile(x, [1, 2, 3])),
  operation('repeated', (x) => tf.ops.repeat(x, 2, 1)),
  operation('stacked', (x) => tf.stack([x, x.neg()], 1)),
  operation('positions', (x) => x.add(tf.range(0, 6).reshape([1, 1, 6]))),
  operation(
    'positions along open axes',
    (x) => x.add(tf.range(0, x.shape[1] as number).expandDims(-1)).mul(tf.onesLike(x)),
    [[5, 9], 3],
  ),
  operation('look-ups', (x) => tf.gather(x, tf.tensor1d([3, 1, 1], 'int32'), 1)),
  operation('look-ups of each sample', (x) => tf.ops.takeAlongAxis(x, int(x).abs().mod(tf.scalar(4, 'int32')), 1)),
  operation('look-ups of several axes', (x) =>
    tf.gatherND(
      x.transpose([1, 2, 0]),
      tf.tensor2d(
        [
          [0, 1],
          [3, 5],
        ],
        [2, 2],
        'int32',
      ),
    ),
  ),
  operation('one hot', (x) => tf.oneHot(int(x).abs().mod(tf.scalar(4, 'int32')), 4)),
  operation('scattered', (x) =>
    tf.tensorScatterUpdate(
      x.transpose([1, 2, 0]),
      tf.tensor2d([[0], [2]], [2, 1], 'int32'),
      x.transpose([1, 2, 0]).slice([1], [2]),
    ),
  ),
  operation('scattered sums', (x) =>
    tf.unsortedSegmentSum(x.transpose([1, 0, 2]), tf.tensor1d([1, 0, 1, 2], 'int32'), 3).transpose([1, 0, 2]),
  ),
  operation('block', (x) => tf.ops.slice(x, [0, 1, 2], [1, 2, 3])),
  operation('products', (x) =>
    tf
      .matMul(x, x, false, true)
      .add(tf.matMul(x, x.transpose([0, 2, 1])))
      .matMul(x),
  ),
  operation('einsum', (x) => tf.einsum('abc,adc->abd', x, x)),
  operation('products of a matrix', (x) => tf.matMul(x, tf.tensor2d([[1, 2, 3, 4, 5, 6]], [1, 6]), false, true)),
  operation('scan', scanned),
  operation('scan without sequences', counted),
  operation(
    'loop',
    (x) => tf.ops.foriLoop(0, 5, (i: tf.Tensor, y: tf.Tensor) => y.mul(0.5).add(i.cast('float32')), x) as tf.Tensor,
  ),
  operation(
    'while',
    (x) =>
      (
        tf.ops.whileLoop(
          (y: tf.Tensor) => y.abs().max().less(100),
          (y: tf.Tensor) => [y.mul(2)],
          [x],
        ) as tf.Tensor[]
      )[0] as tf.Tensor,
  ),
  operation(
    'branches',
    (x) =>
      tf.ops.cond(
        x.sum().greater(0),
        () => x.mul(2),
        () => x.sub(1),
      ) as tf.Tensor,
  ),
  operation('images to blocks', (x) => tf.depthToSpace(x, 2), [4, 6, 8]),
  operation('patches', (x) => tf.ops.image.extractPatches(x, 2) as tf.Tensor, [6, 6, 2]),
  operation('nearest of images', (x) => tf.image.resizeNearestNeighbor(x as never, [7, 5]), [4, 6, 2]),
  operation('means of images', (x) => x.mean([1, 2]), [[4, 6], [5, 7], 2]),
  operation('deviations', (x) => tf.moments(x, [1, 2]).variance.sqrt(), [[4, 6], [5, 7], 2]),
  operation('local responses', (x) => tf.localResponseNormalization(x as never), [4, 4, 6]),
];

/** All functions. */
export const operations: readonly Row[] = [
  ...Object.entries(unary).map(([name, f]) => operation(name, f)),
  ...Object.entries(binary).map(([name, f]) => operation(name, (x) => f(x, tf.reverse(x, [2]).add(0.1)))),
  ...others,
];
