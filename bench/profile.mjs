// npm run profile -- WORKLOAD [--batch N] [--steps 20] [--threads N] [--trace FILE]: where the time of a training step goes.
// Prints a table by stage and one by operation (time of all workers, GFLOP/s, GB/s, share of the step, and how long each worker had
// nothing to do), from steps that run as they always do: the recorder costs two looks at the clock a task. `--trace` writes what every
// worker did as a file for chrome://tracing or https://ui.perfetto.dev.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { ensureAddon, ensureModules, fail } from '../scripts/steps.mjs';
import { build, definitions, samples, workload } from './model.mjs';
import { printTable } from './report.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    batch: { type: 'string' },
    steps: { type: 'string', default: '20' },
    threads: { type: 'string', default: String(availableParallelism()) },
    trace: { type: 'string' },
  },
});

/** Records `steps` training steps of a workload after as many for warming up. */
async function record(name, batch, steps) {
  const tf = await import('../ts/index.ts');
  const { native } = await import('../ts/native.ts');
  tf.setThreads(Number(values.threads));
  tf.setSeed(1);
  const definition = workload(name);
  const { x, xShape, y, yShape } = samples(definition, batch * steps);
  const inputs = x instanceof Uint8Array ? tf.tensor(x, xShape, 'uint8').div(255) : tf.tensor(x, xShape);
  const targets = tf.tensor(y, yShape, y instanceof Int32Array ? 'int32' : 'float32');
  const model = build(tf, definition);
  const options = { batchSize: batch, epochs: 2, verbose: 0 };
  await model.fit(inputs, targets, options);
  native.startProfile();
  await model.fit(inputs, targets, { ...options, epochs: 1 });
  return JSON.parse(native.stopProfile());
}

/** The program of the training steps: the one that ran most often, and its runs. */
function steps({ programs, runs }) {
  const counts = programs.map((_, program) => runs.filter((run) => run.program === program).length);
  const program = counts.indexOf(Math.max(...counts));
  return { program: programs[program], runs: runs.filter((run) => run.program === program) };
}

/** Every piece of work of some runs: `[instr, tasks, begun, ended]` and its worker. */
function* pieces(runs) {
  for (const { workers } of runs) {
    for (const [worker, flat] of workers.entries()) {
      for (let i = 0; i < flat.length; i += 4)
        yield { worker, instr: flat[i], tasks: flat[i + 1], begun: flat[i + 2], ended: flat[i + 3] };
    }
  }
}

const fixed = (value, digits = 1) => (Number.isFinite(value) ? value.toFixed(digits) : '-');

/** A row of a table: microseconds a step, share of the step's processor time, and speeds. */
function row(title, { ns, flops, bytes }, { count, total }) {
  return [
    title,
    fixed(ns / count / 1000),
    `${fixed((100 * ns) / total)} %`,
    flops === 0 ? '-' : fixed(flops / ns),
    fixed(bytes / ns),
  ];
}

/** Adds to the sums of a key. */
function add(sums, key, piece) {
  const sum = sums.get(key) ?? { ns: 0, flops: 0, bytes: 0 };
  for (const what of ['ns', 'flops', 'bytes']) sum[what] += piece[what];
  sums.set(key, sum);
}

function report({ program, runs }, threads) {
  const [operations, stages] = [new Map(), new Map()];
  const busy = Array.from({ length: threads }, () => 0);
  for (const { worker, instr, tasks, begun, ended } of pieces(runs)) {
    const { name, dims, stage, flops, bytes, tasks: of } = program.instrs[instr];
    const share = tasks / of;
    const piece = { ns: ended - begun, flops: flops * share, bytes: bytes * share };
    const shape = dims.map((d) => d.join('x')).join(' ');
    add(operations, stage < 0 ? `pack ${name} ${shape}` : `${stage} ${name} ${shape}`, piece);
    add(stages, stage < 0 ? 'packed copies' : `${stage} ${program.stages[stage]}`, piece);
    busy[worker] += piece.ns;
  }
  const wall = runs.map(({ begun, ended }) => ended - begun);
  const sum = wall.reduce((all, ns) => all + ns, 0);
  const about = { count: runs.length, total: sum * threads };
  const sorted = wall.toSorted((a, b) => a - b);
  const microseconds = (ns) => fixed(ns / 1000);
  console.log(
    `${runs.length} steps, ${microseconds(sorted[sorted.length >> 1])} us median, ${microseconds(sorted[0])} us least; ` +
      `${fixed(program.flops / 1e6)} MFLOP of contractions and reductions, ${fixed(program.flops / (sum / runs.length))} GFLOP/s\n`,
  );
  const heading = ['us a step', 'share', 'GFLOP/s', 'GB/s'];
  const table = (title, sums) => {
    const order = [...sums].sort(([, a], [, b]) => b.ns - a.ns);
    printTable([[title, ...heading], ...order.map(([key, value]) => row(key, value, about))]);
    console.log('');
  };
  table('stage', stages);
  table('operation', operations);
  printTable([
    ['worker', 'busy', 'idle'],
    ...busy.map((ns, worker) => [String(worker), `${fixed((100 * ns) / sum)} %`, `${fixed(100 - (100 * ns) / sum)} %`]),
  ]);
}

/** What every worker did, as a trace that Chrome reads: microseconds. */
function trace({ program, runs }) {
  const events = [...pieces(runs)].map(({ worker, instr, tasks, begun, ended }) => {
    const { name, dims, stage } = program.instrs[instr];
    const args = { dims: dims.map((d) => d.join('x')).join(' '), stage, tasks };
    return { name, ph: 'X', pid: 1, tid: worker, ts: begun / 1000, dur: (ended - begun) / 1000, args };
  });
  return JSON.stringify({ traceEvents: events });
}

try {
  const name = positionals[0];
  if (name === undefined) throw new Error(`name a workload: ${Object.keys(definitions.workloads).join(', ')}`);
  await ensureModules();
  await ensureAddon();
  const batch = Number(values.batch ?? workload(name).batches[0]);
  const recorded = steps(await record(name, batch, Number(values.steps)));
  console.log(`${name}, batch ${batch}, ${values.threads} threads`);
  report(recorded, Number(values.threads));
  if (values.trace !== undefined) {
    writeFileSync(values.trace, trace(recorded));
    console.log(`\nwritten to ${values.trace}`);
  }
} catch (error) {
  fail(error);
}
