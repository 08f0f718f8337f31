// The training that test-crash.mjs kills and starts again: dropout, batch normalization, Adam with a schedule, accumulated gradients,
// shuffled samples, a partial last batch, validation, EarlyStopping. Says "training" when fit begins and "done HASH" when it has ended.
// Arguments: what to import, the folder of checkpoints, saveFreq ("epoch", a number, or "never" for no checkpoints at all).
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';

const [entry, backupDir, saveFreq] = process.argv.slice(2);
const { callbacks, layers, optimizers, sequential, setSeed, tensor } = await import(entry);

const samples = 203;
const numbers = (columns, phase) =>
  tensor(
    Float32Array.from({ length: samples * columns }, (_, i) => Math.sin(0.37 * i + phase) + 0.3 * Math.cos(1.7 * i)),
    [samples, columns],
  );

setSeed(3);
const model = sequential({
  layers: [
    layers.dense({ units: 32, activation: 'relu', inputShape: [8] }),
    layers.batchNormalization(),
    layers.dropout({ rate: 0.3 }),
    layers.dense({ units: 16, activation: 'relu' }),
    layers.dropout({ rate: 0.2 }),
    layers.dense({ units: 1 }),
  ],
});
const learningRate = new optimizers.schedules.ExponentialDecay({
  initialLearningRate: 0.02,
  decaySteps: 100,
  decayRate: 0.9,
});
model.compile({
  optimizer: new optimizers.Adam({ learningRate, gradientAccumulationSteps: 3 }),
  loss: 'meanSquaredError',
  metrics: ['mae'],
});

const says = { onTrainBegin: () => void writeSync(1, 'training\n') };
const stop = new callbacks.EarlyStopping({ patience: 30, restoreBestWeights: true });
const backup =
  saveFreq === 'never'
    ? []
    : [new callbacks.BackupAndRestore({ backupDir, saveFreq: saveFreq === 'epoch' ? 'epoch' : Number(saveFreq) })];
const history = await model.fit(numbers(8, 0), numbers(1, 1), {
  epochs: 150,
  batchSize: 16,
  validationSplit: 0.2,
  verbose: 0,
  callbacks: [says, stop, ...backup],
});

const hash = createHash('sha256').update(JSON.stringify([history.epoch, history.history, stop.stoppedEpoch]));
for (const variable of [...model.weights, ...model.optimizer.variables]) hash.update(variable.dataSync());
writeSync(1, `epochs ${history.epoch.length}\ndone ${hash.digest('hex')}\n`);
