import { checkFinite, checkFlag } from '../arguments.ts';
import { type Tensor, type Variable, zeros } from '../tensor/index.ts';
import { constant } from './constant.ts';
import { type LearningRate, Optimizer, type OptimizerConfig, optimizerOptions } from './optimizer.ts';

/** Options of {@link Adafactor}. */
export interface AdafactorConfig extends OptimizerConfig {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** The share of old squares is `1 - t^beta2Decay`. Default -0.8. */
  beta2Decay?: number;
  /** Added to squares. Default 1e-30. */
  epsilon1?: number;
  /** Least size of a weight that its step is measured by. Default 1e-3. */
  epsilon2?: number;
  /** Largest root mean square of a step before it is scaled. Default 1. */
  clipThreshold?: number;
  /** Whether the rate is at most `1 / sqrt(t)`. Default true. */
  relativeStep?: boolean;
}

/**
 * Adam without a momentum, whose squares of a matrix are kept as means of its rows and columns (Shazeer and Stern, 2018):
 * `v = r c / mean(r); u = g / sqrt(v); w -= max(epsilon2, rms(w)) * min(lr, 1 / sqrt(t)) * u / max(1, rms(u) / clipThreshold)`.
 * @example new optimizers.Adafactor({ learningRate: 0.01, relativeStep: false })
 */
export class Adafactor extends Optimizer {
  readonly beta2Decay: number;
  readonly epsilon1: number;
  readonly epsilon2: number;
  readonly clipThreshold: number;
  readonly relativeStep: boolean;
  protected override readonly slotNames: readonly string[] = ['row', 'column', 'velocity'];

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: AdafactorConfig = {}) {
    const own = ['beta2Decay', 'epsilon1', 'epsilon2', 'clipThreshold', 'relativeStep'];
    if (new.target === Adafactor) optimizerOptions('Adafactor', config, own);
    super(config.learningRate ?? 0.001, { ...config, name: config.name ?? 'adafactor' });
    this.beta2Decay = checkFinite('Adafactor', 'beta2Decay', config.beta2Decay ?? -0.8);
    this.epsilon1 = checkFinite('Adafactor', 'epsilon1', config.epsilon1 ?? 1e-30);
    this.epsilon2 = checkFinite('Adafactor', 'epsilon2', config.epsilon2 ?? 1e-3);
    this.clipThreshold = checkFinite('Adafactor', 'clipThreshold', config.clipThreshold ?? 1);
    this.relativeStep = checkFlag('Adafactor', 'relativeStep', config.relativeStep ?? true);
  }

  /** Vectors have scalars in place of rows and columns, as Keras has. */
  protected override initialSlot(slot: string, { shape, dtype }: Variable): Tensor {
    if (slot === 'velocity') return zeros(shape, dtype);
    if (shape.length < 2) return zeros([], dtype);
    const rows = shape.slice(0, -1);
    return zeros(slot === 'row' ? rows : [...rows.slice(0, -1), shape.at(-1) as number], dtype);
  }

  protected override updateStep(
    gradient: Tensor,
    variable: Variable,
    slots: readonly Variable[],
    learningRate: Tensor,
  ): void {
    const [row, column, velocity] = slots as [Variable, Variable, Variable];
    const step = this.step();
    // Keras takes the smaller of the two in any case: relativeStep is there for its configurations.
    const rate = learningRate.minimum(step.rsqrt());
    const alpha = rms(variable).maximum(this.epsilon2).mul(rate);
    const square = gradient.square().add(this.epsilon1);
    const kept = constant(1).sub(step.pow(this.beta2Decay));
    const blend = (old: Variable, value: Tensor): Tensor => old.mul(kept).add(value.mul(constant(1).sub(kept)));
    let v: Tensor;
    if (variable.rank >= 2) {
      const r = blend(row, square.mean(-1));
      const c = blend(column, square.mean(-2));
      row.assign(r);
      column.assign(c);
      v = r.div(r.mean(-1, true)).expandDims(-1).mul(c.expandDims(-2));
    } else {
      v = blend(velocity, square);
    }
    velocity.assign(v);
    const update = gradient.div(v.sqrt());
    const clipped = update.div(rms(update).div(this.clipThreshold).maximum(1));
    variable.assign(variable.sub(clipped.mul(alpha)));
  }

  override getConfig(): Record<string, unknown> {
    const { beta2Decay, epsilon1, epsilon2, clipThreshold, relativeStep } = this;
    return { ...super.getConfig(), beta2Decay, epsilon1, epsilon2, clipThreshold, relativeStep };
  }
}

/** Root of the mean square. */
function rms(x: Tensor): Tensor {
  return x.square().mean().sqrt();
}
