import { LearningMethods } from './methods/learning.ts';

/**
 * A lazy n-dimensional array: shape and dtype are known at once, a mistake throws on the line that made it; the numbers
 * are computed when `data()`, `array()` or `print()` ask. Methods make new tensors; each is documented at the function of
 * the same name. Numbers, nested arrays and typed arrays are accepted where another tensor is.
 * @example const y = tensor([[1, 2], [3, 4]]).matMul([[1], [1]]).relu(); console.log(await y.array());
 */
export class Tensor extends LearningMethods {}
