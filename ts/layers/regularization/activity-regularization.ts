import { L1L2 } from '../../regularizers/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { Layer, type LayerConfig } from '../layer.ts';

/** Options of {@link ActivityRegularization}. */
export interface ActivityRegularizationConfig extends Omit<LayerConfig, 'activityRegularizer'> {
  /** Factor of the absolute values. Default 0. */
  l1?: number;
  /** Factor of the squares. Default 0. */
  l2?: number;
}

/**
 * Gives its input unchanged and adds `(l1 * sum(|x|) + l2 * sum(x^2)) / batch` to the loss.
 *
 * @example
 * layers.activityRegularization({ l1: 0.01 })
 */
export class ActivityRegularization extends Layer {
  static override readonly className: string = 'ActivityRegularization';
  static override readonly optionNames: readonly string[] = ['l1', 'l2'];
  readonly l1: number;
  readonly l2: number;

  /** @throws ConfigError for factors that are no finite numbers from 0 on. */
  constructor(config: ActivityRegularizationConfig = {}) {
    const { l1, l2 } = (config ?? {}) as ActivityRegularizationConfig;
    const penalty = new L1L2({ l1: l1 ?? 0, l2: l2 ?? 0 });
    super(typeof config === 'object' && config !== null ? { ...config, activityRegularizer: penalty } : config);
    this.supportsMasking = true;
    this.l1 = penalty.l1;
    this.l2 = penalty.l2;
  }

  override call(inputs: Tensor): Tensor {
    return inputs;
  }

  override getConfig(): Record<string, unknown> {
    const { activityRegularizer: _, ...config } = super.getConfig();
    return { ...config, l1: this.l1, l2: this.l2 };
  }
}
