// Disposes what a running fit works with: the model (refused) and the data (the training holds what it needs).
import { images, say, seededModel, trainedWeights, weightsOf } from './training.ts';

process.on('unhandledRejection', (reason) => say('unhandled', String(reason)));
const expected = await trainedWeights();
const model = seededModel();
const { x, y } = images(300);
const fitting = model.fit(x, y, { epochs: 3, batchSize: 32, verbose: 0 });
try {
  model.dispose();
} catch (error) {
  say('refused', String(error));
}
x.dispose();
y.dispose();
const { history } = await fitting;
say('epochs', history.loss?.length);
say('same', JSON.stringify(await weightsOf(model)) === JSON.stringify(expected));
model.dispose();

// Disposed in a hook, where no step is running: refused as well, and fit rejects with what the hook threw.
const other = seededModel();
const data = images(300);
const hooked = other.fit(data.x, data.y, { epochs: 3, verbose: 0, callbacks: { onEpochEnd: () => other.dispose() } });
await hooked.catch((error: unknown) => say('hook', String(error)));
other.dispose();
await new Promise((resolve) => setImmediate(resolve));
say('end', true);
