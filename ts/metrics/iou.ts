import { checkFinite, checkFlag, checkIntegers, checkNumber, checkWhole, received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { gather, unsortedSegmentSum, where } from '../ops/index.ts';
import { checkOptionNames } from '../option-names.ts';
import { type Tensor, toTensor, type Variable } from '../tensor/index.ts';
import { Metric, type MetricConfig } from './metric.ts';

/** Options of {@link MeanIoU}. */
export interface MeanIoUConfig extends MetricConfig {
  /** How many classes there are. */
  numClasses: number;
  /** A label that does not count, such as 255 for void pixels. Default `null`. */
  ignoreClass?: number | null;
  /** Whether targets are ids of classes, else one-hot. Default true. */
  sparseYTrue?: boolean;
  /** Whether predictions are ids of classes, else scores. Default true. */
  sparseYPred?: boolean;
  /** The axis of classes that are no ids. Default -1. */
  axis?: number;
}

/** Options of {@link IoU}. */
export interface IoUConfig extends MeanIoUConfig {
  /** The classes whose mean is taken. */
  targetClassIds: readonly number[];
}

const names = ['numClasses', 'ignoreClass', 'sparseYTrue', 'sparseYPred', 'axis'];

/**
 * Intersection over union: `hits / (targets + predictions - hits)` of each class, from a confusion matrix of all batches; the
 * mean over the target classes that occur. The counts are int32, so weights must be whole; `dtype: 'float32'` takes others.
 * @example new metrics.IoU({ numClasses: 3, targetClassIds: [0, 2] })
 */
export class IoU extends Metric {
  static override readonly className: string = 'IoU';
  static override readonly optionNames: readonly string[] = ['targetClassIds', ...names];
  readonly #config: Required<Omit<IoUConfig, keyof MetricConfig>>;
  readonly #matrix: Variable;

  /** @throws ConfigError for a class id out of range and other options of the wrong kind. */
  constructor(config: IoUConfig) {
    super({ ...(config?.name === undefined ? {} : { name: config.name }), dtype: config?.dtype ?? 'int32' });
    const owner = this.getClassName();
    // What subclasses fill in is no option of theirs, but one here.
    checkOptionNames(owner, config, ['name', 'dtype', ...IoU.optionNames], '{ numClasses: 2, targetClassIds: [0] }');
    const numClasses = checkWhole(owner, 'numClasses', config.numClasses, 1);
    const targetClassIds = checkIntegers(owner, 'targetClassIds', config.targetClassIds);
    const wrong = targetClassIds.find((id) => id < 0 || id >= numClasses);
    if (wrong !== undefined || targetClassIds.length === 0) {
      throw new ConfigError(
        `${owner}: targetClassIds must be from 0 to ${numClasses - 1}, got ${received(config.targetClassIds)}`,
      );
    }
    this.#config = {
      numClasses,
      targetClassIds,
      ignoreClass: config.ignoreClass ?? null,
      sparseYTrue: checkFlag(owner, 'sparseYTrue', config.sparseYTrue ?? true),
      sparseYPred: checkFlag(owner, 'sparseYPred', config.sparseYPred ?? true),
      axis: checkNumber(owner, 'axis', config.axis ?? -1),
    };
    this.#matrix = this.addVariable('total_confusion_matrix', [numClasses, numClasses]);
  }

  override updateState(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): void {
    const { numClasses, ignoreClass, sparseYTrue, sparseYPred, axis } = this.#config;
    const idsOf = (x: Tensor, isSparse: boolean): Tensor => {
      const ids = (isSparse ? x : x.argMax(axis)).cast('int32');
      return ids.reshape([ids.size]);
    };
    const labels = idsOf(toTensor(yTrue), sparseYTrue);
    const predictions = idsOf(toTensor(yPred), sparseYPred);
    if (labels.size !== predictions.size) {
      throw new ShapeError(
        `${this.name}: targets of shape [${yTrue.shape.join(', ')}] do not fit predictions of shape [${yPred.shape.join(', ')}]`,
      );
    }
    const isClass = (ids: Tensor): Tensor => ids.greaterEqual(0).logicalAnd(ids.less(numClasses));
    let counts = isClass(labels).logicalAnd(isClass(predictions));
    if (ignoreClass !== null) counts = counts.logicalAnd(labels.notEqual(ignoreClass));
    const weights = sampleWeight === undefined ? undefined : toTensor(sampleWeight).cast(this.dtype);
    const kept = counts.cast(this.dtype);
    const amounts = weights === undefined ? kept : kept.mul(weights.reshape([weights.size]));
    const cells = where(counts, labels.mul(numClasses).add(predictions), 0).cast('int32');
    const sums = unsortedSegmentSum(amounts, cells, numClasses ** 2);
    this.#matrix.assignAdd(sums.reshape([numClasses, numClasses]).cast(this.dtype));
  }

  override result(): Tensor {
    const { numClasses, targetClassIds } = this.#config;
    const matrix = this.#matrix.read().toFloat();
    const hits = gather(
      matrix.reshape([numClasses ** 2]),
      Array.from({ length: numClasses }, (_, i) => i * (numClasses + 1)),
    );
    const union = matrix.sum(0).add(matrix.sum(1)).sub(hits);
    const [found, all] = [gather(hits, [...targetClassIds]), gather(union, [...targetClassIds])];
    const occurs = all.greater(1e-9);
    const shares = where(occurs, found.div(all.add(1e-7)), 0);
    return shares.sum().div(occurs.toFloat().sum().add(1e-7));
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), ...this.#config };
  }
}

function without(config: Record<string, unknown>, ...left: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !left.includes(name)));
}

function allClasses(owner: string, count: unknown): number[] {
  return Array.from({ length: Math.min(checkWhole(owner, 'numClasses', count, 1), 2 ** 16) }, (_, i) => i);
}

/**
 * The mean of {@link IoU} over all classes.
 * @example
 * const iou = new metrics.MeanIoU({ numClasses: 2 });
 * iou.updateState(tensor([0, 0, 1, 1]), tensor([0, 1, 0, 1]));
 * iou.result() // 0.3333
 */
export class MeanIoU extends IoU {
  static override readonly className: string = 'MeanIoU';
  static override readonly optionNames: readonly string[] = names;

  constructor(config: MeanIoUConfig) {
    super({ ...config, targetClassIds: allClasses('MeanIoU', config?.numClasses) });
  }

  override getConfig(): Record<string, unknown> {
    return without(super.getConfig(), 'targetClassIds');
  }
}

/**
 * {@link IoU} of yes and no: scores from `threshold` on are the class 1.
 * @example
 * const iou = new metrics.BinaryIoU({ threshold: 0.3 });
 * iou.updateState(tensor([0, 1, 0, 1]), tensor([0.1, 0.2, 0.4, 0.7]));
 * iou.result() // 0.3333
 */
export class BinaryIoU extends IoU {
  static override readonly className: string = 'BinaryIoU';
  static override readonly optionNames: readonly string[] = ['targetClassIds', 'threshold'];
  readonly threshold: number;

  /** @param config targetClassIds: default both; threshold: default 0.5. */
  constructor(config: MetricConfig & { targetClassIds?: readonly number[]; threshold?: number } = {}) {
    checkOptionNames('BinaryIoU', config, ['name', 'dtype', ...BinaryIoU.optionNames], '{ threshold: 0.5 }');
    const { threshold = 0.5, ...rest } = config;
    super({ ...rest, targetClassIds: config.targetClassIds ?? [0, 1], numClasses: 2 });
    this.threshold = checkFinite('BinaryIoU', 'threshold', threshold);
  }

  override updateState(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): void {
    super.updateState(yTrue, toTensor(yPred).greaterEqual(this.threshold).cast('int32'), sampleWeight);
  }

  override getConfig(): Record<string, unknown> {
    const left = ['numClasses', 'ignoreClass', 'sparseYTrue', 'sparseYPred', 'axis'];
    return { ...without(super.getConfig(), ...left), threshold: this.threshold };
  }
}

/**
 * {@link IoU} of one-hot targets and scores.
 * @example
 * const iou = new metrics.OneHotIoU({ numClasses: 2, targetClassIds: [0] });
 * iou.updateState(tensor([[1, 0], [0, 1]]), tensor([[0.9, 0.1], [0.6, 0.4]]));
 * iou.result() // 0.5
 */
export class OneHotIoU extends IoU {
  static override readonly className: string = 'OneHotIoU';
  static override readonly optionNames: readonly string[] = names
    .filter((n) => n !== 'sparseYTrue')
    .concat('targetClassIds');

  constructor(config: Omit<IoUConfig, 'sparseYTrue'>) {
    super({ ...config, sparseYTrue: false, sparseYPred: config?.sparseYPred ?? false });
  }

  override getConfig(): Record<string, unknown> {
    return without(super.getConfig(), 'sparseYTrue');
  }
}

/**
 * {@link MeanIoU} of one-hot targets and scores.
 * @example
 * const iou = new metrics.OneHotMeanIoU({ numClasses: 2 });
 * iou.updateState(tensor([[1, 0], [0, 1]]), tensor([[0.9, 0.1], [0.6, 0.4]]));
 * iou.result() // 0.25
 */
export class OneHotMeanIoU extends MeanIoU {
  static override readonly className: string = 'OneHotMeanIoU';
  static override readonly optionNames: readonly string[] = names.filter((name) => name !== 'sparseYTrue');

  constructor(config: Omit<MeanIoUConfig, 'sparseYTrue'>) {
    super({ ...config, sparseYTrue: false, sparseYPred: config?.sparseYPred ?? false });
  }

  override getConfig(): Record<string, unknown> {
    return without(super.getConfig(), 'sparseYTrue');
  }
}
