import { received } from '../../arguments.ts';
import type { Logs } from '../../callbacks/callback.ts';
import { ConfigError } from '../../errors.ts';
import * as losses from '../../losses/index.ts';
import * as metrics from '../../metrics/index.ts';
import { type NativeProgram, runProgram } from '../../native.ts';
import type { Precision } from '../../native-types.ts';
import * as optimizers from '../../optimizers/index.ts';
import { checkOptionNames } from '../../option-names.ts';
import { checkPrecision, type Tensor, traceProgram } from '../../tensor/index.ts';

/** Options of `compile`. */
export interface CompileConfig {
  /** A name (with default options) or an optimizer. Default `'rmsprop'`. */
  optimizer?: optimizers.OptimizerIdentifier;
  /** A name, a function that gives one value per sample, or an object. */
  loss: losses.LossIdentifier;
  /** Reported beside the loss; they ignore sample weights. */
  metrics?: metrics.MetricIdentifier | readonly metrics.MetricIdentifier[];
  /** Reported beside the loss, weighted by sample. */
  weightedMetrics?: metrics.MetricIdentifier | readonly metrics.MetricIdentifier[];
  /** Calls the model's JavaScript for every batch instead of once, so that a debugger sees every call. Slow. Default false. */
  runEagerly?: boolean;
  /**
   * `'fast'`: 3x3 convolutions by Winograd's algorithm where it is faster; `'exact'`: never. Default: what `setPrecision` set, else
   * `'fast'`.
   */
  precision?: Precision;
}

const compileNames = ['optimizer', 'loss', 'metrics', 'weightedMetrics', 'runEagerly', 'precision'];

interface Tracked {
  readonly metric: metrics.Metric;
  readonly weighted: boolean;
  /** Made here, not handed in: freed here. */
  readonly own: boolean;
}

/** The running numbers of one pass: the mean loss and the metrics. */
export class Trackers {
  /** Names of the results in order, `'loss'` first. */
  readonly names: readonly string[];
  readonly #loss = new metrics.Mean({ name: 'loss' });
  readonly #tracked: readonly Tracked[];
  #results: NativeProgram | undefined;

  constructor(plain: readonly metrics.MetricIdentifier[], weighted: readonly metrics.MetricIdentifier[]) {
    const track =
      (weigh: boolean) =>
      (identifier: metrics.MetricIdentifier): Tracked => {
        const metric = metrics.get(identifier);
        return { metric, weighted: weigh, own: metric !== identifier };
      };
    this.#tracked = [...plain.map(track(false)), ...weighted.map(track(true))];
    const names = ['loss'];
    for (const { metric, weighted: weigh } of this.#tracked) {
      const wanted = weigh && names.includes(metric.name) ? `weighted_${metric.name}` : metric.name;
      let name = wanted;
      for (let n = 1; names.includes(name); n++) name = `${wanted}_${n}`;
      names.push(name);
    }
    this.names = names;
  }

  /** Takes a batch into account; part of a traced step. */
  update(loss: Tensor, batchSize: number, y: Tensor, predictions: Tensor, sampleWeight: Tensor | undefined): void {
    this.#loss.update(loss, batchSize);
    for (const { metric, weighted } of this.#tracked) {
      metric.updateState(y, predictions, weighted ? sampleWeight : undefined);
    }
  }

  /** The results so far, scalars in the order of `names`. */
  results(): Tensor[] {
    return [this.#loss, ...this.#tracked.map(({ metric }) => metric)].map((metric) =>
      metric.result().cast('float32').reshape([]),
    );
  }

  /** A program that gives the results. */
  get program(): NativeProgram {
    this.#results ??= traceProgram('metric results', [], () => this.results());
    return this.#results;
  }

  /** Forgets all batches. */
  reset(): void {
    this.#loss.resetState();
    for (const { metric } of this.#tracked) metric.resetState();
  }

  /** The results as named numbers. */
  async read(): Promise<Logs> {
    const outputs = runProgram(this.program, []);
    const values = await Promise.all(outputs.map(async (output) => (await output.data())[0] as number));
    for (const output of outputs) output.dispose();
    return this.name(values);
  }

  /** Numbers in the order of `names`, named and sorted as Keras reports them. */
  name(values: ArrayLike<number>): Logs {
    const entries = this.names.map((name, i) => [name, values[i] ?? Number.NaN] as const);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Keeps the state of metrics that were handed in (shared by all passes) and gives a function that puts it back. */
  preserveShared(): () => void {
    const kept = this.#tracked
      .filter(({ own }) => !own)
      .flatMap(({ metric }) => metric.variables.map((variable) => ({ variable, value: variable.read() })));
    return () => {
      for (const { variable, value } of kept) {
        variable.assign(value);
        value.dispose();
      }
    };
  }

  dispose(): void {
    this.#results?.dispose();
    this.#loss.dispose();
    for (const { metric, own } of this.#tracked) if (own) metric.dispose();
  }
}

function asList<T extends object | string>(value: T | readonly T[] | undefined, what: string): readonly T[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  if (typeof value === 'string' || typeof value === 'function' || value instanceof metrics.Metric) return [value as T];
  throw new ConfigError(`compile: ${what} must be a metric or a list of metrics, got ${received(value)}`);
}

/** What `compile` made of its options. */
export class Compiled {
  readonly optimizer: optimizers.Optimizer;
  readonly loss: losses.Loss;
  readonly runEagerly: boolean;
  /** Of the programs that the model compiles; undefined: as it is set where they are compiled. */
  readonly precision: Precision | undefined;
  /** Running numbers of training. */
  readonly train: Trackers;
  readonly #newTrackers: () => Trackers;
  readonly #ownsOptimizer: boolean;
  // Evaluations may overlap (one in a server's request, one in fit): each works on trackers of its own.
  readonly #idle: Trackers[] = [];
  readonly #all: Trackers[];

  /** @throws ConfigError for unknown names. */
  constructor(config: CompileConfig) {
    checkOptionNames('compile', config, compileNames, "{ optimizer: 'adam', loss: 'meanSquaredError' }");
    if (config.loss === undefined) throw new ConfigError("compile needs a loss, such as loss: 'meanSquaredError'");
    this.loss = losses.get(config.loss);
    this.optimizer = optimizers.get(config.optimizer ?? 'rmsprop');
    this.#ownsOptimizer = this.optimizer !== config.optimizer;
    this.runEagerly = config.runEagerly ?? false;
    if (config.precision !== undefined) checkPrecision('compile: precision', config.precision);
    this.precision = config.precision;
    const plain = asList(config.metrics, 'metrics');
    const weighted = asList(config.weightedMetrics, 'weightedMetrics');
    this.#newTrackers = () => new Trackers(plain, weighted);
    this.train = this.#newTrackers();
    this.#all = [this.train];
  }

  /** Trackers that no other evaluation uses at the moment. */
  acquire(): Trackers {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const trackers = this.#newTrackers();
    this.#all.push(trackers);
    return trackers;
  }

  /** Gives trackers back for the next evaluation. */
  release(trackers: Trackers): void {
    this.#idle.push(trackers);
  }

  dispose(): void {
    for (const trackers of this.#all) trackers.dispose();
    if (this.#ownsOptimizer) this.optimizer.dispose();
  }
}
