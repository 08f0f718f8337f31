import { ConfigError } from '../../errors.ts';
import { differentiate, isFloat, type Tensor } from '../../tensor/index.ts';
import type { Model } from '../model.ts';
import type { Compiled, Trackers } from './compiled.ts';
import { type ClassWeight, classWeights } from './data.ts';

/** A batch as a step sees it. */
export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly sampleWeight: Tensor | undefined;
}

/** The batch with the weights of its classes. */
export function withClassWeight(batch: Batch, weights: ClassWeight | undefined): Batch {
  return weights === undefined ? batch : { ...batch, sampleWeight: classWeights(batch.y, weights) };
}

/**
 * One training step: forward, loss, gradients, optimizer, running numbers. Ordinary tensor operations: inside a trace it
 * becomes a program, outside it runs at once.
 */
export function trainStep(model: Model, compiled: Compiled, batch: Batch): void {
  const weights = model.trainableWeights;
  let predictions: Tensor | undefined;
  const forward = (): Tensor => {
    predictions = forwardPass(model, batch, true);
    return lossOf(model, compiled, batch, predictions);
  };
  const { value, gradients } = differentiate(forward, weights);
  compiled.optimizer.apply(gradients, weights);
  compiled.train.update(value, batch.x.shape[0] as number, batch.y, predictions as Tensor, batch.sampleWeight);
}

/** One step of an evaluation: forward, loss, running numbers. */
export function testStep(model: Model, compiled: Compiled, trackers: Trackers, batch: Batch): void {
  const predictions = forwardPass(model, batch, false);
  const loss = lossOf(model, compiled, batch, predictions);
  trackers.update(loss, batch.x.shape[0] as number, batch.y, predictions, batch.sampleWeight);
}

function forwardPass(model: Model, batch: Batch, training: boolean): Tensor {
  const predictions = model.apply(batch.x, { training });
  if (!isFloat(predictions.dtype)) {
    throw new ConfigError(`${model.label}: a loss needs floating-point outputs, got ${predictions.dtype}`);
  }
  return predictions;
}

function lossOf(model: Model, compiled: Compiled, batch: Batch, predictions: Tensor): Tensor {
  let loss = compiled.loss.apply(batch.y, predictions, batch.sampleWeight);
  // reduction 'none' leaves values: what is minimized is their sum, as a gradient of many values is.
  if (loss.rank > 0) loss = loss.sum();
  for (const penalty of model.regularizationLosses()) loss = loss.add(penalty);
  return loss;
}
