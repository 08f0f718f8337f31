import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AnyLayer } from '../../ts/layers/layer.ts';
import { layerFromConfig } from '../../ts/layers/registry.ts';
import type { MetricName } from '../../ts/metrics/index.ts';
import { type CompileConfig, type FitOptions, type Model, Sequential } from '../../ts/models/index.ts';
import { Adam, AdamW, type Optimizer, RMSprop, SGD } from '../../ts/optimizers/index.ts';
import { targets, wave, weightWave } from '../wave.ts';

interface TrainingCase {
  name: string;
  layers: { className: string; config: Record<string, unknown> }[];
  xShape: number[];
  y: string;
  loss: CompileConfig['loss'];
  metrics: MetricName[];
  optimizer: { className: 'SGD' | 'RMSprop' | 'Adam' | 'AdamW'; config: Record<string, never> };
  fit: { validationSplit?: number; classWeight?: Record<number, number>; sampleWeight?: boolean };
  history: Record<string, number[]>;
  evaluated: Record<string, number>;
  predictions: number[];
  weights: number[][];
}

const cases = JSON.parse(readFileSync(new URL('../goldens/training.json', import.meta.url), 'utf8')) as TrainingCase[];
const optimizers: Record<string, new (config: Record<string, never>) => Optimizer> = { SGD, RMSprop, Adam, AdamW };

function modelOf(golden: TrainingCase, runEagerly: boolean): Model {
  const layers: AnyLayer[] = golden.layers.map(({ className, config }, i) =>
    layerFromConfig({ className, config: i === 0 ? { ...config, inputShape: golden.xShape.slice(1) } : config }),
  );
  const model = new Sequential({ layers });
  model.setWeights(model.weights.map((w, i) => weightWave(w.shape, i, w.name)));
  const Optimizer = optimizers[golden.optimizer.className] as new (config: Record<string, never>) => Optimizer;
  model.compile({
    optimizer: new Optimizer(golden.optimizer.config),
    loss: golden.loss,
    metrics: golden.metrics,
    runEagerly,
  });
  return model;
}

function optionsOf(golden: TrainingCase): FitOptions {
  const { sampleWeight, ...rest } = golden.fit;
  const weights = sampleWeight ? { sampleWeight: wave([golden.xShape[0] as number], 0.5).add(1) } : {};
  return { batchSize: 4, epochs: 4, shuffle: false, verbose: 0, ...rest, ...weights };
}

function close(actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  expect(actual.length, what).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs((actual[i] as number) - value), `${what}[${i}]: ${actual[i]} for ${value}`).toBeLessThanOrEqual(
      2e-5 * Math.max(1, Math.abs(value)),
    );
  });
}

async function compare(golden: TrainingCase, runEagerly: boolean): Promise<void> {
  const model = modelOf(golden, runEagerly);
  const x = wave(golden.xShape, 0.1);
  const y = targets(golden.y, golden.xShape[0] as number);
  const { history } = await model.fit(x, y, optionsOf(golden));
  expect(Object.keys(history).sort()).toEqual(Object.keys(golden.history).sort());
  for (const [name, values] of Object.entries(golden.history)) close(history[name] as number[], values, name);
  const evaluated = await model.evaluate(x, y, { batchSize: 5, verbose: 0 });
  for (const [name, value] of Object.entries(golden.evaluated))
    close([evaluated[name] as number], [value], `evaluated ${name}`);
  const { predictions } = golden;
  const first = x.slice(0, 3);
  close(await model.predict(first).data(), predictions, 'predictions');
  for (const [i, weight] of model.getWeights().entries())
    close(await weight.data(), golden.weights[i] as number[], `weight ${i}`);
  model.dispose();
}

describe('training equals Keras over 20 steps', () => {
  for (const golden of cases) it(golden.name, () => compare(golden, false));
});

describe('runEagerly gives the same', () => {
  for (const golden of cases.filter(({ name }) => ['adam', 'cnn', 'validation split'].includes(name))) {
    it(golden.name, () => compare(golden, true));
  }
});
