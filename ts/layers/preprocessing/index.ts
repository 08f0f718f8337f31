import { CategoryEncoding, type CategoryEncodingConfig } from './category-encoding.ts';
import { CenterCrop, type CenterCropConfig } from './center-crop.ts';
import { Discretization, type DiscretizationConfig } from './discretization.ts';
import { Normalization, type NormalizationConfig } from './normalization.ts';
import { Rescaling, type RescalingConfig } from './rescaling.ts';
import { Resizing, type ResizingConfig } from './resizing.ts';

export type { AdaptBatch, AdaptBatches, AsyncAdaptBatches } from './batches.ts';
export type { CategoryEncodingCallOptions } from './category-encoding.ts';
export type { DiscretizationAdaptOptions } from './discretization.ts';
export type { EncodingMode } from './encoding.ts';
export type { Constants } from './rescaling.ts';
export type { ResizingInterpolation } from './resizing.ts';
export {
  CategoryEncoding,
  type CategoryEncodingConfig,
  CenterCrop,
  type CenterCropConfig,
  Discretization,
  type DiscretizationConfig,
  Normalization,
  type NormalizationConfig,
  Rescaling,
  type RescalingConfig,
  Resizing,
  type ResizingConfig,
};

/** See {@link CategoryEncoding}. */
export function categoryEncoding(config: CategoryEncodingConfig): CategoryEncoding {
  return new CategoryEncoding(config);
}

/** See {@link CenterCrop}. */
export function centerCrop(config: CenterCropConfig): CenterCrop {
  return new CenterCrop(config);
}

/** See {@link Discretization}. */
export function discretization(config: DiscretizationConfig): Discretization {
  return new Discretization(config);
}

/** See {@link Normalization}. */
export function normalization(config?: NormalizationConfig): Normalization {
  return new Normalization(config);
}

/** See {@link Rescaling}. */
export function rescaling(config: RescalingConfig): Rescaling {
  return new Rescaling(config);
}

/** See {@link Resizing}. */
export function resizing(config: ResizingConfig): Resizing {
  return new Resizing(config);
}
