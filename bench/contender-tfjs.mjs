// TensorFlow.js' side of a benchmark; TFJS_BACKEND is cpu (JavaScript), wasm or node.
import { bench } from './library.mjs';
import { loadTfjs } from './tfjs-backend.mjs';

const { tf, about } = await loadTfjs(process.env.TFJS_BACKEND ?? 'cpu');
await bench(tf, about, {
  inputs: (x, shape) => tf.tensor(x instanceof Uint8Array ? Float32Array.from(x, (pixel) => pixel / 255) : x, shape),
  // Its sparse cross-entropy wants floats.
  targets: (y, shape) => tf.tensor(Float32Array.from(y), shape),
});
