import { describe, expect, it } from 'vitest';
import type { Optimizer } from '../../ts/optimizers/index.ts';
import * as optimizers from '../../ts/optimizers/index.ts';
import { type Tensor, Variable, variableGrads } from '../../ts/tensor/index.ts';
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

interface Trained {
  variables: Variable[];
  loss: () => Tensor;
}

/** The small regression of tools/goldens/optimizers.py. */
function regression(): Trained {
  const variables = shapes.map(([name, shape], i) => new Variable(wave(shape, i + 1, 0.5), true, name));
  const [kernel, bias, out] = variables as [Variable, Variable, Variable];
  const x = wave([12, 4], 0.1);
  const y = wave([12, 3], 2);
  const loss = (): Tensor => x.matMul(kernel.read()).add(bias.read()).tanh().matMul(out.read()).sub(y).square().mean();
  return { variables, loss };
}

compareCases('optimizers', casesOf<OptimizerCase>('optimizers'), async (golden) => {
  const optimizer = made<Optimizer>('optimizers', golden);
  const { variables, loss: lossNow } = regression();
  for (const [step, expected] of golden.losses.entries()) {
    const loss = optimizer.minimize(lossNow, variables);
    expectClose(await loss.data(), [expected], `loss of step ${step}`);
  }
  for (const [i, variable] of variables.entries())
    expectClose(await variable.read().data(), golden.weights[i] as number[], variable.name, 1e-4);
});

interface ScaledCase {
  inner: 'SGD' | 'Adam';
  config: { initialScale: number; dynamicGrowthSteps: number };
  /** Steps whose gradients are made infinite. */
  overflows: number[];
  losses: number[];
  scales: number[];
  weights: number[][];
}

describe('LossScaleOptimizer equals Keras', () => {
  it.each(casesOf<ScaledCase>('optimizers-scaled'))('$inner $config', async (golden) => {
    const innerOptimizer = new optimizers[golden.inner]({ learningRate: 0.05 });
    const optimizer = new optimizers.LossScaleOptimizer({ innerOptimizer, ...golden.config });
    const { variables, loss } = regression();
    for (const [step, expected] of golden.losses.entries()) {
      const { value, grads } = variableGrads(() => optimizer.scaleLoss(loss()), variables);
      const scale = golden.scales[step] as number;
      expect(await optimizer.dynamicScale.read().item()).toBe(scale);
      expectClose([((await value.item()) as number) / scale], [expected], `loss of step ${step}`);
      const factor = golden.overflows.includes(step) ? Number.POSITIVE_INFINITY : 1;
      optimizer.apply(
        variables.map(({ name }) => (grads[name] as Tensor).mul(factor)),
        variables,
      );
    }
    for (const [i, variable] of variables.entries())
      expectClose(await variable.read().data(), golden.weights[i] as number[], variable.name, 1e-4);
  });
});
