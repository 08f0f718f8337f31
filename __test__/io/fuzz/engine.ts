// Makes executions of readers and judges what comes out.
import { FileError } from '../../../ts/errors.ts';
import { Random } from './random.ts';
import type { Target } from './targets.ts';

/** What is wrong with an execution. */
export interface Failure {
  readonly target: string;
  /** Makes the same bytes again: `input(target, seed, index)`. */
  readonly seed: number;
  readonly index: number;
  readonly what: string;
}

/** How the executions of a reader ended. */
export interface Counts {
  executions: number;
  read: number;
  refused: number;
  failures: number;
  slowest: number;
}

/** Milliseconds of an execution that count as a hang. */
export const HANG = 5000;
/** Characters of a message: it names what is wrong and does not repeat the file. */
const LONGEST_MESSAGE = 3000;

/** The bytes of an execution: the same for the same numbers. */
export function input({ name, seeds, mutate }: Target, seed: number, index: number): Uint8Array {
  const random = new Random(name, seed, index);
  return Uint8Array.from(mutate(random, random.pick(seeds), seeds));
}

/** One execution: what is wrong, or how it ended. */
export async function execute(target: Target, bytes: Uint8Array): Promise<'read' | 'refused' | { what: string }> {
  try {
    await target.open(bytes);
    return 'read';
  } catch (error) {
    if (!(error instanceof FileError)) {
      return {
        what: error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : `threw ${String(error)}`,
      };
    }
    if (!error.message.startsWith('buffer')) return { what: `an error that does not name the file: ${error.message}` };
    if (error.message.length > LONGEST_MESSAGE) return { what: `a message of ${error.message.length} characters` };
    return 'refused';
  }
}

/** A place for what is being done, read after a crash. */
export type Note = (target: string, seed: number, index: number) => void;

/** Executions `from` to `to` of a reader. */
export async function run(
  target: Target,
  seed: number,
  from: number,
  to: number,
  counts: Counts,
  fail: (failure: Failure) => void,
  note: Note = () => {},
): Promise<void> {
  for (let index = from; index < to; index++) {
    note(target.name, seed, index);
    const bytes = input(target, seed, index);
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    const end = await execute(target, bytes);
    const took = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    // The time is the process' own, so that a busy machine does not count; a wait for nothing is found by the clock.
    const hangs = (user + system) / 1000 > HANG || took > 3 * HANG;
    counts.executions += 1;
    counts.slowest = Math.max(counts.slowest, took);
    const what = typeof end === 'object' ? end.what : hangs ? `took ${Math.round(took)} ms` : undefined;
    if (what !== undefined) {
      counts.failures += 1;
      fail({ target: target.name, seed, index, what });
    } else counts[end as 'read' | 'refused'] += 1;
  }
}

export const noCounts = (): Counts => ({ executions: 0, read: 0, refused: 0, failures: 0, slowest: 0 });
