// Arithmetic of constants, done while a model is exported: what batch normalization makes of its weights, for one.
import { Constant, Value, type ValueType } from './values.ts';

/** Elements of constants that are computed with. */
const MOST = 65_536;

const functions: Readonly<Record<string, (x: number, y: number) => number>> = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Mul: (x, y) => x * y,
  Div: (x, y) => x / y,
  Sqrt: (x) => Math.sqrt(x),
  Reciprocal: (x) => 1 / x,
  Neg: (x) => -x,
};

/** The result of a node whose inputs are all constants; `undefined` if it has to be computed when the model runs. */
export function folded(op: string, inputs: readonly (Value | undefined)[], type: ValueType): Value | undefined {
  const f = functions[op];
  const constants = inputs.map((value) => value?.constant);
  if (f === undefined || type.element !== 'float32' || !constants.every((constant) => isFit(constant, type)))
    return undefined;
  const [x, y] = (constants as Constant[]).map((constant) => constant.values());
  const size = (type.shape as number[]).reduce((a, b) => a * b, 1);
  const at = (list: typeof x, i: number): number =>
    list === undefined ? 0 : Number(list.length === 1 ? list[0] : list[i]);
  const numbers = Float32Array.from({ length: size }, (_, i) => f(at(x, i), at(y, i)));
  return new Value(type, { constant: new Constant('float32', type.shape as number[], numbers) });
}

/** Whether a constant has the shape of the result, or is one number. */
function isFit(constant: Constant | undefined, { shape }: ValueType): boolean {
  if (constant === undefined || constant.element !== 'float32' || constant.size > MOST) return false;
  const isOne = constant.size === 1 && constant.shape.length <= shape.length;
  return shape.every((dim) => typeof dim === 'number') && (isOne || constant.shape.join() === shape.join());
}
