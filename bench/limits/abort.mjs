// From abort() to fit's rejection: milliseconds, and batches that were still trained. Afterwards the model must work.
import { batchSize, mnistProgram, repeat, report, sleep } from './probe.mjs';

const { model, x, y, image } = mnistProgram();
const steps = () => model.optimizer.iterations.dataSync()[0];
const aborts = [];
for (let n = 0; n < repeat; n++) {
  const controller = new AbortController();
  const fitting = model.fit(x, y, { epochs: 1000, batchSize, verbose: 0, signal: controller.signal });
  const ended = fitting.then(
    () => 'it resolved',
    (error) => error.name,
  );
  const first = steps();
  // Well inside an epoch, at another place of a batch each time.
  while (steps() < first + 10) await sleep(3 + n);
  const before = steps();
  const began = performance.now();
  controller.abort();
  const how = await ended;
  const ms = performance.now() - began;
  if (how !== 'AbortError') throw new Error(`fit was aborted, but ${how}`);
  aborts.push({ ms, batches: steps() - before });
}

const [probabilities, weights] = await Promise.all([
  model.predictOnBatch(image).data(),
  Promise.all(model.getWeights().map((weight) => weight.data())),
]);
const { history } = await model.fit(x, y, { epochs: 1, stepsPerEpoch: 3, batchSize, verbose: 0 });
const usable =
  Math.abs(probabilities.reduce((sum, p) => sum + p, 0) - 1) < 1e-3 &&
  weights.every((values) => values.every(Number.isFinite)) &&
  Number.isFinite(history.loss[0]);
report({
  repeat,
  msMax: Math.max(...aborts.map(({ ms }) => ms)),
  batchesMax: Math.max(...aborts.map(({ batches }) => batches)),
  usable,
});
