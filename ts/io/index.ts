export {
  type ArrayFile,
  readNpy,
  readNpz,
  type WriteNpzOptions,
  writeNpy,
  writeNpz,
} from './array-files.ts';
export type { ByteSource } from './bytes.ts';
export * as io from './handlers.ts';
export { loadLayersModel } from './load-layers-model.ts';
export { loadModel } from './load-model.ts';
export type {
  CustomObjects,
  ExportOptions,
  LoadModelOptions,
  LoadWeightsOptions,
  SaveModelOptions,
  SaveWeightsOptions,
} from './options.ts';
