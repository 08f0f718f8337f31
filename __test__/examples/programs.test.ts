import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What an example prints, training for so many epochs. */
function printed(example: string, epochs: number): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', `examples/${example}.ts`], {
    cwd: root,
    env: { ...process.env, EPOCHS: String(epochs) },
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  return stdout;
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

  it('multi-output', () => {
    const output = printed('multi-output', 2);
    expect(output).toContain('val_soon_accuracy');
    expect(output).toMatch(/part 5: price -?\d\.\d\d, let in class [012]/);
  });
});
