import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What an example prints, training for so many epochs. */
function printed(example: string, epochs: number, env: Record<string, string> = {}): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', `examples/${example}.ts`], {
    cwd: root,
    env: { ...process.env, EPOCHS: String(epochs), ...env },
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

/** Runs the example with checkpoints and interrupts it as soon as it trains: its exit code. */
function interrupted(env: Record<string, string>): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'examples/checkpoints.ts'], {
      cwd: root,
      env: { ...process.env, ...env },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const before = output;
      output += chunk.toString();
      // Once: a second signal would end it without a checkpoint.
      if (output.includes('Epoch 2/') && !before.includes('Epoch 2/')) child.kill('SIGINT');
    });
    child.on('error', reject);
    child.on('close', resolve);
  });
}

describe('the examples run to their end', () => {
  it('text-lstm', () => {
    const output = printed('text-lstm', 1);
    expect(output).toMatch(/val_accuracy: 0\.\d{4}/);
    expect(output.match(/^0\.\d\d the \w+ was/gm)).toHaveLength(3);
  });

  it('transformer', () => {
    const output = printed('transformer', 1);
    expect(output).toMatch(/accuracy: 0\.\d{4}/);
    expect(output).toContain('the hornbeam is ');
  });

  it('checkpoints: interrupted and started again it ends with the same numbers', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hornbeam-example-'));
    try {
      const whole = printed('checkpoints', 8, { FOLDER: join(folder, 'a') });
      const env = { FOLDER: join(folder, 'b'), EPOCHS: '8' };
      expect(await interrupted(env)).toBe(130);
      const rest = printed('checkpoints', 8, env);
      expect(rest).toContain('Going on with epoch ');
      expect(rest).not.toContain('Epoch 1/8');
      expect(rest.trim().split('\n').at(-1)).toMatch(/^8 epochs, best val_loss \d/);
      expect(rest.trim().split('\n').at(-1)).toBe(whole.trim().split('\n').at(-1));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('multi-output', () => {
    const output = printed('multi-output', 2);
    expect(output).toContain('val_soon_accuracy');
    expect(output).toMatch(/part 5: price -?\d\.\d\d, let in class [012]/);
  });
});
