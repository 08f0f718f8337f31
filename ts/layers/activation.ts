import { ConfigError } from '../errors.ts';
import type { Tensor } from '../tensor/index.ts';
import { Layer, type LayerConfig } from './layer.ts';
import { type LayerActivation, layerActivation, type UsedActivation } from './layer-activation.ts';
import { needed } from './options.ts';

/** Options of {@link Activation}. */
export interface ActivationConfig extends LayerConfig {
  /** A name, a function of your own, or a layer without weights. */
  activation: LayerActivation;
}

/**
 * An activation as a layer of its own. The output has the input's shape.
 * @example layers.activation({ activation: 'relu' }).apply([[-1, 2]]) // [[0, 2]]
 */
export class Activation extends Layer {
  static override readonly className: string = 'Activation';
  static override readonly optionNames: readonly string[] = ['activation'];
  readonly #activation: UsedActivation;

  /** @throws ConfigError without an activation, or for an unknown name. */
  constructor(config: ActivationConfig) {
    super(needed('Activation', config));
    if (config.activation === undefined || config.activation === null) {
      throw new ConfigError(`${this.label}: activation is missing, such as { activation: 'relu' }`);
    }
    this.supportsMasking = true;
    this.#activation = layerActivation(this.label, config.activation);
  }

  override call(inputs: Tensor): Tensor {
    return this.#activation.apply(inputs);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), activation: this.#activation.config };
  }
}
