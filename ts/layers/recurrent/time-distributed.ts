import { checkConfig, received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { stack, unstack } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { leaves, rebuild, type Tree } from '../../tensor/tree.ts';
import { passedOn } from '../call-stack.ts';
import { innerLayer, serializedLayer } from '../inner-layers.ts';
import { type CallOptions, Layer, type LayerConfig } from '../layer.ts';
import { needed } from '../options.ts';
import type { LayerClasses } from '../registry.ts';
import { type Shape, shown } from '../shape.ts';

/** Options of {@link TimeDistributed}. */
export interface TimeDistributedConfig<Out extends Tree = Tensor> extends LayerConfig {
  /** What is applied to every step. */
  layer: Layer<Out>;
}

/**
 * A layer applied to every step of a sequence: `y[:, t] = layer(x[:, t])`.
 *
 * Shapes: input `[batch, steps, ...]`, output `[batch, steps, ...]` with what the layer makes of `[batch, ...]`; a mask
 * `[batch, steps, ...]` reaches the layer as that of a step. The weights are the layer's.
 *
 * All steps are one batch for the layer, except in training with weights that a call changes itself, as batch normalization's moving
 * averages: then the steps follow each other, each with statistics of its own.
 *
 * @example
 * layers.timeDistributed({ layer: layers.conv2d({ filters: 8, kernelSize: 3 }), inputShape: [10, 32, 32, 3] })
 */
export class TimeDistributed<Out extends Tree = Tensor> extends Layer<Out> {
  static override readonly className: string = 'TimeDistributed';
  static override readonly optionNames: readonly string[] = ['layer'];
  readonly layer: Layer<Out>;

  /** @throws ConfigError unless `layer` is a layer. */
  constructor(config: TimeDistributedConfig<Out>) {
    super(needed('TimeDistributed', config));
    if (!(config.layer instanceof Layer)) {
      throw new ConfigError(
        `${this.label}: layer must be a layer such as layers.dense({ units: 8 }), got ${received(config.layer)}`,
      );
    }
    this.layer = config.layer;
    this.supportsMasking = true;
    if (!this.trainable) this.layer.trainable = false;
  }

  override build(inputShape: Shape): void {
    this.layer.build(stepShape(inputShape));
  }

  override checkInput(shape: Shape): void {
    if (shape.length < 3) {
      throw new ShapeError(
        `${this.label} expects inputs of rank 3 or more ([batch, steps, ...]), but got rank ${shape.length} (input shape ${shown(shape)})`,
      );
    }
    this.layer.checkInput(stepShape(shape));
  }

  /** @throws ShapeError for a mask that does not fit. */
  override call(inputs: Tensor, { training, mask }: CallOptions): Out {
    const [batch, steps] = inputs.shape as [number, number];
    if (mask !== undefined && (mask.rank < 2 || mask.shape[0] !== batch || mask.shape[1] !== steps)) {
      throw new ShapeError(
        `${this.label}: the mask must begin with ${shown([batch, steps])} ([batch, steps]), got ${shown(mask.shape)}`,
      );
    }
    if (training && steps > 0 && this.layer.weights.some((variable) => !variable.trainable)) {
      return this.#stepByStep(inputs, mask);
    }
    const folded = (x: Tensor): Tensor => x.reshape([batch * steps, ...x.shape.slice(2)]);
    const outputs = this.layer.apply(folded(inputs), { ...passedOn(training), mask: mask && folded(mask) });
    return rebuild(
      outputs,
      leaves(outputs).map((y) => y.reshape([batch, steps, ...y.shape.slice(1)])),
    ) as Out;
  }

  #stepByStep(inputs: Tensor, mask: Tensor | undefined): Out {
    const masks = mask && unstack(mask, 1);
    const outputs = unstack(inputs, 1).map((x, t) => this.layer.apply(x, { training: true, mask: masks?.[t] }));
    const parts = outputs.map((output) => leaves(output));
    const first = outputs[0] as Out;
    return rebuild(
      first,
      leaves(first).map((_, i) =>
        stack(
          parts.map((part) => part[i] as Tensor),
          1,
        ),
      ),
    ) as Out;
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), layer: serializedLayer(this.layer) };
  }

  /**
   * A layer of a configuration, with new weights.
   *
   * @param custom Classes of your own by their `className`.
   * @throws ConfigError for an unknown class.
   */
  static override fromConfig(config: Record<string, unknown>, custom: LayerClasses = {}): TimeDistributed<Tree> {
    checkConfig('TimeDistributed.fromConfig', config);
    return new TimeDistributed<Tree>({ ...config, layer: innerLayer(config.layer, custom) });
  }
}

function stepShape(shape: Shape): Shape {
  return [shape[0] ?? null, ...shape.slice(2)];
}
