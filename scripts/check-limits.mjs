// npm run check:limits: event loop, interruption, memory and latency of the MNIST program, and hostile files, against their limits. Each is
// measured in a process of its own (bench/limits/). Exit code 1 when a limit is passed.
// Options: --images 20000 --epochs 3 --repeat 5; with other sizes than these nothing is written to bench/results.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { keep, machine, machineLine, printTable } from '../bench/report.mjs';
import { ensureAddon, ensureModules, fail, root } from './steps.mjs';

/** What is promised. */
const limits = {
  /** Milliseconds that other work of the event loop waits while fit runs, 99th percentile. */
  eventLoopP99: 20,
  /** Batches that are still trained after abort(): the one in progress, and one that began while the count was read. */
  abortBatches: 2,
  /** Milliseconds from abort() to fit's rejection: batches, and a turn of the event loop. */
  abortMs: 250,
  /** Milliseconds from Ctrl-C to the example's end. */
  interruptMs: 1000,
  /** MB that resident memory grows from the first epoch's end to the last one's. */
  memoryGrowthMb: 16,
  /** Milliseconds and MB of memory until a hostile file is refused, the worst of all. */
  hostileMs: 1000,
  hostileMb: 256,
};

const defaults = { images: '20000', epochs: '3', repeat: '5' };
const { values } = parseArgs({
  options: Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, { type: 'string', default: value }]),
  ),
});
const allSizes = Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);

/** Starts a program; gives the child and, once it ended, how. `seen` gets all output so far. */
function start(args, { env = {}, seen = () => {} } = {}) {
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env } });
  const ended = new Promise((resolve, reject) => {
    let output = '';
    const collect = (text) => {
      output += text;
      seen(output);
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
  return { child, ended };
}

/** The figures that a program of bench/limits prints last. */
async function measure(name, options = [], sizes = allSizes) {
  console.log(`${name} ${sizes === allSizes ? '' : `${sizes.join(' ')} `}...`);
  const args = [...options, '--import', 'tsx', join('bench', 'limits', `${name}.mjs`), ...sizes];
  const { code, output } = await start(args).ended;
  if (code !== 0) throw new Error(`${name} ended with code ${code}:\n${output}`);
  return JSON.parse(output.trim().split('\n').at(-1));
}

/** Ctrl-C while the example trains: the slowest of three ends. */
async function interrupt() {
  console.log('interrupt ...');
  const ends = [];
  for (let n = 0; n < 3; n++) {
    let sent;
    const { child, ended } = start(['--import', 'tsx', 'examples/mnist.ts'], {
      env: { EPOCHS: '50' },
      seen(output) {
        if (sent !== undefined || !output.includes('Epoch 1/50')) return;
        sent = Number.POSITIVE_INFINITY;
        setTimeout(
          () => {
            sent = performance.now();
            child.kill('SIGINT');
          },
          // Once the first epoch's steps run, at another place of a batch each time.
          700 + 3 * n,
        );
      },
    });
    const { code, output } = await ended;
    ends.push({ ms: performance.now() - sent, code, said: output.includes('Training was interrupted.') });
  }
  return {
    msMax: Math.max(...ends.map(({ ms }) => ms)),
    codes: ends.map(({ code }) => code),
    clean: ends.every(({ code, said }) => code === 130 && said),
  };
}

/** Every hostile file, each group in a process of its own: the slowest one, the one that takes most memory, those that were read. */
async function hostileFiles() {
  const { groups } = await measure('hostile', [], []);
  const files = [];
  for (const group of groups) {
    const { results } = await measure('hostile', ['--expose-gc'], ['--group', group]);
    files.push(...results);
  }
  const most = (key) => files.reduce((worst, file) => (file[key] > worst[key] ? file : worst));
  const [slowest, largest] = [most('ms'), most('mb')];
  return {
    files: files.length,
    msMax: slowest.ms,
    slowest: slowest.name,
    mbMax: largest.mb,
    largest: largest.name,
    read: files.filter(({ refused }) => !refused).map(({ name }) => name),
  };
}

try {
  await ensureModules();
  await ensureAddon();
} catch (error) {
  fail(error);
}
const load = machine(0).loadAverageBefore;
let results;
try {
  results = {
    eventLoop: await measure('event-loop'),
    abort: await measure('abort'),
    interrupt: await interrupt(),
    memory: await measure('memory', ['--expose-gc']),
    latency: await measure('latency'),
    hostile: await hostileFiles(),
  };
} catch (error) {
  fail(error);
}

const { eventLoop, abort, memory, latency, hostile, interrupt: interrupted } = results;
const { version } = eventLoop;
const rounded = (value) => Number(value.toPrecision(3)).toString();
const spread = ({ p50, p99, max }) => [p50, p99, max].map(rounded);
/** One row: name, figures, what is held against the limit. */
const rows = [
  {
    name: 'event loop delay while fit runs, ms',
    figures: spread(eventLoop.training),
    limit: `p99 <= ${limits.eventLoopP99}`,
    ok: eventLoop.training.p99 <= limits.eventLoopP99,
  },
  { name: 'event loop delay, idle, ms', figures: spread(eventLoop.idle) },
  { name: 'fit before its promise (trace, compile), ms', figures: ['', '', rounded(eventLoop.traceMs)] },
  {
    name: 'abort() to rejection, ms',
    figures: ['', '', rounded(abort.msMax)],
    limit: `max <= ${limits.abortMs}`,
    ok: abort.msMax <= limits.abortMs,
  },
  {
    name: 'abort() to rejection, batches',
    figures: ['', '', String(abort.batchesMax)],
    limit: `max <= ${limits.abortBatches}`,
    ok: abort.batchesMax <= limits.abortBatches,
  },
  {
    name: 'model usable after abort()',
    figures: ['', '', abort.usable ? 'yes' : 'no'],
    limit: 'yes',
    ok: abort.usable,
  },
  {
    name: 'Ctrl-C to the end of the example, ms',
    figures: ['', '', rounded(interrupted.msMax)],
    limit: `max <= ${limits.interruptMs}`,
    ok: interrupted.msMax <= limits.interruptMs,
  },
  {
    name: 'exit code after Ctrl-C',
    figures: ['', '', [...new Set(interrupted.codes)].join(' ')],
    limit: '130',
    ok: interrupted.clean,
  },
  { name: 'resident memory before training, MB', figures: ['', '', rounded(memory.beforeRssMb)] },
  {
    name: `resident memory after epochs 1 to ${memory.afterRssMb.length}, MB`,
    figures: ['', '', memory.afterRssMb.map(rounded).join(' ')],
  },
  {
    name: 'growth from epoch 1 to the last, MB',
    figures: ['', '', rounded(memory.growthMb)],
    limit: `<= ${limits.memoryGrowthMb}`,
    ok: memory.growthMb <= limits.memoryGrowthMb,
  },
  { name: 'predictOnBatch of an image, awaited, ms', figures: spread(latency.idle) },
  { name: 'predictOnBatch of an image, dataSync, ms', figures: spread(latency.sync) },
  { name: 'predictOnBatch of an image while fit runs, ms', figures: spread(latency.training) },
  {
    name: `hostile files that are refused, of ${hostile.files}`,
    figures: ['', '', String(hostile.files - hostile.read.length)],
    limit: 'all',
    ok: hostile.read.length === 0,
  },
  {
    name: `a hostile file until it is refused, ms (${hostile.slowest})`,
    figures: ['', '', rounded(hostile.msMax)],
    limit: `max <= ${limits.hostileMs}`,
    ok: hostile.msMax <= limits.hostileMs,
  },
  {
    name: `memory of a hostile file, MB (${hostile.largest})`,
    figures: ['', '', rounded(hostile.mbMax)],
    limit: `max <= ${limits.hostileMb}`,
    ok: hostile.mbMax <= limits.hostileMb,
  },
];
const about = { ...machine(version.threads), loadAverageBefore: load, hornbeam: version.hornbeam, isa: version.isa };
console.log(`\n${machineLine(about)}, hornbeam ${version.hornbeam}, ${version.isa}`);
console.log(`MNIST program, batch 32, ${values.images} images\n`);
printTable([
  ['', 'p50', 'p99', 'max', 'limit', ''],
  ...rows.map(({ name, figures, limit = '', ok }) => [
    name,
    ...figures,
    limit,
    ok === undefined ? '' : ok ? 'ok' : 'FAIL',
  ]),
]);
const failed = rows.filter(({ ok }) => ok === false);
if (Object.entries(defaults).every(([name, value]) => values[name] === value)) {
  keep('limits', {
    check: 'limits of the MNIST program',
    machine: about,
    limits,
    passed: failed.length === 0,
    ...results,
  });
}
if (failed.length > 0) console.log(`\n${failed.length} over the limit: ${failed.map(({ name }) => name).join('; ')}`);
process.exit(failed.length === 0 ? 0 : 1);
