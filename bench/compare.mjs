// Contenders in turns: a group is a workload, a phase and a batch; each contender of a group is a process of its own, and a round
// goes once through all of them, so that what else happens on the machine meets all.
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { commandOf, contenders } from './contenders.mjs';
import { phaseFlops, workload } from './model.mjs';
import { printTable } from './report.mjs';
import { Contender, median, rounded } from './rounds.mjs';

/** Threads of a contender that waited for the next turn are asleep after this. */
const QUIET_MS = 100;
/** A contender whose rounds took so long has had enough of them after two. */
const ENOUGH_MS = 20_000;

/** Groups of the workloads, phases and batches that options name (all those of workloads.json if none). */
export function groupsOf({ workloads, phases, batches }) {
  return workloads.flatMap((name) => {
    const definition = workload(name);
    return definition.phases
      .filter((phase) => phases === undefined || phases.includes(phase))
      .flatMap((phase) => {
        const sizes = phase === 'train' ? definition.batches : phase === 'predict-one' ? [1] : [32];
        const wanted = phase === 'predict-one' ? sizes : sizes.filter((size) => batches?.includes(size) ?? true);
        return wanted.map((batch) => ({ workload: name, phase, batch }));
      });
  });
}

/** Runs a group. `entries` are `{ name, threads }`; gives a row of figures for each, in their order. */
export async function runGroup(group, entries, { rounds, seconds, limits }) {
  const able = entries.filter(({ name }) => contenders[name].phases.includes(group.phase));
  await limits?.peak();
  const rows = await (group.phase === 'whole' ? wholeRows : roundRows)(group, able, { rounds, seconds });
  await limits?.peak();
  const flops = phaseFlops(workload(group.workload), group.phase, group.batch);
  return rows.map((row) => withRates(row, flops, limits?.gflops));
}

/** A row with its GFLOP/s, and their share of the measured peak. */
function withRates(row, flops, peak) {
  if (row.msMedian === undefined || flops === 0) return row;
  const gflops = rounded(flops / row.msMedian / 1e6);
  const limit = peak === undefined ? {} : { peakGflops: peak, ofPeak: rounded(gflops / peak) };
  return { ...row, gflops, ...limit };
}

async function roundRows(group, entries, { rounds, seconds }) {
  const started = [];
  for (const { name, threads } of entries) {
    const { command, args, env } = commandOf(name, { ...group, threads, seconds });
    const contender = await new Contender(command, args, env).ready();
    if (contender.error === undefined) await contender.warm();
    started.push(contender);
  }
  const spent = started.map(() => 0);
  for (let n = 0; n < rounds; n++) {
    for (const [at, contender] of started.entries()) {
      if (n >= 2 && spent[at] > ENOUGH_MS) continue;
      await pause(QUIET_MS);
      await contender.round();
      spent[at] += contender.rounds.at(-1)?.ms ?? 0;
    }
  }
  for (const contender of started) await contender.end();
  return entries.map(({ name, threads }, at) => ({ ...group, contender: name, threads, ...started[at].row }));
}

/** Runs a process that does all and says `{"whole": {...}}`: milliseconds from its start to its end. */
function wholeRun({ command, args, env }) {
  return new Promise((resolve) => {
    const begun = performance.now();
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors = (errors + text).slice(-2000);
    });
    child.on('error', (error) => resolve({ error: error.message }));
    let ms = 0;
    child.on('exit', () => {
      ms = performance.now() - begun;
    });
    child.on('close', () => {
      const line = output.split('\n').find((text) => text.startsWith('{"whole"'));
      if (line === undefined) resolve({ error: errors.trim().split('\n').slice(-3).join(' | ') || 'no message' });
      else resolve({ ms, ...JSON.parse(line).whole });
    });
  });
}

async function wholeRows(group, entries, { rounds }) {
  const runs = entries.map(() => []);
  // Each takes many seconds: three tell enough.
  for (let n = 0; n < Math.min(rounds, 3); n++) {
    for (const [at, { name, threads }] of entries.entries()) {
      if (runs[at].at(-1)?.error !== undefined) continue;
      await pause(QUIET_MS);
      runs[at].push(await wholeRun(commandOf(name, { ...group, threads, seconds: 1 })));
    }
  }
  return entries.map(({ name, threads }, at) => {
    const good = runs[at].filter(({ error }) => error === undefined);
    const row = { ...group, contender: name, threads };
    if (good.length === 0) return { ...row, error: runs[at][0].error };
    const { ms: _, loss, peakMegabytes, ...about } = good.at(-1);
    const times = good.map(({ ms }) => ms);
    return {
      ...row,
      ...about,
      threads,
      rounds: good.length,
      steps: 1,
      msMin: rounded(Math.min(...times)),
      msMedian: rounded(median(times)),
      lastLoss: rounded(loss),
      peakMegabytes: Math.max(...good.map((run) => run.peakMegabytes)),
    };
  });
}

const titles = {
  train: 'one training step',
  predict: 'prediction, one batch',
  'predict-one': 'prediction, one image a call',
  whole: 'a whole process: start, one epoch over 60,000 images, end',
};

/** The phases, in the order of tables. */
export const phases = Object.keys(titles);

export const titleOf = ({ workload: name, phase, batch }) =>
  `${name}, ${titles[phase]}${phase === 'predict-one' ? '' : `, batch ${batch}`}`;

const text = (value) => (value === undefined ? '-' : String(value));
const percent = (share) => (share === undefined ? '-' : `${Math.round(share * 100)} %`);

/** Why a contender has no figures, in two words. */
const failure = ({ error }) => (/not registered/.test(error) ? 'cannot do it' : 'failed');

/** Prints a group's rows, each with its time divided by that of the row called `base`. */
export function printGroup(group, rows, base = 'hornbeam') {
  const ours = rows.find(({ contender }) => contender === base);
  console.log(`\n${titleOf(group)}`);
  printTable([
    ['', 'threads', 'ms min', 'median', 'CPU ms', 'GFLOP/s', 'of FMA peak', 'MB', 'rounds x steps', `/ ${base}`],
    ...rows.map((row) => [
      row.contender,
      text(row.threads),
      row.msMin === undefined ? failure(row) : text(row.msMin),
      text(row.msMedian),
      text(row.cpuMsMin),
      text(row.gflops),
      percent(row.ofPeak),
      text(row.peakMegabytes),
      row.rounds === undefined ? '-' : `${row.rounds} x ${row.steps}`,
      row.msMedian === undefined || ours?.msMedian === undefined ? '-' : (row.msMedian / ours.msMedian).toFixed(2),
    ]),
  ]);
  for (const { contender, error } of rows) if (error !== undefined) console.log(`${contender}: ${error}`);
}

/** How hornbeam stands against the fastest of the others in each group: medians, and the others' divided by ours. */
export function standings(results) {
  return results.flatMap(({ group, rows }) => {
    const ours = rows.find(({ contender }) => contender === 'hornbeam');
    const others = rows.filter(({ contender, msMedian }) => contender !== 'hornbeam' && msMedian !== undefined);
    if (ours?.msMedian === undefined || others.length === 0) return [];
    const fastest = others.reduce((best, row) => (row.msMedian < best.msMedian ? row : best));
    return [{ group, ours, fastest, ratio: rounded(fastest.msMedian / ours.msMedian) }];
  });
}

/** Prints them as a table. */
export function printStandings(results) {
  const rows = standings(results);
  if (rows.length === 0) return;
  console.log('');
  printTable([
    ['medians', 'threads', 'hornbeam', 'fastest peer', 'its', 'times as fast'],
    ...rows.map(({ group, ours, fastest, ratio }) => [
      titleOf(group),
      text(ours.threads),
      text(ours.msMedian),
      fastest.contender,
      text(fastest.msMedian),
      ratio.toFixed(2),
    ]),
  ]);
}
