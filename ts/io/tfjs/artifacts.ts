/** How an array of a file of weights is stored in fewer bits: `value = stored * scale + min`, or as a half float. */
export interface Quantization {
  dtype: 'uint8' | 'uint16' | 'float16';
  scale?: number;
  min?: number;
}

/** What TensorFlow.js says of one array of a model. */
export interface WeightsManifestEntry {
  name: string;
  shape: number[];
  dtype: 'float32' | 'int32' | 'bool' | 'string' | 'complex64';
  /** Whether it is the model's (as when it is left out) or the optimizer's. */
  group?: 'model' | 'optimizer';
  quantization?: Quantization;
}

/** Loss, metrics and optimizer as TensorFlow.js writes them: names in snake_case. */
export interface TrainingConfig {
  optimizer_config: object;
  loss?: string | string[] | Record<string, string> | null;
  metrics?: unknown;
  [key: string]: unknown;
}

/** A model as TensorFlow.js hands it to whoever stores it. */
export interface ModelArtifacts {
  /** Layers and how they are connected. */
  modelTopology?: object;
  /** How it is compiled, when the optimizer was asked for. */
  trainingConfig?: TrainingConfig;
  /** What the arrays are, in the order in which `weightData` holds them. */
  weightSpecs?: WeightsManifestEntry[];
  /** The numbers of all arrays, one after another, in little-endian order; in one buffer or several. */
  weightData?: ArrayBuffer | ArrayBuffer[];
  /** `'layers-model'`. */
  format?: string;
  generatedBy?: string;
  convertedBy?: string | null;
  /** Anything of one's own, see `setUserDefinedMetadata`. */
  userDefinedMetadata?: Record<string, unknown>;
}

/** What was saved, and when. */
export interface ModelArtifactsInfo {
  dateSaved: Date;
  modelTopologyType: 'JSON';
  modelTopologyBytes?: number;
  weightSpecsBytes?: number;
  weightDataBytes?: number;
}

/** What a handler answers when it has saved a model. */
export interface SaveResult {
  modelArtifactsInfo: ModelArtifactsInfo;
  [key: string]: unknown;
}

/** Stores models anywhere, as in TensorFlow.js: `model.save(handler)`, `loadModel(handler)`. */
export interface IOHandler {
  save?(artifacts: ModelArtifacts): SaveResult | Promise<SaveResult>;
  load?(): ModelArtifacts | Promise<ModelArtifacts>;
}

/** Files of a group of arrays, and what they hold. */
export interface WeightsManifestGroup {
  paths: string[];
  weights: WeightsManifestEntry[];
}

/** What `model.json` holds. */
export interface ModelJson extends Omit<ModelArtifacts, 'weightSpecs' | 'weightData'> {
  weightsManifest: WeightsManifestGroup[];
}
