// npm run bench:keras: the MNIST program's training, hornbeam and Keras in turns, on the same number of threads.
// $PYTHON is a Python with keras and a backend; `-- --setup` makes one under node_modules/.cache (about 1.5 GB).
// Options: --steps 188 (of a round) --rounds 5 --batch 32 --threads N
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureAddon, ensureModules, fail, root, run } from '../scripts/steps.mjs';
import { mnistFolder } from './mnist-program.mjs';
import { keep, machine, machineLine, printTable } from './report.mjs';
import { Contender, nodeContender, rounded } from './rounds.mjs';

const packages = ['keras==3.15.1', 'tensorflow-cpu==2.21.0', 'numpy'];
const environment = join(root, 'node_modules', '.cache', 'keras');
const ownPython = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

const { values } = parseArgs({
  options: {
    setup: { type: 'boolean', default: false },
    steps: { type: 'string', default: '188' },
    rounds: { type: 'string', default: '5' },
    batch: { type: 'string', default: '32' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});
const { batch, threads } = values;
const steps = Number(values.steps);

async function setUp() {
  const base = process.env.PYTHON ?? 'python3';
  for (const [command, args] of [
    [base, ['-m', 'venv', environment]],
    [ownPython, ['-m', 'pip', 'install', ...packages]],
  ]) {
    const { code } = await run(command, args);
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed with code ${code}`);
  }
}

function python() {
  if (values.setup) return ownPython;
  if (process.env.PYTHON) return process.env.PYTHON;
  if (existsSync(ownPython)) return ownPython;
  throw new Error(
    'Set PYTHON to a Python that has keras and tensorflow, or let this make one: npm run bench:keras -- --setup',
  );
}

let command;
try {
  await ensureModules();
  await ensureAddon();
  if (values.setup) await setUp();
  command = python();
} catch (error) {
  fail(error);
}
const about = machine(Number(threads));
console.log(
  `${machineLine(about)}\nMNIST program, one training step, batch ${batch}, rounds of ${steps} steps in turns\n`,
);

const hornbeam = await nodeContender(join(root, 'bench', 'contender-hornbeam.mjs'), {
  steps,
  batch,
  env: { HORNBEAM_NUM_THREADS: threads },
}).ready();
const script = join(root, 'bench', 'keras_mnist.py');
const args = [script, '--steps', String(steps), '--batch', batch, '--threads', threads, '--data', mnistFolder];
const keras = await new Contender(command, args, { OMP_NUM_THREADS: threads }, steps).ready();
const both = [hornbeam, keras];
for (const contender of both) await contender.round({ counts: false });
// In turns, so that what else happens on the machine meets both.
for (let n = 0; n < Number(values.rounds); n++) for (const contender of both) await contender.round();
for (const contender of both) await contender.end();

const rows = both.map((contender, at) => ({ name: ['hornbeam', 'keras'][at], ...contender.row }));
const [ours, theirs] = rows;
printTable([
  ['', 'ms/step min', 'median', 'CPU ms/step', 'rounds', 'threads'],
  ...rows.map((row) => [
    row.version ?? row.name,
    String(row.msMin ?? '-'),
    String(row.msMedian ?? '-'),
    String(row.cpuMsMin ?? '-'),
    String(row.rounds ?? 0),
    String(row.threads ?? '-'),
  ]),
]);
for (const { name, error } of rows) if (error !== undefined) console.log(`\n${name}: ${error}`);
if (ours.msMin === undefined || theirs.msMin === undefined) process.exit(1);
const ratio = { min: rounded(theirs.msMin / ours.msMin), median: rounded(theirs.msMedian / ours.msMedian) };
console.log(`\nKeras' time divided by hornbeam's: ${ratio.min} (minimum), ${ratio.median} (median)`);
keep('keras', {
  benchmark: 'training step of the MNIST program, in turns',
  batch: Number(batch),
  machine: about,
  rows,
  ratio,
});
