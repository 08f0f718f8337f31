export * as activations from './activations/index.ts';
export * as callbacks from './callbacks/index.ts';
export { Callback, type CallbackHooks, EarlyStopping, History, type Logs } from './callbacks/index.ts';
export * as constraints from './constraints/index.ts';
export { type RegisteredClass, registerClass } from './custom-objects.ts';
export * as datasets from './datasets/index.ts';
export {
  ConfigError,
  DataError,
  FileError,
  HornbeamError,
  NativeError,
  ShapeError,
  StateError,
} from './errors.ts';
export * as initializers from './initializers/index.ts';
export * from './io/index.ts';
export * as ops from './keras-ops/index.ts';
export * as random from './keras-ops/random.ts';
export * as layers from './layers/index.ts';
export { clearSession } from './layers/naming.ts';
export { Reduction } from './losses/functional.ts';
export * as losses from './losses/index.ts';
export * as metrics from './metrics/index.ts';
export * from './models/index.ts';
export type { Precision } from './native-types.ts';
export * from './ops/index.ts';
export * as optimizers from './optimizers/index.ts';
export { Optimizer, train } from './optimizers/index.ts';
export * as regularizers from './regularizers/index.ts';
export {
  type Backend,
  backend,
  buffer,
  type CustomGradient,
  type CustomGradientFunc,
  clone,
  customGrad,
  type DType,
  disableDeprecationWarnings,
  dispose,
  disposeVariables,
  type Environment,
  enableProdMode,
  env,
  eye,
  fill,
  type GradSaveFunc,
  getBackend,
  getPrecision,
  getThreads,
  grad,
  gradients,
  grads,
  type Jitted,
  jit,
  keep,
  linspace,
  type MemoryInfo,
  memory,
  type NestedArray,
  type NestedNumbers,
  nextFrame,
  ones,
  onesLike,
  type ProfileInfo,
  print,
  profile,
  range,
  ready,
  scalar,
  setBackend,
  setPrecision,
  setSeed,
  setThreads,
  Tensor,
  TensorBuffer,
  type TensorData,
  type TensorLike,
  type TimeInfo,
  type Tree,
  type TypedArray,
  tensor,
  tensor1d,
  tensor2d,
  tensor3d,
  tensor4d,
  tensor5d,
  tensor6d,
  tidy,
  time,
  type ValueAndGrads,
  Variable,
  type Version,
  valueAndGrad,
  valueAndGrads,
  variable,
  variableGrads,
  version,
  zeros,
  zerosLike,
} from './tensor/index.ts';
export * as util from './tf/arrays.ts';
export * as math from './tf/math.ts';
