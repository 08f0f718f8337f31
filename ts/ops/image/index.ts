export { flipLeftRight, flipUpDown, grayscaleToRGB, rgbToGrayscale, rot90, threshold } from './color.ts';
export { extractPatches, gaussianBlur } from './patches.ts';
export {
  cropAndResize,
  type Interpolation,
  type ResizeOptions,
  resize,
  resizeBilinear,
  resizeNearestNeighbor,
} from './resize.ts';
export {
  nonMaxSuppression,
  nonMaxSuppressionAsync,
  nonMaxSuppressionPadded,
  nonMaxSuppressionPaddedAsync,
  nonMaxSuppressionWithScore,
  nonMaxSuppressionWithScoreAsync,
} from './suppression.ts';
export { affineTransform, type FillMode, rotateWithOffset, transform } from './transform.ts';
