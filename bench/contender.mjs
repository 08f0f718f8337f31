// The process of a contender that runs on Node. It speaks the protocol of rounds.mjs: a line of JSON once it is ready,
// then one for every line `round` that it reads.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { steps: { type: 'string' }, batch: { type: 'string' } } });

/** Batches a round, and samples a batch. */
export const steps = Number(values.steps);
export const batch = Number(values.batch);

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/**
 * Says what is ready (`about`), runs `round` whenever asked, and says how long it took: milliseconds of wall time and of
 * this process's CPU time. An error of `round` is said, too, and ends the process.
 */
export async function contend(about, round) {
  say({ ready: about });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== 'round') continue;
    const cpu = process.cpuUsage();
    const begun = performance.now();
    try {
      const loss = await round();
      const ms = performance.now() - begun;
      const { user, system } = process.cpuUsage(cpu);
      say({ ms, cpuMs: (user + system) / 1000, loss });
    } catch (error) {
      say({ error: error instanceof Error ? error.message : String(error) });
      break;
    }
  }
  process.exit(0);
}
