import { describe, expect, it } from 'vitest';
import * as tf from '../../ts/index.ts';

interface Workload {
  readonly name: string;
  readonly data: { readonly input: number[]; readonly classes?: number; readonly target?: number[] };
  readonly layers: readonly unknown[];
  readonly batches: readonly number[];
}

interface Samples {
  readonly x: ArrayLike<number>;
  readonly xShape: number[];
  readonly y: ArrayLike<number>;
  readonly yShape: number[];
}

interface Row {
  readonly contender: string;
  readonly msMedian?: number;
}

interface Group {
  readonly workload: string;
  readonly phase: string;
  readonly batch: number;
}

/** The benchmarks are JavaScript: what of them is used here has its types here. */
async function load<T>(file: string): Promise<T> {
  return (await import(new URL(`../../bench/${file}`, import.meta.url).href)) as T;
}

const { definitions, workload, build, flops, phaseFlops, samples } = await load<{
  definitions: { workloads: Record<string, unknown> };
  workload(name: string): Workload;
  build(library: unknown, definition: Workload): tf.Sequential;
  flops(definition: Workload): { forward: number; step: number };
  phaseFlops(definition: Workload, phase: string, batch: number): number;
  samples(definition: Workload, count: number): Samples;
}>('model.mjs');
const { groupsOf, standings } = await load<{
  groupsOf(options: { workloads: string[]; phases?: string[]; batches?: number[] }): Group[];
  standings(results: { group: Group; rows: Row[] }[]): { fastest: Row; ratio: number }[];
}>('compare.mjs');

describe('workloads', () => {
  it.each(Object.keys(definitions.workloads))('%s is built, and predicts what its data asks for', async (name) => {
    const definition = workload(name);
    const model = build(tf, definition);
    const { x, xShape, y, yShape } = samples(definition, 2);
    expect(y.length).toBe(yShape.reduce((size, dim) => size * dim, 1));
    const output = model.predict(tf.tensor(Float32Array.from(x), xShape));
    expect(output.shape).toEqual([2, definition.data.classes ?? (definition.data.target?.[0] as number)]);
    expect((await output.data()).every(Number.isFinite)).toBe(true);
  });

  it('samples are the same in every run, with mean 0 and variance 1', () => {
    const { x } = samples(workload('tiny-mlp'), 1000);
    expect(samples(workload('tiny-mlp'), 1000).x).toEqual(x);
    const values = Array.from(x);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });

  it('has variants by depth and width, and no others', () => {
    expect(workload('mlp-depth-3').layers).toHaveLength(4);
    expect(flops(workload('mlp-width-16')).forward).toBe(2 * (784 * 16 + 2 * 16 * 16 + 16 * 10));
    expect(() => workload('mlp-depth-0')).toThrow(/no workload "mlp-depth-0"; there are mnist-seed/);
  });
});

describe('FLOPs', () => {
  it('count multiply-adds of contractions twice, and no gradient for the input of the first', () => {
    const [first, others] = [26 * 26 * 32 * 9, 11 * 11 * 64 * 288 + 3 * 3 * 64 * 576 + 576 * 64 + 64 * 10];
    expect(flops(workload('mnist-seed'))).toEqual({ forward: 2 * (first + others), step: 4 * first + 6 * others });
  });

  it('know padding and depthwise kernels', () => {
    const plane = 56 * 56;
    const macs = plane * 64 * 9 + plane * 64 * 128 + plane * 128 * 9 + plane * 128 * 128 + 128 * 10;
    expect(flops(workload('mobilenet-block')).forward).toBe(2 * macs);
  });

  it('are those of a phase', () => {
    const definition = workload('mlp');
    const { forward, step } = flops(definition);
    expect(phaseFlops(definition, 'train', 32)).toBe(32 * step);
    expect(phaseFlops(definition, 'predict-one', 1)).toBe(forward);
    expect(phaseFlops(definition, 'whole', 32)).toBe(60_000 * step);
  });
});

describe('the comparison', () => {
  it('has the groups that were asked for', () => {
    const of = (options: Parameters<typeof groupsOf>[0]) =>
      groupsOf(options).map(({ workload: name, phase, batch }) => `${name} ${phase} ${batch}`);
    expect(of({ workloads: ['mlp'] })).toEqual(['mlp train 128', 'mlp train 32']);
    expect(of({ workloads: ['mnist-seed'], batches: [32] })).toEqual([
      'mnist-seed train 32',
      'mnist-seed predict 32',
      'mnist-seed predict-one 1',
      'mnist-seed whole 32',
    ]);
    expect(of({ workloads: ['mlp', 'mnist-seed'], phases: ['predict'] })).toEqual(['mnist-seed predict 32']);
  });

  it('takes the fastest of those that finished', () => {
    const group = { workload: 'mlp', phase: 'train', batch: 32 };
    const rows = [{ contender: 'hornbeam', msMedian: 2 }, { contender: 'a' }, { contender: 'b', msMedian: 5 }];
    expect(standings([{ group, rows: [...rows, { contender: 'c', msMedian: 9 }] }])).toMatchObject([
      { fastest: { contender: 'b' }, ratio: 2.5 },
    ]);
    expect(standings([{ group, rows: [{ contender: 'hornbeam' }, { contender: 'a', msMedian: 1 }] }])).toEqual([]);
  });
});
