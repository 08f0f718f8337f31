// Which classes files may name, where Keras has them, and what their options hold.
import * as constraints from '../../constraints/index.ts';
import * as initializers from '../../initializers/index.ts';
import { builtInLayerClass, builtInLayerNames, type LayerClass } from '../../layers/registry.ts';
import * as losses from '../../losses/index.ts';
import * as metrics from '../../metrics/index.ts';
import * as optimizers from '../../optimizers/index.ts';
import * as regularizers from '../../regularizers/index.ts';

/** What an object of a file is. */
export type Kind =
  | 'layer'
  | 'model'
  | 'initializer'
  | 'regularizer'
  | 'constraint'
  | 'optimizer'
  | 'schedule'
  | 'loss'
  | 'metric'
  | 'activation'
  | 'policy';

/** A class that files may name. */
export interface KnownClass {
  readonly kind: Kind;
  /** Keras' name. */
  readonly name: string;
  readonly Class: abstract new (...args: never) => object;
}

/** Part of Keras' modules (`keras.layers`, `keras.src.layers.core.dense`) by kind; what is written begins with `keras.`. */
const moduleOf: Readonly<Record<Kind, string>> = {
  layer: 'layers',
  model: 'models',
  initializer: 'initializers',
  regularizer: 'regularizers',
  constraint: 'constraints',
  optimizer: 'optimizers',
  schedule: 'optimizers.schedules',
  loss: 'losses',
  metric: 'metrics',
  activation: 'activations',
  policy: '',
};

/** The module of a class as Keras writes it. */
export function moduleName(kind: Kind): string {
  return kind === 'policy' ? 'keras' : `keras.${moduleOf[kind]}`;
}

const kindsByPart: ReadonlyMap<string, readonly Kind[]> = new Map<string, readonly Kind[]>([
  ['layers', ['layer']],
  ['models', ['model']],
  // Keras 2 had its graphs and stacks here.
  ['engine', ['model', 'layer']],
  ['initializers', ['initializer']],
  ['regularizers', ['regularizer']],
  ['constraints', ['constraint']],
  ['optimizers', ['optimizer', 'schedule']],
  ['losses', ['loss']],
  ['metrics', ['metric']],
  ['activations', ['activation']],
  ['dtype_policies', ['policy']],
  ['mixed_precision', ['policy']],
]);

const every: readonly Kind[] = [...new Set([...kindsByPart.values()].flat())];

/**
 * Kinds of classes that a module of Keras has; none for a module of somebody else. Without a module (Keras 2, TensorFlow.js) the
 * place says what it is.
 */
export function kindsOfModule(module: unknown): readonly Kind[] {
  if (module === undefined) return every;
  if (typeof module !== 'string') return [];
  const parts = module.split('.');
  if (parts[0] === 'tensorflow' && (parts[1] === 'keras' || parts[1] === 'python')) parts.shift();
  if (parts[0] === 'python' && parts[1] === 'keras') parts.shift();
  if (parts[0] !== 'keras' && parts[0] !== 'tf_keras') return [];
  const [, ...rest] = parts;
  while (rest[0] === 'src' || rest[0] === 'api' || rest[0] === '_v2' || rest[0] === '_tf_keras' || rest[0] === 'keras')
    rest.shift();
  // With PyTorch, Keras has classes of its own for optimizers: keras.src.backend.torch.optimizers.torch_adam.
  if (rest[0] === 'backend') rest.splice(0, 2);
  const [part] = rest;
  if (part === undefined) return ['model', 'policy', 'optimizer', 'layer'];
  return kindsByPart.get(part) ?? [];
}

/** Whether a module is one of Keras' own. */
export function isKerasModule(module: unknown): boolean {
  return (
    typeof module === 'string' && /^(keras|tf_keras|tensorflow\.keras|tensorflow\.python\.keras)(\.|$)/.test(module)
  );
}

type AnyClass = abstract new (...args: never) => object;

/** Made with a function, which no configuration holds. */
const unnamed: ReadonlySet<unknown> = new Set([metrics.MeanMetricWrapper]);

function classesIn(family: object, Base: AnyClass): [string, AnyClass][] {
  return Object.entries(family).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value !== 'function' || !(value.prototype instanceof Base) || unnamed.has(value)) return [];
    const own = (value as { className?: unknown }).className;
    return [[typeof own === 'string' ? own : name, value as AnyClass] as [string, AnyClass]];
  });
}

/** Names that older versions of Keras, or TensorFlow.js, have for classes; under the names that they have now. */
const olderNames: Readonly<Partial<Record<Kind, Readonly<Record<string, string>>>>> = {
  layer: {
    GroupedQueryAttention: 'GroupQueryAttention',
    BatchNormalizationV1: 'BatchNormalization',
    BatchNormalizationV2: 'BatchNormalization',
    SyncBatchNormalization: 'BatchNormalization',
    LSTMV2: 'LSTM',
    // Keras 2's is brought to ReLU's options where it is read.
    ThresholdedReLU: 'ReLU',
    UnifiedGRU: 'GRU',
    UnifiedLSTM: 'LSTM',
    GRUV2: 'GRU',
    Convolution1D: 'Conv1D',
    Convolution2D: 'Conv2D',
    Convolution3D: 'Conv3D',
    Conv2DTransposeV2: 'Conv2DTranspose',
    AvgPool1D: 'AveragePooling1D',
    AvgPool2D: 'AveragePooling2D',
    AvgPool3D: 'AveragePooling3D',
    MaxPool1D: 'MaxPooling1D',
    MaxPool2D: 'MaxPooling2D',
    MaxPool3D: 'MaxPooling3D',
    DepthwiseConv2DV2: 'DepthwiseConv2D',
  },
  model: { Model: 'Functional' },
  initializer: {
    GlorotNormalV2: 'GlorotNormal',
    LeCunNormal: 'LecunNormal',
    LeCunUniform: 'LecunUniform',
    OrthogonalInitializer: 'Orthogonal',
    IdentityInitializer: 'Identity',
    STFTInitializer: 'STFT',
    RandomNormalV2: 'RandomNormal',
    RandomUniformV2: 'RandomUniform',
  },
  optimizer: { MomentumOptimizer: 'SGD', Momentum: 'SGD', RMSProp: 'RMSprop' },
  policy: { Policy: 'DTypePolicy', FloatDTypePolicy: 'DTypePolicy' },
};

/** Names that Keras has for classes that we call otherwise. */
const kerasNames: Readonly<Record<string, string>> = { GroupedQueryAttention: 'GroupQueryAttention' };

class Placeholder {}

let tables: ReadonlyMap<Kind, ReadonlyMap<string, AnyClass>> | undefined;

function allTables(): ReadonlyMap<Kind, ReadonlyMap<string, AnyClass>> {
  if (tables !== undefined) return tables;
  const table = (entries: [string, AnyClass][]): Map<string, AnyClass> =>
    new Map(entries.map(([name, Class]) => [kerasNames[name] ?? name, Class]));
  const layers = builtInLayerNames().map((name) => [name, builtInLayerClass(name) as LayerClass] as [string, AnyClass]);
  tables = new Map<Kind, ReadonlyMap<string, AnyClass>>([
    ['layer', table(layers)],
    [
      'model',
      table([
        ['Functional', Placeholder],
        ['Sequential', Placeholder],
      ]),
    ],
    ['initializer', table(classesIn(initializers, initializers.Initializer))],
    ['regularizer', table(classesIn(regularizers, regularizers.Regularizer))],
    ['constraint', table(classesIn(constraints, constraints.Constraint))],
    ['optimizer', table(classesIn(optimizers, optimizers.Optimizer))],
    ['schedule', table(classesIn(optimizers.schedules, optimizers.schedules.LearningRateSchedule))],
    ['loss', table(classesIn(losses, losses.Loss))],
    ['metric', table(classesIn(metrics, metrics.Metric))],
    ['policy', table([['DTypePolicy', Placeholder]])],
  ]);
  return tables;
}

/** The class of hornbeam that Keras calls `name`, of one of these kinds. */
export function knownClass(name: string, kinds: readonly Kind[]): KnownClass | undefined {
  for (const kind of kinds) {
    const older = olderNames[kind];
    const current = older !== undefined && Object.hasOwn(older, name) ? (older[name] as string) : name;
    const Class = allTables().get(kind)?.get(current);
    if (Class !== undefined) return { kind, name: current, Class };
  }
  return undefined;
}

/** Keras' name of one of our classes. */
export function kerasName(className: string): string {
  return Object.hasOwn(kerasNames, className) ? (kerasNames[className] as string) : className;
}

/** Classes whose objects are, or run, code of the file. They are refused whatever is registered. */
export const codeClasses: Readonly<Record<string, string>> = {
  Lambda: 'a function that the file holds',
  __lambda__: 'a function that the file holds',
  TorchModuleWrapper: 'a pickled PyTorch module',
  TFSMLayer: 'a SavedModel that the file names by its path',
  JaxLayer: 'a function that the file holds',
  FlaxLayer: 'a module that the file names',
  FlaxLayerWrapper: 'a module that the file names',
  TFOpLambda: 'a function of TensorFlow that the file names',
  SlicingOpLambda: 'a function of TensorFlow that the file names',
  TensorFlowOpLayer: 'an operation of TensorFlow that the file names',
  __typespec__: 'a type that the file names by its module',
};
