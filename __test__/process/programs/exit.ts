// Ends the process in the middle of fit; the argument says how.
import { endlessFit, say, until } from './training.ts';

const { model, started, fitting } = endlessFit();
fitting.catch((error: unknown) => say('rejected', String(error)));
await started;
say('training', true);
switch (process.argv[2]) {
  case 'exit':
    process.exit(7);
    break;
  case 'exit-handler':
    // What servers do: their last words run JavaScript and use the model.
    process.on('exit', () => say('predicted', model.predictOnBatch([[1]]).dataSync().length));
    process.exit(7);
    break;
  case 'throw':
    setImmediate(() => {
      throw new Error('a mistake elsewhere in the server');
    });
    await until(() => false);
    break;
  default:
    throw new Error(`no way to end called ${process.argv[2]}`);
}
