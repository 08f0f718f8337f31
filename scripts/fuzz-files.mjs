// npm run test:fuzz: mutates right files of every format, and opens them: they are read, or a FileError comes out; no crash, no
// hang, no memory that grows. Options: --seconds 600 --seed 1 --children 2 --only npy. A failure names what makes its bytes again:
// node --import tsx __test__/io/fuzz/walk.ts --replay npy:1:17 --keep file.
// With the default time what was counted goes to docs/fuzzing.txt.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { ensureAddon, ensureModules, fail, root } from './steps.mjs';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: '1' },
    children: { type: 'string', default: '2' },
    only: { type: 'string' },
  },
});
/** MB that a process may grow after its first rounds. */
const GROWTH = 96;
const folder = mkdtempSync(join(tmpdir(), 'hornbeam-fuzz-'));
const until = Date.now() + Number(options.seconds) * 1000;
const total = {};
const failures = [];
const memory = [];

function note(failure, replay) {
  failures.push(failure);
  console.log(`FAIL ${replay}: ${failure}`);
}

/** A process that executes until the time is over. After a crash another one goes on with another seed. */
function portion(seed) {
  const box = join(folder, `box-${seed}`);
  const seconds = Math.max(0, (until - Date.now()) / 1000);
  const args = ['--expose-gc', '--import', 'tsx', '__test__/io/fuzz/walk.ts', '--seed', seed, '--seconds', seconds];
  if (options.only !== undefined) args.push('--only', options.only);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...args, '--box', box].map(String), {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { HORNBEAM_NUM_THREADS: '2', HORNBEAM_MEMORY_LIMIT: '512000000', ...process.env, NODE_OPTIONS: '' },
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      const found = JSON.parse(line);
      if (found.failure !== undefined) note(found.failure, found.replay);
      if (found.counts === undefined) return;
      for (const [name, counts] of Object.entries(found.counts)) {
        total[name] ??= { executions: 0, read: 0, refused: 0, failures: 0, slowest: 0 };
        for (const key of ['executions', 'read', 'refused', 'failures']) total[name][key] += counts[key];
        total[name].slowest = Math.max(total[name].slowest, counts.slowest);
      }
      memory.push(`${found.warm} MB after 50 rounds, ${found.megabytes} MB at the end`);
      if (found.warm > 0 && found.megabytes - found.warm > GROWTH)
        note(`memory grew: ${memory.at(-1)}`, `seed ${seed}`);
    });
    child.on('close', (code, signal) => {
      if (signal !== null || (code !== 0 && code !== 1)) {
        note(`the process ended by ${signal ?? `exit code ${code}`}`, readFileSync(box, 'utf8').trimEnd());
      }
      resolve();
    });
  });
}

try {
  await ensureModules();
  await ensureAddon();
} catch (error) {
  fail(error);
}
let next = Number(options.seed);
console.log(`${options.seconds} s, seeds from ${options.seed} on, ${options.children} processes`);
await Promise.all(
  Array.from({ length: Number(options.children) }, async () => {
    // The last second is not worth another process.
    while (until - Date.now() > 1000) await portion(next++);
  }),
);
rmSync(folder, { recursive: true, force: true });

const row = (name, cells) => name.padEnd(16) + cells.map((cell) => String(cell).padStart(12)).join('');
const rows = Object.entries(total);
const sum = rows.reduce((all, [, { executions }]) => all + executions, 0);
const lines = [
  `npm run test:fuzz: ${options.seconds} s, seeds ${options.seed} to ${next - 1}, ${options.children} processes`,
  row('reader', ['executions', 'read', 'refused', 'failures', 'slowest ms']),
  ...rows.map(([name, { executions, read, refused, failures: wrong, slowest }]) =>
    row(name, [executions, read, refused, wrong, Math.round(slowest)]),
  ),
  ...memory,
  `${sum} executions, ${failures.length} failures`,
];
console.log(lines.join('\n'));
if (options.seconds === '600' && options.only === undefined) {
  writeFileSync(join(root, 'docs', 'fuzzing.txt'), `${lines.join('\n')}\n`);
}
process.exit(failures.length === 0 && sum > 0 ? 0 : 1);
