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
