// Hostile and broken models of TensorFlow.js: a model.json and its shards, each with what the error must say.

/** Files of one model that must be refused: the first one is what is loaded. */
export interface HostileFiles {
  readonly name: string;
  readonly format: 'tfjs';
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Links in the same folder, by what they lead to; `/` stands for the folder above. */
  readonly links?: Readonly<Record<string, string>>;
  /** Part of the error's text. */
  readonly says: string;
}

const topology = {
  class_name: 'Sequential',
  config: {
    name: 'net',
    layers: [
      {
        class_name: 'Dense',
        config: {
          units: 2,
          activation: 'linear',
          use_bias: true,
          kernel_initializer: { class_name: 'Zeros', config: {} },
          bias_initializer: { class_name: 'Zeros', config: {} },
          name: 'dense',
          trainable: true,
          batch_input_shape: [null, 3],
          dtype: 'float32',
        },
      },
    ],
  },
  keras_version: 'tfjs-layers 4.22.0',
  backend: 'tensor_flow.js',
};
const kernel = { name: 'dense/kernel', shape: [3, 2], dtype: 'float32' };
const bias = { name: 'dense/bias', shape: [2], dtype: 'float32' };
const shard = new Uint8Array(32);
const text = (value: unknown): Uint8Array => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

/** A right model.json. */
const rightModel = {
  modelTopology: topology,
  format: 'layers-model',
  generatedBy: 'TensorFlow.js tfjs-layers v4.22.0',
  convertedBy: null,
  weightsManifest: [{ paths: ['weights.bin'], weights: [kernel, bias] }],
};
/** Its files. */
export const rightFiles: Readonly<Record<string, Uint8Array>> = {
  'model.json': text(rightModel),
  'weights.bin': shard,
};

function broken(
  name: string,
  says: string,
  model: unknown,
  others: Readonly<Record<string, Uint8Array>> = { 'weights.bin': shard },
  links?: Readonly<Record<string, string>>,
): HostileFiles {
  const files = { 'model.json': text(model), ...others };
  return { name: `tfjs ${name}`, format: 'tfjs', files, says, ...(links === undefined ? {} : { links }) };
}

const withManifest = (weightsManifest: unknown): unknown => ({ ...rightModel, weightsManifest });
const withWeights = (...weights: unknown[]): unknown => withManifest([{ paths: ['weights.bin'], weights }]);
const withPath = (...paths: unknown[]): unknown => withManifest([{ paths, weights: [kernel, bias] }]);

const all: HostileFiles[] = [
  broken('shard shorter than its weights', 'take 32 bytes by their shapes, but the files have 31', rightModel, {
    'weights.bin': new Uint8Array(31),
  }),
  broken('shard longer than its weights', 'take 32 bytes by their shapes, but the files have 33', rightModel, {
    'weights.bin': new Uint8Array(33),
  }),
  broken('empty shard', 'but the files have 0', rightModel, { 'weights.bin': new Uint8Array() }),
  broken('missing shard', 'cannot be read', rightModel, {}),
  broken('second shard missing', 'cannot be read', withPath('weights.bin', 'more.bin'), {
    'weights.bin': new Uint8Array(16),
  }),
  broken('shard in the folder above', 'only plain names', withPath('../weights.bin')),
  broken('shard in the folder above, backslash', 'only plain names', withPath('..\\weights.bin')),
  broken('shard in a folder below', 'only plain names', withPath('a/weights.bin')),
  broken('absolute shard', 'only plain names', withPath('/etc/passwd')),
  broken('absolute shard of Windows', 'only plain names', withPath('C:\\windows\\win.ini')),
  broken('stream of a file of Windows', 'only plain names', withPath('weights.bin:hidden')),
  broken('shard at a server', 'only plain names', withPath('https://example.com/weights.bin')),
  broken('shard as a file URL', 'only plain names', withPath('file:///etc/passwd')),
  broken('shard with a NUL', 'only plain names', withPath('weights.bin\0.png')),
  broken('shard without a name', 'only plain names', withPath('')),
  broken('shard that is the folder', 'only plain names', withPath('.')),
  broken('shard with an endless name', 'only plain names', withPath('a'.repeat(5000))),
  broken(
    'link out of the folder',
    'a link that leads out of its folder',
    rightModel,
    {},
    { 'weights.bin': '/secret.bin' },
  ),
  broken('link to a device', 'a link that leads out of its folder', rightModel, {}, { 'weights.bin': '//dev/zero' }),
  broken('link to itself', 'cannot be read', rightModel, {}, { 'weights.bin': 'weights.bin' }),
  broken('path that is a number', 'paths are texts', withPath(7)),
  broken('the same shard twice', 'names the file "weights.bin" twice', withPath('weights.bin', 'weights.bin')),
  broken(
    'paths that are no list',
    'weightsManifest[0].paths must be a list',
    withManifest([{ paths: 'weights.bin', weights: [kernel, bias] }]),
  ),
  broken('weights without a file', 'but the files have 0', withManifest([{ paths: [], weights: [kernel, bias] }])),
  broken('manifest that is no list', 'weightsManifest must be a list', withManifest({ 0: {} })),
  broken('manifest that is a text', 'weightsManifest must be a list', withManifest('weights.bin')),
  broken('group that is null', 'weightsManifest[0] must be an object', withManifest([null])),
  broken(
    'weights that are no list',
    'weightsManifest[0].weights must be a list',
    withManifest([{ paths: ['weights.bin'], weights: {} }]),
  ),
  broken('weight that is a list', 'weightsManifest[0].weights[0] must be an object', withWeights([])),
  broken(
    'weight without a name',
    'weightsManifest[0].weights[1] has no name',
    withWeights(kernel, { ...bias, name: undefined }),
  ),
  broken('name that is a number', 'has no name, but 5', withWeights(kernel, { ...bias, name: 5 })),
  broken('two weights of one name', 'there are two weights "dense/kernel"', withWeights(kernel, { ...kernel })),
  broken('unknown dtype', 'the unknown dtype "float128"', withWeights(kernel, { ...bias, dtype: 'float128' })),
  broken(
    'dtype of a prototype',
    'the unknown dtype "constructor"',
    withWeights(kernel, { ...bias, dtype: 'constructor' }),
  ),
  broken('dtype that is an object', 'the unknown dtype', withWeights(kernel, { ...bias, dtype: {} })),
  broken('texts', 'has the dtype string, which no layer here has', withWeights(kernel, { ...bias, dtype: 'string' })),
  broken('complex numbers', 'has the dtype complex64', withWeights(kernel, { ...bias, dtype: 'complex64' })),
  broken('unknown group', 'is of the group "other"', withWeights(kernel, { ...bias, group: 'other' })),
  broken(
    'shape that is a number',
    'the shape of the weight "dense/bias" must be a list',
    withWeights(kernel, { ...bias, shape: 2 }),
  ),
  broken('negative size', 'sizes are whole numbers from 0 on', withWeights(kernel, { ...bias, shape: [-2] })),
  broken('half a size', 'sizes are whole numbers from 0 on', withWeights(kernel, { ...bias, shape: [1.5] })),
  broken('size that is a text', 'sizes are whole numbers from 0 on', withWeights(kernel, { ...bias, shape: ['2'] })),
  broken('unknown size', 'sizes are whole numbers from 0 on', withWeights(kernel, { ...bias, shape: [null] })),
  broken(
    'shape whose product overflows',
    'more than an array holds',
    withWeights(kernel, { ...bias, shape: [2 ** 31, 2 ** 31, 2 ** 31] }),
  ),
  broken('shape of 2^53 bytes', 'more than an array holds', withWeights(kernel, { ...bias, shape: [2 ** 51] })),
  broken('huge shape behind a zero', 'more than an array holds', withWeights(kernel, { ...bias, shape: [0, 2 ** 40] })),
  broken(
    'shape of 4 GB without a file of 4 GB',
    'but the files have 32',
    withWeights(kernel, { ...bias, shape: [2 ** 29] }),
  ),
  broken('too many axes', 'has 100 axes', withWeights(kernel, { ...bias, shape: Array(100).fill(1) })),
  broken(
    'quantized without a scale',
    'needs a scale and a min',
    withWeights(kernel, { ...bias, quantization: { dtype: 'uint8', min: 0 } }),
  ),
  broken(
    'quantized without a min',
    'needs a scale and a min',
    withWeights(kernel, { ...bias, quantization: { dtype: 'uint16', scale: 1 } }),
  ),
  broken(
    'scale that is a text',
    'needs a scale and a min',
    withWeights(kernel, { ...bias, quantization: { dtype: 'uint8', scale: '1', min: 0 } }),
  ),
  broken(
    'unknown quantization',
    'is quantized to "int4"',
    withWeights(kernel, { ...bias, quantization: { dtype: 'int4', scale: 1, min: 0 } }),
  ),
  broken(
    'quantization of a prototype',
    'is quantized to "toString"',
    withWeights(kernel, { ...bias, quantization: { dtype: 'toString' } }),
  ),
  broken(
    'quantization that is a text',
    'is quantized to undefined',
    withWeights(kernel, { ...bias, quantization: 'uint8' }),
  ),
  broken(
    'half floats of integers',
    'which is for float32 only',
    withWeights(kernel, { ...bias, dtype: 'int32', quantization: { dtype: 'float16' } }),
  ),
  broken(
    'quantized flags',
    'but has the dtype bool',
    withWeights(kernel, { ...bias, dtype: 'bool', quantization: { dtype: 'uint8', scale: 1, min: 0 } }),
  ),
  broken(
    'quantized, with bytes of what is not',
    'take 26 bytes by their shapes',
    withWeights(kernel, { ...bias, quantization: { dtype: 'uint8', scale: 1, min: 0 } }),
  ),
  broken(
    'weight of a shape that the layer has not',
    'shape [3, 2], but the file holds shape [2, 3]',
    withWeights({ ...kernel, shape: [2, 3] }, bias),
  ),
  broken(
    'weight that the model has not',
    'it has dense/extra, which the model has not',
    withWeights(kernel, bias, { ...bias, name: 'dense/extra', shape: [0] }),
  ),
  broken('weight that is missing', 'it lacks dense/bias', withWeights({ ...kernel, shape: [3, 2] }), {
    'weights.bin': new Uint8Array(24),
  }),
  broken('graph model', 'is a graph model', { ...rightModel, format: 'graph-model' }),
  broken('graph model that does not say so', 'is a graph model', { modelTopology: { node: [] }, weightsManifest: [] }),
  broken('unknown format', 'has the format "tflite"', { ...rightModel, format: 'tflite' }),
  broken('no model at all', 'is no model of TensorFlow.js', { some: 'thing' }),
  broken('a package.json', 'is no model of TensorFlow.js', { name: 'x', version: '1.0.0' }),
  broken('a list', 'must hold a JSON object', []),
  broken('no JSON', 'is no JSON', '{"modelTopology": '),
  broken('empty', 'JSON', ''),
  broken('bytes that are no text', 'are no UTF-8', '', {}),
  broken(
    'prototype as a key',
    '"__proto__"',
    JSON.stringify(rightModel).replace('{', '{"__proto__":{"format":"graph-model"},'),
  ),
  broken('key twice', 'twice in one object', JSON.stringify(rightModel).replace('{', '{"format":"layers-model",')),
  broken('depth', 'levels of lists and objects', `{"modelTopology":${'['.repeat(5000)}${']'.repeat(5000)}}`),
  broken('topology that is a text', 'modelTopology', { ...rightModel, modelTopology: 'net' }),
  broken('topology that is null', 'modelTopology', { ...rightModel, modelTopology: null }),
  broken('topology without a class', 'class_name', { ...rightModel, modelTopology: {} }),
  broken('unknown layer', 'Unheard', {
    ...rightModel,
    modelTopology: JSON.parse(JSON.stringify(topology).replace('"Dense"', '"Unheard"')),
  }),
  broken('metadata that are a text', 'userDefinedMetadata must be an object', {
    ...rightModel,
    userDefinedMetadata: 'mine',
  }),
];

/** Every way of being broken that was thought of. */
export const hostileTfjs: readonly HostileFiles[] = all.map((entry) =>
  entry.name === 'tfjs bytes that are no text'
    ? { ...entry, files: { 'model.json': Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d) } }
    : entry,
);
