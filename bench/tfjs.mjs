// npm run bench:tfjs: the training step of the MNIST program, hornbeam against TensorFlow.js (cpu and wasm backends), one
// process after another. Options: --steps 188 (of a round of hornbeam) --rounds 5 --tfjs-rounds 2 --batch 32 --threads N
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureAddon, ensureModules, fail, root } from '../scripts/steps.mjs';
import { keep, machine, machineLine, printTable } from './report.mjs';
import { nodeContender } from './rounds.mjs';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '188' },
    rounds: { type: 'string', default: '5' },
    'tfjs-rounds': { type: 'string', default: '2' },
    batch: { type: 'string', default: '32' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});
const { batch, threads } = values;

async function measure(name, { file, env, steps, rounds, warmUp }) {
  console.log(`${name} ...`);
  const contender = await nodeContender(join(root, 'bench', file), { steps, batch, env }).ready();
  if (warmUp) await contender.round({ counts: false });
  for (let n = 0; n < rounds; n++) await contender.round();
  await contender.end();
  return { name, ...contender.row };
}

try {
  await ensureModules();
  await ensureAddon();
} catch (error) {
  fail(error);
}
const about = machine(Number(threads));
console.log(`${machineLine(about)}\nMNIST program, one training step, batch ${batch}\n`);

const rows = [
  await measure('hornbeam', {
    file: 'contender-hornbeam.mjs',
    env: { HORNBEAM_NUM_THREADS: threads },
    steps: Number(values.steps),
    rounds: Number(values.rounds),
    warmUp: true,
  }),
];
// A round is one step: on the cpu backend it takes seconds, beside which warming up does not show.
for (const backend of ['cpu', 'wasm']) {
  rows.push(
    await measure(`tfjs ${backend}`, {
      file: 'contender-tfjs.mjs',
      env: { TFJS_BACKEND: backend },
      steps: 1,
      rounds: Number(values['tfjs-rounds']),
      warmUp: false,
    }),
  );
}

const hornbeam = rows[0];
console.log('');
printTable([
  ['', 'ms/step min', 'median', 'CPU ms/step', 'times hornbeam', 'rounds x steps', 'threads'],
  ...rows.map((row) =>
    row.msMin === undefined
      ? [
          row.name,
          /not registered/.test(row.error) ? 'cannot train' : 'failed',
          '-',
          '-',
          '-',
          '-',
          String(row.threads ?? '-'),
        ]
      : [
          row.name,
          String(row.msMin),
          String(row.msMedian),
          String(row.cpuMsMin),
          hornbeam.msMin === undefined ? '-' : (row.msMin / hornbeam.msMin).toFixed(1),
          `${row.rounds} x ${row.steps}`,
          String(row.threads),
        ],
  ),
]);
for (const { name, error } of rows) if (error !== undefined) console.log(`\n${name}: ${error}`);
keep('tfjs', { benchmark: 'training step of the MNIST program', batch: Number(batch), machine: about, rows });
process.exit(hornbeam.msMin === undefined ? 1 : 0);
