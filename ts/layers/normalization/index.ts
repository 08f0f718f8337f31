import { BatchNormalization, type BatchNormalizationConfig } from './batch-normalization.ts';
import { GroupNormalization, type GroupNormalizationConfig } from './group-normalization.ts';
import { LayerNormalization, type LayerNormalizationConfig } from './layer-normalization.ts';
import { RMSNormalization, type RMSNormalizationConfig } from './rms-normalization.ts';
import { SpectralNormalization, type SpectralNormalizationConfig } from './spectral-normalization.ts';
import { UnitNormalization, type UnitNormalizationConfig } from './unit-normalization.ts';

export type { RenormClipping } from './batch-normalization.ts';
export {
  BatchNormalization,
  type BatchNormalizationConfig,
  GroupNormalization,
  type GroupNormalizationConfig,
  LayerNormalization,
  type LayerNormalizationConfig,
  RMSNormalization,
  type RMSNormalizationConfig,
  SpectralNormalization,
  type SpectralNormalizationConfig,
  UnitNormalization,
  type UnitNormalizationConfig,
};

/** See {@link BatchNormalization}. */
export function batchNormalization(config?: BatchNormalizationConfig): BatchNormalization {
  return new BatchNormalization(config);
}

/** See {@link LayerNormalization}. */
export function layerNormalization(config?: LayerNormalizationConfig): LayerNormalization {
  return new LayerNormalization(config);
}

/** See {@link GroupNormalization}. */
export function groupNormalization(config?: GroupNormalizationConfig): GroupNormalization {
  return new GroupNormalization(config);
}

/** See {@link RMSNormalization}. */
export function rmsNormalization(config?: RMSNormalizationConfig): RMSNormalization {
  return new RMSNormalization(config);
}

/** See {@link UnitNormalization}. */
export function unitNormalization(config?: UnitNormalizationConfig): UnitNormalization {
  return new UnitNormalization(config);
}

/** See {@link SpectralNormalization}. */
export function spectralNormalization(config: SpectralNormalizationConfig): SpectralNormalization {
  return new SpectralNormalization(config);
}
