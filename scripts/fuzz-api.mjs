// npm run test:properties [-- --calls 1000000 --seed 7 --children 2 --only layers.Dense]: calls every public function with wrong
// arguments, in several processes, and prints each failure as a line of JavaScript that can be made again with
// node --import tsx __test__/properties/walk.ts --replay '<call>'. Exit code 1 when there was one.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { ensureAddon, ensureModules, root } from './steps.mjs';

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 20)) },
    children: { type: 'string', default: String(Math.max(1, availableParallelism() - 1)) },
    only: { type: 'string' },
  },
});

/** Calls of one process: what leaks shows, and a crash loses little. */
const PORTION = 20_000;

await ensureModules();
await ensureAddon();
const folder = mkdtempSync(join(tmpdir(), 'hornbeam-properties-'));
const total = Number(options.calls);
const portions = Math.ceil(total / PORTION);
const failures = new Map();
let made = 0;
let largest = 0;
let next = 0;
console.log(`seed ${options.seed}: ${total} calls, ${portions} processes, ${options.children} at a time`);

/** The failures of all processes, each once: numbers apart, they are one and the same. */
function note(failure, call, seed) {
  const kind = failure.startsWith('the process') ? call : failure.replace(/\d+(\.\d+)?/g, 'N').slice(0, 120);
  if (failures.has(kind)) return;
  failures.set(kind, call);
  console.log(`FAIL ${failure}\n     ${call}\n     (seed ${seed})`);
}

function portion(seed, calls) {
  const box = join(folder, `box-${seed}`);
  const args = ['--import', 'tsx', '__test__/properties/walk.ts', '--seed', seed, '--calls', calls, '--box', box];
  if (options.only !== undefined) args.push('--only', options.only);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args.map(String), {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { HORNBEAM_NUM_THREADS: '2', HORNBEAM_MEMORY_LIMIT: '256000000', ...process.env, NODE_OPTIONS: '' },
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      const found = JSON.parse(line);
      if (found.failure !== undefined) note(found.failure, found.call, seed);
      if (found.calls !== undefined) {
        made += found.calls;
        largest = Math.max(largest, found.megabytes);
      }
    });
    child.on('close', (code, signal) => {
      if (signal !== null || (code !== 0 && code !== 1)) {
        note(
          `the process ended by ${signal ?? `exit code ${code}`} (seed ${seed})`,
          readFileSync(box, 'utf8').trimEnd(),
          seed,
        );
      }
      resolve();
    });
  });
}

async function run() {
  for (let i = next++; i < portions; i = next++) {
    await portion(Number(options.seed) + i, Math.min(PORTION, total - i * PORTION));
    if (i % 10 === 9) console.log(`${made} calls, ${failures.size} kinds of failures, ${largest} MB at most`);
  }
}

await Promise.all(Array.from({ length: Number(options.children) }, run));
rmSync(folder, { recursive: true, force: true });
console.log(`${made} calls, ${failures.size} kinds of failures, ${largest} MB at most, seed ${options.seed}`);
process.exit(failures.size === 0 ? 0 : 1);
