import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import * as tf from '../../ts/index.ts';
import { left, subjectsOf } from './subjects.ts';

const folder = mkdtempSync(join(tmpdir(), 'hornbeam-properties-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Makes calls in a process of its own: a crash, a hang or an exit ends that one only. Gives what it printed, and its last call if it died. */
function walk(seed: number, calls: number): Promise<string> {
  const box = join(folder, `box-${seed}`);
  const args = ['--seed', seed, '--calls', calls, '--box', box].map(String);
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('./walk.ts', import.meta.url)), ...args],
      // A small budget, so that sizes beyond it are met.
      { env: { ...process.env, HORNBEAM_NUM_THREADS: '2', HORNBEAM_MEMORY_LIMIT: '256000000', NODE_OPTIONS: '' } },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const died = signal !== null || (code !== 0 && code !== 1);
      resolve(died ? `${output}\nended by ${signal ?? code} in ${readFileSync(box, 'utf8').trimEnd()}` : output);
    });
  });
}

describe('whatever a public function is called with', () => {
  it('only the documented errors come out: 20,000 calls', async () => {
    const outputs = await Promise.all([walk(1, 10_000), walk(2, 10_000)]);
    for (const output of outputs) expect(output).toContain('"failures":0');
  });

  it('everything exported is called', () => {
    const names = new Set([...subjectsOf().values()].flatMap((subjects) => subjects.map(({ name }) => name)));
    for (const name of [
      'new layers.Dense',
      'layers.Dense#apply',
      'Sequential#fit',
      'Tensor#matMul',
      'optimizers.train.adam',
    ]) {
      expect(names).toContain(name);
    }
    // What is exported under two names is called under one of them.
    const at = (path: string): unknown =>
      path.split('.').reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], tf);
    const reached = new Set([...subjectsOf().keys()].map(at));
    const missing = Object.entries(tf).filter(
      ([name, value]) => typeof value === 'function' && !reached.has(value) && !left.has(name),
    );
    expect(missing.map(([name]) => name).filter((name) => !name.endsWith('Error'))).toEqual([]);
    // Every method of a tensor and of a model, their base classes' included.
    expect([...names].filter((name) => name.startsWith('Tensor#')).length).toBeGreaterThan(80);
    expect([...names].filter((name) => name.startsWith('Sequential#')).length).toBeGreaterThan(35);
  });
});
