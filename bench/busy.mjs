// npm run bench:busy: hornbeam's training step while another process keeps one core busy, and while nothing does, in turns; beside
// them a thread less. A library that waits for the thread on the busy core loses more than that core. Options: --workload mnist-seed
// --batch 32 --rounds 7 --seconds 1 --threads N. Linux: it pins the busy process with taskset.
import { spawn, spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fail } from '../scripts/steps.mjs';
import { options, prepare } from './command.mjs';
import { commandOf } from './contenders.mjs';
import { keepRows, machine, machineLine, printTable } from './report.mjs';
import { Contender, median, rounded } from './rounds.mjs';

const given = options({ workload: 'mnist-seed' });
const [name] = given.workloads;
const [batch] = given.batches ?? [32];

if (spawnSync('taskset', ['--version']).status !== 0)
  fail('bench:busy pins a process to a core with taskset, which is not there');
await prepare();
const about = machine(given.threads);
console.log(`${machineLine(about)}\n${name}, one training step, batch ${batch}; in turns, ${given.rounds} rounds\n`);

/** A contender on so many threads, warmed up. */
async function started(threads) {
  const group = { workload: name, phase: 'train', batch, threads, seconds: given.seconds };
  const { command, args, env } = commandOf('hornbeam', group);
  const contender = await new Contender(command, args, env).ready();
  await contender.warm();
  if (contender.error !== undefined) fail(contender.error);
  return contender;
}

const fewer = Math.max(1, given.threads - 1);
const less = await started(fewer);
const all = await started(given.threads);
// Core 0, which most containers have. It ends by itself when its parent is gone.
const loop = 'const parent = process.ppid; while (process.ppid === parent);';
const busy = spawn('taskset', ['-c', '0', process.execPath, '-e', loop], { stdio: 'ignore' });
process.on('exit', () => busy.kill('SIGKILL'));
process.on('SIGINT', () => process.exit(130));
busy.kill('SIGSTOP');
const rounds = { less: [], all: [], busy: [] };

async function round(contender, into) {
  await pause(100);
  await contender.round();
  if (contender.error !== undefined) throw new Error(contender.error);
  into.push(contender.rounds.at(-1));
}

try {
  for (let n = 0; n < given.rounds; n++) {
    await round(less, rounds.less);
    await round(all, rounds.all);
    busy.kill('SIGCONT');
    await round(all, rounds.busy);
    busy.kill('SIGSTOP');
  }
} catch (error) {
  fail(error);
}
for (const contender of [less, all]) await contender.end();

const perStep = (list) => list.map(({ ms, steps }) => ms / steps);
const figures = Object.entries(rounds).map(([condition, list]) => ({
  workload: name,
  phase: `train, ${condition === 'busy' ? 'one core busy' : 'quiet'}`,
  batch,
  contender: 'hornbeam',
  ...(condition === 'less' ? less : all).about,
  msMin: rounded(Math.min(...perStep(list))),
  msMedian: rounded(median(perStep(list))),
}));
for (const row of figures) keepRows('busy', about, [row]);

const [without, quiet, disturbed] = figures;
printTable([
  ['', 'threads', 'ms/step min', 'median', 'of the speed when quiet'],
  ...figures.map((row) => [
    row.phase,
    String(row.threads),
    String(row.msMin),
    String(row.msMedian),
    `${Math.round((quiet.msMedian / row.msMedian) * 100)} %`,
  ]),
]);
// The core that was lost, and 15 %.
const limit = rounded(without.msMedian / 0.85);
console.log(`\nwith a core busy ${disturbed.msMedian} ms; with a thread less and 15 %: ${limit} ms`);
console.log('kept in bench/results/busy.json');
process.exit(0);
