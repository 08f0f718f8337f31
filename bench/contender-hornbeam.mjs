// hornbeam's side of a training benchmark. Started by rounds.mjs with tsx, so that it runs the sources' own TypeScript.
import * as tf from '../ts/index.ts';
import { batch, contend, steps } from './contender.mjs';
import { mnistBytes, mnistModel } from './mnist-program.mjs';

tf.setSeed(1);
const count = steps * batch;
const { images, labels } = mnistBytes(count);
// Divided in the step, as in the example: the batch is gathered from the bytes.
const x = tf.tensor(images, [count, 28, 28, 1], 'uint8').div(255);
const y = tf.tensor(Int32Array.from(labels), [count], 'int32');
const model = mnistModel(tf);

await contend(
  { version: `hornbeam ${tf.version.hornbeam}`, threads: tf.version.threads, isa: tf.version.isa },
  async () => {
    const { history } = await model.fit(x, y, { batchSize: batch, epochs: 1, verbose: 0 });
    return history.loss[0];
  },
);
