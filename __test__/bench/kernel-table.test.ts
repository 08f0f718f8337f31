import { describe, expect, it } from 'vitest';

const { tableLines, drawnLines, operationFlops, streamOf } = (await import(
  new URL('../../bench/kernel-table.mjs', import.meta.url).href
)) as {
  tableLines(): string[];
  drawnLines(): string[];
  operationFlops(line: string): number;
  streamOf(line: string): { reads: number; writes: number; bytes: number } | undefined;
};
const { chart } = (await import(new URL('../../bench/chart.mjs', import.meta.url).href)) as {
  chart(options: { title: string; x: string; y: string; series: { name: string; points: number[][] }[] }): string;
};

const form =
  /^(matmul (NN|NT|TN)( \d+){3}|conv2d (forward|input-grad|filter-grad)( \d+){8} (valid|same)|depthwise (forward|input-grad|filter-grad)( \d+){6})$/;

describe('operations', () => {
  it('are counted by the direct algorithm', () => {
    expect(operationFlops('matmul TN 2 3 4')).toBe(48);
    expect(operationFlops('conv2d forward 2 5 6 4 8 3 1 1 valid')).toBe(2 * (2 * 3 * 4 * 8) * 9 * 4);
    expect(operationFlops('conv2d filter-grad 1 5 7 4 8 3 2 2 same')).toBe(2 * (3 * 4 * 8) * 9 * 2);
    expect(operationFlops('depthwise input-grad 1 4 4 5 3 1')).toBe(2 * (4 * 4 * 5) * 9);
    expect(operationFlops('softmax 4 4')).toBe(0);
  });

  it('have the stream of their own reads and writes', () => {
    expect(streamOf('adam 1000')).toEqual({ reads: 4, writes: 3, bytes: 4000 });
    expect(streamOf('softmax 8 16')).toEqual({ reads: 2, writes: 2, bytes: 512 });
    expect(streamOf('matmul NN 1 1024 1024')).toMatchObject({ reads: 1, writes: 0 });
    expect(streamOf('matmul NN 64 64 64')).toBeUndefined();
    expect(streamOf('conv2d forward 1 8 8 1 1 3 1 1 same')).toBeUndefined();
  });

  it('are all in a form that op_bench reads', () => {
    const lines = tableLines().filter((line) => /^(matmul|conv2d|depthwise)/.test(line));
    expect(lines.filter((line) => !form.test(line))).toEqual([]);
    expect(new Set(lines).size).toBe(lines.length);
  });
});

describe('drawn shapes', () => {
  const lines = drawnLines();

  it('are sixty, the same in every run', () => {
    expect(lines).toHaveLength(60);
    expect(drawnLines()).toEqual(lines);
    expect(lines.filter((line) => !form.test(line))).toEqual([]);
  });

  it('stay within the limits, and fit their kernels and groups', () => {
    for (const line of lines) {
      expect(operationFlops(line)).toBeGreaterThan(0);
      expect(operationFlops(line)).toBeLessThanOrEqual(6e9);
      if (!line.startsWith('conv2d')) continue;
      const [, h, w, c, filters, kernel, , groups] = (line.match(/\d+/g)?.slice(1) ?? []).map(Number) as number[];
      expect(Math.min(h as number, w as number)).toBeGreaterThanOrEqual(kernel as number);
      expect([(c as number) % (groups as number), (filters as number) % (groups as number)]).toEqual([0, 0]);
    }
  });
});

it('charts hold every point and escape names', () => {
  const points = [
    [1, 100],
    [64, 3],
    [4096, 2],
  ];
  const svg = chart({ title: 'a < b', x: 'batch', y: 'µs', series: [{ name: 'one & two', points }] });
  expect(svg.match(/<circle/g)).toHaveLength(3);
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('one &amp; two');
  expect(svg).not.toContain('NaN');
});
