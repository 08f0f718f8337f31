// What hornbeam and TensorFlow.js do in a benchmark: the same calls, on tensors that each makes its own way.
import { batch, contend, name, peakMegabytes, phase, say } from './contender.mjs';
import { build, samples, workload } from './model.mjs';

/** Images that one-image predictions take in turns. */
const IMAGES = 256;

/** Samples of the whole MNIST training set. */
const ALL = 60_000;

/** A part of flat samples. */
function first({ x, xShape, y, yShape }, count) {
  const part = (values, [all, ...dims]) => ({
    values: values.subarray(0, (values.length / all) * count),
    shape: [count, ...dims],
  });
  return { x: part(x, xShape), y: part(y, yShape) };
}

/** Floats, as a program would have them that reads images. */
const floats = (x) => (x instanceof Uint8Array ? Float32Array.from(x, (pixel) => pixel / 255) : x);

/** One image a call: from an array of numbers to an array of numbers. */
function predictOne(tf, model, definition) {
  const { x, xShape } = samples(definition, IMAGES);
  const all = floats(x);
  const size = all.length / IMAGES;
  const shape = [1, ...xShape.slice(1)];
  const images = Array.from({ length: IMAGES }, (_, i) => all.slice(i * size, (i + 1) * size));
  return (steps, repeats) => {
    let last = 0;
    for (let i = 0; i < steps * repeats; i++) {
      last = tf.tidy(() => model.predict(tf.tensor(images[i % IMAGES], shape)).dataSync()[0]);
    }
    return last;
  };
}

/**
 * Does the phase that the command line names, with the library `tf`. `inputs(values, shape)` makes the tensor of samples,
 * `targets(values, shape)` that of labels.
 */
export async function bench(tf, about, { inputs, targets }) {
  const definition = workload(name);
  if (phase === 'whole') {
    const { x, xShape, y, yShape } = samples(definition, ALL);
    const model = build(tf, definition);
    const options = { batchSize: batch, epochs: 1, verbose: 0 };
    const { history } = await model.fit(inputs(x, xShape), targets(y, yShape), options);
    say({ whole: { ...about, loss: history.loss[0], peakMegabytes: peakMegabytes() } });
    return;
  }
  const model = build(tf, definition);
  const most = Math.max(1, Math.floor(definition.samples / batch));
  if (phase === 'predict-one') {
    await contend(about, { most: 1000, run: predictOne(tf, model, definition) });
    return;
  }
  const all = samples(definition, most * batch);
  let [held, x, y] = [0];
  const take = (count) => {
    if (held === count) return;
    for (const tensor of [x, y]) tensor?.dispose();
    const part = first(all, count);
    x = inputs(part.x.values, part.x.shape);
    y = targets(part.y.values, part.y.shape);
    held = count;
  };
  const train = async (steps, repeats) => {
    take(steps * batch);
    const { history } = await model.fit(x, y, { batchSize: batch, epochs: repeats, verbose: 0 });
    return history.loss.at(-1);
  };
  const predict = (steps, repeats) => {
    take(steps * batch);
    let last = 0;
    for (let i = 0; i < repeats; i++) last = tf.tidy(() => model.predict(x, { batchSize: batch }).dataSync().at(-1));
    return last;
  };
  await contend(about, { most, run: phase === 'train' ? train : predict });
}
