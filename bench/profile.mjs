// npm run profile -- WORKLOAD [--phase train|predict|predict-one] [--batch N] [--steps 20] [--threads N] [--trace FILE]: where the time
// of a training step goes, or of a prediction (of a batch, or of one image a call).
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
    phase: { type: 'string', default: 'train' },
    batch: { type: 'string' },
    steps: { type: 'string', default: '20' },
    threads: { type: 'string', default: String(availableParallelism()) },
    trace: { type: 'string' },
  },
});

/** Records `steps` steps of a workload after as many for warming up. */
async function record(name, phase, batch, steps) {
  const tf = await import('../ts/index.ts');
  const { native } = await import('../ts/native.ts');
  tf.setThreads(Number(values.threads));
  tf.setSeed(1);
  const definition = workload(name);
  const { x, xShape, y, yShape } = samples(definition, batch * steps);
  const inputs = x instanceof Uint8Array ? tf.tensor(x, xShape, 'uint8').div(255) : tf.tensor(x, xShape);
  const targets = tf.tensor(y, yShape, y instanceof Int32Array ? 'int32' : 'float32');
  const model = build(tf, definition);
  const image = inputs.slice([0, 0], [1, -1]);
  const run = {
    train: () => model.fit(inputs, targets, { batchSize: batch, epochs: 1, verbose: 0 }),
    predict: () => model.predict(inputs, { batchSize: batch }).data(),
    'predict-one': () => {
      for (let i = 0; i < steps; i++) tf.tidy(() => model.predict(image).dataSync());
    },
  }[phase];
  if (run === undefined) throw new Error(`--phase is train, predict or predict-one, got ${phase}`);
  await run();
  await run();
  native.startProfile();
  await run();
  return JSON.parse(native.stopProfile());
}

/** The program of the steps: the one that ran most often, and its runs. */
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

/** A row of a table: microseconds a step, share of the processor time of a step, and speeds. */
function row({ key, ns, flops, bytes }, total) {
  const speed = flops === 0 ? '-' : fixed(flops / ns);
  return [key, fixed(ns / 1000), `${fixed((100 * ns) / total)} %`, speed, fixed(bytes / ns)];
}

const middle = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** By key: the medians over the steps of what a step's pieces of that key took and did. Other work on the machine falls out. */
function medians(program, runs, keyOf) {
  const steps = new Map();
  for (const [step, run] of runs.entries()) {
    for (const { instr, tasks, begun, ended } of pieces([run])) {
      const key = keyOf(program.instrs[instr]);
      if (!steps.has(key))
        steps.set(
          key,
          Array.from(runs, () => ({ ns: 0, flops: 0, bytes: 0 })),
        );
      const sum = steps.get(key)[step];
      const share = tasks / program.instrs[instr].tasks;
      sum.ns += ended - begun;
      sum.flops += program.instrs[instr].flops * share;
      sum.bytes += program.instrs[instr].bytes * share;
    }
  }
  const median = (sums, what) => middle(sums.map((sum) => sum[what]));
  return [...steps]
    .map(([key, sums]) => ({ key, ns: median(sums, 'ns'), flops: median(sums, 'flops'), bytes: median(sums, 'bytes') }))
    .sort((a, b) => b.ns - a.ns);
}

const operation = ({ name, dims, stage }) =>
  `${stage < 0 ? 'pack' : stage} ${name} ${dims.map((d) => d.join('x')).join(' ')}`;
const stageOf =
  (program) =>
  ({ stage }) =>
    stage < 0 ? 'packed copies' : `${stage} ${program.stages[stage]}`;

function report({ program, runs }, threads) {
  const busy = Array.from({ length: threads }, () => 0);
  for (const { worker, begun, ended } of pieces(runs)) busy[worker] += ended - begun;
  const wall = runs.map(({ begun, ended }) => ended - begun);
  const sum = wall.reduce((all, ns) => all + ns, 0);
  const step = middle(wall);
  const microseconds = (ns) => fixed(ns / 1000);
  console.log(
    `${runs.length} steps, ${microseconds(step)} us median, ${microseconds(Math.min(...wall))} us least; ` +
      `${fixed(program.flops / 1e6)} MFLOP of contractions and reductions, ${fixed(program.flops / step)} GFLOP/s\n`,
  );
  const heading = ['us a step', 'share', 'GFLOP/s', 'GB/s'];
  const table = (title, rows) => {
    printTable([[title, ...heading], ...rows.map((sums) => row(sums, step * threads))]);
    console.log('');
  };
  table('stage', medians(program, runs, stageOf(program)));
  table('operation', medians(program, runs, operation));
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
  const batch = values.phase === 'predict-one' ? 1 : Number(values.batch ?? workload(name).batches[0]);
  const recorded = steps(await record(name, values.phase, batch, Number(values.steps)));
  console.log(`${name}, ${values.phase}, batch ${batch}, ${values.threads} threads`);
  report(recorded, Number(values.threads));
  if (values.trace !== undefined) {
    writeFileSync(values.trace, trace(recorded));
    console.log(`\nwritten to ${values.trace}`);
  }
} catch (error) {
  fail(error);
}
