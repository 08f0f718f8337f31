// The process of a measurement of `npm run check:limits`: started with tsx, prints its figures as the last line, in JSON.
import { parseArgs } from 'node:util';
import * as tf from '../../ts/index.ts';
import { mnistBytes, mnistModel } from '../mnist-program.mjs';

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '20000' },
    epochs: { type: 'string', default: '3' },
    repeat: { type: 'string', default: '5' },
  },
});

/** Sizes of the measurement, from the command line. */
export const images = Number(values.images);
export const epochs = Number(values.epochs);
export const repeat = Number(values.repeat);

/** Samples a batch. */
export const batchSize = 32;

/** The MNIST program with its first `images` images: divided in the step, as in the example. */
export function mnistProgram() {
  tf.setSeed(1);
  const bytes = mnistBytes(images);
  const x = tf.tensor(bytes.images, [images, 28, 28, 1], 'uint8').div(255);
  const y = tf.tensor(Int32Array.from(bytes.labels), [images], 'int32');
  // One image as a server gets it: its numbers in a typed array.
  const image = {
    data: Float32Array.from(bytes.images.subarray(0, 784), (pixel) => pixel / 255),
    shape: [1, 28, 28, 1],
  };
  return { tf, model: mnistModel(tf), x, y, image };
}

/** Waits. */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** 50th and 99th percentile and maximum of a list. */
export function percentiles(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1), count: sorted.length };
}

/** Prints the figures and what they were measured with. */
export function report(figures) {
  const { hornbeam, isa, threads } = tf.version;
  console.log(`\n${JSON.stringify({ ...figures, version: { hornbeam, isa, threads } })}`);
}
