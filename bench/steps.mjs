// npm run bench:steps: hornbeam alone, every workload on one thread and on all, in turns. Options: --workload mlp --phase train
// --batch 32 --rounds 7 --seconds 1 --threads N

import { options, prepare, startLimits } from './command.mjs';
import { groupsOf, printGroup, runGroup, titleOf } from './compare.mjs';
import { keepRows, machine, machineLine, printTable } from './report.mjs';

const given = options({ phase: 'train,predict,predict-one' });
await prepare();
const about = machine(given.threads);
console.log(`${machineLine(about)}\nin turns, ${given.rounds} rounds of ${given.seconds} s; milliseconds a step`);
const limits = await startLimits(given.threads);
const counts = given.threads === 1 ? [1] : [1, given.threads];
const found = [];
for (const group of groupsOf(given)) {
  const entries = counts.map((threads) => ({ name: 'hornbeam', threads }));
  const rows = (await runGroup(group, entries, { ...given, limits })).map((row) => ({ ...row, ...shareOf(row) }));
  printGroup(group, rows);
  found.push({ group, rows });
  for (const row of rows) keepRows('steps', about, [row]);
}
await limits?.end();

/** The peak was measured on all threads. */
function shareOf({ threads, ofPeak }) {
  return ofPeak === undefined ? {} : { ofPeak: Number(((ofPeak * given.threads) / threads).toPrecision(4)) };
}

const median = (row) => (row?.msMedian === undefined ? '-' : String(row.msMedian));
console.log('');
printTable([
  ['medians', ...counts.map((threads) => `${threads} thread${threads > 1 ? 's' : ''}`), 'times as fast'],
  ...found.map(({ group, rows }) => [
    titleOf(group),
    ...rows.map(median),
    rows.length < 2 || rows.some(({ msMedian }) => msMedian === undefined)
      ? '-'
      : (rows[0].msMedian / rows[1].msMedian).toFixed(2),
  ]),
]);
console.log('\nkept in bench/results/steps.json');
process.exit(found.some(({ rows }) => rows.some(({ msMedian }) => msMedian === undefined)) ? 1 : 0);
