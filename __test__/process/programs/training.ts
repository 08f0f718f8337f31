// What the programs of this folder train.
import { Worker } from 'node:worker_threads';
import { fill, type History, layers, type Sequential, sequential, setSeed, type Tensor } from '../../../ts/index.ts';
import { targets, wave } from '../../wave.ts';

/** Prints what a test reads with `printed`. */
export function say(name: string, value: unknown): void {
  console.log(`${name}: ${JSON.stringify(value)}`);
}

/** A small convolutional classifier, compiled; its initial weights, dropout and order of samples follow from the seed. */
export function seededModel(): Sequential {
  setSeed(1);
  const model = sequential({
    layers: [
      layers.conv2d({ filters: 8, kernelSize: 3, activation: 'relu', inputShape: [10, 10, 1] }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  return model;
}

/** `count` images and their labels. */
export function images(count: number): { x: Tensor; y: Tensor } {
  return { x: wave([count, 10, 10, 1], 0.3), y: targets('label', count) };
}

/** All numbers of a model's weights. */
export async function weightsOf(model: Sequential): Promise<number[]> {
  const weights = await Promise.all(model.getWeights().map((weight) => weight.data()));
  return weights.flatMap((values) => [...values]);
}

/** Weights after a short training. 300 samples in batches of 32: the last batch is a smaller one. */
export async function trainedWeights(): Promise<number[]> {
  const model = seededModel();
  const { x, y } = images(300);
  await model.fit(x, y, { epochs: 3, batchSize: 32, verbose: 0 });
  return weightsOf(model);
}

/** A training whose first epoch outlasts every test: a million batches of a millisecond. */
export function endlessFit(): { model: Sequential; started: Promise<void>; fitting: Promise<History> } {
  const model = sequential({
    layers: [layers.dense({ units: 1000, inputShape: [1] }), layers.dense({ units: 1000 }), layers.dense({ units: 1 })],
  });
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const samples = fill([1_000_000, 1], 1, 'uint8');
  const fitting = model.fit(samples, samples, { batchSize: 1, shuffle: false, verbose: 0 });
  const steps = (): number => model.optimizer.iterations.dataSync()[0] as number;
  return { model, fitting, started: until(() => steps() >= 3) };
}

/** Waits until `reached` holds. The test's hang limit is the only limit. */
export async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Runs a program of this folder in a worker. */
export function startWorker(url: string): Worker {
  return new Worker(new URL('./worker.mjs', import.meta.url), { workerData: url, execArgv: [] });
}
