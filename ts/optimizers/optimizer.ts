import {
  checkConfig,
  checkFlag,
  checkFunction,
  checkList,
  checkSubclass,
  checkText,
  checkWhole,
  received,
} from '../arguments.ts';
import { ConfigError, StateError } from '../errors.ts';
import { runProgram } from '../native.ts';
import { checkOptionNames } from '../option-names.ts';
import { BuildRequest, retryingBuilds } from '../tensor/building.ts';
import {
  checkVariables,
  differentiateUsed,
  isTracing,
  scalar,
  Tensor,
  traceProgram,
  Variable,
  variableGrads,
  variableNamed,
  zeros,
} from '../tensor/index.ts';
import { assignIf } from './assign-if.ts';
import { checkGradients, checkNamed, checkScalar } from './checks.ts';
import { clip } from './clip.ts';
import { type DecayExclusions, type LearningRate, type NamedTensor, type OptimizerConfig, share } from './config.ts';
import { constant } from './constant.ts';
import { SettableRate } from './rate.ts';
import { deserialize, LearningRateSchedule, serialize } from './schedules/index.ts';

export {
  type DecayExclusions,
  type LearningRate,
  type NamedTensor,
  type OptimizerConfig,
  optimizerOptions,
  share,
} from './config.ts';

/**
 * Base of optimizers: the order of Keras' `apply` (unscale, accumulate, clip, decay, step, average, constrain, count).
 * Everything is made of tensor operations on variables, so a training step that holds it is traced once and runs natively. A subclass writes `updateStep`, and
 * `slots` for the state it keeps with every variable.
 * @example
 * class SignSGD extends Optimizer {
 *   protected override readonly slotNames = [];
 *   protected override updateStep(gradient: Tensor, w: Variable, _slots: readonly Variable[], learningRate: Tensor) {
 *     w.assign(w.sub(gradient.sign().mul(learningRate)));
 *   }
 * }
 * const w = variable([1, 2]);
 * new SignSGD(0.5).minimize(() => w.square().sum(), [w]);
 * w // [0.5, 1.5]
 */
export abstract class Optimizer {
  readonly name: string;
  readonly weightDecay: number | undefined;
  readonly clipnorm: number | undefined;
  readonly clipvalue: number | undefined;
  readonly globalClipnorm: number | undefined;
  readonly useEma: boolean;
  readonly emaMomentum: number;
  readonly emaOverwriteFrequency: number | undefined;
  readonly lossScaleFactor: number | undefined;
  readonly gradientAccumulationSteps: number | undefined;
  /** Steps taken, an int32 scalar; those that only added up gradients count. */
  readonly iterations: Variable;
  readonly #schedule: LearningRateSchedule | undefined;
  readonly #learningRate: SettableRate | undefined;
  #exclusions: DecayExclusions = {};
  readonly #averages = new Map<Variable, Variable>();
  readonly #accumulators = new Map<Variable, Variable>();
  readonly #slots = new Map<Variable, readonly Variable[]>();

  /** @throws ConfigError for options outside their allowed values. */
  constructor(learningRate: LearningRate, config: OptimizerConfig = {}) {
    checkSubclass(new.target, Optimizer, 'updateStep and slotNames');
    this.name = checkText('optimizer', 'name', config.name ?? 'optimizer');
    this.weightDecay = this.#nonNegative('weightDecay', config.weightDecay);
    this.clipnorm = this.#nonNegative('clipnorm', config.clipnorm);
    this.clipvalue = this.#nonNegative('clipvalue', config.clipvalue);
    this.globalClipnorm = this.#nonNegative('globalClipnorm', config.globalClipnorm);
    const clips = [this.clipnorm, this.clipvalue, this.globalClipnorm].filter((limit) => limit !== undefined);
    if (clips.length > 1)
      throw new ConfigError(`${this.name}: only one of clipnorm, clipvalue and globalClipnorm can be set`);
    this.useEma = checkFlag(this.name, 'useEma', config.useEma ?? false);
    this.emaMomentum = share(this.name, 'emaMomentum', config.emaMomentum ?? 0.99);
    this.emaOverwriteFrequency = this.#whole('emaOverwriteFrequency', config.emaOverwriteFrequency, 1);
    this.lossScaleFactor = this.#nonNegative('lossScaleFactor', config.lossScaleFactor ?? undefined);
    if (this.lossScaleFactor === 0) throw new ConfigError(`${this.name}: lossScaleFactor must be above 0, got 0`);
    this.gradientAccumulationSteps = this.#whole('gradientAccumulationSteps', config.gradientAccumulationSteps, 2);
    this.iterations = new Variable(scalar(0, 'int32'), false, 'iterations');
    if (typeof learningRate === 'object' && learningRate !== null) {
      this.#schedule = learningRate instanceof LearningRateSchedule ? learningRate : deserialize(learningRate);
    } else {
      this.#learningRate = new SettableRate(this.name, learningRate);
    }
  }

  /** An optimizer of the options that `getConfig` gives. @throws ConfigError for options outside their allowed values. */
  static fromConfig<T extends Optimizer>(this: new (config: never) => T, config: Record<string, unknown>): T {
    checkConfig('fromConfig', config);
    return new this(config as never);
  }

  /**
   * The learning rate, rounded to float32; of a schedule that of the next step. Setting it works at any time, inside callbacks
   * of `fit` too.
   * @throws ConfigError when it is set and a schedule gives it.
   */
  get learningRate(): number {
    return this.#learningRate === undefined ? (this.rate().dataSync()[0] as number) : this.#learningRate.value;
  }

  set learningRate(value: number) {
    if (this.#learningRate === undefined) {
      throw new ConfigError(
        `${this.name}: the learning rate comes from a schedule (${this.#schedule?.getClassName()}), so it cannot be set. Make the optimizer with a number for that`,
      );
    }
    this.#learningRate.set(value);
  }

  /** Names of the state kept with every trained variable. */
  protected abstract readonly slotNames: readonly string[];

  /** Names of the state kept with this variable; those of all unless a subclass tells them apart. */
  protected slotNamesFor(_variable: Variable): readonly string[] {
    return this.slotNames;
  }

  /** How `variables` is ordered: for each group its slots variable by variable. */
  protected get slotGroups(): readonly (readonly string[])[] {
    return [this.slotNames];
  }

  /** State beside that of the variables. */
  protected get extraVariables(): readonly Variable[] {
    return [];
  }

  /** Whether the learning rate is a schedule's. */
  protected get hasSchedule(): boolean {
    return this.#schedule !== undefined;
  }

  /** The learning rate as a tensor, for the step in progress. */
  protected rate(): Tensor {
    return (this.#schedule?.call(this.iterations.cast('float32')) ?? this.#learningRate?.variable.read()) as Tensor;
  }

  /** Called once a step, before the variables are changed. */
  protected beginUpdate(): void {}

  /** How strongly a variable decays; `undefined`: not at all. */
  protected decayOf(variable: Variable): number | undefined {
    return this.isExcluded(variable) ? undefined : this.weightDecay;
  }

  /** Whether a variable was excluded from decay. */
  protected isExcluded(variable: Variable): boolean {
    const { varList, varNames } = this.#exclusions;
    const name = variable.name.slice(variable.name.lastIndexOf('/') + 1);
    return varList?.includes(variable) === true || varNames?.some((text) => name.includes(text)) === true;
  }

  /**
   * Leaves weights out of `weightDecay`.
   *
   * @throws StateError once the optimizer was built; ConfigError for what is no list.
   * @example
   * const optimizer = new optimizers.AdamW({ weightDecay: 0.01 });
   * optimizer.excludeFromWeightDecay({ varNames: ['bias'] });
   */
  excludeFromWeightDecay(exclusions: DecayExclusions): void {
    checkOptionNames('excludeFromWeightDecay', exclusions, ['varList', 'varNames'], "{ varNames: ['bias'] }");
    if (this.#slots.size > 0)
      throw new StateError(`${this.name}: excludeFromWeightDecay must be called before the first step`);
    const varNames = checkList(this.name, 'varNames', exclusions.varNames ?? []);
    for (const text of varNames) checkText(this.name, 'varNames', text);
    this.#exclusions = { varList: checkVariables(this.name, exclusions.varList ?? []), varNames };
  }

  /** The loss whose gradients `apply` gets: multiplied by `lossScaleFactor`. */
  scaleLoss(loss: Tensor): Tensor {
    return this.lossScaleFactor === undefined ? loss : loss.mul(this.lossScaleFactor);
  }

  /** Puts the running means in the place of the weights, with `useEma`; `fit` does it after its last epoch. */
  finalizeVariableValues(variables: readonly Variable[]): void {
    for (const variable of checkVariables(this.name, variables)) {
      const average = this.#averages.get(variable);
      if (average !== undefined) variable.assign(average.read());
    }
  }

  /** The running mean of a variable, with `useEma`; there once the optimizer was built. */
  averageOf(variable: Variable): Variable | undefined {
    return this.#averages.get(variable);
  }

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
        this.slotNamesFor(variable).map((slot) => this.#state(variable, slot, this.initialSlot(slot, variable))),
      );
      const none = (): Tensor => zeros(variable.shape, variable.dtype);
      if (this.useEma) this.#averages.set(variable, this.#state(variable, 'average', none()));
      if (this.gradientAccumulationSteps !== undefined)
        this.#accumulators.set(variable, this.#state(variable, 'gradient_accumulator', none()));
    }
  }

  #state(variable: Variable, slot: string, initial: Tensor): Variable {
    return new Variable(initial, false, `${this.name}/${variable.name}/${slot}`);
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
    const { lossScaleFactor: factor, gradientAccumulationSteps: steps } = this;
    const unscaled = present.map(({ gradient }) => (factor === undefined ? gradient : gradient.div(factor)));
    const trained = present.map(({ variable }) => variable);
    if (steps === undefined) this.#update(unscaled, trained);
    else this.#accumulate(unscaled, trained, steps);
    if (this.useEma) this.#average(variables);
    for (const variable of trained) {
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
   * const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] });
   * const [x, y] = [ones([20, 3]), ones([20, 1])];
   * const loss = train.adam(0.01).minimize(() => net.apply(x).sub(y).square().mean(), net.trainableWeights);
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
      let value: Tensor | undefined;
      const scaled = (): Tensor => {
        value = loss();
        return value instanceof Tensor ? this.scaleLoss(value) : value;
      };
      const { variables: trained, gradients } = differentiateUsed(scaled, variables);
      value = value as unknown as Tensor;
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
    const named = this.#stateVariables().map((slot) => ({ name: slot.name, tensor: slot.read() }));
    return [{ name: 'iter', tensor: this.iterations.read() }, ...named];
  }

  /**
   * Sets what {@link getWeights} gave, in its order.
   * @throws StateError before `build(variables)` or a first step has made the state; ShapeError for tensors that do not fit.
   */
  async setWeights(weights: readonly NamedTensor[]): Promise<void> {
    for (const entry of checkList(this.name, 'the weights', weights)) checkNamed(this.name, entry);
    const slots = [this.iterations, ...this.#stateVariables()];
    if (weights.length !== slots.length) {
      throw new StateError(
        `${this.name}: setWeights got ${weights.length} tensors for a state of ${slots.length}. Call build(variables) first, with the variables of the weights`,
      );
    }
    slots.forEach((slot, i) => void slot.assign((weights[i] as NamedTensor).tensor));
  }

  /** The state in Keras' order: iterations, learning rate (no schedule's), running means, added-up gradients, then the slots variable by variable. */
  get variables(): Variable[] {
    const rate = this.#learningRate === undefined ? [] : [this.#learningRate.variable];
    return [this.iterations, ...rate, ...this.#stateVariables()];
  }

  #stateVariables(): Variable[] {
    const slots = this.slotGroups.flatMap((group) =>
      [...this.#slots].flatMap(([variable, state]) =>
        this.slotNamesFor(variable).flatMap((name, i) => (group.includes(name) ? [state[i] as Variable] : [])),
      ),
    );
    return [...this.#averages.values(), ...this.#accumulators.values(), ...slots, ...this.extraVariables];
  }

  /** The name it is saved under: that of its class. */
  getClassName(): string {
    return this.constructor.name;
  }

  /** The options that make an equal optimizer. */
  getConfig(): Record<string, unknown> {
    const config: Record<string, unknown> = {
      name: this.name,
      learningRate: this.#schedule ? serialize(this.#schedule) : this.learningRate,
    };
    for (const option of [
      'weightDecay',
      'clipnorm',
      'clipvalue',
      'globalClipnorm',
      'lossScaleFactor',
      'gradientAccumulationSteps',
    ] as const) {
      if (this[option] !== undefined) config[option] = this[option];
    }
    if (this.useEma) {
      const { useEma, emaMomentum, emaOverwriteFrequency } = this;
      Object.assign(config, { useEma, emaMomentum, emaOverwriteFrequency: emaOverwriteFrequency ?? null });
    }
    return config;
  }

  /** Frees the state. */
  dispose(): void {
    for (const variable of this.variables) variable.dispose();
  }

  /** The number of the step in progress as a float, counted from 1. */
  protected step(): Tensor {
    return this.#updates().add(1).cast('float32');
  }

  #updates(): Tensor {
    const { gradientAccumulationSteps: steps } = this;
    return steps === undefined ? this.iterations : this.iterations.floorDiv(steps);
  }

  #update(gradients: readonly Tensor[], variables: readonly Variable[]): void {
    const clipped = clip(this, gradients);
    const learningRate = this.rate();
    for (const variable of variables) {
      const decay = this.decayOf(variable);
      if (decay) variable.assign(variable.sub(variable.mul(decay).mul(learningRate)));
    }
    this.beginUpdate();
    variables.forEach((variable, i) => {
      const slots = this.#slots.get(variable) as readonly Variable[];
      this.updateStep(clipped[i] as Tensor, variable, slots, learningRate);
    });
  }

  /** Adds up gradients; every `steps` times the weights change by their mean. */
  #accumulate(gradients: readonly Tensor[], variables: readonly Variable[], steps: number): void {
    const sums = new Map(
      variables.map((variable, i) => {
        const accumulator = this.#accumulators.get(variable) as Variable;
        return [accumulator, accumulator.add(gradients[i] as Tensor)];
      }),
    );
    const isLast = this.iterations.add(1).mod(steps).equal(0);
    const means = [...sums.values()].map((sum) => sum.div(steps));
    assignIf(
      isLast,
      () => {
        this.#update(means, variables);
        for (const accumulator of sums.keys()) accumulator.assign(zeros(accumulator.shape, accumulator.dtype));
      },
      (variable) => sums.get(variable) ?? variable.read(),
    );
  }

  /** Keras' order: the mean of the first step is the weight itself. */
  #average(variables: readonly Variable[]): void {
    const updates = this.#updates();
    const momentum = updates.notEqual(0).cast('float32').mul(this.emaMomentum);
    const frequency = this.emaOverwriteFrequency;
    for (const variable of variables) {
      const average = this.#averages.get(variable) as Variable;
      average.assign(average.mul(momentum).add(variable.mul(constant(1).sub(momentum))));
      if (frequency === undefined) continue;
      variable.assign(average.where(updates.add(1).mod(frequency).equal(0), variable));
    }
  }

  #whole(name: string, value: number | null | undefined, least: number): number | undefined {
    return value === undefined || value === null ? undefined : checkWhole(this.name, name, value, least);
  }

  #nonNegative(name: string, value: number | undefined): number | undefined {
    if (value === undefined || (typeof value === 'number' && value >= 0)) return value;
    throw new ConfigError(`${this.name}: ${name} must be a number from 0 on, got ${received(value)}`);
  }
}
