import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'hornbeam-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Executions in a process of its own: a crash or a hang ends that one only. Gives what it printed, and what it did last if it died. */
function walk(seed: number, executions: number): Promise<string> {
  const box = join(folder, `box-${seed}`);
  const program = fileURLToPath(new URL('./fuzz/walk.ts', import.meta.url));
  const args = ['--expose-gc', '--import', 'tsx', program, '--seed', seed, '--executions', executions];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args, '--seconds', 'Infinity', '--box', box].map(String), {
      env: { ...process.env, HORNBEAM_NUM_THREADS: '2', HORNBEAM_MEMORY_LIMIT: '512000000', NODE_OPTIONS: '' },
    });
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

describe('whatever a file holds', () => {
  it('it is read, or a FileError comes out: 2,000 executions', async () => {
    expect(await walk(1, 2000)).toMatch(/^\{"counts":.*"kinds":0,/);
  });
});
