// Writes the tables of README's section on speed from bench/results/peers.json: node scripts/speed-table.mjs. A test compares them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { phases, titleOf } from '../bench/compare.mjs';
import { workloadsFile } from '../bench/model.mjs';
import { root } from './steps.mjs';

const readme = join(root, 'README.md');
const [begin, end] = ['<!-- bench/results/peers.json, by scripts/speed-table.mjs -->', '<!-- end -->'];

/** Contenders in the order of the columns, and what they are called. */
const columns = {
  hornbeam: 'hornbeam',
  torch: 'PyTorch',
  'torch-tuned': 'PyTorch, tuned',
  'keras-tf': 'Keras, TensorFlow',
  'keras-tf-function': 'Keras, TensorFlow',
  'keras-jax': 'Keras, JAX',
  'keras-jax-function': 'Keras, JAX',
  onnxruntime: 'onnxruntime',
};

const shown = (ms) => (ms >= 1000 ? `${(ms / 1000).toPrecision(3)} s` : ms.toPrecision(3));

const { workloads } = JSON.parse(readFileSync(workloadsFile, 'utf8'));

/** What comes first in a table: the phase, then the workload, whichever was measured last. */
const places = [({ phase }) => phases.indexOf(phase), ({ workload }) => Object.keys(workloads).indexOf(workload)];
const inOrder = ([a], [b]) => places.reduce((order, place) => order || place(a) - place(b), 0);

/** Results by workload, phase, batch and threads, in order: the rows of each contender. */
function groups(rows) {
  const found = new Map();
  for (const row of rows) {
    const key = [row.workload, row.phase, row.batch, row.threads].join('|');
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(row);
  }
  const ours = (row) => row.contender === 'hornbeam' && row.msMedian > 0;
  return [...found.values()].filter((group) => group.some(ours)).sort(inOrder);
}

/** The fastest of the rows that a column stands for. */
function cell(group, column) {
  const medians = group
    .filter((row) => columns[row.contender] === column && row.msMedian !== undefined)
    .map((row) => row.msMedian);
  return medians.length === 0 ? undefined : Math.min(...medians);
}

/** The days on which rows were measured, in order. */
const days = (rows) => [...new Set(rows.map((row) => row.day))].sort();

/** The tables, one a kind of machine, the one measured last first. */
export function speedTables() {
  const { rows } = JSON.parse(readFileSync(join(root, 'bench', 'results', 'peers.json'), 'utf8'));
  const machines = new Map();
  for (const row of rows) {
    const machine = `${row.cpu}, ${row.isa}`;
    machines.set(machine, [...(machines.get(machine) ?? []), row]);
  }
  const last = (list) => days(list).at(-1);
  const byDay = [...machines.values()].sort((a, b) => (last(a) < last(b) ? 1 : -1));
  return byDay.map(table).join('\n\n');
}

/** The table of the rows of one machine. */
function table(rows) {
  const all = groups(rows);
  const names = [...new Set(Object.values(columns))].filter((name) => all.some((group) => cell(group, name)));
  const lines = all.map((group) => {
    const cells = names.map((name) => cell(group, name));
    const fastest = Math.min(...cells.slice(1).filter((ms) => ms !== undefined));
    const ratio = (fastest / cells[0]).toFixed(2);
    return `| ${[titleOf(group[0]), ...cells.map((ms) => (ms === undefined ? '' : shown(ms))), ratio].join(' | ')} |`;
  });
  const first = rows.find((row) => row.contender === 'hornbeam');
  const versions = [...new Set(rows.map((row) => row.version).filter((version) => version !== undefined))].sort();
  const [day, ...later] = days(rows);
  const measured = later.length === 0 ? day : `${day} to ${later.at(-1)}`;
  const settings = `${first.cpu}, ${first.isa}, ${first.cores} cores, ${first.threads} threads each, Node ${first.node}, ${first.platform}, ${measured}`;
  return [
    `| milliseconds, medians | ${names.join(' | ')} | fastest other / hornbeam |`,
    `|---|${names.map(() => '---|').join('')}---|`,
    ...lines,
    '',
    `${settings}. ${versions.join('; ')}.`,
  ].join('\n');
}

/** README's text with the tables of now. */
export function withTables(text) {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md has no place for the tables: ${begin} ... ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${speedTables()}\n\n${text.slice(to)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(readme, withTables(readFileSync(readme, 'utf8')));
