import { expect, it } from 'vitest';
import { layers, ones, optimizers, sequential } from '../../ts/index.ts';
import { native } from '../../ts/native.ts';

interface Recorded {
  readonly programs: readonly { readonly instrs: readonly { readonly name: string }[] }[];
}

/** How many instructions of a training step compute a power. */
async function powers(optimizer: optimizers.Optimizer): Promise<number> {
  const dense = (units: number) => layers.dense({ units });
  const model = sequential({ layers: [layers.dense({ units: 3, inputShape: [4] }), dense(2), dense(1)] });
  model.compile({ optimizer, loss: 'meanSquaredError' });
  const trained = () => model.fit(ones([8, 4]), ones([8, 1]), { batchSize: 4, epochs: 1, verbose: 0 });
  await trained();
  native.startProfile();
  await trained();
  const { programs } = JSON.parse(native.stopProfile()) as Recorded;
  const step = programs.map(({ instrs }) => instrs.filter(({ name }) => name.includes('pow')).length);
  return Math.max(...step);
}

it.each([
  ['Adam', 1],
  ['Adamax', 1],
  // Two means of gradients, one of them for the step to come.
  ['Nadam', 3],
] as const)('what all variables share of the formula of %s is computed once a step', async (name, most) => {
  const count = await powers(new optimizers[name]({ learningRate: 0.01 }));
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThanOrEqual(most);
});
