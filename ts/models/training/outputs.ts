// What `compile` was told of losses and metrics, brought to the outputs of a model.
import { received } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import { snakeCase } from '../../layers/naming.ts';
import { flattenNest, type Nest, outline } from '../../layers/nest.ts';
import { isSerialized } from '../../losses/get.ts';
import * as losses from '../../losses/index.ts';
import * as metrics from '../../metrics/index.ts';
import { isBranch } from '../../tensor/tree.ts';
import type { Places } from './data.ts';

/** A loss, one an output in a list, or by the names of the outputs; `null` for an output without one. */
export type LossOption =
  | losses.LossIdentifier
  | readonly (losses.LossIdentifier | null)[]
  | { readonly [output: string]: losses.LossIdentifier | null };

/** Factors of the losses: a number, one an output, or by name. */
export type LossWeightsOption = number | readonly number[] | { readonly [output: string]: number };

/** Metrics of one output. */
export type MetricList = metrics.MetricIdentifier | readonly metrics.MetricIdentifier[];

/** Metrics: a list for the one output, a list of one entry an output, or by the names of the outputs. */
export type MetricsOption =
  | metrics.MetricIdentifier
  | readonly (MetricList | null)[]
  | { readonly [output: string]: MetricList };

/** The loss of one output. */
export interface OutputLoss {
  readonly loss: losses.Loss;
  readonly weight: number | undefined;
  /** How it is reported when there are several. */
  readonly name: string;
}

/** The losses by output; `undefined` for outputs without one. @throws ConfigError for losses that do not fit the outputs. */
export function lossesOf(
  option: LossOption | null | undefined,
  weights: LossWeightsOption | undefined,
  outputs: Places,
): (OutputLoss | undefined)[] {
  const { names } = outputs;
  const identifiers = perOutput<losses.LossIdentifier>('loss', option ?? undefined, outputs, isLoss);
  const factors = perOutput<number>('lossWeights', weights, outputs, (entry) => typeof entry === 'number');
  return identifiers.map((identifier, i) => {
    if (identifier === undefined) return undefined;
    const loss = losses.get(identifier);
    return { loss, weight: factors[i], name: names[i] || snakeCase(loss.name) };
  });
}

/** The metrics by output. @throws ConfigError for metrics that do not fit the outputs. */
export function metricsOf(
  what: string,
  option: MetricsOption | undefined,
  outputs: Places,
): metrics.MetricIdentifier[][] {
  const count = outputs.names.length;
  if (count === 1 && Array.isArray(option)) return [listOf(option as MetricList, what)];
  // A plain list is one entry an output if it has as many as there are outputs, as in Keras; else it is for all of them.
  const isForAll = Array.isArray(option) && option.length !== count && option.every(isMetric);
  const entries = isForAll
    ? outputs.names.map(() => option as MetricList)
    : perOutput<MetricList>(what, option as MetricList, outputs, (entry) => isMetric(entry) || Array.isArray(entry));
  return entries.map((entry) => listOf(entry, what));
}

function listOf(entry: MetricList | null | undefined, what: string): metrics.MetricIdentifier[] {
  if (entry === undefined || entry === null) return [];
  const list = Array.isArray(entry) ? (entry as readonly unknown[]).flat(1) : [entry];
  return list.map((identifier) => {
    if (isMetric(identifier)) return identifier as metrics.MetricIdentifier;
    throw new ConfigError(`compile: ${what} must be a metric or a list of metrics, got ${received(identifier)}`);
  });
}

/** An option by output: one for all, a list in the order of the outputs, or a record by their names. */
function perOutput<T>(
  what: string,
  option: unknown,
  { names, template }: Places,
  isOne: (entry: unknown) => boolean,
): (T | undefined)[] {
  if (option === undefined || option === null) return names.map(() => undefined);
  if (isOne(option) && !(Array.isArray(option) && names.length > 1)) return names.map(() => option as T);
  const fail = (problem: string): never => {
    throw new ConfigError(`compile: ${what} ${problem}. The outputs are ${names.join(', ')} (${outline(template)})`);
  };
  if (Array.isArray(option)) {
    const flat = option.length === names.length ? option : flattenNest<unknown>(option as Nest<unknown>);
    if (flat.length !== names.length) return fail(`has ${flat.length} entries for ${names.length} outputs`);
    return flat.map((entry) => checked(entry));
  }
  if (!isBranch(option)) return fail(`got ${received(option)}`);
  const record = option as { readonly [name: string]: unknown };
  const unknown = Object.keys(record).find((name) => !names.includes(name));
  if (unknown !== undefined) return fail(`names an output "${unknown}" that the model does not have`);
  return names.map((name) => checked(Object.hasOwn(record, name) ? record[name] : undefined));

  function checked(entry: unknown): T | undefined {
    if (entry === undefined || entry === null) return undefined;
    return isOne(entry) ? (entry as T) : fail(`got ${received(entry)}`);
  }
}

function isLoss(entry: unknown): boolean {
  return (
    typeof entry === 'string' || typeof entry === 'function' || entry instanceof losses.Loss || isSerialized(entry)
  );
}

function isMetric(entry: unknown): boolean {
  return (
    typeof entry === 'string' || typeof entry === 'function' || entry instanceof metrics.Metric || isSerialized(entry)
  );
}
