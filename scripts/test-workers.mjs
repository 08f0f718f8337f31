// npm run test:workers: 200 lives that end in the middle of training. Three in five are worker_threads, terminated (cycles/threads.mjs);
// the others are processes, which end in the ways that processes do (cycles/processes.mjs). `-- --cycles 20` for fewer. Minutes of work, so
// not part of npm test.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { endProcesses } from './cycles/processes.mjs';
import { buildDist, ensureAddon, ensureModules, fail } from './steps.mjs';

/** The workers live in a process of their own: what native code may write to stderr can be read from outside only. */
async function terminateWorkers(count) {
  const program = fileURLToPath(new URL('./cycles/threads.mjs', import.meta.url));
  const running = spawn(process.execPath, ['--expose-gc', program, String(count)], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let stderr = '';
  running.stderr.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });
  const [code, signal] = await once(running, 'close');
  if (code !== 0 || stderr !== '') throw new Error(`the workers' process ended with ${signal ?? code}\n${stderr}`);
}

async function main() {
  const { values } = parseArgs({ options: { cycles: { type: 'string', default: '200' } } });
  const cycles = Number(values.cycles);
  if (!Number.isInteger(cycles) || cycles < 1) throw new Error(`--cycles takes a whole number, got ${values.cycles}`);
  await ensureModules();
  await ensureAddon();
  await buildDist();
  const workers = Math.ceil(cycles * 0.6);
  await terminateWorkers(workers);
  console.log(`${workers} workers terminated in the middle of their work, nothing held`);
  const processes = cycles - workers;
  const ways = await endProcesses(processes);
  console.log(`${processes} processes ended in ${ways} ways, each as Node alone ends`);
}

main().catch(fail);
