import * as hornbeam from 'hornbeam';
import { describe, expect, it } from 'vitest';
import { doctor, selfTest } from '../../ts/cli/doctor.ts';
import { cpuFeatures, cpuQuota, formatBytes, memoryQuota, whyMemory, whyThreads } from '../../ts/cli/facts.ts';

const files =
  (contents: Record<string, string>) =>
  (path: string): string | null =>
    contents[path] ?? null;

describe('facts', () => {
  it('reads the processor features that matter', () => {
    const x86 = files({ '/proc/cpuinfo': 'model name\t: X\nflags\t\t: fpu sse2 fma avx avx2 avx512f\n' });
    expect(cpuFeatures(x86)).toEqual(['avx', 'avx2', 'fma', 'avx512f']);
    expect(cpuFeatures(files({ '/proc/cpuinfo': 'Features\t: fp asimd crc32\n' }))).toEqual(['asimd']);
    expect(cpuFeatures(files({}))).toBe(null);
  });

  it('reads container limits', () => {
    expect(cpuQuota(files({ '/sys/fs/cgroup/cpu.max': '150000 100000\n' }))).toBe(1.5);
    expect(cpuQuota(files({ '/sys/fs/cgroup/cpu.max': 'max 100000\n' }))).toBe(null);
    expect(cpuQuota(files({}))).toBe(null);
    expect(memoryQuota(files({ '/sys/fs/cgroup/memory.max': '536870912\n' }))).toBe(536870912);
    expect(memoryQuota(files({ '/sys/fs/cgroup/memory.max': 'max\n' }))).toBe(null);
  });

  it('says why', () => {
    expect(whyThreads(3, '3', files({}))).toBe('HORNBEAM_NUM_THREADS');
    expect(whyThreads(2, 'many', files({}))).toContain('no container quota');
    expect(whyThreads(1, undefined, files({ '/sys/fs/cgroup/cpu.max': '100000 100000' }))).toContain('quota 1 proc');
    expect(whyMemory(undefined, files({}))).toContain('nine tenths of the smaller');
    expect(whyMemory('1000', files({ '/sys/fs/cgroup/memory.max': '1048576' }))).toMatch(
      /container 1\.0 MB.*LIMIT=1000/,
    );
  });

  it('formats bytes', () => {
    expect([0, 1023, 1536, 3 * 1024 ** 3, 200 * 1024 ** 2].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.5 kB',
      '3.0 GB',
      '200 MB',
    ]);
  });
});

describe('hornbeam doctor', () => {
  it('trains a net that learns', async () => {
    const { before: first, after, accuracy } = await selfTest(hornbeam);
    expect(after).toBeLessThan(first / 2);
    expect(accuracy).toBe(1);
  });

  it('prints what it found and gives 0', async () => {
    const lines: string[] = [];
    const code = await doctor(
      async () => hornbeam,
      (line) => lines.push(line),
    );
    expect(code).toBe(0);
    const text = lines.join('\n');
    for (const name of ['platform', 'features', 'kernels', 'threads', 'memory', 'self-test'])
      expect(text).toContain(name);
    expect(text).toContain(hornbeam.version.isa);
  });

  it('gives 1 and the error when the addon does not load', async () => {
    const lines: string[] = [];
    const code = await doctor(
      () => Promise.reject(new Error('no addon here')),
      (line) => lines.push(line),
    );
    expect(code).toBe(1);
    expect(lines.join('\n')).toContain('no addon here');
  });
});
