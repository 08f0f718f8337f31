import type { Format } from '../formats.ts';
import { loadFromJson, loadWeightsFromJson } from './reading.ts';
import { saveAsJson } from './writing.ts';

/** Layers models of TensorFlow.js: `model.json` and the files of weights beside it. */
export const tfjs: Format = {
  load: loadFromJson,
  save: saveAsJson,
  loadWeights: loadWeightsFromJson,
};
