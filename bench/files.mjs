// npm run bench:files: saving and loading a model of 100 MB, beside copying the same bytes to the disk and flushing them, in the same
// process by turns. Time, the longest that the event loop waits, and memory beyond what was there before. Each round is a process of
// its own, so its first figure is that of a program that saves or loads once; the others are of one that does it again.
// Options: --rounds 3 --turns 4 --formats keras,weights.h5,safetensors --folder /tmp
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildDist, ensureAddon, ensureModules, fail, root } from '../scripts/steps.mjs';
import { keep, machine, machineLine, printTable } from './report.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    turns: { type: 'string', default: '4' },
    formats: { type: 'string', default: 'keras,weights.h5,safetensors' },
    folder: { type: 'string', default: tmpdir() },
  },
});

/** What is promised, for times the model's bytes and the copy's time. */
const limits = { time: 2, memory: 1.5, loopMs: 50 };

const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};
const round = (value, digits = 2) => Number(value.toFixed(digits));

/** The turns of one process: `[{ copyMs, saveMs, loadMs, ... }, ...]`, the first one first. */
function turns(format, folder) {
  const program = join(root, 'bench', 'files-program.mjs');
  const args = ['--expose-gc', program, '--format', format, '--turns', values.turns, '--folder', folder];
  const output = execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 24 });
  return JSON.parse(output.trim().split('\n').at(-1));
}

/** One row: an action of a format. */
function rowOf(format, action, rounds) {
  const figures = (part) => part.map((turn) => turn[action]);
  const first = rounds.map(({ turns: [turn] }) => turn);
  const later = rounds.flatMap(({ turns: all }) => all.slice(1));
  const ratios = (part) => part.map((turn) => turn[action].ms / turn.copy.ms);
  const all = [...first, ...later];
  return {
    format,
    action,
    megabytes: rounds[0].megabytes,
    firstMs: round(median(figures(first).map(({ ms }) => ms)), 0),
    firstRatio: round(median(ratios(first))),
    ms: round(median(figures(later).map(({ ms }) => ms)), 0),
    ratio: round(median(ratios(later))),
    copyMs: round(median(all.map((turn) => turn.copy.ms)), 0),
    loopMs: round(median(figures(all).map(({ loopMs }) => loopMs)), 0),
    loopMsMax: round(Math.max(...figures(all).map(({ loopMs }) => loopMs)), 0),
    memory: round(Math.max(...figures(all).map(({ memoryMb }) => memoryMb)) / rounds[0].megabytes),
  };
}

try {
  await ensureModules();
  await ensureAddon();
  await buildDist();
  const about = machine(availableParallelism());
  console.log(machineLine(about));
  const rows = [];
  for (const format of values.formats.split(',')) {
    const folder = mkdtempSync(join(values.folder, 'hornbeam-bench-files-'));
    try {
      const rounds = Array.from({ length: Number(values.rounds) }, () => turns(format, folder));
      for (const action of ['save', 'load']) rows.push(rowOf(format, action, rounds));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const heading = ['', 'MB', 'first ms', 'x copy', 'again ms', 'x copy', 'copy ms', 'loop ms', 'max', 'memory x'];
  const cells = rows.map((row) =>
    [
      `${row.action} ${row.format}`,
      row.megabytes,
      row.firstMs,
      row.firstRatio,
      row.ms,
      row.ratio,
      row.copyMs,
      row.loopMs,
      row.loopMsMax,
      row.memory,
    ].map(String),
  );
  printTable([heading, ...cells]);
  const missed = rows.filter(
    (row) => row.ratio > limits.time || row.memory > limits.memory || row.loopMs > limits.loopMs,
  );
  for (const { format, action } of missed) console.log(`missed: ${action} ${format}`);
  keep('files', { about, loadAverageAfter: round(loadavg()[0]), limits, rows });
  if (missed.length > 0) process.exitCode = 1;
} catch (error) {
  fail(error);
}
