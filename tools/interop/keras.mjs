// `.keras`, `.weights.h5` and `.h5` in both directions: models of every layer and optimizer are built, trained and saved by Keras;
// hornbeam loads them, predicts the same and trains them on as Keras does; and the other way round.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Models whose layers keep something from call to call, which Keras' fit forgets with JAX. */
const ofTensorFlow = ['spectral', 'stateful'];

export default async function keras({ root, folder, python, run, check }) {
  const program = join(root, 'tools', 'interop', 'keras.py');
  const chosen = (process.env.HORNBEAM_INTEROP_MODELS ?? '').split(',').filter((name) => name !== '');
  const need = async (command, args, env = {}) => {
    const { code } = await run(command, args, { env });
    if (code !== 0) check(`${args.slice(0, 3).join(' ')} ran to its end`, false, `code ${code}`);
  };
  /** Runs Keras' half with the backend of each model; no names mean all. */
  const withKeras = async (action, wanted) => {
    const isOther = (name) => ofTensorFlow.includes(name);
    const usual = wanted.filter((name) => !isOther(name));
    const others = wanted.length === 0 ? ofTensorFlow : wanted.filter(isOther);
    if (wanted.length === 0 || usual.length > 0) await need(python, [program, action, folder, ...usual]);
    if (others.length > 0)
      await need(python, [program, action, folder, ...others], { KERAS_BACKEND: 'tensorflow' });
  };
  await withKeras('make', chosen);
  const names = readdirSync(folder).flatMap((file) => (file.endsWith('.keras') ? [file.slice(0, -6)] : []));
  check('Keras made at least 60 models', chosen.length > 0 || names.length >= 60, `${names.length}`);
  await need(process.execPath, ['--import', 'tsx', join(root, 'tools', 'interop', 'keras.ts'), folder, ...names.sort()]);
  await withKeras('continue', names);
  for (const [file, who] of [
    ['made.jsonl', 'Keras makes'],
    ['hornbeam.jsonl', 'hornbeam reads'],
    ['keras.jsonl', 'Keras reads'],
  ]) {
    const path = join(folder, file);
    const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
    for (const line of lines) {
      if (line === '') continue;
      const { name, what, error, most } = JSON.parse(line);
      const shown = typeof error === 'number' ? error.toExponential(1) : error;
      check(`${who} ${name}: ${what}`, typeof error === 'number' && error <= most, shown);
    }
  }
}
