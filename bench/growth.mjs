// npm run bench:growth: what a sample costs hornbeam in a training step as batch, depth and width grow, on all threads. Printed, kept,
// and drawn into results/growth-*.svg. Options: --rounds 3 --seconds 0.5 --threads N --only batch,depth,width
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../scripts/steps.mjs';
import { chart } from './chart.mjs';
import { prepare, startLimits } from './command.mjs';
import { runGroup } from './compare.mjs';
import { flops, workload } from './model.mjs';
import { keepRows, machine, machineLine, printTable } from './report.mjs';
import { rounded } from './rounds.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'batch,depth,width' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '0.5' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});
const threads = Number(values.threads);

const powers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i));
const batch = 128;
const point = (name, x, size = batch) => ({ x, workload: name, phase: 'train', batch: size });

/**
 * The sweeps: over the batch, over hidden layers of 256 units, and over the units of three hidden layers. `per` is what a sample's
 * cost is divided by, so that a plateau is a plateau: nothing, the layers, or the billions of FLOPs.
 */
const sweeps = {
  batch: {
    title: 'A training step by batch size',
    x: 'samples a batch',
    y: 'µs a sample',
    per: () => 1,
    series: ['mnist-seed', 'mlp', 'tiny-mlp'].map((name) => ({
      name,
      points: powers(0, 12).map((size) => point(name, size, size)),
    })),
  },
  depth: {
    title: `A training step by depth, 256 units, batch ${batch}`,
    x: 'hidden layers',
    y: 'µs a sample and hidden layer',
    per: ({ x }) => x,
    series: [{ name: 'mlp', points: powers(0, 6).map((depth) => point(`mlp-depth-${depth}`, depth)) }],
  },
  width: {
    title: `A training step by width, 3 hidden layers, batch ${batch}`,
    x: 'units a layer',
    y: 'µs a sample and MFLOP',
    per: ({ workload: name }) => flops(workload(name)).step / 1e6,
    series: [{ name: 'mlp', points: powers(4, 11).map((units) => point(`mlp-width-${units}`, units)) }],
  },
};

await prepare();
const about = machine(threads);
console.log(machineLine(about));
const limits = await startLimits(threads);
const options = { rounds: Number(values.rounds), seconds: Number(values.seconds), limits };
let failed = false;

for (const name of values.only.split(',')) {
  const { title, x, y, per, series } = sweeps[name];
  const table = [];
  const drawn = [];
  for (const { name: model, points } of series) {
    const measured = [];
    for (const { x: size, ...group } of points) {
      const [row] = await runGroup(group, [{ name: 'hornbeam', threads }], options);
      const cost = rounded((row.msMedian * 1000) / group.batch / per({ x: size, ...group }));
      keepRows('growth', about, [{ ...row, sweep: name, size, cost, unit: y }]);
      failed ||= row.msMedian === undefined;
      if (row.msMedian === undefined) console.log(`${group.workload}, batch ${group.batch}: ${row.error}`);
      else measured.push([size, cost]);
      table.push([model, ...[size, row.msMedian ?? 'failed', cost, row.gflops ?? '-'].map(String)]);
    }
    drawn.push({ name: model, points: measured });
  }
  console.log(`\n${title}`);
  printTable([['', x, 'ms a step', y, 'GFLOP/s'], ...table]);
  const file = join('bench', 'results', `growth-${name}.svg`);
  writeFileSync(join(root, file), chart({ title, x, y, series: drawn }));
  console.log(`drawn into ${file}`);
}
await limits?.end();
console.log('\nkept in bench/results/growth.json');
process.exit(failed ? 1 : 0);
