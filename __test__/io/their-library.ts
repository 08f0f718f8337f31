// TensorFlow.js as the tests of files use it. Its own declarations need those of browsers.
import { createRequire } from 'node:module';

interface TheirLayer {
  apply(x: unknown): unknown;
}

/** What the tests need of a `LayersModel`. */
export interface TheirModel extends TheirLayer {
  readonly weights: readonly { readonly shape: readonly (number | null)[] }[];
  readonly outputs: readonly { readonly shape: readonly (number | null)[] }[];
  toJSON(unused: null, asText: false): object;
  compile(config: object): void;
  save(handler: unknown, options: object): Promise<unknown>;
  dispose(): void;
}

type LayerName =
  | 'averagePooling2d'
  | 'batchNormalization'
  | 'bidirectional'
  | 'concatenate'
  | 'conv2d'
  | 'conv2dTranspose'
  | 'cropping2D'
  | 'dense'
  | 'gaussianNoise'
  | 'globalAveragePooling2d'
  | 'globalMaxPooling1d'
  | 'gru'
  | 'gruCell'
  | 'layerNormalization'
  | 'leakyReLU'
  | 'lstm'
  | 'lstmCell'
  | 'permute'
  | 'repeatVector'
  | 'reshape'
  | 'rnn'
  | 'separableConv2d'
  | 'simpleRNN'
  | 'timeDistributed'
  | 'upSampling2d'
  | 'zeroPadding2d';

interface Library {
  readonly layers: Readonly<Record<LayerName, (config?: object) => TheirLayer>>;
  readonly train: Readonly<Record<'momentum' | 'rmsprop', (...options: readonly unknown[]) => object>>;
  readonly io: {
    fromMemory(artifacts: object): unknown;
    withSaveHandler(save: (artifacts: { readonly trainingConfig?: object }) => Promise<object>): unknown;
  };
  input(config: object): unknown;
  sequential(config: object): TheirModel;
  model(config: object): TheirModel;
  loadLayersModel(handler: unknown): Promise<TheirModel>;
}

export const tfjs: Library = createRequire(import.meta.url)('@tensorflow/tfjs');
