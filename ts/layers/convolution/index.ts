import { Conv1D, type Conv1DConfig, Conv2D, type Conv2DConfig, Conv3D, type Conv3DConfig } from './conv.ts';
import {
  Conv1DTranspose,
  type Conv1DTransposeConfig,
  Conv2DTranspose,
  type Conv2DTransposeConfig,
  Conv3DTranspose,
  type Conv3DTransposeConfig,
} from './conv-transpose.ts';
import {
  DepthwiseConv1D,
  type DepthwiseConv1DConfig,
  DepthwiseConv2D,
  type DepthwiseConv2DConfig,
} from './depthwise-conv.ts';
import {
  SeparableConv1D,
  type SeparableConv1DConfig,
  SeparableConv2D,
  type SeparableConv2DConfig,
} from './separable-conv.ts';

export type { ConvConfig } from './conv.ts';
export type { ConvTransposeConfig } from './conv-transpose.ts';
export type { DepthwiseConvConfig } from './depthwise-conv.ts';
export type { SeparableConvConfig } from './separable-conv.ts';
export type { ConvPadding, SpatialKernelConfig } from './spatial-kernel.ts';
export {
  Conv1D,
  type Conv1DConfig,
  Conv1DTranspose,
  type Conv1DTransposeConfig,
  Conv2D,
  type Conv2DConfig,
  Conv2DTranspose,
  type Conv2DTransposeConfig,
  Conv3D,
  type Conv3DConfig,
  Conv3DTranspose,
  type Conv3DTransposeConfig,
  DepthwiseConv1D,
  type DepthwiseConv1DConfig,
  DepthwiseConv2D,
  type DepthwiseConv2DConfig,
  SeparableConv1D,
  type SeparableConv1DConfig,
  SeparableConv2D,
  type SeparableConv2DConfig,
};

/** See {@link Conv1D}. */
export function conv1d(config: Conv1DConfig): Conv1D {
  return new Conv1D(config);
}

/** See {@link Conv2D}. */
export function conv2d(config: Conv2DConfig): Conv2D {
  return new Conv2D(config);
}

/** See {@link Conv3D}. */
export function conv3d(config: Conv3DConfig): Conv3D {
  return new Conv3D(config);
}

/** See {@link Conv1DTranspose}. */
export function conv1dTranspose(config: Conv1DTransposeConfig): Conv1DTranspose {
  return new Conv1DTranspose(config);
}

/** See {@link Conv2DTranspose}. */
export function conv2dTranspose(config: Conv2DTransposeConfig): Conv2DTranspose {
  return new Conv2DTranspose(config);
}

/** See {@link Conv3DTranspose}. */
export function conv3dTranspose(config: Conv3DTransposeConfig): Conv3DTranspose {
  return new Conv3DTranspose(config);
}

/** See {@link DepthwiseConv1D}. */
export function depthwiseConv1d(config: DepthwiseConv1DConfig): DepthwiseConv1D {
  return new DepthwiseConv1D(config);
}

/** See {@link DepthwiseConv2D}. */
export function depthwiseConv2d(config: DepthwiseConv2DConfig): DepthwiseConv2D {
  return new DepthwiseConv2D(config);
}

/** See {@link SeparableConv1D}. */
export function separableConv1d(config: SeparableConv1DConfig): SeparableConv1D {
  return new SeparableConv1D(config);
}

/** See {@link SeparableConv2D}. */
export function separableConv2d(config: SeparableConv2DConfig): SeparableConv2D {
  return new SeparableConv2D(config);
}

// Keras' other names.
export {
  Conv1D as Convolution1D,
  Conv1DTranspose as Convolution1DTranspose,
  Conv2D as Convolution2D,
  Conv2DTranspose as Convolution2DTranspose,
  Conv3D as Convolution3D,
  Conv3DTranspose as Convolution3DTranspose,
  SeparableConv1D as SeparableConvolution1D,
  SeparableConv2D as SeparableConvolution2D,
};
