// Trains with checkpoints. Ended by Ctrl-C, by kill -9 or by a power cut, and started again, it goes on where it was, and ends with the
// same numbers: npx tsx examples/checkpoints.ts (EPOCHS=20 FOLDER=/tmp/run to vary it).
import { join } from 'node:path';
import { callbacks, layers, optimizers, randomNormal, sequential, setSeed } from 'hornbeam';

setSeed(1);
const folder = process.env.FOLDER ?? 'checkpoints';
const x = randomNormal([4000, 8]);
const y = x.square().sum(1, true); // [4000, 1]

const model = sequential();
model.add(layers.dense({ units: 64, activation: 'relu', inputShape: [8] }));
model.add(layers.batchNormalization());
model.add(layers.dropout({ rate: 0.1 }));
model.add(layers.dense({ units: 64, activation: 'relu' }));
model.add(layers.dense({ units: 1 }));
const learningRate = new optimizers.schedules.CosineDecay({ initialLearningRate: 3e-3, decaySteps: 4000 });
model.compile({ optimizer: new optimizers.Adam({ learningRate }), loss: 'meanSquaredError' });

const { epoch, history, interruptedBy } = await model.fit(x, y, {
  epochs: Number(process.env.EPOCHS ?? 40),
  validationSplit: 0.2,
  callbacks: [
    // Everything that the training needs to go on: after every 50 batches, and when it is interrupted.
    new callbacks.BackupAndRestore({ backupDir: join(folder, 'backup'), saveFreq: 50 }),
    new callbacks.EarlyStopping({ patience: 8, restoreBestWeights: true }),
    // One line an epoch; epochs that are trained again are not in it twice.
    new callbacks.CSVLogger(process.env.LOG ?? '/dev/null'),
  ],
});
if (interruptedBy !== undefined) {
  console.log(`Interrupted by ${interruptedBy} after ${epoch.length} epochs. Start it again to go on.`);
  process.exit(130);
}
console.log(`${epoch.length} epochs, best val_loss ${Math.min(...(history.val_loss ?? []))}`);
