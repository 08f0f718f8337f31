import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a child ended, and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** A child that has not ended by then hangs. Under a sanitizer (scripts/sanitize) all takes many times as long. */
const hangLimit = Number(process.env.HANG_LIMIT ?? 100_000);

/** Runs a program of `programs/` in a process of its own, to its end. `seen` gets all output so far, and may send it signals. */
export function run(
  program: string,
  args: readonly string[] = [],
  nodeOptions: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  seen: (output: string, kill: (signal: NodeJS.Signals) => void) => void = () => undefined,
): Promise<Ended> {
  const file = fileURLToPath(new URL(`./programs/${program}.ts`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeOptions, '--import', 'tsx', file, ...args], {
      // Two threads: on one, a pool has no worker to get wrong.
      env: { ...process.env, HORNBEAM_NUM_THREADS: '2', NODE_OPTIONS: '', ...env },
      timeout: hangLimit,
      killSignal: 'SIGKILL',
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
      seen(output, (signal) => child.kill(signal));
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
}

/** The JSON that a program printed after `name: ` on a line of its own. */
export function printed(ended: Ended, name: string): unknown {
  const line = ended.output.split('\n').find((text) => text.startsWith(`${name}: `));
  if (line === undefined) throw new Error(`the program did not print "${name}: "\n${ended.output}`);
  return JSON.parse(line.slice(name.length + 2));
}
