import { expect, test } from 'vitest';
import * as tf from '../../ts/index.ts';
import { getRegularizer } from '../../ts/regularizers/index.ts';
import { expectClose } from '../close.ts';

const { regularizers } = tf;
const w = (): tf.Tensor => tf.tensor([1, -2]);

test('penalties as Keras has them: L2 without the factor 1/2', () => {
  expectClose(regularizers.l1().call(w()), 0.03);
  expectClose(regularizers.l2({ l2: 0.1 }).call(w()), 0.5);
  expectClose(regularizers.l1l2({ l1: 1, l2: 10 }).call(w()), 53);
  expectClose(regularizers.l1l2().call(w()), 0);
});

test('names in both spellings, instances, configs, classes of your own', () => {
  expect(getRegularizer('l1_l2')).toBeInstanceOf(regularizers.L1L2);
  expect(getRegularizer('L2').getConfig()).toEqual({ l2: 0.01 });
  expect(getRegularizer({ className: 'L1', config: { l1: 3 } }).getConfig()).toEqual({ l1: 3 });
  const own = new (class extends regularizers.Regularizer {
    call(x: tf.Tensor): tf.Tensor {
      return x.max();
    }
  })();
  expectClose(getRegularizer(own).call(w()), 1);
});

test('wrong options', () => {
  expect(() => getRegularizer('l3' as never)).toThrow(/Unknown regularizer "l3"/);
  expect(() => regularizers.l2({ l2: Number.NaN })).toThrow(/l2 must be a finite number from 0 on, got NaN/);
  expect(() => regularizers.l1({ l1: -1 })).toThrow(tf.ConfigError);
});

test('orthogonal rows or columns, and no NaN in gradients of empty ones', () => {
  const orthogonal = regularizers.orthogonalRegularizer();
  expectClose(orthogonal.call(tf.eye(3)), 0);
  // One pair of rows at 45 degrees.
  expectClose(
    orthogonal.call(
      tf.tensor([
        [1, 0],
        [2, 2],
      ]),
    ),
    0.01 * Math.SQRT1_2,
  );
  expectClose(orthogonal.call(tf.tensor([[1, 2]])), 0);
  const slope = tf.grad((x) => orthogonal.call(x))(
    tf.tensor([
      [0, 0],
      [1, 2],
    ]),
  );
  expect(Array.from(slope.dataSync()).every(Number.isFinite)).toBe(true);
  expect(getRegularizer('orthogonal_regularizer').getConfig()).toEqual({ factor: 0.01, mode: 'rows' });
  expect(() => orthogonal.call(w())).toThrow(tf.ShapeError);
  expect(() => regularizers.orthogonalRegularizer({ mode: 'both' as never })).toThrow(/mode must be 'rows' or/);
});

test('functions, and registered classes by name', async () => {
  class Half extends regularizers.Regularizer {
    static readonly className = 'HalfPenalty';
    call(x: tf.Tensor): tf.Tensor {
      return x.sum().mul(0.5);
    }
  }
  tf.registerClass(Half);
  expect(getRegularizer({ className: 'HalfPenalty', config: {} })).toBeInstanceOf(Half);
  expect(() => getRegularizer(Half as never)).toThrow(/is a class: pass an object/);
  expect(() => getRegularizer(((x: tf.Tensor) => x) as never).call(w())).toThrow(/must give a scalar tensor/);
  const model = tf.sequential({
    layers: [
      tf.layers.dense({
        units: 1,
        inputShape: [2],
        useBias: false,
        kernelInitializer: (shape) => tf.fill(shape, 3),
        kernelRegularizer: (x) => x.square().sum().mul(0.5),
      }),
    ],
  });
  model.compile({ optimizer: new tf.optimizers.SGD({ learningRate: 0 }), loss: 'meanSquaredError' });
  const { history } = await model.fit([[0, 0]], [[0]], { verbose: 0 });
  expect(history.loss).toEqual([9]);
});
