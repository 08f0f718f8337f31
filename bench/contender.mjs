// The process of a contender that runs on Node. It speaks the protocol of rounds.mjs: a line of JSON once it is ready, then one
// for the line `warm-up` and for every line `round` that it reads.
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    workload: { type: 'string', default: '' },
    phase: { type: 'string', default: 'train' },
    batch: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '1' },
  },
});

/** What to do: a workload's name, `train`, `predict`, `predict-one` or `whole`, samples a batch. */
export const { workload: name, phase } = values;
export const batch = Number(values.batch);

/** A step that takes longer is a round of its own, and needs no more warming up. */
const LONG_MS = 3000;
/** Of steps that take longer one tells how long the others take. */
const SOME_MS = 300;

export const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** Largest resident memory so far. Linux carries a parent's over in `maxRSS`, but not in VmHWM. */
export function peakMegabytes() {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const kilobytes = /^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
  return Math.round(Number(kilobytes) / 102.4) / 10;
}

/** Milliseconds of wall time and of this process's CPU time that a call takes, and what it gives. */
async function timed(call) {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const loss = await call();
  const ms = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpuMs: (user + system) / 1000, loss };
}

/**
 * Finds how many steps and how often they are repeated, for a round of `seconds`; what it runs for that is the warm-up.
 * `run(steps, repeats)` runs them, `most` steps at a time.
 */
async function calibrate(run, most, target) {
  const begun = performance.now();
  const { ms: firstMs } = await timed(() => run(1, 1));
  const size = { steps: 1, repeats: 1 };
  if (firstMs < LONG_MS) {
    // The first one compiled, and a single one holds what is done once a run.
    let { ms: stepMs } = await timed(() => run(1, 1));
    const few = Math.min(most, 8);
    if (stepMs < SOME_MS) stepMs = (await timed(() => run(few, 1))).ms / few;
    size.steps = Math.min(most, Math.max(1, Math.ceil(target / stepMs)));
    size.repeats = Math.max(1, Math.ceil(target / (stepMs * size.steps)));
    const { ms } = await timed(() => run(size.steps, size.repeats));
    size.repeats = Math.max(1, Math.ceil((size.repeats * target) / ms));
  }
  return { size, warmUp: { firstStepMs: firstMs, ms: performance.now() - begun } };
}

/**
 * Says what is ready (`about`), warms up, runs a round whenever asked, and says how long it took and how many steps it had. An
 * error is said, too, and ends the process.
 */
export async function contend(about, { most, run }) {
  say({ ready: about });
  let size;
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      if (line === 'warm-up') {
        const found = await calibrate(run, most, Number(values.seconds) * 1000);
        size = found.size;
        say({ ...found.warmUp, ...size });
      } else if (line === 'round') {
        const time = await timed(() => run(size.steps, size.repeats));
        say({ ...time, steps: size.steps * size.repeats, peakMegabytes: peakMegabytes() });
      }
    } catch (error) {
      say({ error: error instanceof Error ? error.message : String(error) });
      break;
    }
  }
  process.exit(0);
}
