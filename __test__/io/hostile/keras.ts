// .keras files that must be refused: what config.json asks for. CVE numbers are those of Keras' own loader.
import { type HostileFile, text } from './entry.ts';
import { smallFile } from './hdf5-file.ts';
import { zipOf } from './zip-file.ts';

const metadata = text('{"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}');

/** A .keras file of a config.json. */
export function kerasFile(config: unknown): Uint8Array {
  const json =
    typeof config === 'string' ? text(config) : config instanceof Uint8Array ? config : text(JSON.stringify(config));
  return zipOf([
    { name: 'metadata.json', data: metadata },
    { name: 'config.json', data: json },
    { name: 'model.weights.h5', data: smallFile().bytes() },
  ]);
}

type Fields = Record<string, unknown>;
const keras = (
  className: string,
  config: unknown,
  module: string | null = 'keras.layers',
  more: Fields = {},
): Fields => ({
  module,
  class_name: className,
  config,
  registered_name: null,
  ...more,
});
const inputLayer = keras('InputLayer', { batch_shape: [null, 3], dtype: 'float32', name: 'input_layer' });
const dense = (change: Fields = {}): Fields =>
  keras('Dense', { name: 'dense', trainable: true, units: 2, activation: 'linear', use_bias: true, ...change });
const sequentialOf = (layers: unknown, more: Fields = {}): Fields =>
  keras('Sequential', { name: 'sequential', trainable: true, layers, ...more }, 'keras');
const withLayer = (layer: unknown): Fields => sequentialOf([inputLayer, layer]);

/** A right configuration. */
export const rightConfig: Fields = withLayer(dense());

const refused = (name: string, says: string | RegExp, config: unknown): HostileFile => ({
  name: `keras: ${name}`,
  format: 'keras',
  bytes: kerasFile(config),
  says,
});
const layered = (name: string, says: string | RegExp, layer: unknown): HostileFile =>
  refused(name, says, withLayer(layer));
const units = (value: unknown): HostileFile =>
  // As large as a size may be: the file has no such weights.
  layered(
    `${JSON.stringify(value)?.slice(0, 30)} units`,
    /units|larger than all weights of the file/,
    dense({ units: value }),
  );

const bytecode = '4wEAAAAAAAAAAAAAAAEAAAADAAAA8wYAAACXAHwAUwAp';
const lambda = (fn: unknown): Fields =>
  keras('Lambda', { name: 'lambda', trainable: true, function: fn, arguments: {} });
const functionOf = (module: string, name: string): Fields => ({
  module,
  class_name: 'function',
  config: name,
  registered_name: name,
});

/** A graph whose layers are called as said: `[name, inbound tensors]`. */
function graph(calls: readonly (readonly [string, readonly string[]])[], outputs: unknown = [['a', 0, 0]]): Fields {
  const tensor = (name: string): Fields => ({
    class_name: '__keras_tensor__',
    config: { shape: [null, 3], dtype: 'float32', keras_history: [name, 0, 0] },
  });
  const layers = calls.map(([name, from]) => ({
    ...dense({ name, units: 3 }),
    name,
    inbound_nodes: [{ args: from.map(tensor), kwargs: {} }],
  }));
  return keras(
    'Functional',
    {
      name: 'graph',
      trainable: true,
      layers: [{ ...inputLayer, name: 'input_layer', inbound_nodes: [] }, ...layers],
      input_layers: [['input_layer', 0, 0]],
      output_layers: outputs,
    },
    'keras',
  );
}

const listsOf = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const json = [
  refused('no bytes of JSON', /config\.json.*is no JSON/, ''),
  refused('a JSON that is cut off', 'is no JSON', '{"class_name": "Seq'),
  refused('100,000 levels', 'more than 64 levels', `{"class_name": ${listsOf(100_000)}}`),
  refused('two million values', 'more than 1000000 values', `[${'0,'.repeat(2_000_000)}0]`),
  refused('a text of 70 MB', /bytes; at most|bytes of JSON; at most|bomb/, text(`"${'a'.repeat(70 * 2 ** 20)}"`)),
  refused('a key twice', 'the key "class_name" twice', '{"class_name": "Dense", "class_name": "Lambda"}'),
  refused('__proto__', 'the key "__proto__"', '{"__proto__": {"isAdmin": true}, "class_name": "Sequential"}'),
  refused('NaN', 'is no JSON', '{"class_name": NaN}'),
  refused('1e999', 'beyond the largest double', '{"class_name": 1e999}'),
  refused('bytes that are no UTF-8', 'are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22)),
  refused('a list', /config\.json/, '[]'),
  refused('null', /config\.json/, 'null'),
  refused('an empty object', /config\.json|class_name/, '{}'),
];

const numbers = [-1, 0, 1.5, 2 ** 31, 2 ** 53 + 2, 1e300, '2', null, [2], { a: 1 }, true].map(units);

const structure = [
  refused('no layers', /layers/, keras('Sequential', { name: 'a' }, 'keras')),
  refused('layers that are a text', /layers/, sequentialOf('Dense')),
  refused('layers by name', /layers/, sequentialOf({ length: 1e9 })),
  layered('a layer that is null', /buffer/, null),
  layered('a layer without a configuration', /buffer/, { module: 'keras.layers', class_name: 'Dense' }),
  layered('a class that is a number', /buffer/, keras(7 as never, {})),
  layered('the class "constructor"', /constructor/, keras('constructor', {})),
  layered('the class "toString"', /toString/, keras('toString', {})),
  layered('the class "hasOwnProperty" of keras', /hasOwnProperty/, keras('hasOwnProperty', {}, 'keras')),
  layered('a class that nobody knows', /Mystery/, keras('Mystery', {}, null, { registered_name: 'pack>Mystery' })),
  layered('a class of the word __class__', /__class__/, keras('__class__', {})),
  layered('an optimizer as a layer', /Adam/, keras('Adam', { learning_rate: 0.1 }, 'keras.optimizers')),
  layered(
    'a model within itself 30 times too deep',
    /levels|buffer/,
    Array.from({ length: 70 }).reduce((inner) => sequentialOf([inner]), dense()),
  ),
  refused(
    '100,000 layers',
    /values|layers/,
    sequentialOf([inputLayer, ...new Array(100_000).fill({ class_name: 'Flatten', config: {} })]),
  ),
  refused('20,000 layers', /layers/, sequentialOf([inputLayer, ...new Array(20_000).fill(dense())])),
  refused(
    'a circle of layers',
    /buffer/,
    graph([
      ['a', ['b']],
      ['b', ['a']],
    ]),
  ),
  refused('a layer that takes its own output', /buffer/, graph([['a', ['a']]])),
  refused('an output of a layer that is missing', /buffer/, graph([['a', ['input_layer']]], [['z', 0, 0]])),
  refused('an output at the place 2^31', /buffer/, graph([['a', ['input_layer']]], [['a', 2 ** 31, 0]])),
  refused('an input of a layer that is missing', /buffer/, graph([['a', ['nowhere']]])),
  layered('a shape of 2^40', /buffer/, keras('Reshape', { name: 'r', target_shape: [2 ** 40, 2 ** 40] })),
  layered('a kernel of 2^60 numbers', /buffer/, keras('Dense', { name: 'dense', units: 2 ** 60 })),
  refused(
    'an input of 10^15 numbers',
    /buffer/,
    sequentialOf([keras('InputLayer', { batch_shape: [null, 1e15], dtype: 'float32', name: 'i' }), dense()]),
  ),
  // What the memory budget would allow, but the file has no weights for.
  layered('a kernel of 1.2 GB that the file lacks', /larger than all weights of the file/, dense({ units: 1e8 })),
  layered('an embedding of 2^50 words', /buffer/, keras('Embedding', { name: 'e', input_dim: 2 ** 50, output_dim: 8 })),
];

const code = [
  layered(
    'CVE-2024-3660, a Lambda of bytecode',
    /Lambda|lambda/,
    lambda({ class_name: '__lambda__', config: { code: bytecode, defaults: null, closure: null } }),
  ),
  layered('a Lambda of a list', /Lambda|lambda/, lambda([bytecode, null, null])),
  layered('CVE-2025-1550, os.system as a layer', /system/, keras('system', { command: 'echo' }, 'os')),
  layered(
    'CVE-2025-1550, a function of another module',
    /Lambda|run|subprocess/,
    lambda(functionOf('subprocess', 'run')),
  ),
  layered('an activation of another module', /system/, dense({ activation: functionOf('os', 'system') })),
  layered('an activation of builtins', /eval/, dense({ activation: functionOf('builtins', 'eval') })),
  layered(
    'CVE-2025-8747, keras.utils.get_file',
    /get_file/,
    dense({ activation: functionOf('keras.utils', 'get_file') }),
  ),
  layered(
    'CVE-2025-8747, get_file as a layer',
    /get_file/,
    keras('get_file', { fname: 'x', origin: 'http://localhost/x' }, 'keras.utils'),
  ),
  layered(
    'CVE-2025-9906, enable_unsafe_deserialization',
    /enable_unsafe_deserialization/,
    dense({ activation: functionOf('keras.config', 'enable_unsafe_deserialization') }),
  ),
  layered(
    'CVE-2025-9906, as a layer',
    /enable_unsafe_deserialization/,
    keras('enable_unsafe_deserialization', {}, 'keras.config'),
  ),
  layered(
    'CVE-2025-49655, TorchModuleWrapper',
    /TorchModuleWrapper/,
    keras('TorchModuleWrapper', { module: bytecode, name: 't' }),
  ),
  layered(
    'CVE-2026-1462, TFSMLayer',
    /TFSMLayer/,
    keras('TFSMLayer', { filepath: '/tmp/model', call_endpoint: 'serve' }),
  ),
  layered('FlaxLayer', /FlaxLayer/, keras('FlaxLayer', { method: 'x' })),
  layered('JaxLayer', /JaxLayer/, keras('JaxLayer', { call_fn: bytecode })),
  layered(
    'CVE-2025-12058, StringLookup of /etc/passwd',
    /StringLookup|vocabulary/,
    keras('StringLookup', { name: 's', vocabulary: '/etc/passwd' }),
  ),
  layered(
    'CVE-2025-12058, StringLookup of an address',
    /StringLookup|vocabulary/,
    keras('StringLookup', { name: 's', vocabulary: 'http://localhost/x' }),
  ),
  layered(
    'CVE-2025-12058, TextVectorization of a file',
    /TextVectorization|vocabulary/,
    keras('TextVectorization', { name: 's', vocabulary: '/etc/passwd' }),
  ),
  layered(
    'IntegerLookup of a file',
    /IntegerLookup|vocabulary/,
    keras('IntegerLookup', { name: 's', vocabulary: '/etc/passwd' }),
  ),
  layered(
    'a __typespec__',
    /buffer/,
    dense({ units: { class_name: '__typespec__', spec_name: 'x', module: 'os', config: {} } }),
  ),
  layered(
    'an initializer of another module',
    /Popen|subprocess/,
    dense({ kernel_initializer: keras('Popen', { args: 'echo' }, 'subprocess') }),
  ),
  layered('a regularizer that is a layer', /kernel|Dense/, dense({ kernel_regularizer: dense() })),
  layered('a constraint that nobody knows', /Mystery/, dense({ kernel_constraint: keras('Mystery', {}, null) })),
  layered('a custom activation', /mystery/, dense({ activation: 'mystery' })),
  layered('an activation "constructor"', /constructor/, dense({ activation: 'constructor' })),
  layered('an activation "__proto__"', /__proto__/, dense({ activation: '__proto__' })),
  layered('a dtype "constructor"', /dtype|constructor/, dense({ dtype: 'constructor' })),
  layered('a wrapper without its layer', /buffer/, keras('Bidirectional', { name: 'b' })),
  layered('a wrapper of a number', /buffer/, keras('TimeDistributed', { name: 't', layer: 7 })),
];

const zipped = (name: string, says: string | RegExp, members: Readonly<Record<string, Uint8Array>>): HostileFile => ({
  name: `keras: ${name}`,
  format: 'keras',
  bytes: zipOf(Object.entries(members).map(([member, data]) => ({ name: member, data }))),
  says,
});

const members = [
  zipped('no config.json', /lacks config\.json/, { 'metadata.json': metadata }),
  zipped('an archive of archives', /lacks config\.json/, {
    'metadata.json': metadata,
    '42.zip': kerasFile(rightConfig),
  }),
  zipped('no weights', /lacks model\.weights\.h5/, { 'config.json': text(JSON.stringify(rightConfig)) }),
  zipped('pickled weights', /pickled objects/, {
    'config.json': text(JSON.stringify(rightConfig)),
    'model.weights.npz': text('x'),
  }),
  zipped('weights that are no HDF5', /model\.weights\.h5.*not an HDF5 file/, {
    'config.json': text(JSON.stringify(rightConfig)),
    'model.weights.h5': text('not HDF5 at all'),
  }),
  zipped('weights of other layers', /dense/, {
    'config.json': text(JSON.stringify(rightConfig)),
    'model.weights.h5': smallFile().bytes(),
  }),
];

export const hostileKeras: readonly HostileFile[] = [...json, ...numbers, ...structure, ...code, ...members];
