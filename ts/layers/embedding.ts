import { checkConfig, checkFlag } from '../arguments.ts';
import { type Constraint, type ConstraintIdentifier, getConstraint } from '../constraints/index.ts';
import { ShapeError } from '../errors.ts';
import { getInitializer, type Initializer, type InitializerIdentifier } from '../initializers/index.ts';
import { gather } from '../ops/index.ts';
import { getRegularizer, type Regularizer, type RegularizerIdentifier } from '../regularizers/index.ts';
import { type Tensor, type TensorLike, toTensor, type Variable } from '../tensor/index.ts';
import { Layer, type LayerConfig } from './layer.ts';
import { needed, positiveInteger } from './options.ts';
import { serialized } from './serialize.ts';
import { type Shape, shown } from './shape.ts';

/** Options of {@link Embedding}. */
export interface EmbeddingConfig extends LayerConfig {
  /** Number of different ids: they are `0 .. inputDim - 1`. */
  inputDim: number;
  /** Size of the vector of an id. */
  outputDim: number;
  /** Default `'randomUniform'`: from -0.05 to 0.05. */
  embeddingsInitializer?: InitializerIdentifier;
  embeddingsRegularizer?: RegularizerIdentifier | null;
  /** What the vectors become after every step of an optimizer. */
  embeddingsConstraint?: ConstraintIdentifier | null;
  /** Whether id 0 stands for a step that does not count: the output then carries a mask. Default false. */
  maskZero?: boolean;
  /** First values of the vectors, `[inputDim, outputDim]`, instead of the initializer's; alone or in a list. */
  weights?: TensorLike | readonly TensorLike[] | null;
  /** Length of the sequences when it is fixed, for the first layer of a model: the same as `inputShape: [length]`. */
  inputLength?: number | null;
}

/**
 * A vector for every id: `y[..., :] = embeddings[x[...], :]`.
 *
 * Shapes: input `[batch, ...]` of whole numbers, output `[batch, ..., outputDim]`, embeddings `[inputDim, outputDim]`.
 * With `maskZero` the mask is `x != 0`. An id outside of `0 .. inputDim - 1` is a DataError when the numbers are computed.
 *
 * @example
 * layers.embedding({ inputDim: 10000, outputDim: 64, maskZero: true })
 */
export class Embedding extends Layer {
  static override readonly className: string = 'Embedding';
  static override readonly optionNames: readonly string[] = [
    'inputDim',
    'outputDim',
    'embeddingsInitializer',
    'embeddingsRegularizer',
    'embeddingsConstraint',
    'maskZero',
    'weights',
    'inputLength',
  ];
  readonly inputDim: number;
  readonly outputDim: number;
  readonly maskZero: boolean;
  readonly #initializer: Initializer;
  readonly #regularizer: Regularizer | undefined;
  readonly #constraint: Constraint | undefined;
  #embeddings: Variable | undefined;

  /** @throws ConfigError for options outside their allowed values; ShapeError for `weights` of another shape. */
  constructor(config: EmbeddingConfig) {
    checkConfig('Embedding', needed('Embedding', config));
    const { inputLength, batchInputShape } = config;
    super(
      typeof inputLength === 'number' && config.inputShape === undefined && batchInputShape === undefined
        ? { ...config, inputShape: [inputLength] }
        : config,
    );
    this.inputDim = positiveInteger(this.label, 'inputDim', config.inputDim);
    this.outputDim = positiveInteger(this.label, 'outputDim', config.outputDim);
    if (inputLength !== undefined && inputLength !== null) positiveInteger(this.label, 'inputLength', inputLength);
    this.maskZero = checkFlag(this.label, 'maskZero', config.maskZero ?? false);
    this.supportsMasking = this.maskZero;
    this.#initializer = getInitializer(config.embeddingsInitializer ?? 'randomUniform');
    this.#regularizer = config.embeddingsRegularizer ? getRegularizer(config.embeddingsRegularizer) : undefined;
    this.#constraint = config.embeddingsConstraint ? getConstraint(config.embeddingsConstraint) : undefined;
    if (config.weights === undefined || config.weights === null) return;
    this.build([null]);
    this.setWeights([this.#firstValues(config.weights)]);
  }

  /** The vectors, `[inputDim, outputDim]`; there once the layer was built. */
  get embeddings(): Variable {
    return this.#embeddings as Variable;
  }

  /** A list of one matrix is that matrix, as Keras takes it. */
  #firstValues(weights: TensorLike | readonly TensorLike[]): Tensor {
    const [only] = Array.isArray(weights) && weights.length === 1 ? (weights as TensorLike[]) : [];
    const alone = only === undefined ? undefined : toTensor(only);
    return alone?.rank === 2 ? alone : toTensor(weights as TensorLike);
  }

  override build(_inputShape: Shape): void {
    this.#embeddings = this.addWeight({
      name: 'embeddings',
      shape: [this.inputDim, this.outputDim],
      initializer: this.#initializer,
      regularizer: this.#regularizer,
      constraint: this.#constraint,
    });
  }

  override checkInput(shape: Shape): void {
    if (shape.length > 7) {
      throw new ShapeError(`${this.label} adds an axis, which makes too many for an input of shape ${shown(shape)}`);
    }
  }

  override computeMask(inputs: Tensor): Tensor | undefined {
    return this.maskZero ? inputs.notEqual(0) : undefined;
  }

  override call(inputs: Tensor): Tensor {
    return gather(this.embeddings, inputs.dtype === 'int32' ? inputs : inputs.cast('int32'));
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      inputDim: this.inputDim,
      outputDim: this.outputDim,
      embeddingsInitializer: serialized(this.#initializer),
      embeddingsRegularizer: serialized(this.#regularizer),
      embeddingsConstraint: serialized(this.#constraint),
      maskZero: this.maskZero,
    };
  }
}
