// What benchmarks print and keep: the machine's line, a table, a file in results/.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** What the figures were measured on. */
export function machine(threads) {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    threads,
    // Other work on the machine makes the figures worse.
    loadAverageBefore: Number(loadavg()[0].toFixed(2)),
  };
}

/** The machine in one line. */
export function machineLine({ cpu, cores, node, platform, threads, loadAverageBefore }) {
  return `${cpu}, ${cores} cores, ${platform}, Node ${node}, ${threads} threads, load average before ${loadAverageBefore}`;
}

/** Rows of text, the first one a heading; all columns but the first are set right. */
export function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const set = (text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]));
  for (const [at, row] of rows.entries()) {
    console.log(row.map(set).join('  ').trimEnd());
    if (at === 0) console.log(widths.map((width) => '-'.repeat(width)).join('  '));
  }
}

/** Writes results/<name>.json and says so. */
export function keep(name, result) {
  const path = join(here, 'results', `${name}.json`);
  mkdirSync(dirname(path), { recursive: true });
  const day = new Date().toISOString().slice(0, 10);
  writeFileSync(path, `${JSON.stringify({ day, ...result }, null, 2)}\n`);
  console.log(`\nwritten to ${relative(dirname(here), path)}`);
}

/** What says which rows are of one measurement. */
const keyOf = ({ workload, phase, batch, threads, op, cpu, isa }) =>
  JSON.stringify([workload, phase, batch, threads, op, cpu, isa]);

/**
 * Puts rows into results/<name>.json, in place of those of the same workload, phase, batch, operation and threads on the same kind of
 * machine.
 */
export function keepRows(name, { threads: _, ...machine }, rows) {
  const path = join(here, 'results', `${name}.json`);
  mkdirSync(dirname(path), { recursive: true });
  const before = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).rows : [];
  const isa = rows.find((row) => row.isa !== undefined)?.isa;
  const day = new Date().toISOString().slice(0, 10);
  const measured = rows.map((row) => ({ ...row, isa, day, ...machine }));
  const keys = new Set(measured.map(keyOf));
  const others = before.filter((row) => row.contender !== undefined && !keys.has(keyOf(row)));
  const kept = [...others, ...measured];
  const lines = kept.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
  writeFileSync(path, `{\n  "rows": [\n${lines}\n  ]\n}\n`);
}
