import { describe, expect, test } from 'vitest';
import { printed, run } from './run.ts';

describe('settings of the environment', () => {
  test('are followed', async () => {
    const env = {
      HORNBEAM_NUM_THREADS: '3',
      HORNBEAM_ISA: 'portable',
      HORNBEAM_MEMORY_LIMIT: '20000000',
      HORNBEAM_PRECISION: 'exact',
    };
    const ended = await run('settings', [], [], env);
    expect(ended.code, ended.output).toBe(0);
    expect(printed(ended, 'settings')).toEqual({ threads: 3, isa: 'portable', precision: 'exact' });
    expect(printed(ended, 'tensor')).toMatch(/out of memory: 67108864 more bytes would exceed the memory budget/);
  });

  test('that mean nothing are named and left out', async () => {
    const env = {
      HORNBEAM_NUM_THREADS: 'many',
      HORNBEAM_ISA: 'sse9',
      HORNBEAM_MEMORY_LIMIT: 'all',
      HORNBEAM_PRECISION: 'high',
    };
    const ended = await run('settings', [], [], env);
    expect(ended.code, ended.output).toBe(0);
    expect(ended.output).toContain('hornbeam: HORNBEAM_NUM_THREADS="many" is ignored: expected a whole number');
    expect(ended.output).toMatch(/HORNBEAM_ISA="sse9" is ignored: expected portable/);
    expect(ended.output).toContain('HORNBEAM_MEMORY_LIMIT="all" is ignored: expected a number of bytes');
    expect(ended.output).toContain('HORNBEAM_PRECISION="high" is ignored: expected fast or exact');
    expect(printed(ended, 'tensor')).toBe('made');
  });
});
