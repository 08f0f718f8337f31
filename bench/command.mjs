// What the benchmarks' commands share: their options, setting up, and running the groups.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { buildDist, ensureAddon, ensureModules, fail } from '../scripts/steps.mjs';
import { groupsOf, printGroup, printStandings, runGroup } from './compare.mjs';
import { contenders } from './contenders.mjs';
import { definitions } from './model.mjs';
import { Limits } from './op-bench.mjs';
import { keepRows, machine, machineLine } from './report.mjs';

const list = (value) => value?.split(',').filter((word) => word !== '');

/** The command line, with defaults that a command may change. */
export function options(defaults = {}) {
  const { values } = parseArgs({
    options: {
      workload: { type: 'string', default: defaults.workload },
      phase: { type: 'string', default: defaults.phase },
      batch: { type: 'string' },
      peers: { type: 'string' },
      rounds: { type: 'string', default: defaults.rounds ?? '7' },
      seconds: { type: 'string', default: '1' },
      threads: { type: 'string', default: String(availableParallelism()) },
      setup: { type: 'boolean', default: false },
    },
  });
  const workloads = list(values.workload) ?? Object.keys(definitions.workloads);
  const [names, phases] = [list(values.peers), list(values.phase)];
  for (const name of names ?? []) {
    if (contenders[name] === undefined) {
      fail(`there is no peer "${name}"; there are ${Object.keys(contenders).join(', ')}`);
    }
  }
  const number = (value) => Number(value);
  return {
    workloads,
    phases,
    batches: list(values.batch)?.map(number),
    peers: names,
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    threads: Number(values.threads),
    setup: values.setup,
  };
}

/** Builds what is missing. */
export async function prepare() {
  try {
    await ensureModules();
    await ensureAddon();
    await buildDist();
  } catch (error) {
    fail(error);
  }
}

/** The machine's limits on so many threads; says so and goes on when they cannot be measured. */
export async function startLimits(threads) {
  const limits = await Limits.start(threads);
  if (limits.error === undefined) return limits;
  console.log(`without the machine's limits: ${limits.error}`);
  return undefined;
}

/**
 * Runs all groups that the options name, with the contenders `names` beside hornbeam, prints tables and keeps the rows in
 * `results/<file>.json`. Ends the process, with code 1 when hornbeam failed.
 */
export async function compareAll(file, names, given) {
  const about = machine(given.threads);
  console.log(`${machineLine(about)}\nin turns, ${given.rounds} rounds of ${given.seconds} s; milliseconds a step`);
  const limits = await startLimits(given.threads);
  const entries = ['hornbeam', ...names].map((name) => ({ name, threads: given.threads }));
  const results = [];
  let groups;
  try {
    groups = groupsOf(given);
  } catch (error) {
    fail(error);
  }
  for (const group of groups) {
    const rows = await runGroup(group, entries, { ...given, limits });
    printGroup(group, rows);
    results.push({ group, rows });
    keepRows(file, about, rows);
  }
  await limits?.end();
  printStandings(results);
  const failed = results.some(({ rows }) => rows[0]?.msMedian === undefined);
  console.log(`\nkept in bench/results/${file}.json`);
  process.exit(failed ? 1 : 0);
}
