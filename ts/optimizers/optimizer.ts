import { checkConfig, checkFunction, checkList, checkSubclass, checkText, received } from '../arguments.ts';
import { ConfigError, StateError } from '../errors.ts';
import { BuildRequest, retryingBuilds } from '../layers/shape.ts';
import { runProgram } from '../native.ts';
import { where } from '../ops/index.ts';
import { checkOptionNames } from '../option-names.ts';
import {
  checkVariables,
  differentiateUsed,
  isTracing,
  scalar,
  Tensor,
  toTensor,
  traceProgram,
  Variable,
  variableGrads,
  variableNamed,
  zeros,
} from '../tensor/index.ts';

/** Options of every optimizer. */
export interface OptimizerConfig {
  name?: string;
  /** Weights shrink by `weightDecay * learningRate * w` before every step (decoupled; biases, too). */
  weightDecay?: number;
  /** Gradients of every variable are scaled down to this L2 norm. */
  clipnorm?: number;
  /** Gradients are cut at plus and minus this value. */
  clipvalue?: number;
  /** All gradients together are scaled down to this L2 norm. */
  globalClipnorm?: number;
}

const optimizerNames = ['learningRate', 'name', 'weightDecay', 'clipnorm', 'clipvalue', 'globalClipnorm'];

/** `config`, checked: `new Adam(0.01)` and `train.adam(0.01, 0.9)` would otherwise train with the defaults. @internal */
export function optimizerOptions<T extends object>(owner: string, config: T, own: readonly string[]): T {
  checkOptionNames(owner, config, [...optimizerNames, ...own], '{ learningRate: 0.01 }');
  return config;
}

/** A share such as Adam's betas. @throws ConfigError outside [0, 1]. @internal */
export function share(owner: string, name: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw new ConfigError(`${owner}: ${name} must be a number from 0 to 1, got ${received(value)}`);
}

/** A tensor and what it belongs to. */
export interface NamedTensor {
  name: string;
  tensor: Tensor;
}

/** A list would be summed: the step would be as many times too long as it has values. */
function checkScalar(owner: string, loss: Tensor): void {
  if (loss.size === 1) return;
  throw new ConfigError(
    `${owner}: the loss to minimize must be a scalar, got shape [${loss.shape.join(', ')}]. Take its mean() (or sum())`,
  );
}

/**
 * Base of optimizers: the order of Keras' `apply` (clip, decay, step, count). Everything is made of tensor operations on
 * variables, so a training step that holds it is traced once and runs natively. A subclass writes `updateStep`, and
 * `slots` for the state it keeps with every variable.
 */
export abstract class Optimizer {
  readonly name: string;
  readonly weightDecay: number | undefined;
  readonly clipnorm: number | undefined;
  readonly clipvalue: number | undefined;
  readonly globalClipnorm: number | undefined;
  /** Steps taken, an int32 scalar. */
  readonly iterations: Variable;
  readonly #learningRate: Variable;
  #learningRateNumber: number;
  readonly #slots = new Map<Variable, readonly Variable[]>();

  /** @throws ConfigError for options outside their allowed values. */
  constructor(learningRate: number, config: OptimizerConfig = {}) {
    checkSubclass(new.target, Optimizer, 'updateStep and slotNames');
    this.name = checkText('optimizer', 'name', config.name ?? 'optimizer');
    this.weightDecay = this.#nonNegative('weightDecay', config.weightDecay);
    this.clipnorm = this.#nonNegative('clipnorm', config.clipnorm);
    this.clipvalue = this.#nonNegative('clipvalue', config.clipvalue);
    this.globalClipnorm = this.#nonNegative('globalClipnorm', config.globalClipnorm);
    const clips = [this.clipnorm, this.clipvalue, this.globalClipnorm].filter((limit) => limit !== undefined);
    if (clips.length > 1)
      throw new ConfigError(`${this.name}: only one of clipnorm, clipvalue and globalClipnorm can be set`);
    this.#learningRateNumber = this.#checkRate(learningRate);
    this.iterations = new Variable(scalar(0, 'int32'), false, 'iterations');
    this.#learningRate = new Variable(scalar(this.#learningRateNumber), false, 'learning_rate');
  }

  /** The learning rate, rounded to float32. Setting it works at any time, inside callbacks of `fit` too. */
  get learningRate(): number {
    return this.#learningRateNumber;
  }

  set learningRate(value: number) {
    this.#learningRateNumber = this.#checkRate(value);
    this.#learningRate.assign(scalar(this.#learningRateNumber));
  }

  /** Number of variables of state kept with every trained variable. */
  protected abstract readonly slotNames: readonly string[];

  /** Changes `variable` by one step. Called with the clipped gradient; `slots` in the order of `slotNames`. */
  protected abstract updateStep(
    gradient: Tensor,
    variable: Variable,
    slots: readonly Variable[],
    learningRate: Tensor,
  ): void;

  /** What a variable's state begins with: zeros. */
  protected initialSlot(_slot: string, variable: Variable): Tensor {
    return zeros(variable.shape, variable.dtype);
  }

  /** Makes the state for these variables; to be called outside of a trace, as `fit` does. */
  build(variables: readonly Variable[]): void {
    for (const variable of checkVariables(this.name, variables)) {
      if (this.#slots.has(variable)) continue;
      this.#slots.set(
        variable,
        this.slotNames.map(
          (slot) => new Variable(this.initialSlot(slot, variable), false, `${this.name}/${variable.name}/${slot}`),
        ),
      );
    }
  }

  /** Whether the state of these variables exists. */
  isBuiltFor(variables: readonly Variable[]): boolean {
    return checkVariables(this.name, variables).every((variable) => this.#slots.has(variable));
  }

  /**
   * One step. `gradients[i]` belongs to `variables[i]`; `null` leaves the variable as it is.
   *
   * @throws ConfigError when there is no gradient at all.
   */
  apply(gradients: readonly (Tensor | null)[], variables: readonly Variable[]): void {
    if (!this.isBuiltFor(variables)) {
      // Variables are made outside of traces: whoever began this one does it, and traces again.
      if (isTracing()) throw new BuildRequest(`Optimizer "${this.name}"`, () => this.build(variables));
      this.build(variables);
    }
    const given = checkList(this.name, 'the gradients', gradients);
    const present = variables.flatMap((variable, i) => {
      const gradient = given[i];
      if (gradient && !(gradient instanceof Tensor)) {
        throw new ConfigError(`${this.name}: gradient ${i} must be a tensor or null, got ${received(gradient)}`);
      }
      return gradient ? [{ variable, gradient }] : [];
    });
    if (present.length === 0 && variables.length > 0) {
      throw new ConfigError(
        `${this.name}: the loss depends on none of the ${variables.length} trainable weights, so there is nothing to train`,
      );
    }
    const clipped = this.#clip(present.map(({ gradient }) => gradient));
    const learningRate = this.#learningRate.read();
    for (const { variable } of present) {
      if (this.weightDecay) variable.assign(variable.sub(variable.mul(this.weightDecay).mul(learningRate)));
    }
    present.forEach(({ variable }, i) => {
      const slots = this.#slots.get(variable) as readonly Variable[];
      this.updateStep(clipped[i] as Tensor, variable, slots, learningRate);
    });
    for (const { variable } of present) {
      if (variable.constraint !== undefined) variable.assign(variable.constraint.call(variable));
    }
    this.iterations.assign(this.iterations.add(1));
  }

  /**
   * Computes the loss, its gradients, and takes a step: a training loop of your own. Inside {@link jit} it is compiled once.
   *
   * @param variables Those to train; or, as in TensorFlow.js, whether the loss is returned, and after it the variables
   *   (default: the trainable ones that the loss reads).
   * @returns The loss before the step, a scalar; null in TensorFlow.js' form unless `returnCost` is true.
   * @throws ConfigError for a loss that is no scalar; StateError without variables.
   * @example
   * const loss = optimizer.minimize(() => model.apply(x).sub(y).square().mean(), model.trainableWeights);
   */
  minimize(loss: () => Tensor, variables: readonly Variable[]): Tensor;
  minimize(loss: () => Tensor, returnCost: true, variables?: readonly Variable[]): Tensor;
  minimize(loss: () => Tensor, returnCost?: boolean, variables?: readonly Variable[]): Tensor | null;
  minimize(
    loss: () => Tensor,
    second: readonly Variable[] | boolean = false,
    third?: readonly Variable[],
  ): Tensor | null {
    checkFunction(this.name, 'the loss', loss);
    const [variables, returned] = typeof second === 'boolean' ? [third, second] : [second, true];
    if (variables !== undefined) checkVariables(this.name, variables);
    if (variables?.length === 0) throw new StateError(`${this.name}: minimize needs the variables to train`);
    const step = (): Tensor => {
      const { value, variables: trained, gradients } = differentiateUsed(loss, variables);
      checkScalar(this.name, value);
      if (isTracing() && variables === undefined && !this.isBuiltFor(trained)) {
        throw new BuildRequest(`Optimizer "${this.name}"`, () => this.build(trained));
      }
      this.apply(gradients, trained);
      return value;
    };
    if (isTracing()) return step();
    // Traced also when called at once: a tensor computed in the middle would be cut off from what its gradient needs.
    const program = retryingBuilds(() => {
      this.build(variables ?? []);
      return traceProgram('minimize', [], () => [step()]);
    });
    const [value] = runProgram(program, []);
    program.dispose();
    const result = new Tensor(value as Tensor['handle']);
    if (returned) return result;
    result.dispose();
    return null;
  }

  /**
   * The loss and its gradients by the variables' names, for {@link applyGradients}.
   * @throws ConfigError for a loss that is no scalar, or variables with one name.
   */
  computeGradients(
    loss: () => Tensor,
    variables?: readonly Variable[],
  ): { value: Tensor; grads: Record<string, Tensor> } {
    const found = variableGrads(loss, variables);
    checkScalar(this.name, found.value);
    return found;
  }

  /**
   * One step with gradients by the variables' names, in a record or a list.
   * @throws ConfigError for a name that no variable has, or several.
   */
  applyGradients(gradients: Readonly<Record<string, Tensor>> | readonly NamedTensor[]): void {
    checkGradients(this.name, gradients);
    const named = Array.isArray(gradients)
      ? (gradients as readonly NamedTensor[]).map(({ name, tensor }) => [name, tensor] as const)
      : Object.entries(gradients as Readonly<Record<string, Tensor>>);
    this.apply(
      named.map(([, tensor]) => tensor),
      named.map(([name]) => variableNamed(name)),
    );
  }

  /** The state as TensorFlow.js lists it: the steps taken, then what is kept with every variable. */
  async getWeights(): Promise<NamedTensor[]> {
    const slots = [...this.#slots.values()].flat();
    const named = slots.map((slot) => ({ name: slot.name, tensor: slot.read() }));
    return [{ name: 'iter', tensor: this.iterations.read() }, ...named];
  }

  /**
   * Sets what {@link getWeights} gave, in its order.
   * @throws StateError before `build(variables)` or a first step has made the state; ShapeError for tensors that do not fit.
   */
  async setWeights(weights: readonly NamedTensor[]): Promise<void> {
    for (const entry of checkList(this.name, 'the weights', weights)) checkNamed(this.name, entry);
    const slots = [this.iterations, ...[...this.#slots.values()].flat()];
    if (weights.length !== slots.length) {
      throw new StateError(
        `${this.name}: setWeights got ${weights.length} tensors for a state of ${slots.length}. Call build(variables) first, with the variables of the weights`,
      );
    }
    slots.forEach((slot, i) => void slot.assign((weights[i] as NamedTensor).tensor));
  }

  /** The state in Keras' order: iterations, learning rate, then the slots variable by variable. */
  get variables(): Variable[] {
    return [this.iterations, this.#learningRate, ...[...this.#slots.values()].flat()];
  }

  /** The options that make an equal optimizer. */
  getConfig(): Record<string, unknown> {
    const config: Record<string, unknown> = { name: this.name, learningRate: this.learningRate };
    for (const option of ['weightDecay', 'clipnorm', 'clipvalue', 'globalClipnorm'] as const) {
      if (this[option] !== undefined) config[option] = this[option];
    }
    return config;
  }

  /** Frees the state. */
  dispose(): void {
    for (const variable of this.variables) variable.dispose();
  }

  /** The number of the step in progress as a float, counted from 1. */
  protected step(): Tensor {
    return this.iterations.add(1).cast('float32');
  }

  #clip(gradients: readonly Tensor[]): Tensor[] {
    const { clipvalue, clipnorm, globalClipnorm } = this;
    if (clipvalue) return gradients.map((gradient) => gradient.clipByValue(-clipvalue, clipvalue));
    if (clipnorm) return gradients.map((gradient) => clipByNorm(gradient, clipnorm));
    if (globalClipnorm) {
      const squares = gradients.map((gradient) => gradient.square().sum());
      const norm = squares.reduce((sum, square) => sum.add(square)).sqrt();
      // min(1/norm, 1/limit) * limit; an infinite norm makes NaN on purpose: a lost step must not look like a small one.
      const scale = norm
        .reciprocal()
        .minimum(1 / globalClipnorm)
        .mul(globalClipnorm)
        .add(norm.sub(norm));
      return gradients.map((gradient) => gradient.mul(scale));
    }
    return [...gradients];
  }

  #nonNegative(name: string, value: number | undefined): number | undefined {
    if (value === undefined) return undefined;
    if (typeof value === 'number' && value >= 0) return value;
    throw new ConfigError(`${this.name}: ${name} must be a number from 0 on, got ${received(value)}`);
  }

  #checkRate(value: number): number {
    if (typeof value === 'number' && Number.isFinite(value)) return Math.fround(value);
    throw new ConfigError(`${this.name}: learningRate must be a finite number, got ${received(value)}`);
  }
}

/** @throws ConfigError for what is neither a record of tensors nor a list of named ones. */
function checkGradients(owner: string, gradients: unknown): void {
  if (Array.isArray(gradients)) {
    for (const entry of checkList(owner, 'the gradients', gradients)) checkNamed(owner, entry);
  } else {
    checkConfig(`${owner}: applyGradients`, gradients);
  }
}

/** @throws ConfigError for what is no `{ name, tensor }`. */
function checkNamed(owner: string, entry: unknown): void {
  const { name, tensor } = Object(entry) as Partial<NamedTensor>;
  if (typeof name === 'string' && tensor instanceof Tensor) return;
  throw new ConfigError(`${owner}: expected a list of { name, tensor }, got ${received(entry)} in it`);
}

/** `g * limit / max(|g|, limit)`, 0 where the norm is 0. */
function clipByNorm(gradient: Tensor, limit: number): Tensor {
  const square = gradient.square().sum();
  // The root's slope at 0 is infinite: it is taken of 1 there, and put back to 0.
  const positive = square.greater(0);
  const norm = where(positive, where(positive, square, toTensor(1)).sqrt(), square);
  return gradient.mul(limit).div(norm.maximum(limit));
}
