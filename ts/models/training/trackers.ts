import type { Logs } from '../../callbacks/callback.ts';
import { StateError } from '../../errors.ts';
import * as metrics from '../../metrics/index.ts';
import { type NativeProgram, native, runProgram } from '../../native.ts';
import { unstack } from '../../ops/index.ts';
import { BuildRequest } from '../../tensor/building.ts';
import { scalar, type Tensor, traceProgram, Variable } from '../../tensor/index.ts';
import type { CompileConfig } from './compiled.ts';
import type { Places } from './data.ts';
import { metricsOf, type OutputLoss } from './outputs.ts';

interface Tracked {
  readonly metric: metrics.Metric;
  readonly weighted: boolean;
  readonly output: number;
  /** Made here, not handed in: freed here. */
  readonly own: boolean;
}

/** Targets, predictions and weights of a batch, output by output. */
export interface BatchOutcome {
  readonly targets: readonly (Tensor | undefined)[];
  readonly predictions: readonly Tensor[];
  readonly sampleWeights: readonly (Tensor | undefined)[];
}

/** The numbers of a result, scalars. */
function parts(result: Tensor): Tensor[] {
  return result.size === 1 ? [result.reshape([])] : unstack(result.reshape([result.size]));
}

/** Names of the numbers of a result: its own, numbered if there are several. */
function partNames(name: string, count: number): string[] {
  return count === 1 ? [name] : Array.from({ length: count }, (_, i) => `${name}_${i}`);
}

/**
 * The running numbers of one pass: the mean loss, those of the outputs, the metrics. What there is depends on the outputs;
 * it is made when they are known, which for a model that does not say is when its first step is traced.
 */
export class Trackers {
  readonly #config: CompileConfig;
  /** Metrics of the model and its layers, which are updated by themselves. */
  readonly #attached: () => readonly metrics.Metric[];
  readonly #loss = new metrics.Mean({ name: 'loss' });
  #outputLosses: (metrics.Mean | undefined)[] = [];
  #tracked: Tracked[] = [];
  #names: string[] | undefined;
  /** How many numbers each metric gives, known when its result was traced. */
  #sizes: readonly number[] = [];
  #results: NativeProgram | undefined;
  /** Numbers that a step of the user's own gives, by name. */
  readonly #own = new Map<string, Variable>();
  #usesOwn = false;

  constructor(config: CompileConfig, attached: () => readonly metrics.Metric[]) {
    this.#config = config;
    this.#attached = attached;
  }

  /** Whether the outputs are known. */
  get isBound(): boolean {
    return this.#names !== undefined;
  }

  /** Names of the results in order, `'loss'` first. @throws StateError before the outputs are known. */
  get names(): readonly string[] {
    if (this.#usesOwn) return [...this.#own.keys()];
    if (this.#names === undefined) {
      throw new StateError(
        'the names of the results are not known before the model has seen data: call fit, evaluate or build first',
      );
    }
    return [...this.#names, ...this.#attachedNames()].flatMap((name, i) => partNames(name, this.#sizes[i] ?? 1));
  }

  #attachedNames(): string[] {
    return this.#attached().map(({ name }) => name);
  }

  /** Makes the trackers for these outputs. Inside a trace it asks whoever began it to do so. */
  bind(outputs: Places, losses: readonly (OutputLoss | undefined)[]): void {
    if (this.#names !== undefined) return;
    if (native.isTracing()) throw new BuildRequest('compile', () => this.bind(outputs, losses));
    const count = outputs.names.length;
    const names = ['loss'];
    const unique = (wanted: string): string => {
      let name = wanted;
      for (let n = 1; names.includes(name); n++) name = `${wanted}_${n}`;
      names.push(name);
      return name;
    };
    const isSeveral = losses.filter((entry) => entry !== undefined).length > 1;
    this.#outputLosses = losses.map((entry) =>
      entry === undefined || !isSeveral ? undefined : new metrics.Mean({ name: unique(`${entry.name}_loss`) }),
    );
    const { metrics: plain, weightedMetrics: weighted } = this.#config;
    for (const [what, option] of [
      ['metrics', plain],
      ['weightedMetrics', weighted],
    ] as const) {
      metricsOf(what, option, outputs).forEach((identifiers, output) => {
        const prefix = count > 1 && outputs.names[output] ? `${outputs.names[output]}_` : '';
        for (const identifier of identifiers) {
          const metric = metrics.get(identifier);
          const isWeighted = what === 'weightedMetrics';
          const plainName = `${prefix}${metric.name}`;
          unique(isWeighted && names.includes(plainName) ? `${prefix}weighted_${metric.name}` : plainName);
          this.#tracked.push({ metric, weighted: isWeighted, output, own: metric !== identifier });
        }
      });
    }
    this.#names = names;
  }

  /** The running mean of the loss. */
  updateLoss(loss: Tensor, batchSize: number): void {
    this.#loss.update(loss, batchSize);
  }

  /** The running mean of an output's loss, before its weight. */
  updateOutputLoss(output: number, loss: Tensor, batchSize: number): void {
    this.#outputLosses[output]?.update(loss, batchSize);
  }

  /** The metrics of the outputs. */
  updateMetrics({ targets, predictions, sampleWeights }: BatchOutcome): void {
    for (const { metric, weighted, output } of this.#tracked) {
      const y = targets[output];
      if (y === undefined) continue;
      metric.updateState(y, predictions[output] as Tensor, weighted ? sampleWeights[output] : undefined);
    }
  }

  /** Reports the numbers that a step of the user's own gave instead: those of the last batch. */
  report(logs: Readonly<Record<string, Tensor>>): void {
    const missing = Object.keys(logs).filter((name) => !this.#own.has(name));
    if (missing.length > 0) {
      const make = (): void => {
        for (const name of missing) this.#own.set(name, new Variable(scalar(0), false, `results/${name}`));
      };
      if (native.isTracing()) throw new BuildRequest('trainStep', make);
      make();
    }
    this.#usesOwn = true;
    for (const [name, value] of Object.entries(logs)) this.#own.get(name)?.assign(value.cast('float32').reshape([]));
  }

  /** The results so far, scalars in the order of `names`. */
  results(): Tensor[] {
    const values = this.#usesOwn
      ? [...this.#own.values()].map((variable) => variable.read())
      : this.#metrics.map((metric) => metric.result());
    if (!this.#usesOwn) this.#sizes = values.map((value) => value.size);
    return values.flatMap((value) => parts(value.cast('float32')));
  }

  /** The results by name. */
  namedResults(): Record<string, Tensor> {
    const names = [...(this.#names ?? ['loss']), ...this.#attachedNames()];
    return Object.fromEntries(
      this.#metrics.flatMap((metric, i) => {
        const values = parts(metric.result());
        return partNames(names[i] as string, values.length).map((name, part) => [name, values[part] as Tensor]);
      }),
    );
  }

  get #metrics(): metrics.Metric[] {
    const outputs = this.#outputLosses.filter((mean) => mean !== undefined);
    return [this.#loss, ...outputs, ...this.#tracked.map(({ metric }) => metric), ...this.#attached()];
  }

  /** The metrics, the mean loss first. */
  get metrics(): readonly metrics.Metric[] {
    return this.#metrics;
  }

  /** A program that gives the results. */
  get program(): NativeProgram {
    this.#results ??= traceProgram('metric results', [], () => this.results());
    return this.#results;
  }

  /** Forgets all batches. */
  reset(): void {
    for (const metric of this.#metrics) metric.resetState();
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
    const handedIn = this.#tracked.filter(({ own }) => !own).map(({ metric }) => metric);
    const kept = [...handedIn, ...this.#attached()].flatMap((metric) =>
      metric.variables.map((variable) => ({ variable, value: variable.read() })),
    );
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
    for (const mean of this.#outputLosses) mean?.dispose();
    for (const variable of this.#own.values()) variable.dispose();
    for (const { metric, own } of this.#tracked) if (own) metric.dispose();
  }
}
