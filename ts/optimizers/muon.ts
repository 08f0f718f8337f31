import { checkFinite, checkFlag, checkList, checkText, checkWhole } from '../arguments.ts';
import type { Tensor, Variable } from '../tensor/index.ts';
import { biasCorrection, updateMoments } from './moments.ts';
import { type LearningRate, Optimizer, type OptimizerConfig, optimizerOptions, share } from './optimizer.ts';

/** Options of {@link Muon}. */
export interface MuonConfig extends OptimizerConfig {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** Default 0.9. */
  adamBeta1?: number;
  /** Default 0.999. */
  adamBeta2?: number;
  /** Decay of the variables that AdamW trains. Default 0.004, as `weightDecay` of the others. */
  adamWeightDecay?: number | null;
  /** AdamW's. Default 1e-7. */
  epsilon?: number;
  /** Texts of which one is part of the names (layer included) of variables that AdamW trains: the last layer's. */
  excludeLayers?: readonly string[];
  /** Whether AdamW trains what has `embedding` in its name. Default true. */
  excludeEmbeddings?: boolean;
  /** Coefficients of the iteration. Defaults 3.4445, -4.775, 2.0315. */
  muonA?: number;
  muonB?: number;
  muonC?: number;
  /** AdamW's rate by Muon's. Default 1. */
  adamLrRatio?: number;
  /** Default 0.95. */
  momentum?: number;
  /** Newton-Schulz iterations. Default 5. */
  nsSteps?: number;
  /** Default true. */
  nesterov?: boolean;
  /** Steps are scaled by `sqrt(max(rows, columns)) * rmsRate`; null: not. Default 0.2. */
  rmsRate?: number | null;
}

const own = [
  'adamBeta1',
  'adamBeta2',
  'adamWeightDecay',
  'epsilon',
  'excludeLayers',
  'excludeEmbeddings',
  'muonA',
  'muonB',
  'muonC',
  'adamLrRatio',
  'momentum',
  'nsSteps',
  'nesterov',
  'rmsRate',
];

/**
 * Momentum made nearly orthogonal by Newton-Schulz iterations, for matrices; AdamW for all else (Jordan et al., 2024; Liu et
 * al., 2025). `m = momentum * m + g; w -= lr * 0.2 * sqrt(max(rows, columns)) * orthogonal(g + momentum * m)`.
 * @example new optimizers.Muon({ learningRate: 1e-3 })
 */
export class Muon extends Optimizer {
  readonly options: Readonly<Required<Omit<MuonConfig, keyof OptimizerConfig | 'learningRate'>>>;
  protected override readonly slotNames: readonly string[] = ['momentum', 'velocity'];

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: MuonConfig = {}) {
    if (new.target === Muon) optimizerOptions('Muon', config, own);
    super(config.learningRate ?? 0.001, {
      ...config,
      name: config.name ?? 'muon',
      weightDecay: config.weightDecay ?? 0.004,
    });
    const number = (name: 'epsilon' | 'muonA' | 'muonB' | 'muonC' | 'adamLrRatio' | 'momentum', otherwise: number) =>
      checkFinite('Muon', name, config[name] ?? otherwise);
    const { rmsRate = 0.2, adamWeightDecay = 0.004 } = config;
    const layers = checkList('Muon', 'excludeLayers', config.excludeLayers ?? []);
    for (const text of layers) checkText('Muon', 'excludeLayers', text);
    this.options = {
      adamBeta1: share('Muon', 'adamBeta1', config.adamBeta1 ?? 0.9),
      adamBeta2: share('Muon', 'adamBeta2', config.adamBeta2 ?? 0.999),
      adamWeightDecay: adamWeightDecay === null ? null : checkFinite('Muon', 'adamWeightDecay', adamWeightDecay),
      epsilon: number('epsilon', 1e-7),
      excludeLayers: layers,
      excludeEmbeddings: checkFlag('Muon', 'excludeEmbeddings', config.excludeEmbeddings ?? true),
      muonA: number('muonA', 3.4445),
      muonB: number('muonB', -4.775),
      muonC: number('muonC', 2.0315),
      adamLrRatio: number('adamLrRatio', 1),
      momentum: number('momentum', 0.95),
      nsSteps: checkWhole('Muon', 'nsSteps', config.nsSteps ?? 5),
      nesterov: checkFlag('Muon', 'nesterov', config.nesterov ?? true),
      rmsRate: rmsRate === null ? null : checkFinite('Muon', 'rmsRate', rmsRate),
    };
  }

  /** Whether AdamW trains this variable. */
  #isAdams({ rank, name }: Variable): boolean {
    const { excludeEmbeddings, excludeLayers } = this.options;
    if (rank !== 2 || (excludeEmbeddings && name.toLowerCase().includes('embedding'))) return true;
    return excludeLayers.some((text) => name.includes(text));
  }

  protected override slotNamesFor(variable: Variable): readonly string[] {
    return this.#isAdams(variable) ? this.slotNames : ['momentum'];
  }

  protected override decayOf(variable: Variable): number | undefined {
    if (!this.#isAdams(variable)) return super.decayOf(variable);
    return this.isExcluded(variable) ? undefined : (this.options.adamWeightDecay ?? undefined);
  }

  protected override updateStep(
    gradient: Tensor,
    variable: Variable,
    slots: readonly Variable[],
    learningRate: Tensor,
  ): void {
    const [momentum, velocity] = slots as [Variable, Variable | undefined];
    const { momentum: kept, nesterov, rmsRate, adamLrRatio } = this.options;
    if (velocity !== undefined) {
      this.#adam(gradient, variable, momentum, velocity, learningRate.mul(adamLrRatio));
      return;
    }
    const m = momentum.mul(kept).add(gradient);
    momentum.assign(m);
    const update = this.#orthogonal(nesterov ? m.mul(kept).add(gradient) : m).mul(learningRate);
    const size = rmsRate === null ? 1 : Math.sqrt(Math.max(...variable.shape)) * rmsRate;
    variable.assign(variable.sub(update.mul(size)));
  }

  #adam(gradient: Tensor, variable: Variable, momentum: Variable, velocity: Variable, learningRate: Tensor): void {
    const { adamBeta1, adamBeta2, epsilon } = this.options;
    const step = this.step();
    const alpha = learningRate.mul(biasCorrection(adamBeta2, step).sqrt()).div(biasCorrection(adamBeta1, step));
    const [m, v] = updateMoments([momentum, velocity], gradient, { beta1: adamBeta1, beta2: adamBeta2 });
    variable.assign(variable.sub(m.mul(alpha).div(v.sqrt().add(epsilon))));
  }

  /** Singular values brought near 1 by a polynomial that is applied several times, without a decomposition. */
  #orthogonal(x: Tensor): Tensor {
    const { muonA, muonB, muonC, nsSteps } = this.options;
    const isTall = (x.shape[0] as number) > (x.shape[1] as number);
    let y = isTall ? x.transpose() : x;
    y = y.div(y.square().sum().sqrt().add(1e-7));
    for (let i = 0; i < nsSteps; i++) {
      const square = y.matMul(y.transpose());
      y = y.mul(muonA).add(square.mul(muonB).add(square.matMul(square).mul(muonC)).matMul(y));
    }
    return isTall ? y.transpose() : y;
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), ...this.options, excludeLayers: [...this.options.excludeLayers] };
  }
}
