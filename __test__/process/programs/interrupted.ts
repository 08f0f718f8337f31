// Trains for a long time, and says how that ended. Variants: "handled"; "held": the end of training never comes; "backup" with a folder;
// "own": only a handler of its own.
import { callbacks, layers, sequential } from '../../../ts/index.ts';
import { wave } from '../../wave.ts';
import { say } from './training.ts';

const [variant, backupDir = ''] = process.argv.slice(2);
let own = 0;
const onSignal = (): void => {
  own += 1;
  if (own === 2) process.exit(9);
  say('own', own);
};
if (variant === 'own') process.on('SIGINT', onSignal);

const model = sequential({
  layers: [layers.dense({ units: 64, activation: 'relu', inputShape: [16] }), layers.dense({ units: 1 })],
});
model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
let first: number | undefined;
let begun: number | undefined;
const begin = (epoch: number): void => {
  if (first === undefined) say('first', epoch);
  first ??= epoch;
  begun = epoch;
  if (epoch === 1) say('training', true);
};
const forever = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1e9));
const history = await model.fit(wave([4000, 16], 0.1), wave([4000, 1], 0.3), {
  epochs: 1_000_000,
  batchSize: 8,
  verbose: 0,
  callbacks: [
    { onEpochBegin: begin },
    ...(variant === 'held' ? [{ onTrainEnd: forever }] : []),
    ...(variant === 'backup' ? [new callbacks.BackupAndRestore({ backupDir, saveFreq: false })] : []),
  ],
  ...(variant === 'handled' || variant === 'held' ? { handleSignals: true } : {}),
});
say('interruptedBy', history.interruptedBy ?? null);
say('epochs', history.epoch.length);
say('begun', begun);
say('listeners', process.listenerCount('SIGINT') + process.listenerCount('SIGTERM'));
