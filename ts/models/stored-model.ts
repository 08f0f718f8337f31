import { isOptions, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import type { ExportOptions, LoadWeightsOptions, SaveModelOptions, SaveWeightsOptions } from '../io/options.ts';
import type { IOHandler, SaveResult } from '../io/tfjs/artifacts.ts';
import { Layer } from '../layers/layer.ts';
import type { Tensor } from '../tensor/index.ts';
import type { Tree } from '../tensor/tree.ts';
import type { ModelJSON } from './cloning.ts';
import type { TrainableModel } from './model.ts';

/** What models have to do with files. What reads and writes them is loaded when it is first used. */
export abstract class StoredModel<Out extends Tree = Tensor> extends Layer<Out> {
  #metadata: Record<string, unknown> | undefined;

  /** Class and configuration: what `JSON.stringify(model)` writes and `modelFromJSON` reads. Weights are not part of it. */
  toJSON(): ModelJSON {
    return { className: this.className, config: this.getConfig() };
  }

  /**
   * Writes the model: layers, weights, how it is compiled, and the state of its optimizer. The end of the name says the format:
   * `.keras`, `.safetensors`, `model.json` (TensorFlow.js). The file appears whole, or not at all.
   *
   * @param target A path or URL of a file; a folder for a `model.json`; or, as in TensorFlow.js, a handler that stores the model
   * in its own way, whose answer is given (see `io.withSaveHandler`).
   * @throws ConfigError for another ending; StateError before the model is built; FileError when it cannot be written.
   */
  async save(target: string | URL, options?: SaveModelOptions): Promise<void>;
  async save(target: IOHandler, options?: SaveModelOptions): Promise<SaveResult>;
  async save(
    target: string | URL | IOHandler,
    options: SaveModelOptions = {},
    // biome-ignore lint/suspicious/noConfusingVoidType: files give nothing.
  ): Promise<SaveResult | void> {
    const { saveModel } = await import('../io/saving.ts');
    return saveModel(this as unknown as TrainableModel, target, options);
  }

  /**
   * Keeps an object of your own with the model: files of TensorFlow.js have it, and handlers get it.
   *
   * @throws ConfigError for what is no object that JSON can hold.
   */
  setUserDefinedMetadata(metadata: Record<string, unknown>): void {
    this.#metadata = checkMetadata(this.label, metadata);
  }

  /** What `setUserDefinedMetadata` was told, or a file held; else `undefined`. */
  getUserDefinedMetadata(): Record<string, unknown> | undefined {
    return this.#metadata;
  }

  /**
   * Writes the weights alone: `.weights.h5`, `.safetensors`, `.npz`. The file appears whole, or not at all.
   *
   * @throws As `save`.
   */
  async saveWeights(path: string | URL, options: SaveWeightsOptions = {}): Promise<void> {
    const { saveModelWeights } = await import('../io/saving.ts');
    await saveModelWeights(this as unknown as TrainableModel, path, options);
  }

  /**
   * Sets the weights to those of a file: `.weights.h5`, `.keras`, `.h5`, `.safetensors`, `.npz`, `model.json`.
   *
   * @throws FileError for a file that cannot be read, or whose weights are not those of this model: no weight has changed then.
   */
  async loadWeights(path: string | URL, options: LoadWeightsOptions = {}): Promise<void> {
    const { loadModelWeights } = await import('../io/saving.ts');
    await loadModelWeights(this as unknown as TrainableModel, path, options);
  }

  /**
   * Writes what the model computes, without training, as an ONNX file (opset 18) that other runtimes run. Inputs and outputs have the
   * names of their layers; sizes that are `null`, the batch among them, stay open. The file appears whole, or not at all.
   *
   * @throws ConfigError for an operation without an ONNX form, which it names with its layer, for a size that has to be given, and for
   * another ending than `.onnx`; StateError before the model is built; FileError when it cannot be written.
   */
  async export(path: string | URL, options: ExportOptions = {}): Promise<void> {
    const { exportModel } = await import('../io/onnx/index.ts');
    await exportModel(this as unknown as TrainableModel, path, options);
  }
}

/** A copy of an object of JSON. */
function checkMetadata(owner: string, metadata: unknown): Record<string, unknown> {
  let copy: unknown;
  try {
    if (isOptions(metadata)) copy = JSON.parse(JSON.stringify(metadata));
  } catch {
    // Circles, BigInts, getters and `toJSON` that throw.
  }
  if (isOptions(copy) && !Array.isArray(copy)) return copy as Record<string, unknown>;
  throw new ConfigError(`${owner}: the metadata must be an object that JSON can hold, got ${received(metadata)}`);
}
