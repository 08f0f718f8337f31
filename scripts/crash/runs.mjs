// Kills a training at random moments and starts it again until it has come to its end.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('program.mjs', import.meta.url));

/** Random numbers in [0, 1) that a seed decides (mulberry32). */
export function generator(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * One process. `kill`: { from: 'start' | 'training', after: milliseconds }, or nothing to let it run.
 * Resolves to { hash, epochs, killed, begunAfter, warnings } once it is gone; `begunAfter`: milliseconds until fit began, if it did.
 */
export function once({ entry, nodeArgs, folder, saveFreq, kill }) {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const child = spawn(process.execPath, [...nodeArgs, program, entry, folder, String(saveFreq)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    let timer;
    let isKilled = false;
    let begunAfter;
    const arm = () => {
      timer ??= setTimeout(() => {
        isKilled = child.kill('SIGKILL');
      }, kill.after);
    };
    if (kill?.from === 'start') arm();
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (!output.includes('training\n')) return;
      begunAfter ??= performance.now() - begun;
      if (kill?.from === 'training') arm();
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const hash = /^done (\w+)$/m.exec(output)?.[1];
      const killed = isKilled && signal === 'SIGKILL';
      if (!killed && (code !== 0 || hash === undefined)) {
        reject(new Error(`the training ended with code ${code}, signal ${signal}:\n${output}${errors}`));
        return;
      }
      resolve({
        hash: killed ? undefined : hash,
        epochs: Number(/^epochs (\d+)$/m.exec(output)?.[1]),
        killed,
        begunAfter,
        warnings: errors.match(/HornbeamWarning: .*/g) ?? [],
      });
    });
  });
}

/** How many temporary files a folder holds: saves that were cut short. */
const unfinished = (folder) =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.hornbeam-tmp')) : [];

/** How often a checkpoint is written, of which every process takes one: also mixed within one training. */
const saveFreqs = [1, 1, 2, 5, 'epoch'];

/**
 * Trains to the end again and again, killed at random moments, until `count.kills` of all lanes is `kills`; what is in progress then
 * runs to its end. Adds to `count`; `report` is called after every training.
 */
export async function lane({ entry, nodeArgs, root, number, seed, kills, starting, expected, count, report }) {
  const random = generator(seed);
  // What starting takes says how busy the machine is; a training takes some times as long, and is to be killed some times.
  let longest = starting;
  for (let run = 0; count.kills < kills; run++) {
    const folder = join(root, `lane-${number}-run-${run}`);
    let known = new Set();
    for (let ended = false; !ended; ) {
      const from = random() < 0.15 ? 'start' : 'training';
      const after = random() * longest * (from === 'start' ? 1.5 : 1);
      const saveFreq = saveFreqs[Math.floor(random() * saveFreqs.length)];
      const kill = count.kills < kills ? { from, after } : undefined;
      // Counted before it happens: the other lane must not take the same place.
      if (kill !== undefined) count.kills += 1;
      const result = await once({ entry, nodeArgs, folder, saveFreq, kill });
      count.fallbacks += result.warnings.length;
      longest = result.begunAfter ?? longest;
      report(count);
      if (result.killed) {
        const left = unfinished(folder);
        if (left.some((name) => !known.has(name))) count.insideSave += 1;
        else if (result.begunAfter !== undefined) count.inTraining += 1;
        else count.beforeTraining += 1;
        known = new Set(left);
        continue;
      }
      if (kill !== undefined) count.kills -= 1;
      ended = true;
      count.runs += 1;
      if (result.hash === expected) count.equal += 1;
      else count.different.push({ folder, hash: result.hash, epochs: result.epochs });
    }
    rmSync(folder, { recursive: true, force: true });
  }
}
