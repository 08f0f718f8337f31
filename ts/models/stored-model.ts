import type { LoadWeightsOptions, SaveModelOptions, SaveWeightsOptions } from '../io/options.ts';
import { Layer } from '../layers/layer.ts';
import type { Tensor } from '../tensor/index.ts';
import type { Tree } from '../tensor/tree.ts';
import type { ModelJSON } from './cloning.ts';
import type { TrainableModel } from './model.ts';

/** What models have to do with files. What reads and writes them is loaded when it is first used. */
export abstract class StoredModel<Out extends Tree = Tensor> extends Layer<Out> {
  /** Class and configuration: what `JSON.stringify(model)` writes and `modelFromJSON` reads. Weights are not part of it. */
  toJSON(): ModelJSON {
    return { className: this.className, config: this.getConfig() };
  }

  /**
   * Writes the model: layers, weights, how it is compiled, and the state of its optimizer. The end of the name says the format:
   * `.keras`, `.safetensors`, `model.json` (TensorFlow.js). The file appears whole, or not at all.
   *
   * @throws ConfigError for another ending; StateError before the model is built; FileError when it cannot be written.
   */
  async save(path: string, options: SaveModelOptions = {}): Promise<void> {
    const { saveModel } = await import('../io/saving.ts');
    await saveModel(this as unknown as TrainableModel, path, options);
  }

  /**
   * Writes the weights alone: `.weights.h5`, `.safetensors`, `.npz`. The file appears whole, or not at all.
   *
   * @throws As `save`.
   */
  async saveWeights(path: string, options: SaveWeightsOptions = {}): Promise<void> {
    const { saveModelWeights } = await import('../io/saving.ts');
    await saveModelWeights(this as unknown as TrainableModel, path, options);
  }

  /**
   * Sets the weights to those of a file: `.weights.h5`, `.keras`, `.h5`, `.safetensors`, `.npz`, `model.json`.
   *
   * @throws FileError for a file that cannot be read, or whose weights are not those of this model: no weight has changed then.
   */
  async loadWeights(path: string, options: LoadWeightsOptions = {}): Promise<void> {
    const { loadModelWeights } = await import('../io/saving.ts');
    await loadModelWeights(this as unknown as TrainableModel, path, options);
  }
}
