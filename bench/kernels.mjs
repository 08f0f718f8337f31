// npm run bench:kernels: single operations of the engine against PyTorch's (eager, oneDNN and MKL, malloc that keeps its memory), in
// turns. Each row says how far it is from the FMA peak, or from the bandwidth of a stream with the same mix of reads and writes over
// as many bytes, both measured in the same run. Options: --only matmul,conv2d,depthwise,rows,drawn --rounds 5 --seconds 0.2 --threads N;
// --setup makes the Python environment
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensureModules, fail } from '../scripts/steps.mjs';
import { tunedEnvironment } from './contenders.mjs';
import { drawnLines, operationFlops, streamOf, tableLines } from './kernel-table.mjs';
import { Limits, startOpBench, startTorchOps } from './op-bench.mjs';
import { python, setUpPython } from './python.mjs';
import { keepRows, machine, machineLine, printTable } from './report.mjs';
import { median, rounded } from './rounds.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'matmul,conv2d,depthwise,rows,drawn' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '0.2' },
    threads: { type: 'string', default: String(availableParallelism()) },
    setup: { type: 'boolean', default: false },
  },
});
/** PyTorch's threads spin for 30 ms after their turn, on the cores that the next one needs. */
const QUIET_MS = 60;
const only = values.only.split(',');
const threads = Number(values.threads);

try {
  await ensureModules();
  if (values.setup) await setUpPython();
  python();
} catch (error) {
  fail(error);
}

const kindOf = (line) => /^(matmul|conv2d|depthwise) /.exec(line)?.[1] ?? 'rows';
const lines = [
  ...tableLines()
    .filter((line) => only.includes(kindOf(line)))
    .map((line) => ({ line, drawn: false })),
  ...(only.includes('drawn') ? drawnLines().map((line) => ({ line, drawn: true })) : []),
];

const about = machine(threads);
console.log(`${machineLine(about)}\nin turns, ${values.rounds} rounds of ${values.seconds} s an operation\n`);
const ours = await startOpBench(threads);
const theirs = await startTorchOps(threads, tunedEnvironment());
for (const { error } of [ours, theirs]) if (error !== undefined) fail(error);
const limits = new Limits(ours, threads);

/** Median and minimum over the rounds, of what the processes say of an operation. */
async function inTurns(line, stream) {
  const answers = { hornbeam: [], torch: [] };
  for (let n = 0; n < Number(values.rounds); n++) {
    for (const [name, process] of [
      ['hornbeam', ours],
      ['torch', theirs],
    ]) {
      await pause(QUIET_MS);
      const answer = await process.ask(`${values.seconds} ${line}`);
      if (answer.error !== undefined) return { error: `${name}: ${answer.error}` };
      answers[name].push(answer);
    }
    if (stream !== undefined) await limits.bandwidth(stream, 0.1);
  }
  const figures = (list) => ({
    msMin: rounded(Math.min(...list.map(({ msMin }) => msMin))),
    msMedian: rounded(median(list.map(({ ms }) => ms))),
    bytes: list[0].bytes,
  });
  return { hornbeam: figures(answers.hornbeam), torch: figures(answers.torch) };
}

const rows = [];
for (const [at, { line, drawn }] of lines.entries()) {
  // Often enough to see a machine that changes its speed.
  if (at % 10 === 0) await limits.peak();
  const stream = streamOf(line);
  const found = await inTurns(line, stream);
  const row = { op: line, drawn, threads, contender: 'hornbeam', peer: theirs.about.version, ...ours.about };
  if (found.error === undefined) {
    const { bytes, ...figures } = found.hornbeam;
    const { msMin: peerMsMin, msMedian: peerMsMedian } = found.torch;
    const flops = operationFlops(line);
    const gflops = flops === 0 ? undefined : rounded(flops / figures.msMedian / 1e6);
    const streamGbs = stream === undefined ? undefined : await limits.bandwidth(stream, 0.1);
    const gbs = stream === undefined ? undefined : rounded(bytes / figures.msMedian / 1e6);
    const ratio = rounded(peerMsMedian / figures.msMedian);
    const ofStream = streamGbs === undefined ? undefined : rounded(gbs / streamGbs);
    Object.assign(row, { ...figures, gflops, gbs, streamGbs, ofStream, peerMsMin, peerMsMedian, ratio });
  } else {
    row.error = found.error;
  }
  rows.push(row);
}
await limits.peak();
for (const process of [ours, theirs]) await process.end();
for (const row of rows) {
  if (row.gflops !== undefined)
    Object.assign(row, { peakGflops: limits.gflops, ofPeak: rounded(row.gflops / limits.gflops) });
}
for (const row of rows) keepRows('kernels', about, [row]);

const text = (value) => (value === undefined ? '-' : String(value));
const percent = (share) => (share === undefined ? '-' : `${Math.round(share * 100)} %`);
console.log(
  `FMA peak ${text(limits.gflops)} GFLOP/s on ${threads} threads, ${ours.about.isa}; ${theirs.about.version}\n`,
);
printTable([
  ['operation', 'ms min', 'median', 'GFLOP/s', 'of peak', 'GB/s', 'of stream', 'torch min', 'median', 'times as fast'],
  ...rows.map((row) => [
    `${row.drawn ? '* ' : ''}${row.op}`,
    row.error === undefined ? text(row.msMin) : 'failed',
    ...[row.msMedian, row.gflops].map(text),
    percent(row.ofPeak),
    text(row.gbs),
    percent(row.ofStream),
    ...[row.peerMsMin, row.peerMsMedian].map(text),
    row.ratio === undefined ? '-' : row.ratio.toFixed(2),
  ]),
]);
for (const { op, error } of rows) if (error !== undefined) console.log(`${op}: ${error}`);
const drawnRatios = rows.flatMap(({ drawn, ratio }) => (drawn && ratio !== undefined ? [ratio] : []));
if (drawnRatios.length > 0) {
  const worst = Math.min(...drawnRatios).toFixed(2);
  console.log(`\n* drawn shapes: ${drawnRatios.length}, median ${median(drawnRatios).toFixed(2)}, worst ${worst}`);
}
console.log('\nkept in bench/results/kernels.json');
process.exit(rows.some(({ error }) => error !== undefined) ? 1 : 0);
