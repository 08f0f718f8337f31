import * as metrics from '../../metrics/index.ts';
import type { Precision } from '../../native-types.ts';
import * as optimizers from '../../optimizers/index.ts';
import { checkOptionNames } from '../../option-names.ts';
import { checkPrecision } from '../../tensor/index.ts';
import type { Places } from './data.ts';
import {
  type LossOption,
  type LossWeightsOption,
  lossesOf,
  type MetricsOption,
  metricsOf,
  type OutputLoss,
} from './outputs.ts';
import { Trackers } from './trackers.ts';

/** Options of `compile`. */
export interface CompileConfig {
  /** A name (with default options) or an optimizer. Default `'rmsprop'`. */
  optimizer?: optimizers.OptimizerIdentifier;
  /**
   * A name, a function that gives one value per sample, or an object; for several outputs a list or a record by their names.
   * Left out when the model adds its losses itself (`addLoss`, a `trainStep` of its own).
   */
  loss?: LossOption | null | undefined;
  /** Factors of the losses of several outputs. They do not change what is reported for an output. Default 1 each. */
  lossWeights?: LossWeightsOption;
  /** Reported beside the loss; they ignore sample weights. */
  metrics?: MetricsOption;
  /** Reported beside the loss, weighted by sample. */
  weightedMetrics?: MetricsOption;
  /** Calls the model's JavaScript for every batch instead of once, so that a debugger sees every call. Slow. Default false. */
  runEagerly?: boolean;
  /**
   * `'fast'`: 3x3 convolutions by Winograd's algorithm where it is faster; `'exact'`: never. Default: what `setPrecision` set, else
   * `'fast'`.
   */
  precision?: Precision;
}

const compileNames = ['optimizer', 'loss', 'lossWeights', 'metrics', 'weightedMetrics', 'runEagerly', 'precision'];

/** What `compile` needs to know of a model. */
export interface CompiledModel {
  /** Its outputs, if it says. */
  readonly outputs: Places | undefined;
  /** Metrics that belong to the model and its layers. */
  readonly metrics: () => readonly metrics.Metric[];
}

/** Stands for an output that is not known yet, to check options early. */
const oneOutput: Places = { template: null, names: [''] };

/** What `compile` made of its options. */
export class Compiled {
  readonly optimizer: optimizers.Optimizer;
  readonly runEagerly: boolean;
  /** Of the programs that the model compiles; undefined: as it is set where they are compiled. */
  readonly precision: Precision | undefined;
  /** Running numbers of training. */
  readonly train: Trackers;
  /** The options as they were given. */
  readonly config: CompileConfig;
  readonly #newTrackers: () => Trackers;
  readonly #ownsOptimizer: boolean;
  #losses: (OutputLoss | undefined)[] | undefined;
  // Evaluations may overlap (one in a server's request, one in fit): each works on trackers of its own.
  readonly #idle: Trackers[] = [];
  readonly #all: Trackers[];

  /** @throws ConfigError for unknown names, and for losses or metrics that do not fit the outputs. */
  constructor(config: CompileConfig, model: CompiledModel) {
    checkOptionNames('compile', config, compileNames, "{ optimizer: 'adam', loss: 'meanSquaredError' }");
    this.config = config;
    if (model.outputs !== undefined) this.#losses = lossesOf(config.loss, config.lossWeights, model.outputs);
    else if (typeof config.loss === 'string') lossesOf(config.loss, undefined, oneOutput);
    this.optimizer = optimizers.get(config.optimizer ?? 'rmsprop');
    this.#ownsOptimizer = this.optimizer !== config.optimizer;
    this.runEagerly = config.runEagerly ?? false;
    if (config.precision !== undefined) checkPrecision('compile: precision', config.precision);
    this.precision = config.precision;
    if (model.outputs === undefined) {
      for (const what of ['metrics', 'weightedMetrics'] as const) checkNames(what, config[what]);
    }
    this.#newTrackers = () => {
      const trackers = new Trackers(config, model.metrics);
      if (model.outputs !== undefined) trackers.bind(model.outputs, this.lossesFor(model.outputs));
      return trackers;
    };
    this.train = this.#newTrackers();
    this.#all = [this.train];
  }

  /** The losses by output. @throws ConfigError for losses that do not fit the outputs. */
  lossesFor(outputs: Places): readonly (OutputLoss | undefined)[] {
    this.#losses ??= lossesOf(this.config.loss, this.config.lossWeights, outputs);
    return this.#losses;
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

/** Unknown names are errors at once, also of a model whose outputs are not known yet. */
function checkNames(what: string, option: MetricsOption | undefined): void {
  if (!Array.isArray(option) && typeof option !== 'string') return;
  for (const identifier of metricsOf(what, option, oneOutput).flat()) {
    if (typeof identifier === 'string') metrics.get(identifier).dispose();
  }
}
