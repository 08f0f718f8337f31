// npm run check:accuracy: trains examples/mnist.ts as it is, once for every seed, and holds the test accuracies against the
// limits. Exit code 1 when they are missed. Options: --seeds 1,2,3,4,5 --epochs 5; the limits hold for 5 epochs, and with other
// options nothing is written to results/.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { ensureAddon, ensureModules, fail, root } from '../scripts/steps.mjs';
import { keep, machine, machineLine, printTable } from './report.mjs';

/** Keras 3.15 with TensorFlow 2.21 reaches 98.69, 98.99 and 98.80 % with three seeds. */
const limits = { meanAccuracy: 0.986, minAccuracy: 0.983 };

const defaults = { seeds: '1,2,3,4,5', epochs: '5' };
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: defaults.seeds },
    epochs: { type: 'string', default: defaults.epochs },
  },
});
const seeds = values.seeds.split(',').map(Number);
const epochs = Number(values.epochs);
const isWhole = (n) => Number.isInteger(n) && n >= 0;
if (seeds.length === 0 || !seeds.every(isWhole) || !isWhole(epochs)) {
  fail(`--seeds takes whole numbers with commas between, --epochs one; got ${values.seeds} and ${values.epochs}`);
}

/** Runs the example; its test loss and accuracy, and the seconds of each epoch. */
function train(seed) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'examples/mnist.ts'], {
      cwd: root,
      env: { ...process.env, SEED: String(seed), EPOCHS: String(epochs) },
    });
    const secondsPerEpoch = [];
    let [output, line] = ['', ''];
    let lineBefore = performance.now();
    const read = (text) => {
      output += text;
      const lines = (line + text).split('\n');
      line = lines.pop();
      for (const complete of lines) {
        const now = performance.now();
        // An epoch's own line comes at its end; the one before, a heading, at its beginning.
        if (/^ *\d+\/\d+ - /.test(complete)) secondsPerEpoch.push(Number(((now - lineBefore) / 1000).toFixed(2)));
        lineBefore = now;
      }
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const found = /test loss (\S+) - test accuracy (\S+)/.exec(output);
      if (code !== 0 || found === null) reject(new Error(`seed ${seed} ended with code ${code}:\n${output}`));
      else resolve({ seed, loss: Number(found[1]), accuracy: Number(found[2]), secondsPerEpoch });
    });
  });
}

try {
  await ensureModules();
  await ensureAddon();
} catch (error) {
  fail(error);
}
const about = machine(Number(process.env.HORNBEAM_NUM_THREADS ?? availableParallelism()));
console.log(`${machineLine(about)}\nexamples/mnist.ts, ${epochs} epochs\n`);

const runs = [];
for (const seed of seeds) {
  try {
    const run = await train(seed);
    runs.push(run);
    console.log(
      `seed ${seed}: test loss ${run.loss}, test accuracy ${run.accuracy}, s/epoch ${run.secondsPerEpoch.join(' ')}`,
    );
  } catch (error) {
    fail(error);
  }
}

const accuracies = runs.map(({ accuracy }) => accuracy);
const mean = Number((accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / accuracies.length).toFixed(5));
const min = Math.min(...accuracies);
const passed = mean >= limits.meanAccuracy && min >= limits.minAccuracy;
const verdict = (ok) => (epochs !== Number(defaults.epochs) ? 'not held to it' : ok ? 'ok' : 'FAIL');
console.log('');
printTable([
  ['test accuracy', 'measured', 'limit', ''],
  ['mean', String(mean), `>= ${limits.meanAccuracy}`, verdict(mean >= limits.meanAccuracy)],
  ['min', String(min), `>= ${limits.minAccuracy}`, verdict(min >= limits.minAccuracy)],
]);
if (values.seeds === defaults.seeds && values.epochs === defaults.epochs) {
  keep('accuracy', {
    check: 'test accuracy of examples/mnist.ts',
    epochs,
    machine: about,
    limits,
    passed,
    mean,
    min,
    runs,
  });
}
process.exit(epochs === Number(defaults.epochs) && !passed ? 1 : 0);
