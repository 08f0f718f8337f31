// How a model is compiled, as Keras 3 and its older versions hold it.
import { received } from '../../arguments.ts';
import { Loss } from '../../losses/loss.ts';
import { Metric } from '../../metrics/metric.ts';
import type { TrainableModel } from '../../models/model.ts';
import type { CompileConfig } from '../../models/training/compiled.ts';
import type { Optimizer } from '../../optimizers/index.ts';
import * as optimizers from '../../optimizers/index.ts';
import { camelOptions, functionName, makeOwn, type OptionReaders, readOptions } from './read-options.ts';
import { isKnown, isRecord, type Json, type Reading } from './reading.ts';
import type { Kind } from './tables.ts';

/** Options that say how something is computed, and not what. */
const ignored: ReadonlySet<string> = new Set([
  'steps_per_execution',
  'jit_compile',
  'auto_scale_loss',
  'sample_weight_mode',
  'weighted_metrics',
  'pss_evaluation_shards',
  'experimental_steps_per_execution',
]);
const read: ReadonlySet<string> = new Set([
  'optimizer',
  'loss',
  'loss_weights',
  'metrics',
  'weighted_metrics',
  'run_eagerly',
]);

/** Compiles a model as the file says. @throws FileError. */
export function compileAs(reading: Reading, model: TrainableModel, config: Json, place: string): void {
  for (const [name, value] of Object.entries(config)) {
    if (read.has(name) || ignored.has(name) || value === null || value === false) continue;
    reading.fail(place, `the option ${name} = ${received(value)} is one that hornbeam does not have`);
  }
  const weights = config.loss_weights ?? undefined;
  const options: CompileConfig = {
    ...(config.optimizer === undefined || config.optimizer === null
      ? {}
      : { optimizer: readOptimizer(reading, config.optimizer, `${place}: optimizer`) }),
    loss: readTree(reading, config.loss ?? null, `${place}: loss`, readLoss) as CompileConfig['loss'],
    metrics: (readTree(reading, config.metrics ?? null, `${place}: metrics`, readMetric) ?? undefined) as never,
    weightedMetrics: (readTree(reading, config.weighted_metrics ?? null, `${place}: weighted_metrics`, readMetric) ??
      undefined) as never,
    ...(weights === undefined ? {} : { lossWeights: weights as never }),
    ...(config.run_eagerly === true ? { runEagerly: true } : {}),
  };
  for (const name of ['metrics', 'weightedMetrics', 'loss'] as const)
    if (options[name] === undefined || options[name] === null) delete (options as Record<string, unknown>)[name];
  reading.trying(place, () => model.compile(options));
}

type ReadOne = (reading: Reading, value: unknown, place: string) => unknown;

/** One, or lists and records of them by the names of outputs. */
function readTree(reading: Reading, value: unknown, place: string, one: ReadOne): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((inner, i) => readTree(reading, inner, `${place}: ${i}`, one));
  if (isRecord(value) && typeof value.class_name !== 'string') {
    const entries = Object.entries(value).map(([name, inner]) => [
      name,
      readTree(reading, inner, `${place}: ${name.slice(0, 60)}`, one),
    ]);
    return Object.fromEntries(entries) as Record<string, unknown>;
  }
  return one(reading, value, place);
}

const optionReaders: OptionReaders = {
  layers: (reading, _, place) => reading.fail(place, 'a layer has no place here'),
  optimizer: readOptimizer,
  rate: readRate,
};

/** An optimizer: a name, or an object. */
export function readOptimizer(reading: Reading, value: unknown, place: string): Optimizer {
  if (typeof value === 'string') return reading.trying(place, () => optimizers.get(value.toLowerCase() as 'adam'));
  return readObject<Optimizer>(reading, ['optimizer'], value, place, optimizers.Optimizer);
}

/** A learning rate: a number, or a schedule. */
export function readRate(reading: Reading, value: unknown, place: string): unknown {
  if (isRecord(value) && value.class_name !== '__tensor__' && value.class_name !== '__numpy__')
    return readObject(reading, ['schedule'], value, place, optimizers.schedules.LearningRateSchedule);
  const number = isRecord(value) && isRecord(value.config) ? value.config.value : value;
  return typeof number === 'number' ? number : reading.fail(place, `it must be a number, but is ${received(value)}`);
}

/** A loss. */
export function readLoss(reading: Reading, value: unknown, place: string): unknown {
  return readNamed(reading, 'loss', value, place, Loss);
}

/** A metric. */
export function readMetric(reading: Reading, value: unknown, place: string): unknown {
  return readNamed(reading, 'metric', value, place, Metric);
}

/** A loss or metric: a name or a function of Keras' (as its name), a function of one's own, or an object. */
function readNamed(
  reading: Reading,
  kind: 'loss' | 'metric',
  value: unknown,
  place: string,
  Base: abstract new (...args: never) => object,
): unknown {
  if (typeof value === 'string' || (isRecord(value) && value.class_name === 'function')) {
    const { names } = functionName(reading, value, place);
    const own = reading.ownFunction(...names);
    return own ?? names[0];
  }
  return readObject(reading, [kind], value, place, Base);
}

function readObject<T extends object>(
  reading: Reading,
  kinds: readonly Kind[],
  value: unknown,
  place: string,
  Base: abstract new (...args: never) => object,
): T {
  const entry = reading.entry(place, value);
  const found = reading.classOf(entry, kinds);
  const [kind] = kinds as [Kind];
  if (found === undefined) return reading.fail(place, `there is no ${kind} ${received(entry.class_name)}`);
  const config =
    entry.config === undefined || entry.config === null ? {} : reading.record(place, 'config', entry.config);
  return reading.trying(place, () => {
    const made = isKnown(found)
      ? new (found.Class as unknown as new (options: unknown) => object)(
          readOptions(reading, found, config, place, optionReaders),
        )
      : makeOwn(found, camelOptions(config));
    if (made instanceof Base) return made as T;
    return reading.fail(place, `${received(entry.class_name)} is no ${kind}`);
  });
}
