import { checkWhole } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { checkOptionNames } from '../option-names.ts';
import type { DType, Tensor } from '../tensor/index.ts';
import { Layer, type LayerConfig } from './layer.ts';
import { checkShapeOption, type Shape } from './shape.ts';
import { CallNode, SymbolicTensor } from './symbolic.ts';

/** Options of {@link InputLayer}. */
export interface InputLayerConfig extends LayerConfig {
  /** Shape of one sample; another name of `inputShape`. */
  shape?: Shape;
  /** Shape with the batch; another name of `batchInputShape`. */
  batchShape?: Shape;
}

/**
 * States the shape and element type of a model's input. Gives its input unchanged.
 * @example
 * sequential({ layers: [layers.inputLayer({ inputShape: [3] }), layers.dense({ units: 2 })] }).outputShape // [null, 2]
 */
export class InputLayer extends Layer {
  static override readonly className: string = 'InputLayer';
  static override readonly optionNames: readonly string[] = ['shape', 'batchShape'];

  /** @throws ConfigError without a shape. */
  constructor(config: InputLayerConfig) {
    const inputShape = config?.inputShape ?? config?.shape;
    const batchInputShape = config?.batchInputShape ?? config?.batchShape;
    super({
      ...config,
      ...(inputShape === undefined ? {} : { inputShape }),
      ...(batchInputShape === undefined ? {} : { batchInputShape }),
    });
    if (this.batchInputShape === undefined) {
      throw new ConfigError(`${this.label} needs the shape of one sample: inputLayer({ inputShape: [28, 28, 1] })`);
    }
    this.supportsMasking = true;
  }

  /** The tensor that stands for the data in a graph. @internal */
  get symbol(): SymbolicTensor {
    const [made] = this.inboundNodes;
    if (made !== undefined) return made.outputs as SymbolicTensor;
    const node = new CallNode(this, [], {});
    const symbol = new SymbolicTensor(this.batchInputShape as Shape, this.dtype, this.name, node, 0);
    node.outputs = symbol;
    this.inboundNodes.push(node);
    this.built = true;
    return symbol;
  }

  override call(inputs: Tensor): Tensor {
    return inputs;
  }
}

/** Options of {@link input}. */
export interface InputConfig {
  /** Shape of one sample, unknown sizes `null`: `[28, 28, 1]`. */
  shape?: Shape;
  /** Samples of a batch, where that is known. Default: any number. */
  batchSize?: number;
  /** Shape with the batch, instead of `shape` and `batchSize`. */
  batchShape?: Shape;
  /** Default: `input_layer`, numbered. The data may be named by it. */
  name?: string;
  /** Default `'float32'`; data of other types are cast. */
  dtype?: DType;
}

/**
 * The beginning of a model: a symbolic tensor that stands for its data.
 *
 * @throws ConfigError, ShapeError without a shape.
 * @example
 * const x = input({ shape: [784] });
 * const y = layers.dense({ units: 10, activation: 'softmax' }).apply(x);
 * const classifier = model({ inputs: x, outputs: y });
 */
export function input(config: InputConfig): SymbolicTensor {
  const names = ['shape', 'batchSize', 'batchShape', 'name', 'dtype'];
  checkOptionNames('input', config, names, '{ shape: [28, 28, 1] }');
  const { batchSize, ...others } = config;
  if (batchSize === undefined) return new InputLayer(others).symbol;
  const { shape, batchShape, ...rest } = others;
  checkWhole('input', 'batchSize', batchSize, 1);
  if (shape === undefined || batchShape !== undefined)
    throw new ConfigError('input: batchSize goes with shape, not with batchShape, which has it already');
  return new InputLayer({ ...rest, batchShape: [batchSize, ...checkShapeOption(shape, 'input: shape')] }).symbol;
}
