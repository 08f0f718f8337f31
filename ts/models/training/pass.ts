import type { Logs } from '../../callbacks/callback.ts';
import type { ProgressStyle } from '../../console/index.ts';
import { ProgressBar } from '../../console/index.ts';
import type { Interruption } from './interruption.ts';
import type { Runner } from './runner.ts';
import type { Trackers } from './trackers.ts';

/** The bar looks at the native snapshot this often, in milliseconds. */
const pollInterval = 50;

/** Hooks around batches, when somebody listens. */
export interface BatchHooks {
  /** How many batches may run before somebody is to be called again. */
  stride(): number;
  /** Called with the number of the batch that comes next. */
  begin(batch: number): Promise<void>;
  /** Called with the number of the last batch that ran. */
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
  /** Batches that were done before, of an epoch that is gone on with: hooks and the bar count from there. */
  readonly before: number;
  /** Left out: one native run for the whole pass. */
  readonly hooks: BatchHooks | undefined;
  readonly bar: ProgressBar | undefined;
}

/** A bar for a pass, if it is to be shown. */
export function barFor(style: ProgressStyle | undefined, batches: number): ProgressBar | undefined {
  return style === undefined ? undefined : new ProgressBar(batches, style);
}

/** Runs batches, shows progress, gives how many were done: fewer than asked for after an interruption. @throws What a step or a hook threw. */
export async function runPass(config: PassConfig): Promise<number> {
  const { runner, interruption, bar, count, first, hooks } = config;
  const isStepwise = hooks?.stride() === 1;
  // With hooks the loop below looks at stopTraining after every batch; one that was not begun yet still runs, as in Keras.
  interruption.onStop(() => runner.stop(), config.isTraining && !isStepwise);
  const timer = bar === undefined || isStepwise ? undefined : setInterval(() => poll(config), pollInterval);
  // The native thread keeps the process alive, not its display.
  timer?.unref();
  try {
    if (interruption.isSet || count === 0) return 0;
    return hooks === undefined ? await runner.run(first, count, bar !== undefined) : await runBatches(config, hooks);
  } finally {
    clearInterval(timer);
    interruption.onStop(undefined);
  }
}

function poll({ runner, trackers, bar, first, before }: PassConfig): void {
  const { batches, values } = runner.snapshot();
  if (batches > first) bar?.update(before + batches - first, values.length === 0 ? {} : trackers.name(values));
}

async function runBatches(config: PassConfig, hooks: BatchHooks): Promise<number> {
  const { runner, trackers, interruption, bar, first, count, before } = config;
  let done = 0;
  while (done < count) {
    const wanted = Math.min(hooks.stride(), count - done);
    await hooks.begin(before + done);
    if (interruption.isSet) break;
    const ran = await runner.run(first + done, wanted, bar !== undefined && wanted > 1);
    if (ran === 0) break;
    done += ran;
    const logs = await trackers.read();
    await hooks.end(before + done - 1, logs);
    bar?.update(before + done, logs);
    if (hooks.stopped() || interruption.isSet || ran < wanted) break;
  }
  return done;
}
