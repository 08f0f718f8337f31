import { Permute, type PermuteConfig, RepeatVector, type RepeatVectorConfig } from './axes.ts';
import {
  Cropping1D,
  type Cropping1DConfig,
  Cropping2D,
  type Cropping2DConfig,
  Cropping3D,
  type Cropping3DConfig,
} from './cropping.ts';
import { Flatten, type FlattenConfig, Reshape, type ReshapeConfig } from './reshape.ts';
import {
  UpSampling1D,
  type UpSampling1DConfig,
  UpSampling2D,
  type UpSampling2DConfig,
  UpSampling3D,
  type UpSampling3DConfig,
} from './up-sampling.ts';
import {
  ZeroPadding1D,
  type ZeroPadding1DConfig,
  ZeroPadding2D,
  type ZeroPadding2DConfig,
  ZeroPadding3D,
  type ZeroPadding3DConfig,
} from './zero-padding.ts';

export type { EndsOption } from './sides.ts';
export type { UpSamplingInterpolation } from './up-sampling.ts';
export type { ZeroPaddingConfig } from './zero-padding.ts';
export {
  Cropping1D,
  type Cropping1DConfig,
  Cropping2D,
  type Cropping2DConfig,
  Cropping3D,
  type Cropping3DConfig,
  Flatten,
  type FlattenConfig,
  Permute,
  type PermuteConfig,
  RepeatVector,
  type RepeatVectorConfig,
  Reshape,
  type ReshapeConfig,
  UpSampling1D,
  type UpSampling1DConfig,
  UpSampling2D,
  type UpSampling2DConfig,
  UpSampling3D,
  type UpSampling3DConfig,
  ZeroPadding1D,
  type ZeroPadding1DConfig,
  ZeroPadding2D,
  type ZeroPadding2DConfig,
  ZeroPadding3D,
  type ZeroPadding3DConfig,
};

/** See {@link Flatten}. */
export function flatten(config?: FlattenConfig): Flatten {
  return new Flatten(config);
}

/** See {@link Permute}. */
export function permute(config: PermuteConfig): Permute {
  return new Permute(config);
}

/** See {@link RepeatVector}. */
export function repeatVector(config: RepeatVectorConfig): RepeatVector {
  return new RepeatVector(config);
}

/** See {@link Cropping1D}. */
export function cropping1d(config?: Cropping1DConfig): Cropping1D {
  return new Cropping1D(config);
}

/** See {@link Cropping2D}. */
export function cropping2d(config?: Cropping2DConfig): Cropping2D {
  return new Cropping2D(config);
}

/** See {@link Cropping3D}. */
export function cropping3d(config?: Cropping3DConfig): Cropping3D {
  return new Cropping3D(config);
}

/** See {@link Reshape}. */
export function reshape(config: ReshapeConfig): Reshape {
  return new Reshape(config);
}

/** See {@link UpSampling1D}. */
export function upSampling1d(config?: UpSampling1DConfig): UpSampling1D {
  return new UpSampling1D(config);
}

/** See {@link UpSampling2D}. */
export function upSampling2d(config?: UpSampling2DConfig): UpSampling2D {
  return new UpSampling2D(config);
}

/** See {@link UpSampling3D}. */
export function upSampling3d(config?: UpSampling3DConfig): UpSampling3D {
  return new UpSampling3D(config);
}

/** See {@link ZeroPadding1D}. */
export function zeroPadding1d(config?: ZeroPadding1DConfig): ZeroPadding1D {
  return new ZeroPadding1D(config);
}

/** See {@link ZeroPadding2D}. */
export function zeroPadding2d(config?: ZeroPadding2DConfig): ZeroPadding2D {
  return new ZeroPadding2D(config);
}

/** See {@link ZeroPadding3D}. */
export function zeroPadding3d(config?: ZeroPadding3DConfig): ZeroPadding3D {
  return new ZeroPadding3D(config);
}

// TensorFlow.js' spelling.
export { cropping2d as cropping2D };
