import { checkFlag } from '../arguments.ts';
import { type Constraint, type ConstraintIdentifier, getConstraint } from '../constraints/index.ts';
import { getInitializer, type Initializer, type InitializerIdentifier } from '../initializers/index.ts';
import { getRegularizer, type Regularizer, type RegularizerIdentifier } from '../regularizers/index.ts';
import type { Tensor, Variable } from '../tensor/index.ts';
import { Layer, type LayerConfig } from './layer.ts';
import { type LayerActivation, layerActivation, type UsedActivation } from './layer-activation.ts';
import { needed } from './options.ts';
import { serialized } from './serialize.ts';

/** Options that layers with a kernel and a bias share. */
export interface KernelConfig extends LayerConfig {
  /** Applied to the result. Default: none. */
  activation?: LayerActivation | null;
  /** Whether a bias is added. Default true. */
  useBias?: boolean;
  /** Default `'glorotUniform'`. */
  kernelInitializer?: InitializerIdentifier;
  /** Default `'zeros'`. */
  biasInitializer?: InitializerIdentifier;
  kernelRegularizer?: RegularizerIdentifier | null;
  biasRegularizer?: RegularizerIdentifier | null;
  /** What the kernel becomes after every step of an optimizer. */
  kernelConstraint?: ConstraintIdentifier | null;
  biasConstraint?: ConstraintIdentifier | null;
}

/** Names of the options of {@link KernelConfig}. */
export const kernelOptionNames: readonly string[] = [
  'activation',
  'useBias',
  'kernelInitializer',
  'biasInitializer',
  'kernelRegularizer',
  'biasRegularizer',
  'kernelConstraint',
  'biasConstraint',
];

/** What layers with a kernel, a bias and an activation share. */
export abstract class KernelLayer extends Layer {
  /** How the options of the kernel begin: `kernelInitializer`; Keras has `depthwiseInitializer` for one layer. @internal */
  static readonly kernelPrefix: 'kernel' | 'depthwise' = 'kernel';
  readonly useBias: boolean;
  readonly #activation: UsedActivation;
  readonly #kernelInitializer: Initializer;
  readonly #biasInitializer: Initializer;
  readonly #kernelRegularizer: Regularizer | undefined;
  readonly #biasRegularizer: Regularizer | undefined;
  readonly #kernelConstraint: Constraint | undefined;
  readonly #biasConstraint: Constraint | undefined;
  #kernel: Variable | undefined;
  #bias: Variable | undefined;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: KernelConfig) {
    super(needed(new.target.className, config));
    this.useBias = checkFlag(this.label, 'useBias', config.useBias ?? true);
    this.#activation = layerActivation(this.label, config.activation);
    const { kernelPrefix } = new.target;
    const named = config as { [option: string]: unknown };
    const initializer = named[`${kernelPrefix}Initializer`] as InitializerIdentifier | undefined;
    const regularizer = named[`${kernelPrefix}Regularizer`] as RegularizerIdentifier | null | undefined;
    const constraint = named[`${kernelPrefix}Constraint`] as ConstraintIdentifier | null | undefined;
    this.#kernelInitializer = getInitializer(initializer ?? 'glorotUniform');
    this.#biasInitializer = getInitializer(config.biasInitializer ?? 'zeros');
    this.#kernelRegularizer = regularizer ? getRegularizer(regularizer) : undefined;
    this.#biasRegularizer = config.biasRegularizer ? getRegularizer(config.biasRegularizer) : undefined;
    this.#kernelConstraint = constraint ? getConstraint(constraint) : undefined;
    this.#biasConstraint = config.biasConstraint ? getConstraint(config.biasConstraint) : undefined;
  }

  /** The kernel; there once the layer was built. */
  get kernel(): Variable {
    return this.#kernel as Variable;
  }

  /** The bias, one value an output channel; `undefined` without one. */
  get bias(): Variable | undefined {
    return this.#bias;
  }

  /** Makes the kernel, and a bias of `outputs` values (or of that shape). */
  protected addKernel(shape: readonly number[], outputs: number | readonly number[]): void {
    this.makeKernel('kernel', shape);
    this.makeBias(outputs);
  }

  /** Makes the kernel alone: a layer with several of them makes the others before the bias. */
  protected makeKernel(name: string, shape: readonly number[]): void {
    this.#kernel = this.addWeight({
      name,
      shape,
      initializer: this.#kernelInitializer,
      regularizer: this.#kernelRegularizer,
      constraint: this.#kernelConstraint,
    });
  }

  /** Makes the bias, if there is to be one. */
  protected makeBias(outputs: number | readonly number[]): void {
    if (!this.useBias) return;
    this.#bias = this.addWeight({
      name: 'bias',
      shape: typeof outputs === 'number' ? [outputs] : outputs,
      initializer: this.#biasInitializer,
      regularizer: this.#biasRegularizer,
      constraint: this.#biasConstraint,
    });
  }

  /** `outputs` with the bias added along an axis, by default the last. */
  protected addBias(outputs: Tensor, axis: number = outputs.rank - 1): Tensor {
    if (this.#bias === undefined) return outputs;
    // Ones behind the channels, so that they meet the axis that they belong to.
    const behind = outputs.rank - 1 - axis;
    return outputs.add(
      behind === 0 ? this.#bias : this.#bias.reshape([-1, ...Array.from({ length: behind }, () => 1)]),
    );
  }

  /** `outputs` through the activation. */
  protected activate(outputs: Tensor): Tensor {
    return this.#activation.apply(outputs);
  }

  override getConfig(): Record<string, unknown> {
    const { kernelPrefix } = this.constructor as typeof KernelLayer;
    return {
      ...super.getConfig(),
      activation: this.#activation.config,
      useBias: this.useBias,
      [`${kernelPrefix}Initializer`]: serialized(this.#kernelInitializer),
      biasInitializer: serialized(this.#biasInitializer),
      [`${kernelPrefix}Regularizer`]: serialized(this.#kernelRegularizer),
      biasRegularizer: serialized(this.#biasRegularizer),
      [`${kernelPrefix}Constraint`]: serialized(this.#kernelConstraint),
      biasConstraint: serialized(this.#biasConstraint),
    };
  }
}
