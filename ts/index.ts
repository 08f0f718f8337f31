export * as activations from './activations/index.ts';
export * as callbacks from './callbacks/index.ts';
export { Callback, type CallbackHooks, EarlyStopping, History, type Logs } from './callbacks/index.ts';
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
export * as layers from './layers/index.ts';
export { clearSession } from './layers/naming.ts';
export * as losses from './losses/index.ts';
export * as metrics from './metrics/index.ts';
export * from './models/index.ts';
export * from './ops/index.ts';
export * as optimizers from './optimizers/index.ts';
export { Optimizer, train } from './optimizers/index.ts';
export * as regularizers from './regularizers/index.ts';
export {
  type DType,
  dispose,
  eye,
  fill,
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
  ones,
  onesLike,
  range,
  scalar,
  setSeed,
  setThreads,
  Tensor,
  type TensorData,
  type TensorLike,
  type Tree,
  type TypedArray,
  tensor,
  tensor1d,
  tensor2d,
  tensor3d,
  tensor4d,
  tidy,
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
