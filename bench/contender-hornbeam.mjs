// hornbeam's side of a benchmark: the bundle that users get.
import * as tf from '../dist/index.js';
import { bench } from './library.mjs';

tf.setSeed(1);
const { hornbeam, threads, isa } = tf.version;
await bench(
  tf,
  { version: `hornbeam ${hornbeam}`, threads, isa },
  {
    // Bytes are divided in the step, as in the example: the batch is gathered from them.
    inputs: (x, shape) => (x instanceof Uint8Array ? tf.tensor(x, shape, 'uint8').div(255) : tf.tensor(x, shape)),
    targets: (y, shape) => tf.tensor(y, shape, y instanceof Int32Array ? 'int32' : 'float32'),
  },
);
