import { image } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { needed, positiveInteger } from '../options.ts';
import type { Shape } from '../shape.ts';
import { type DataFormat, type DataFormatConfig, dataFormatOf } from '../spatial.ts';
import { aspectWindow, checkImages, type Extent, extentOf, windowOf } from './aspect.ts';

/** Options of {@link CenterCrop}. */
export interface CenterCropConfig extends LayerConfig, DataFormatConfig {
  /** Rows of the output. */
  height: number;
  /** Columns of the output. */
  width: number;
}

/**
 * The middle of images. Where an image is smaller than the crop along either axis, the largest window in its middle with the
 * crop's aspect ratio is resized to it instead (bilinear).
 *
 * Shapes: input `[batch, h, w, channels]` or `[h, w, channels]`, output `[batch, height, width, channels]` or without the batch,
 * float32 (or the layer's dtype).
 *
 * @example
 * layers.centerCrop({ height: 224, width: 224, inputShape: [256, 256, 3] })
 */
export class CenterCrop extends Layer {
  static override readonly className: string = 'CenterCrop';
  static override readonly optionNames: readonly string[] = ['height', 'width', 'dataFormat'];
  readonly height: number;
  readonly width: number;
  readonly dataFormat: DataFormat;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: CenterCropConfig) {
    super(needed('CenterCrop', config));
    this.height = positiveInteger(this.label, 'height', config.height);
    this.width = positiveInteger(this.label, 'width', config.width);
    this.dataFormat = dataFormatOf(this.label, config.dataFormat);
  }

  override checkInput(shape: Shape): void {
    checkImages(this.label, shape, this.dataFormat);
  }

  override call(inputs: Tensor): Tensor {
    const { height, width, dataFormat } = this;
    const x = inputs.cast(this.dtype);
    const size: Extent = [height, width];
    const extent = extentOf(x, dataFormat);
    if (extent[0] >= height && extent[1] >= width) {
      const start: Extent = [Math.floor((extent[0] - height) / 2), Math.floor((extent[1] - width) / 2)];
      return windowOf(x, start, size, dataFormat);
    }
    return image.resize(aspectWindow(x, size, dataFormat), size, { dataFormat });
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), height: this.height, width: this.width, dataFormat: this.dataFormat };
  }
}
