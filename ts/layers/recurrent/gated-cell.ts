import { checkFlag, checkWhole, received } from '../../arguments.ts';
import { type Constraint, type ConstraintIdentifier, getConstraint } from '../../constraints/index.ts';
import { ConfigError } from '../../errors.ts';
import { getInitializer, type Initializer, type InitializerIdentifier } from '../../initializers/index.ts';
import { concat, split } from '../../ops/index.ts';
import { getRegularizer, type Regularizer, type RegularizerIdentifier } from '../../regularizers/index.ts';
import { type Tensor, type Variable, zeros } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import type { LayerConfig } from '../layer.ts';
import { type LayerActivation, layerActivation, type UsedActivation } from '../layer-activation.ts';
import { SeedGenerator } from '../seed-generator.ts';
import { serialized } from '../serialize.ts';
import { type CellCallOptions, type CellRun, checkStates, RNNCell } from './cell.ts';

/** Options that the recurrent cells with weights share. */
export interface GatedCellConfig extends LayerConfig {
  /** Default `'tanh'`. */
  activation?: LayerActivation | null;
  /** Whether a bias is added. Default true. */
  useBias?: boolean;
  /** Default `'glorotUniform'`. */
  kernelInitializer?: InitializerIdentifier;
  /** Default `'orthogonal'`. */
  recurrentInitializer?: InitializerIdentifier;
  /** Default `'zeros'`. */
  biasInitializer?: InitializerIdentifier;
  kernelRegularizer?: RegularizerIdentifier | null;
  recurrentRegularizer?: RegularizerIdentifier | null;
  biasRegularizer?: RegularizerIdentifier | null;
  /** What the kernel becomes after every step of an optimizer. */
  kernelConstraint?: ConstraintIdentifier | null;
  recurrentConstraint?: ConstraintIdentifier | null;
  biasConstraint?: ConstraintIdentifier | null;
  /** Share of the inputs that training sets to 0, the same ones in all steps. Default 0. */
  dropout?: number;
  /** Share of the states that training sets to 0 on their way into the next step, the same ones in all steps. Default 0. */
  recurrentDropout?: number;
  /** Seed of the dropout. Default: follows from `setSeed`. */
  seed?: number | null;
}

/** Names of the options of {@link GatedCellConfig}. */
export const gatedOptionNames: readonly string[] = [
  'activation',
  'useBias',
  'kernelInitializer',
  'recurrentInitializer',
  'biasInitializer',
  'kernelRegularizer',
  'recurrentRegularizer',
  'biasRegularizer',
  'kernelConstraint',
  'recurrentConstraint',
  'biasConstraint',
  'dropout',
  'recurrentDropout',
  'seed',
];

type Weight = 'kernel' | 'recurrent' | 'bias';

/** Random factors of a run: of the inputs and of the states, one or one a gate. */
interface DropoutMasks {
  readonly inputs: readonly Tensor[];
  readonly states: readonly Tensor[];
}

/** What cells with a kernel, a recurrent kernel and a bias share. */
export abstract class GatedCell extends RNNCell {
  readonly useBias: boolean;
  readonly dropout: number;
  readonly recurrentDropout: number;
  readonly seed: number | undefined;
  readonly seedGenerator: SeedGenerator;
  readonly #activation: UsedActivation;
  readonly #initializers: Readonly<Record<Weight, Initializer>>;
  readonly #regularizers: Readonly<Record<Weight, Regularizer | undefined>>;
  readonly #constraints: Readonly<Record<Weight, Constraint | undefined>>;
  #kernel: Variable | undefined;
  #recurrentKernel: Variable | undefined;
  #bias: Variable | undefined;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: GatedCellConfig) {
    super(config);
    this.useBias = checkFlag(this.label, 'useBias', config.useBias ?? true);
    this.dropout = this.#rate('dropout', config.dropout ?? 0);
    this.recurrentDropout = this.#rate('recurrentDropout', config.recurrentDropout ?? 0);
    this.seed = config.seed ?? undefined;
    if (this.seed !== undefined) checkWhole(this.label, 'seed', this.seed, Number.MIN_SAFE_INTEGER);
    this.seedGenerator = new SeedGenerator(this.seed);
    this.#activation = layerActivation(this.label, config.activation === undefined ? 'tanh' : config.activation);
    this.#initializers = {
      kernel: getInitializer(config.kernelInitializer ?? 'glorotUniform'),
      recurrent: getInitializer(config.recurrentInitializer ?? 'orthogonal'),
      bias: getInitializer(config.biasInitializer ?? 'zeros'),
    };
    const regularizer = (given: RegularizerIdentifier | null | undefined): Regularizer | undefined =>
      given ? getRegularizer(given) : undefined;
    this.#regularizers = {
      kernel: regularizer(config.kernelRegularizer),
      recurrent: regularizer(config.recurrentRegularizer),
      bias: regularizer(config.biasRegularizer),
    };
    const constraint = (given: ConstraintIdentifier | null | undefined): Constraint | undefined =>
      given ? getConstraint(given) : undefined;
    this.#constraints = {
      kernel: constraint(config.kernelConstraint),
      recurrent: constraint(config.recurrentConstraint),
      bias: constraint(config.biasConstraint),
    };
  }

  #rate(name: string, value: unknown): number {
    if (typeof value === 'number' && value >= 0 && value <= 1) return value;
    throw new ConfigError(`${this.label}: ${name} must be a number from 0 to 1, got ${received(value)}`);
  }

  /** The weights of the inputs; there once the cell was built. */
  get kernel(): Variable {
    return this.#kernel as Variable;
  }

  /** The weights of the states; there once the cell was built. */
  get recurrentKernel(): Variable {
    return this.#recurrentKernel as Variable;
  }

  /** The bias; `undefined` without one. */
  get bias(): Variable | undefined {
    return this.#bias;
  }

  /** Makes the weights, in Keras' order. */
  protected addWeights(
    kernel: readonly number[],
    recurrent: readonly number[],
    bias: readonly number[],
    biasInitializer: (given: Initializer) => Initializer = (given) => given,
  ): void {
    const add = (name: string, of: Weight, shape: readonly number[], initializer = this.#initializers[of]): Variable =>
      this.addWeight({
        name,
        shape,
        initializer,
        regularizer: this.#regularizers[of],
        constraint: this.#constraints[of],
      });
    this.#kernel = add('kernel', 'kernel', kernel);
    this.#recurrentKernel = add('recurrent_kernel', 'recurrent', recurrent);
    if (this.useBias) this.#bias = add('bias', 'bias', bias, biasInitializer(this.#initializers.bias));
  }

  /** `x` through the activation. */
  protected activate(x: Tensor): Tensor {
    return this.#activation.apply(x);
  }

  /** Random factors for inputs and states of these shapes; none when nothing is dropped. */
  protected drawMasks(
    training: boolean,
    gates: number,
    inputs: readonly number[],
    states: readonly number[],
  ): DropoutMasks {
    if (!training || (this.dropout === 0 && this.recurrentDropout === 0)) return { inputs: [], states: [] };
    const draws = this.seedGenerator.begin();
    const masks = (shape: readonly number[], rate: number): Tensor[] => {
      if (rate === 0) return [];
      if (rate === 1) return [zeros([...shape])];
      return Array.from({ length: gates }, () =>
        draws
          .uniform(shape)
          .greaterEqual(rate)
          .cast(this.dtype)
          .mul(1 / (1 - rate)),
      );
    };
    return { inputs: masks(inputs, this.dropout), states: masks(states, this.recurrentDropout) };
  }

  override outputOf(states: Tree): Tensor {
    return (states as readonly Tensor[])[0] as Tensor;
  }

  abstract override begin(shape: readonly number[], training: boolean): CellRun;

  override call(inputs: Tensor, { states, training }: CellCallOptions): readonly [Tensor, Tree] {
    const initial = this.getInitialState(inputs.shape[0] as number);
    const before = states === undefined ? initial : checkStates(this.label, 'states', states, initial, this.dtype);
    const { project, step } = this.begin(inputs.shape, training);
    return step(project(inputs), before);
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      activation: this.#activation.config,
      useBias: this.useBias,
      kernelInitializer: serialized(this.#initializers.kernel),
      recurrentInitializer: serialized(this.#initializers.recurrent),
      biasInitializer: serialized(this.#initializers.bias),
      kernelRegularizer: serialized(this.#regularizers.kernel),
      recurrentRegularizer: serialized(this.#regularizers.recurrent),
      biasRegularizer: serialized(this.#regularizers.bias),
      kernelConstraint: serialized(this.#constraints.kernel),
      recurrentConstraint: serialized(this.#constraints.recurrent),
      biasConstraint: serialized(this.#constraints.bias),
      dropout: this.dropout,
      recurrentDropout: this.recurrentDropout,
      seed: this.seed ?? null,
    };
  }

  override dispose(): void {
    super.dispose();
    this.seedGenerator.state.dispose();
  }
}

/** What a kernel does to its inputs: a matrix product, a convolution. */
export type Contraction = (inputs: Tensor, kernel: Tensor) => Tensor;

/**
 * `x -> contract(x * mask, kernel)`; with several masks each is that of one gate, whose part of the kernel (along its last
 * axis) gives that part of the result (along `axis`).
 */
export function maskedContraction(
  kernel: Tensor,
  masks: readonly Tensor[],
  contract: Contraction,
  axis = -1,
): (x: Tensor) => Tensor {
  const [mask] = masks;
  if (mask === undefined) return (x) => contract(x, kernel);
  if (masks.length === 1) return (x) => contract(x.mul(mask), kernel);
  const parts = split(kernel, masks.length, -1);
  return (x) => {
    const products = masks.map((own, gate) => contract(x.mul(own), parts[gate] as Tensor));
    return concat(products, axis < 0 ? axis + x.rank : axis);
  };
}

/** `x . kernel` over the last axis: one product, whatever the axes before. */
export function rowProduct(x: Tensor, kernel: Tensor): Tensor {
  if (x.rank === 2) return x.matMul(kernel);
  const [inputs, outputs] = kernel.shape as [number, number];
  return x
    .reshape([x.size / inputs, inputs])
    .matMul(kernel)
    .reshape([...x.shape.slice(0, -1), outputs]);
}
