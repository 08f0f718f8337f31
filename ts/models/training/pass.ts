import type { Logs } from '../../callbacks/callback.ts';
import type { ProgressStyle } from '../../console/index.ts';
import { ProgressBar } from '../../console/index.ts';
import type { Interruption } from './interruption.ts';
import type { Runner } from './runner.ts';
import type { Trackers } from './trackers.ts';

/** The bar looks at the native snapshot this often, in milliseconds. */
const pollInterval = 50;

/** Hooks around every batch, when somebody listens. */
export interface BatchHooks {
  begin(batch: number): Promise<void>;
  end(batch: number, logs: Logs): Promise<void>;
  /** Whether to end the pass after this batch. */
  stopped(): boolean;
}

/** What a pass over batches needs. */
export interface PassConfig {
  readonly runner: Runner;
  readonly trackers: Trackers;
  readonly interruption: Interruption;
  readonly isTraining: boolean;
  /** First batch, and how many. */
  readonly first: number;
  readonly count: number;
  /** Left out: one native run for the whole pass. */
  readonly hooks: BatchHooks | undefined;
  readonly bar: ProgressBar | undefined;
}

/** A bar for a pass, if it is to be shown. */
export function barFor(style: ProgressStyle | undefined, batches: number): ProgressBar | undefined {
  return style === undefined ? undefined : new ProgressBar(batches, style);
}

/** Runs batches, shows progress, gives how many were done. @throws What a step threw, or the reason of an interruption. */
export async function runPass(config: PassConfig): Promise<number> {
  const { runner, interruption, bar, count, first } = config;
  // With hooks the loop below looks at stopTraining after every batch; one that was not begun yet still runs, as in Keras.
  interruption.onStop(() => runner.stop(), config.isTraining && config.hooks === undefined);
  const timer =
    bar === undefined || config.hooks !== undefined ? undefined : setInterval(() => poll(config), pollInterval);
  // The native thread keeps the process alive, not its display.
  timer?.unref();
  try {
    interruption.check();
    const done =
      config.hooks === undefined
        ? await runner.run(first, count, bar !== undefined)
        : await runBatches(config, config.hooks);
    interruption.check();
    return done;
  } finally {
    clearInterval(timer);
    interruption.onStop(undefined);
  }
}

function poll({ runner, trackers, bar, first }: PassConfig): void {
  const { batches, values } = runner.snapshot();
  if (batches > first) bar?.update(batches - first, values.length === 0 ? {} : trackers.name(values));
}

async function runBatches(config: PassConfig, hooks: BatchHooks): Promise<number> {
  const { runner, trackers, interruption, bar, first, count } = config;
  for (let done = 0; done < count; done++) {
    await hooks.begin(done);
    interruption.check();
    if ((await runner.run(first + done, 1, false)) === 0) return done;
    interruption.check();
    const logs = await trackers.read();
    await hooks.end(done, logs);
    bar?.update(done + 1, logs);
    if (hooks.stopped()) return done + 1;
  }
  return count;
}
