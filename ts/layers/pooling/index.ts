import {
  AdaptiveAveragePooling1D,
  AdaptiveAveragePooling2D,
  AdaptiveAveragePooling3D,
  AdaptiveMaxPooling1D,
  AdaptiveMaxPooling2D,
  AdaptiveMaxPooling3D,
  type AdaptivePooling1DConfig,
  type AdaptivePooling2DConfig,
  type AdaptivePooling3DConfig,
} from './adaptive-pooling.ts';
import {
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalAveragePooling3D,
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
  GlobalMaxPooling3D,
  type GlobalPoolingConfig,
} from './global-pooling.ts';
import {
  AveragePooling1D,
  AveragePooling2D,
  AveragePooling3D,
  MaxPooling1D,
  MaxPooling2D,
  MaxPooling3D,
  type Pooling1DConfig,
  type Pooling2DConfig,
  type Pooling3DConfig,
} from './pooling.ts';

export type { AdaptivePoolingConfig } from './adaptive-pooling.ts';
export type { PoolingConfig } from './pooling.ts';
export {
  AdaptiveAveragePooling1D,
  AdaptiveAveragePooling2D,
  AdaptiveAveragePooling3D,
  AdaptiveMaxPooling1D,
  AdaptiveMaxPooling2D,
  AdaptiveMaxPooling3D,
  type AdaptivePooling1DConfig,
  type AdaptivePooling2DConfig,
  type AdaptivePooling3DConfig,
  AveragePooling1D,
  AveragePooling2D,
  AveragePooling3D,
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalAveragePooling3D,
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
  GlobalMaxPooling3D,
  type GlobalPoolingConfig,
  MaxPooling1D,
  MaxPooling2D,
  MaxPooling3D,
  type Pooling1DConfig,
  type Pooling2DConfig,
  type Pooling3DConfig,
};

/** See {@link MaxPooling1D}. */
export function maxPooling1d(config?: Pooling1DConfig): MaxPooling1D {
  return new MaxPooling1D(config);
}

/** See {@link MaxPooling2D}. */
export function maxPooling2d(config?: Pooling2DConfig): MaxPooling2D {
  return new MaxPooling2D(config);
}

/** See {@link MaxPooling3D}. */
export function maxPooling3d(config?: Pooling3DConfig): MaxPooling3D {
  return new MaxPooling3D(config);
}

/** See {@link AveragePooling1D}. */
export function averagePooling1d(config?: Pooling1DConfig): AveragePooling1D {
  return new AveragePooling1D(config);
}

/** See {@link AveragePooling2D}. */
export function averagePooling2d(config?: Pooling2DConfig): AveragePooling2D {
  return new AveragePooling2D(config);
}

/** See {@link AveragePooling3D}. */
export function averagePooling3d(config?: Pooling3DConfig): AveragePooling3D {
  return new AveragePooling3D(config);
}

/** See {@link AdaptiveMaxPooling1D}. */
export function adaptiveMaxPooling1d(config: AdaptivePooling1DConfig): AdaptiveMaxPooling1D {
  return new AdaptiveMaxPooling1D(config);
}

/** See {@link AdaptiveMaxPooling2D}. */
export function adaptiveMaxPooling2d(config: AdaptivePooling2DConfig): AdaptiveMaxPooling2D {
  return new AdaptiveMaxPooling2D(config);
}

/** See {@link AdaptiveMaxPooling3D}. */
export function adaptiveMaxPooling3d(config: AdaptivePooling3DConfig): AdaptiveMaxPooling3D {
  return new AdaptiveMaxPooling3D(config);
}

/** See {@link AdaptiveAveragePooling1D}. */
export function adaptiveAveragePooling1d(config: AdaptivePooling1DConfig): AdaptiveAveragePooling1D {
  return new AdaptiveAveragePooling1D(config);
}

/** See {@link AdaptiveAveragePooling2D}. */
export function adaptiveAveragePooling2d(config: AdaptivePooling2DConfig): AdaptiveAveragePooling2D {
  return new AdaptiveAveragePooling2D(config);
}

/** See {@link AdaptiveAveragePooling3D}. */
export function adaptiveAveragePooling3d(config: AdaptivePooling3DConfig): AdaptiveAveragePooling3D {
  return new AdaptiveAveragePooling3D(config);
}

/** See {@link GlobalMaxPooling1D}. */
export function globalMaxPooling1d(config?: GlobalPoolingConfig): GlobalMaxPooling1D {
  return new GlobalMaxPooling1D(config);
}

/** See {@link GlobalMaxPooling2D}. */
export function globalMaxPooling2d(config?: GlobalPoolingConfig): GlobalMaxPooling2D {
  return new GlobalMaxPooling2D(config);
}

/** See {@link GlobalMaxPooling3D}. */
export function globalMaxPooling3d(config?: GlobalPoolingConfig): GlobalMaxPooling3D {
  return new GlobalMaxPooling3D(config);
}

/** See {@link GlobalAveragePooling1D}. */
export function globalAveragePooling1d(config?: GlobalPoolingConfig): GlobalAveragePooling1D {
  return new GlobalAveragePooling1D(config);
}

/** See {@link GlobalAveragePooling2D}. */
export function globalAveragePooling2d(config?: GlobalPoolingConfig): GlobalAveragePooling2D {
  return new GlobalAveragePooling2D(config);
}

/** See {@link GlobalAveragePooling3D}. */
export function globalAveragePooling3d(config?: GlobalPoolingConfig): GlobalAveragePooling3D {
  return new GlobalAveragePooling3D(config);
}

// TensorFlow.js' other names.
// Keras' other names.
export {
  AveragePooling1D as AvgPool1D,
  AveragePooling2D as AvgPool2D,
  AveragePooling3D as AvgPool3D,
  averagePooling1d as avgPool1d,
  averagePooling1d as avgPooling1d,
  averagePooling2d as avgPool2d,
  averagePooling2d as avgPooling2d,
  averagePooling3d as avgPool3d,
  averagePooling3d as avgPooling3d,
  GlobalAveragePooling1D as GlobalAvgPool1D,
  GlobalAveragePooling2D as GlobalAvgPool2D,
  GlobalAveragePooling3D as GlobalAvgPool3D,
  GlobalMaxPooling1D as GlobalMaxPool1D,
  GlobalMaxPooling2D as GlobalMaxPool2D,
  GlobalMaxPooling3D as GlobalMaxPool3D,
  globalAveragePooling1d as globalAvgPool1d,
  globalAveragePooling2d as globalAvgPool2d,
  globalMaxPooling1d as globalMaxPool1d,
  globalMaxPooling2d as globalMaxPool2d,
  MaxPooling1D as MaxPool1D,
  MaxPooling2D as MaxPool2D,
  MaxPooling3D as MaxPool3D,
  maxPooling1d as maxPool1d,
  maxPooling2d as maxPool2d,
  maxPooling3d as maxPool3d,
};
