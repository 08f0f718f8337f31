export {
  type Backend,
  backend,
  disableDeprecationWarnings,
  disposeVariables,
  type Environment,
  enableProdMode,
  env,
  getBackend,
  nextFrame,
  type ProfileInfo,
  profile,
  ready,
  setBackend,
  type TimeInfo,
  time,
} from './backend.ts';
export { buffer, TensorBuffer } from './buffer.ts';
export { type TensorLike, toTensor } from './convert.ts';
export {
  clone,
  eye,
  fill,
  linspace,
  ones,
  onesLike,
  print,
  range,
  scalar,
  tensor,
  tensor1d,
  tensor2d,
  tensor3d,
  tensor4d,
  tensor5d,
  tensor6d,
  zeros,
  zerosLike,
} from './create.ts';
export {
  type CustomGradient,
  type CustomGradientFunc,
  customGrad,
  type GradSaveFunc,
} from './custom-gradient.ts';
export { checkDType, type DType, dtypes, isFloat, type TensorData } from './dtype.ts';
export type { NestedNumbers } from './format.ts';
export {
  differentiate,
  differentiateUsed,
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
export {
  atPrecision,
  checkPrecision,
  getPrecision,
  getThreads,
  setPrecision,
  setThreads,
  type Version,
  version,
} from './runtime.ts';
export { nextSeed, type RandomState, randomState, restoreRandomState, setSeed } from './seed.ts';
export { Tensor } from './tensor.ts';
export { type Compile, isTracing, type TraceParam, traced, traceProgram, traceShapes } from './trace.ts';
export type { Tree } from './tree.ts';
export {
  checkVariables,
  holdingAssignments,
  observingVariables,
  Variable,
  variable,
  variableNamed,
} from './variable.ts';
