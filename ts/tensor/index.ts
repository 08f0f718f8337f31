export { type TensorLike, toTensor } from './convert.ts';
export {
  eye,
  fill,
  linspace,
  ones,
  onesLike,
  range,
  scalar,
  tensor,
  tensor1d,
  tensor2d,
  tensor3d,
  tensor4d,
  zeros,
  zerosLike,
} from './create.ts';
export { checkDType, type DType, dtypes, isFloat, type TensorData } from './dtype.ts';
export type { NestedNumbers } from './format.ts';
export {
  differentiate,
  grad,
  gradients,
  grads,
  type ValueAndGrads,
  valueAndGrad,
  valueAndGrads,
  variableGrads,
} from './gradient.ts';
export { checkShape, isTypedArray, type NestedArray, sizeOf, type TypedArray } from './infer.ts';
export { type Jitted, jit } from './jit.ts';
export { dispose, keep, type MemoryInfo, memory, tidy } from './memory.ts';
export { getThreads, setThreads, type Version, version } from './runtime.ts';
export { nextSeed, setSeed } from './seed.ts';
export { Tensor } from './tensor.ts';
export { type Compile, isTracing, type TraceParam, traced, traceProgram, traceShapes } from './trace.ts';
export type { Tree } from './tree.ts';
export { checkVariables, Variable, variable } from './variable.ts';
