import { beforeAll, describe, expect, it } from 'vitest';
import type { DiffCase } from './case.ts';
import { cases } from './cases/index.ts';
import { difference, lookUp, ours, run, tfjs } from './run.ts';

/** A short name of a case. */
function title(entry: DiffCase): string {
  const inputs = entry.inputs.map(({ shape, dtype }) => `${dtype}[${shape.join()}]`).join(' ');
  return `${inputs} ${JSON.stringify(entry.args)}`;
}

const byOp = new Map<string, { entry: DiffCase; seed: number }[]>();
for (const [seed, entry] of cases.entries()) {
  const list = byOp.get(entry.op) ?? [];
  list.push({ entry, seed });
  byOp.set(entry.op, list);
}

describe('equals TensorFlow.js, value and gradient', () => {
  beforeAll(async () => {
    await (tfjs.setBackend as (name: string) => Promise<boolean>)('cpu');
  });
  for (const [op, list] of byOp) {
    it.skipIf(lookUp(ours, op) === undefined)(op, async () => {
      for (const { entry, seed } of list) {
        const theirs = await run(tfjs, entry, seed);
        const found = await run(ours, entry, seed);
        const tolerance = entry.tolerance ?? 1e-4;
        const values = difference(theirs.values, found.values, tolerance, entry.dtypeDiffers === undefined);
        expect(values, `${op} ${title(entry)}`).toBe('');
        const gradients = difference(theirs.gradients, found.gradients, tolerance, true);
        expect(gradients, `gradient of ${op} ${title(entry)}`).toBe('');
      }
    });
  }
});
