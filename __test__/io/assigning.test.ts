import { afterEach, describe, expect, it, vi } from 'vitest';
import { FileError, layers, type Sequential, sequential } from '../../ts/index.ts';
import {
  Assignments,
  layersOf,
  type MismatchOptions,
  planByName,
  planByOrder,
  type StoredArray,
  type StoredLayer,
  type TargetLayer,
} from '../../ts/io/assigning.ts';

/** Plans and assigns. */
async function assign(
  plan: typeof planByOrder,
  targets: readonly TargetLayer[],
  stored: readonly StoredLayer[],
  options?: MismatchOptions,
): Promise<void> {
  const assignments = new Assignments('f', options);
  plan(assignments, targets, stored);
  await assignments.run();
}

function net(): Sequential {
  return sequential({
    layers: [
      layers.dense({ units: 3, inputShape: [2], name: 'a' }),
      layers.dropout({ rate: 0.5, name: 'none' }),
      layers.dense({ units: 1, useBias: false, name: 'b' }),
    ],
  });
}

const array = (name: string, shape: readonly number[], read?: StoredArray['read']): StoredArray => ({
  name,
  shape,
  read: read ?? (async () => new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5)),
});

const [kernel, bias] = [array('a/kernel', [2, 3]), array('a/bias', [3])];
const first: StoredLayer = { name: 'a', arrays: [kernel, bias] };
const second: StoredLayer = { name: 'b', arrays: [array('b/kernel', [3, 1])] };
const right = [first, second];

async function values(model: Sequential): Promise<number[][]> {
  return Promise.all(model.getWeights().map(async (weight) => [...(await weight.data())]));
}

const halves = [Array(6).fill(0.5), Array(3).fill(0.5), Array(3).fill(0.5)];

describe('weights of files', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('are assigned by order, layers without weights left out', async () => {
    const model = net();
    await assign(planByOrder, layersOf(model), [first, { name: 'empty', arrays: [] }, second]);
    expect(await values(model)).toEqual(halves);
  });

  it('are assigned by name, and the others stay', async () => {
    const model = net();
    const before = await values(model);
    await assign(planByName, layersOf(model), [second, { name: 'other', arrays: [array('x', [9])] }]);
    expect(await values(model)).toEqual([before[0], before[1], halves[2]]);
  });

  it('take integers of 64 bits where they fit', async () => {
    const model = net();
    const counts = array('a/bias', [3], async () => new BigInt64Array([1n, 2n, -3n]));
    await assign(planByOrder, layersOf(model), [{ name: 'a', arrays: [kernel, counts] }, second]);
    expect((await values(model))[1]).toEqual([1, 2, -3]);
  });

  it.each([
    [
      'another number of layers',
      [first],
      /f: the model has 2 layers with weights, but the file holds those of 1 \(Dense "b"/,
    ],
    ['more layers', [...right, { ...second, name: 'c' }], /holds those of 3 \(c is one too many\)/],
    [
      'another number of weights',
      [{ name: 'a', arrays: [bias] }, second],
      /f: Dense "a" has 2 weights, but the file holds 1 for it \(in "a"\)/,
    ],
    [
      'another shape',
      [first, { name: 'b', arrays: [array('b/kernel', [3, 2])] }],
      /f: Dense "b": weight "b\/kernel" has shape \[3, 1\], but the file holds shape \[3, 2\] for it \(b\/kernel\)/,
    ],
    [
      'an array that cannot be read',
      [first, { name: 'b', arrays: [array('b/kernel', [3, 1], () => Promise.reject(new FileError('f: cut off')))] }],
      /f: cut off/,
    ],
    [
      'another number of elements than the shape says',
      [first, { name: 'b', arrays: [array('b/kernel', [3, 1], async () => new Float32Array(2))] }],
      /f: b\/kernel: /,
    ],
  ] as const)('stay as they are for %s', async (_, stored, message) => {
    const model = net();
    const before = await values(model);
    const loading = assign(planByOrder, layersOf(model), stored as readonly StoredLayer[]);
    await expect(loading).rejects.toThrow(FileError);
    await expect(loading).rejects.toThrow(message);
    expect(await values(model)).toEqual(before);
  });

  it('of other shapes are skipped with a warning when that is asked for', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const model = net();
    const before = await values(model);
    const stored = [
      { name: 'a', arrays: [array('a/kernel', [9, 9]), array('a/bias', [3])] },
      { name: 'b', arrays: [] },
    ];
    await assign(planByName, layersOf(model), stored, { skipMismatch: true });
    expect(await values(model)).toEqual([before[0], halves[1], before[2]]);
    expect(warn.mock.calls.map(([text]) => text)).toEqual([
      expect.stringMatching(/^f: Dense "a": weight "a\/kernel" .*\. It is skipped$/),
      expect.stringMatching(/^f: Dense "b" has 1 weight, but the file holds none/),
    ]);
  });

  it('say that a layer is not built', () => {
    const plan = new Assignments('f');
    expect(() => plan.add({ name: 'd', label: 'Dense "d"', built: false, variables: [] }, first)).toThrow(
      /f: Dense "d" has no weights, but the file holds 2 for it \(in "a"\); the layer is not built/,
    );
    expect(plan.count).toBe(0);
  });
});
