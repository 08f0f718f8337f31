import { received } from '../../arguments.ts';
import { ConfigError, DataError } from '../../errors.ts';
import { flattenNest, type Nest } from '../../layers/nest.ts';
import { differentiate, isFloat, type Tensor } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import type { TrainableModel } from '../model.ts';
import type { Compiled } from './compiled.ts';
import { type Batch, batchSizeOf, type Places, type Tensors } from './data.ts';
import type { Trackers } from './trackers.ts';

/** Numbers that a step of a model of your own reports, by name: scalars. */
export type StepResults = Readonly<Record<string, Tensor>>;

/** What a step in progress works with. */
export interface StepContext {
  readonly compiled: Compiled;
  readonly trackers: Trackers;
  /** Number of the first call that belongs to the step. */
  readonly firstCall: number;
}

/** What a batch gave: predictions and targets output by output. */
interface Outcome {
  readonly places: Places;
  readonly targets: readonly (Tensor | undefined)[];
  readonly predictions: readonly Tensor[];
  readonly sampleWeights: readonly (Tensor | undefined)[];
}

/**
 * One training step: forward, loss, gradients, optimizer, running numbers. Ordinary tensor operations: inside a trace it
 * becomes a program, outside it runs at once.
 */
export function trainStep(model: TrainableModel, { compiled, trackers }: StepContext, batch: Batch): void {
  const weights = model.trainableWeights;
  let predictions: Tree | undefined;
  let loss: Tensor | undefined;
  const forward = (): Tensor => {
    predictions = model.apply(batch.x as Tensor, { training: true });
    loss = model.computeLoss(batch.x, batch.y, predictions, batch.sampleWeight);
    return compiled.optimizer.scaleLoss(loss);
  };
  const { gradients } = differentiate(forward, weights);
  compiled.optimizer.apply(gradients, weights);
  trackers.updateLoss(loss as unknown as Tensor, batchSizeOf(batch));
  model.computeMetrics(batch.x, batch.y, predictions as Tree, batch.sampleWeight);
}

/** One step of an evaluation: forward, loss, running numbers. */
export function testStep(model: TrainableModel, { trackers }: StepContext, batch: Batch): void {
  const predictions = model.apply(batch.x as Tensor, { training: false });
  const loss = model.computeLoss(batch.x, batch.y, predictions, batch.sampleWeight);
  trackers.updateLoss(loss, batchSizeOf(batch));
  model.computeMetrics(batch.x, batch.y, predictions, batch.sampleWeight);
}

/** The compiled losses, weighted, and what the model adds: a scalar. The losses of several outputs are noted one by one. */
export function lossOf(
  model: TrainableModel,
  { compiled, trackers, firstCall }: StepContext,
  y: Tensors,
  predictions: Tree,
  sampleWeight: Tensors,
): Tensor {
  const outcome = outcomeOf(model, y, predictions, sampleWeight);
  const losses = compiled.lossesFor(outcome.places);
  trackers.bind(outcome.places, losses);
  const terms = losses.flatMap((entry, output) => {
    if (entry === undefined) return [];
    const prediction = outcome.predictions[output] as Tensor;
    const target = outcome.targets[output];
    if (target === undefined) {
      const which = outcome.places.names.length > 1 ? ` for output "${outcome.places.names[output]}"` : '';
      throw new DataError(`${model.label}: there are no targets${which}, but a loss. Hand in y, or leave the loss out`);
    }
    if (!isFloat(prediction.dtype))
      throw new ConfigError(`${model.label}: a loss needs floating-point outputs, got ${prediction.dtype}`);
    let value = entry.loss.apply(target, prediction, outcome.sampleWeights[output]);
    // reduction 'none' leaves values: what is minimized is their sum, as a gradient of many values is.
    if (value.rank > 0) value = value.sum();
    trackers.updateOutputLoss(output, value, prediction.shape[0] ?? 1);
    return [entry.weight === undefined ? value : value.mul(entry.weight)];
  });
  // Only of this step: what a layer was told in an earlier trace is gone.
  const added = [...model.regularizationLosses(), ...model.addedLosses(firstCall)];
  terms.push(...added.map((loss) => loss.cast('float32').sum()));
  const [first, ...rest] = terms;
  if (first === undefined) {
    throw new ConfigError(
      `${model.label}: there is no loss to minimize. Pass one to compile, such as loss: 'meanSquaredError', or call addLoss in a layer`,
    );
  }
  return rest.reduce((sum, term) => sum.add(term), first);
}

/** Updates the metrics of the outputs. */
export function updateMetrics(
  model: TrainableModel,
  { compiled, trackers }: StepContext,
  y: Tensors,
  predictions: Tree,
  sampleWeight: Tensors,
): void {
  const outcome = outcomeOf(model, y, predictions, sampleWeight);
  trackers.bind(outcome.places, compiled.lossesFor(outcome.places));
  trackers.updateMetrics(outcome);
}

/** Targets and weights beside the predictions that they belong to. */
function outcomeOf(model: TrainableModel, y: Tensors, predictions: Tree, sampleWeight: Tensors): Outcome {
  const flat = flattenNest<Tensor>(predictions as Nest<Tensor>);
  const names = model.outputNames;
  const places = { template: predictions, names: names?.length === flat.length ? names : flat.map(() => '') };
  const targets = y === undefined ? flat.map(() => undefined) : flattenNest<Tensor | undefined>(y);
  if (targets.length !== flat.length) {
    throw new DataError(`${model.label}: the model gives ${flat.length} outputs, but y has ${targets.length} parts`);
  }
  const weights = flattenNest<Tensor | undefined>(sampleWeight);
  const sampleWeights = weights.length === flat.length ? weights : flat.map(() => weights[0]);
  return { places, targets, predictions: flat, sampleWeights };
}

/** What a step of the user's own gave. @throws ConfigError unless it is a record of scalars. */
export function checkResults(label: string, step: string, results: unknown): StepResults {
  const entries = typeof results === 'object' && results !== null ? Object.entries(results) : [];
  const wrong = entries.find(([, value]) => (value as Tensor | undefined)?.size !== 1);
  if (entries.length > 0 && wrong === undefined) return results as StepResults;
  throw new ConfigError(
    `${label}: ${step} must return scalars by name, such as { loss }, got ${received(wrong === undefined ? results : { [wrong[0]]: wrong[1] })}`,
  );
}
