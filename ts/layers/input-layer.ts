import { ConfigError } from '../errors.ts';
import type { Tensor } from '../tensor/index.ts';
import { Layer, type LayerConfig } from './layer.ts';
import type { Shape } from './shape.ts';
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
