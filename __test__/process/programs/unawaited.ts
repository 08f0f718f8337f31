// Starts work that nobody waits for; the argument says which. Then the program is at its end.
import { tensor } from '../../../ts/index.ts';
import { images, say, seededModel } from './training.ts';

process.on('unhandledRejection', (reason) => say('unhandled', String(reason)));
const model = seededModel();
const { x } = images(20_000);
switch (process.argv[2]) {
  case 'predict':
    model.predict(x);
    break;
  case 'batch':
    model.predictOnBatch(x);
    break;
  case 'exit':
    model.predict(x);
    say('end', true);
    process.exit(3);
    break;
  case 'failing':
    // Row 9 of 2: found when it is computed, for which nobody asks.
    model.predict(x.slice(0, 2).gather(tensor([0, 9], [2], 'int32')));
    break;
  case 'fit': {
    const { x: few, y } = images(300);
    // Nothing here refers to the training any more: only the promise that it will settle does.
    void model.fit(few, y, { epochs: 20, verbose: 0, callbacks: { onTrainEnd: () => say('trained', true) } });
    setImmediate(() => globalThis.gc?.());
    setTimeout(() => globalThis.gc?.(), 20);
    break;
  }
  default:
    throw new Error(`no work called ${process.argv[2]}`);
}
say('end', true);
