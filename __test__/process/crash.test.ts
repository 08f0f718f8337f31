import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('a training that is killed 20 times and started again ends with the bits of one that never was', () => {
  const script = fileURLToPath(new URL('../../scripts/test-crash.mjs', import.meta.url));
  // The bundle, which the script makes: a process that starts from ts/ takes ten times as long to begin, and there are some forty.
  const args = [script, '--kills', '20', '--seed', '7'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 900_000 });
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toMatch(/trainings killed by SIGKILL +20\n/);
  const [ended, equal] = [/to their end +(\d+)/, /not killed +(\d+)/].map((pattern) =>
    Number(pattern.exec(stdout)?.[1]),
  );
  expect(ended, stdout).toBeGreaterThan(0);
  expect(equal, stdout).toBe(ended);
}, 1_000_000);
