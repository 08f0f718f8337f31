import { checkFlag } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { checkOptionNames } from '../option-names.ts';
import type { Tensor, Variable } from '../tensor/index.ts';
import { Callback, type CallbackState } from './callback.ts';

/** Options of {@link SwapEMAWeights}. */
export interface SwapEMAWeightsConfig {
  /** Whether the averages stand in the model from the end of every epoch to the begin of the next, for callbacks behind this one. Default false. */
  swapOnEpoch?: boolean;
}

interface Swapped {
  readonly variable: Variable;
  readonly trained: Tensor;
}

/**
 * Evaluates and predicts with the running means of the weights (Polyak and Juditsky, 1992), which an optimizer with `useEma`
 * keeps, and then puts the trained weights back. Validation in `fit` counts.
 *
 * Before the first step there are no means: the weights stay.
 *
 * @example
 * const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [4] })] });
 * net.compile({ optimizer: new optimizers.SGD({ useEma: true }), loss: 'meanSquaredError' });
 * await net.fit(ones([8, 4]), ones([8, 1]), { validationSplit: 0.25, callbacks: [new callbacks.SwapEMAWeights()], verbose: 0 });
 */
export class SwapEMAWeights extends Callback {
  readonly swapOnEpoch: boolean;
  /** What training goes on with, while the means stand in the model. */
  #swapped: readonly Swapped[] | undefined;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: SwapEMAWeightsConfig = {}) {
    super();
    if (new.target === SwapEMAWeights)
      checkOptionNames('SwapEMAWeights', config, ['swapOnEpoch'], '{ swapOnEpoch: true }');
    this.swapOnEpoch = checkFlag('SwapEMAWeights', 'swapOnEpoch', config.swapOnEpoch ?? false);
  }

  override onTrainBegin(): void {
    // A training that was cut short in the middle of a validation goes on with what stands in the model.
    this.#forget();
  }

  /** The trained weights, while the means stand in the model. */
  override getState(): CallbackState {
    const { trainableWeights } = this.model;
    const swapped = this.#swapped?.map(({ variable, trained }) => ({
      weight: trainableWeights.indexOf(variable),
      trained,
    }));
    return { swapped: swapped ?? null };
  }

  override setState(state: CallbackState): void {
    const { swapped } = state as { swapped: readonly { weight: number; trained: Tensor }[] | null };
    const { trainableWeights } = this.model;
    this.#forget();
    this.#swapped = swapped?.map(({ weight, trained }) => ({
      variable: trainableWeights[weight] as Variable,
      trained,
    }));
  }

  override onEpochBegin(): void {
    if (this.swapOnEpoch) this.#putBack();
  }

  /** @throws ConfigError for an optimizer without `useEma`. */
  override onEpochEnd(): void {
    if (this.swapOnEpoch) this.#swap();
  }

  // After the last epoch `fit` itself puts the means in place, whatever stands there.
  override onTrainEnd(): void {
    this.#forget();
  }

  /** @throws ConfigError for an optimizer without `useEma`. */
  override onTestBegin(): void {
    this.#swap();
  }

  override onTestEnd(): void {
    this.#putBack();
  }

  /** @throws ConfigError for an optimizer without `useEma`. */
  override onPredictBegin(): void {
    this.#swap();
  }

  override onPredictEnd(): void {
    this.#putBack();
  }

  #swap(): void {
    if (this.#swapped !== undefined) return;
    const { optimizer, trainableWeights } = this.model;
    const averages = trainableWeights.map((variable) => optimizer.averageOf(variable));
    if (averages.every((average) => average === undefined) && optimizer.isBuiltFor(trainableWeights)) {
      throw new ConfigError(
        `SwapEMAWeights needs an optimizer that keeps running means: make ${optimizer.getClassName()} with useEma: true`,
      );
    }
    if (optimizer.iterations.dataSync()[0] === 0) return;
    this.#swapped = trainableWeights.flatMap((variable, i) => {
      const average = averages[i];
      if (average === undefined) return [];
      const trained = variable.read();
      variable.assign(average.read());
      return [{ variable, trained }];
    });
  }

  #putBack(): void {
    for (const { variable, trained } of this.#swapped ?? []) variable.assign(trained);
    this.#forget();
  }

  #forget(): void {
    for (const { trained } of this.#swapped ?? []) trained.dispose();
    this.#swapped = undefined;
  }
}
