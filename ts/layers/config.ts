import type { ConstraintIdentifier } from '../constraints/index.ts';
import type { InitializerIdentifier } from '../initializers/index.ts';
import type { RegularizerIdentifier } from '../regularizers/index.ts';
import type { DType } from '../tensor/index.ts';
import type { Shape } from './shape.ts';

/** Options of every layer. */
export interface LayerConfig {
  /** Default: the class name in snake case, numbered (`dense`, `dense_1`). */
  name?: string;
  /** Whether training changes the layer's weights. Default true. */
  trainable?: boolean;
  /** Element type of the weights. Default `'float32'`. */
  dtype?: DType;
  /** Shape of one sample, for the first layer of a model: `[28, 28, 1]`. `null` is an unknown size. */
  inputShape?: Shape;
  /** Shape with the batch: `[null, 28, 28, 1]`. */
  batchInputShape?: Shape;
  /** Penalty of the layer's outputs, added to the loss divided by the number of samples. */
  activityRegularizer?: RegularizerIdentifier | null | undefined;
}

/** A weight of a layer: see `Layer.addWeight`. */
export interface WeightConfig {
  /** Default `'variable'`. */
  name?: string;
  shape: readonly number[];
  /** Default `'glorotUniform'`. */
  initializer?: InitializerIdentifier;
  regularizer?: RegularizerIdentifier | null | undefined;
  /** What the weight becomes after every step of an optimizer. */
  constraint?: ConstraintIdentifier | null | undefined;
  /** Default true. */
  trainable?: boolean;
  /** Default: the layer's. */
  dtype?: DType;
}
