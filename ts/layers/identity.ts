import type { Tensor } from '../tensor/index.ts';
import { Layer, type LayerConfig } from './layer.ts';

/** Gives its inputs, one tensor or a list or record of them, as they are. @example layers.identity({ name: 'features' }) */
export class Identity extends Layer {
  static override readonly className: string = 'Identity';
  static override readonly optionNames: readonly string[] = [];
  static override readonly takesSeveral: boolean = true;

  constructor(config: LayerConfig = {}) {
    super(config);
    this.supportsMasking = true;
  }

  override call(inputs: Tensor): Tensor {
    return inputs;
  }
}
