// How TensorFlow.js writes layers, and how models are compiled.
import { ConfigError } from '../../errors.ts';
import type { TrainableModel } from '../../models/model.ts';
import type { CustomObjects } from '../options.ts';

function absent(): never {
  throw new ConfigError('models of TensorFlow.js are not read and written yet');
}

/** The model of a topology. */
export function modelFromLegacy(_file: string, _topology: unknown, _customObjects: CustomObjects): TrainableModel {
  return absent();
}

/** The topology of a model. */
export function modelToLegacy(_model: TrainableModel): object {
  return absent();
}

/** Compiles a model as a file says. */
export function compileFromLegacy(
  _file: string,
  _model: TrainableModel,
  _trainingConfig: unknown,
  _customObjects: CustomObjects,
): void {
  absent();
}

/** How a model is compiled. */
export function trainingConfigOf(_model: TrainableModel): object | undefined {
  return absent();
}
