import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the example; `seen` may end it as soon as it printed something. */
function run(
  env: Record<string, string>,
  seen?: (output: string, interrupt: () => void) => void,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'examples/mnist.ts'], {
      cwd: root,
      env: { ...process.env, ...env },
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
      seen?.(output, () => child.kill('SIGINT'));
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

it('the MNIST example runs to its end', async () => {
  const { code, output } = await run({ EPOCHS: '0' });
  expect(code, output).toBe(0);
  expect(output).toContain('Total params: 93,322 (364.54 KB)');
  expect(output).toMatch(/test loss \d\.\d{4} - test accuracy 0\.\d{4}/);
  expect(output.match(/predicted \d, label \d/g)).toHaveLength(10);
}, 60_000);

it('Ctrl-C ends the MNIST example within a batch', async () => {
  let asked = false;
  const { code, output } = await run({ EPOCHS: '50' }, (text, interrupt) => {
    if (asked || !text.includes('Epoch 1/50')) return;
    asked = true;
    setTimeout(interrupt, 300);
  });
  expect(output).toContain('Training was interrupted.');
  expect(code).toBe(130);
}, 60_000);
