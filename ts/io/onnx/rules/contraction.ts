// Products of matrices, and what is normalized along the last axis.
import type { Builder } from '../builder.ts';
import { Real } from '../messages.ts';
import { NoForm } from '../no-form.ts';
import type { Value } from '../values.ts';
import type { Rule } from './rule.ts';

/** The last two axes swapped. */
function swapped(b: Builder, x: Value, isSwapped: boolean): Value {
  if (!isSwapped) return x;
  const order = x.shape.map((_, axis) => axis);
  order.push(...order.splice(-2).reverse());
  return b.transpose(x, order);
}

export const matMulRule: Rule = ({ b, node, inputs, type }) => {
  const [x, y] = inputs as [Value, Value];
  const { transposeA, transposeB } = node.attributes as { transposeA: boolean; transposeB: boolean };
  return b.op('MatMul', [swapped(b, x, transposeA), swapped(b, y, transposeB)], type);
};

export const softmaxRule: Rule = ({ b, node, inputs, type }) => {
  const x = inputs[0] as Value;
  const op = node.name === 'softmax' ? 'Softmax' : 'LogSoftmax';
  if (x.view === undefined) return b.op(op, [x], type, { axis: -1 });
  const { source, order } = x.view;
  return b.transpose(b.op(op, [source], source, { axis: order.at(-1) as number }), order);
};

export const layerNormRule: Rule = ({ b, node, inputs, type, used }) => {
  if (used[1] || used[2]) throw new NoForm('the moments of layer normalization');
  const epsilon = new Real(node.attributes.epsilon as number);
  return b.op('LayerNormalization', inputs, type, { axis: -1, epsilon });
};
