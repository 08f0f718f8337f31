// Processes that end in the middle of training. Each must give the exit code or signal, and the same words on stderr, as a process
// that does the same without the addon, which is run first.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HANG, inLanes } from './training.mjs';

/** Processes that live at the same time. */
const LANES = 2;

/** Endings of child.mjs, and what Node's documentation says of them. */
const endings = {
  'exit 0': 0,
  'exit 3': 3,
  'exit in a hook': 5,
  throw: 1,
  reject: 1,
  SIGINT: 'SIGINT',
  SIGTERM: 'SIGTERM',
  'SIGINT handled': 130,
  'SIGTERM handled': 143,
  finished: 0,
  'finished, exitCode 6': 6,
  'main ends, workers train': 0,
  'exit, workers train': 4,
  'SIGTERM, workers train': 'SIGTERM',
  'worker exits': 0,
  'worker throws': 1,
};
const names = Object.keys(endings);

/** Runs child.mjs to its end; gives what it ended with, and what it wrote to stderr. */
function child(ending, seed, variant) {
  const program = fileURLToPath(new URL('./child.mjs', import.meta.url));
  const env = { ...process.env, NODE_OPTIONS: '' };
  return new Promise((resolve, reject) => {
    const args = [program, ending, String(seed), variant];
    const running = spawn(process.execPath, args, { env, timeout: HANG, killSignal: 'SIGKILL' });
    let stderr = '';
    running.stderr.setEncoding('utf8').on('data', (chunk) => {
      stderr += chunk;
    });
    running.stdout.once('data', () => {
      // `SIGINT`, `SIGINT handled`, `SIGTERM, workers train`: anywhere in a step.
      setTimeout(() => running.kill(ending.match(/^\w+/)[0]), seed % 10);
    });
    running.on('error', reject);
    running.on('close', (code, signal) => resolve({ end: signal ?? code, stderr }));
  });
}

/** A process' id and addresses are its own. */
const comparable = (stderr) => stderr.replace(/\(node:\d+\)/g, '(node)');

/** Runs so many processes, the endings in turn; throws at the first that does not end as Node alone does. */
export async function endProcesses(count) {
  const used = names.slice(0, count);
  const alone = new Map();
  await inLanes(LANES, used.length, async (n) => {
    const ended = await child(used[n], n, 'plain');
    if (ended.end !== endings[used[n]])
      throw new Error(`${used[n]}: without hornbeam, Node ends with ${ended.end}\n${ended.stderr}`);
    alone.set(used[n], comparable(ended.stderr));
  });
  let done = 0;
  await inLanes(LANES, count, async (n) => {
    const ending = names[n % names.length];
    const { end, stderr } = await child(ending, n, 'hornbeam');
    const what = `process ${n}, ${ending}`;
    if (end !== endings[ending])
      throw new Error(`${what}: it ended with ${end}, Node alone with ${endings[ending]}\n${stderr}`);
    if (comparable(stderr) !== alone.get(ending))
      throw new Error(`${what}: stderr is\n${stderr}\nof Node alone\n${alone.get(ending)}`);
    if (++done % 16 === 0) console.log(`${done} of ${count} processes`);
  });
  return used.length;
}
