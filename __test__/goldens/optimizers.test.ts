import type { Optimizer } from '../../ts/optimizers/index.ts';
import { Variable } from '../../ts/tensor/index.ts';
import { wave } from '../wave.ts';
import { type Case, compareCases, made } from './cases.ts';
import { casesOf, expectClose } from './data.ts';

interface OptimizerCase extends Case {
  losses: number[];
  weights: number[][];
}

const shapes = [
  ['kernel', [4, 6]],
  ['bias', [6]],
  ['out', [6, 3]],
] as const;

compareCases('optimizers', casesOf<OptimizerCase>('optimizers'), async (golden) => {
  const optimizer = made<Optimizer>('optimizers', golden);
  const variables = shapes.map(([name, shape], i) => new Variable(wave(shape, i + 1, 0.5), true, name));
  const [kernel, bias, out] = variables as [Variable, Variable, Variable];
  const x = wave([12, 4], 0.1);
  const y = wave([12, 3], 2);
  for (const [step, expected] of golden.losses.entries()) {
    const loss = optimizer.minimize(
      () => x.matMul(kernel.read()).add(bias.read()).tanh().matMul(out.read()).sub(y).square().mean(),
      variables,
    );
    expectClose(await loss.data(), [expected], `loss of step ${step}`);
  }
  for (const [i, variable] of variables.entries())
    expectClose(await variable.read().data(), golden.weights[i] as number[], variable.name, 1e-4);
});
