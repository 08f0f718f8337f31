// TensorFlow.js' side of a training benchmark; TFJS_BACKEND is cpu (JavaScript) or wasm.
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { batch, contend, steps } from './contender.mjs';
import { mnistBytes, mnistModel } from './mnist-program.mjs';

// It advertises another package at start.
console.warn = () => {};
const require = createRequire(import.meta.url);
const tf = require('@tensorflow/tfjs');
const backend = process.env.TFJS_BACKEND ?? 'cpu';
if (backend === 'wasm') {
  const wasm = require('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist') + sep);
}
await tf.setBackend(backend);
await tf.ready();

const count = steps * batch;
const { images, labels } = mnistBytes(count);
const x = tf.tensor(
  Float32Array.from(images, (pixel) => pixel / 255),
  [count, 28, 28, 1],
);
const y = tf.tensor1d(Float32Array.from(labels));
const model = mnistModel(tf);
const threads = backend === 'wasm' ? require('@tensorflow/tfjs-backend-wasm').getThreadsCount() : 1;

await contend({ version: `tfjs ${tf.version.tfjs}`, threads }, async () => {
  const { history } = await model.fit(x, y, { batchSize: batch, epochs: 1, verbose: 0 });
  return history.loss[0];
});
