import { ActivityRegularization, type ActivityRegularizationConfig } from './activity-regularization.ts';
import {
  Dropout,
  type DropoutConfig,
  SpatialDropout1D,
  type SpatialDropout1DConfig,
  SpatialDropout2D,
  SpatialDropout3D,
  type SpatialDropoutConfig,
} from './dropout.ts';
import {
  AlphaDropout,
  type AlphaDropoutConfig,
  GaussianDropout,
  type GaussianDropoutConfig,
  GaussianNoise,
  type GaussianNoiseConfig,
} from './noise.ts';

export {
  ActivityRegularization,
  type ActivityRegularizationConfig,
  AlphaDropout,
  type AlphaDropoutConfig,
  Dropout,
  type DropoutConfig,
  GaussianDropout,
  type GaussianDropoutConfig,
  GaussianNoise,
  type GaussianNoiseConfig,
  SpatialDropout1D,
  type SpatialDropout1DConfig,
  SpatialDropout2D,
  SpatialDropout3D,
  type SpatialDropoutConfig,
};

/** See {@link ActivityRegularization}. */
export function activityRegularization(config?: ActivityRegularizationConfig): ActivityRegularization {
  return new ActivityRegularization(config);
}

/** See {@link Dropout}. */
export function dropout(config: DropoutConfig): Dropout {
  return new Dropout(config);
}

/** See {@link SpatialDropout1D}. */
export function spatialDropout1d(config: SpatialDropout1DConfig): SpatialDropout1D {
  return new SpatialDropout1D(config);
}

/** See {@link SpatialDropout2D}. */
export function spatialDropout2d(config: SpatialDropoutConfig): SpatialDropout2D {
  return new SpatialDropout2D(config);
}

/** See {@link SpatialDropout3D}. */
export function spatialDropout3d(config: SpatialDropoutConfig): SpatialDropout3D {
  return new SpatialDropout3D(config);
}

/** See {@link AlphaDropout}. */
export function alphaDropout(config: AlphaDropoutConfig): AlphaDropout {
  return new AlphaDropout(config);
}

/** See {@link GaussianDropout}. */
export function gaussianDropout(config: GaussianDropoutConfig): GaussianDropout {
  return new GaussianDropout(config);
}

/** See {@link GaussianNoise}. */
export function gaussianNoise(config: GaussianNoiseConfig): GaussianNoise {
  return new GaussianNoise(config);
}
