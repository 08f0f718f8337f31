export type { ByteSource } from './bytes.ts';
export type {
  CustomObjects,
  LoadModelOptions,
  LoadWeightsOptions,
  SaveModelOptions,
  SaveWeightsOptions,
} from './options.ts';
