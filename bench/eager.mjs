// npm run bench:eager: programs of small operations without a model, hornbeam against TensorFlow.js (cpu and wasm backends). Each
// contender runs in a process of its own; they take turns, a round each. Options: --rounds 9 --threads N
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../scripts/steps.mjs';
import { prepare } from './command.mjs';
import { programs } from './eager-programs.mjs';
import { keep, machine, machineLine, printTable } from './report.mjs';
import { Contender } from './rounds.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});
const libraries = ['hornbeam', 'tfjs-cpu', 'tfjs-wasm'];
await prepare();
const about = machine(Number(values.threads));
console.log(`${machineLine(about)}\nmilliseconds a run, min / median\n`);

const rows = [];
for (const program of Object.keys(programs)) {
  const contenders = [];
  for (const library of libraries) {
    const env = { LIBRARY: library, PROGRAM: program, HORNBEAM_NUM_THREADS: values.threads };
    const contender = await new Contender(process.execPath, [join(root, 'bench', 'contender-eager.mjs')], env).ready();
    await contender.warm();
    contenders.push(contender);
  }
  for (let n = 0; n < Number(values.rounds); n++) for (const contender of contenders) await contender.round();
  for (const contender of contenders) await contender.end();
  rows.push({ program, libraries: Object.fromEntries(contenders.map((c, i) => [libraries[i], c.row])) });
}

const shown = (row) => (row.error === undefined ? `${row.msMin} / ${row.msMedian}` : 'failed');
printTable([
  ['', ...libraries, 'faster than the faster by'],
  ...rows.map(({ program, libraries: found }) => {
    const best = Math.min(...['tfjs-cpu', 'tfjs-wasm'].flatMap((name) => found[name].msMedian ?? []));
    const ratio = found.hornbeam.msMedian === undefined ? '-' : (best / found.hornbeam.msMedian).toFixed(1);
    return [program, ...libraries.map((library) => shown(found[library])), ratio];
  }),
]);
for (const { program, libraries: found } of rows) {
  for (const [library, { error }] of Object.entries(found)) {
    if (error !== undefined) console.log(`\n${program}, ${library}: ${error}`);
  }
}
keep('eager', { benchmark: 'programs of small operations', machine: about, rows });
process.exit(rows.some(({ libraries: found }) => found.hornbeam.msMin === undefined) ? 1 : 0);
