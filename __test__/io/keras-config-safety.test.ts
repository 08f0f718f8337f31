import { describe, expect, test } from 'vitest';
import { FileError, layers, registerClass, sequential, type Tensor } from '../../ts/index.ts';
import {
  compileFromKeras,
  compileFromLegacy,
  modelFromKeras,
  modelFromLegacy,
  modelToKeras,
} from '../../ts/io/keras-config/index.ts';
import type { TrainableModel } from '../../ts/models/model.ts';
import { asJSON } from './config-fixtures.ts';

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
const start = keras('InputLayer', { batch_shape: [null, 3], dtype: 'float32', name: 'x' });
const dense = (more: Fields = {}): Fields => keras('Dense', { name: 'dense', units: 2, ...more });
const stack = (...inner: unknown[]): Fields => keras('Sequential', { name: 'stack', layers: inner }, 'keras');
const withLayer = (layer: unknown): Fields => stack(start, layer);
const tensorOf = (name: string, call = 0, output = 0): Fields => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 3], dtype: 'float32', keras_history: [name, call, output] },
});
const called = (name: string, ...args: unknown[]): Fields => ({
  ...dense({ name, units: 3 }),
  name,
  inbound_nodes: [{ args, kwargs: {} }],
});
const graph = (inner: unknown[], outputs: unknown = ['a', 0, 0]): Fields =>
  keras(
    'Functional',
    {
      name: 'graph',
      layers: [{ ...start, name: 'x', inbound_nodes: [] }, ...inner],
      input_layers: ['x', 0, 0],
      output_layers: outputs,
    },
    'keras.src.models.functional',
  );

/** The error of a configuration, which begins with the file's name. */
function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(FileError);
    expect((error as Error).message).toMatch(/^bad\.keras/);
    return (error as Error).message;
  }
  throw new Error('it was read');
}

const lambda = { class_name: '__lambda__', config: { value: ['4wEAAAAA', null, null] } };
const namedFunction = (module: string, name: string): Fields => ({
  module,
  class_name: 'function',
  config: name,
  registered_name: name,
});

describe('code is never run', () => {
  test.each<[name: string, layer: unknown, says: string | RegExp]>([
    [
      'a Lambda of Python (CVE-2024-3660)',
      keras('Lambda', { name: 'l', function: lambda }),
      /Lambda is a function that the file holds; hornbeam runs no code/,
    ],
    ['a lambda as an activation', dense({ activation: lambda }), '__lambda__ is a function that the file holds'],
    [
      'a PyTorch module (CVE-2025-49655)',
      keras('TorchModuleWrapper', { module: 'gASVAA==' }),
      'TorchModuleWrapper is a pickled PyTorch module',
    ],
    [
      'a SavedModel by path (CVE-2026-1462)',
      keras('TFSMLayer', { filepath: '/tmp/model' }),
      'TFSMLayer is a SavedModel that the file names',
    ],
    [
      'a type by module',
      dense({ kernel_regularizer: { class_name: '__typespec__', spec_name: 'x', module: 'os', config: [] } }),
      '__typespec__ is a type',
    ],
    [
      'a function of the system (CVE-2025-1550)',
      dense({ activation: namedFunction('os', 'system') }),
      /does not know: system \(function\)/,
    ],
    [
      'a function of Keras (CVE-2025-8747)',
      dense({ activation: namedFunction('keras.utils', 'get_file') }),
      /does not know: get_file \(function\)/,
    ],
    [
      'unsafe deserialization (CVE-2025-9906)',
      dense({ activation: namedFunction('keras.config', 'enable_unsafe_deserialization') }),
      /enable_unsafe_deserialization \(function\)/,
    ],
    ['a class of another module', keras('Popen', { args: 'ls' }, 'subprocess'), /does not know: Popen/],
    ['a class of ours in another module', keras('Dense', { units: 1 }, 'subprocess'), /does not know: Dense/],
    ['a module that begins as ours', keras('Dense', { units: 1 }, 'keras_evil.layers'), /does not know: Dense/],
    [
      'a kind in another place',
      keras('Dense', { units: 1 }, 'keras.optimizers'),
      /does not know: Dense \(class of keras.optimizers\)/,
    ],
    [
      'an operation',
      keras('Add', { name: 'add' }, 'keras.src.ops.numpy'),
      /layer "add" \(Add\): there is no layer class "Add"/,
    ],
    [
      'a vocabulary by path (CVE-2025-12058)',
      keras('StringLookup', { vocabulary: '/etc/passwd' }),
      /does not know: StringLookup \(class of keras.layers\)/,
    ],
    ['a name of every object', keras('constructor', {}), /does not know: constructor/],
    ['a prototype', keras('__proto__', {}), /does not know: __proto__/],
  ])('%s', (_, layer, says) => {
    const problem = refusal(() => modelFromKeras('bad.keras', withLayer(layer)));
    expect(problem).toMatch(says);
    expect(refusal(() => modelFromLegacy('bad.keras', withLayer(layer)))).toMatch(says);
  });

  test('not in how a model is compiled either', () => {
    const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] }) as unknown as TrainableModel;
    const config = { optimizer: 'adam', loss: lambda };
    expect(refusal(() => compileFromKeras('bad.keras', net, config))).toMatch('__lambda__');
    expect(refusal(() => compileFromLegacy('bad.keras', net, config))).toMatch('__lambda__');
    const named = { optimizer: 'adam', loss: namedFunction('os', 'system'), metrics: [keras('Evil', {}, 'evil')] };
    expect(refusal(() => compileFromKeras('bad.keras', net, named))).toMatch(/(system|Evil).*(system|Evil)/);
    expect(net.isCompiled).toBe(false);
  });

  test('hornbeam writes none', () => {
    const net = sequential({ layers: [layers.lambda({ func: (x: Tensor) => x, name: 'own', inputShape: [3] })] });
    expect(() => modelToKeras(net as unknown as TrainableModel)).toThrow(
      'Lambda "own": a function cannot be written into a file, and no reader would run it. Write a subclass of Layer that does the same, and call registerClass',
    );
  });
});

test('all unknown classes are in one error, which says how to register them', () => {
  const config = stack(
    start,
    keras('First', { name: 'a', inner: keras('Third', {}, null) }, null, { registered_name: 'pack>First' }),
    keras('Second', { name: 'b' }, null),
    dense({ kernel_initializer: keras('Fourth', {}, 'mine'), activation: namedFunction('mine', 'fifth') }),
  );
  const problem = refusal(() => modelFromKeras('bad.keras', config));
  for (const name of ['pack>First', 'Second', 'Third', 'Fourth', 'fifth (function)']) expect(problem).toContain(name);
  expect(problem).toMatch(/call registerClass\(\w+(, 'pack')?\), or pass \{ customObjects: \{ \w+: \w+ \} \}/);
});

describe('what is wrong is named with its layer', () => {
  test.each<[name: string, config: unknown, says: string | RegExp]>([
    ['no layers', keras('Sequential', { name: 'a' }, 'keras'), 'layers must be a list'],
    ['a layer that is null', withLayer(null), 'an object of a class must be an object, but is null'],
    [
      'a layer without options',
      withLayer({ module: 'keras.layers', class_name: 'Dense' }),
      /layer \(Dense\): config must be an object/,
    ],
    ...[-1, 0, 1.5, 2 ** 53 + 2, 1e300, '2', null, [2], true].map((value): [string, unknown, RegExp] => [
      `${JSON.stringify(value)} units`,
      withLayer(dense({ units: value })),
      /layer "stack" \(Sequential\): layer "dense" \(Dense\): Dense "dense": units must be a whole number above 0/,
    ]),
    [
      'an option that nobody has',
      withLayer(dense({ magic: 7 })),
      `layer "dense" (Dense): the option magic = 7 is one that hornbeam's Dense does not have`,
    ],
    [
      'an option that changes the results',
      withLayer(dense({ lora_rank: 4 })),
      /the option lora_rank = 4 would change the results/,
    ],
    [
      'quantization',
      withLayer(dense({ dtype: keras('QuantizedDTypePolicy', { mode: 'int8' }, 'keras') })),
      /does not know: QuantizedDTypePolicy/,
    ],
    ['doubles', withLayer(dense({ dtype: 'float64' })), /dtype: there is no element type "float64" in hornbeam/],
    ['two layers of one name', stack(start, dense(), dense()), 'two layers are called "dense"'],
    [
      'two layers of one name in a graph',
      graph([called('a', tensorOf('x')), called('a', tensorOf('x'))]),
      'two layers are called "a"',
    ],
    ['a name that is no text', withLayer(dense({ name: 7 })), 'name must be a text'],
    [
      'a circle',
      graph([called('a', tensorOf('b')), called('b', tensorOf('a'))]),
      'the layers are no graph without circles',
    ],
    ['its own output', graph([called('a', tensorOf('a'))]), /layer "a" \(Dense\): it reads/],
    [
      'a layer that is not there',
      graph([called('a', tensorOf('z'))]),
      'layer "a" (Dense): it reads a layer "z" that the model lacks',
    ],
    [
      'a call that is not there',
      graph([called('a', tensorOf('x', 3))]),
      /layer "a" \(Dense\): it reads \["x", 3, 0\], a tensor that "x" does not give/,
    ],
    [
      'an output that is not there',
      graph([called('a', tensorOf('x'))], ['a', 0, 7]),
      /there is no tensor \["a", 0, 7\]/,
    ],
    ['outputs of nothing', graph([called('a', tensorOf('x'))], null), /output_layers: expected the places of tensors/],
    [
      'a call without inputs',
      graph([{ ...called('a'), inbound_nodes: [{ args: [], kwargs: {} }] }]),
      'a call of it has no inputs',
    ],
    [
      'a slice among the inputs',
      graph([called('a', { class_name: '__slice__', config: {} })]),
      /argument of the class "__slice__"/,
    ],
    [
      'shapes that do not fit',
      stack(start, keras('Reshape', { name: 'r', target_shape: [7] })),
      /layer "stack" \(Sequential\): Reshape "r"/,
    ],
    ['a layer and no model', dense(), 'it is a layer, and no model'],
    [
      'a prototype as a layer of a graph',
      graph([called('__proto__', tensorOf('x'))], ['constructor', 0, 0]),
      /there is no tensor \["constructor", 0, 0\]/,
    ],
  ])('%s', (_, config, says) => {
    const problem = refusal(() => modelFromKeras('bad.keras', config));
    if (says instanceof RegExp) expect(problem).toMatch(says);
    else expect(problem).toContain(says);
  });

  test('more than 10,000 layers, at once', () => {
    const many = stack(start, ...Array.from({ length: 10_001 }, (_, i) => keras('Flatten', { name: `f${i}` })));
    expect(refusal(() => modelFromKeras('bad.keras', many))).toMatch(/more than 10000 layers/);
  });

  test('weights that the file cannot have, before memory is taken for them', () => {
    const large = withLayer(dense({ units: 2 ** 40 }));
    const read = (weightBytes: number, config: unknown): TrainableModel =>
      modelFromKeras('bad.keras', config, {}, { weightBytes });
    expect(refusal(() => read(1000, large))).toContain(
      'layer "stack" (Sequential): Dense "dense": the weight "kernel" of shape [3, 1099511627776] is larger than all weights of the file',
    );
    expect(refusal(() => read(31, withLayer(dense({ units: 8 }))))).toContain('the weight "bias"');
    expect(read(32, withLayer(dense({ units: 8 }))).weights).toHaveLength(2);
  });

  test('a chain of layers that is listed backwards takes no longer', () => {
    const chain = Array.from({ length: 300 }, (_, i) => called(`d${i}`, tensorOf(i === 0 ? 'x' : `d${i - 1}`)));
    expect(modelFromKeras('bad.keras', graph(chain.reverse(), ['d299', 0, 0])).layers).toHaveLength(301);
  });
});

describe('what nobody looks at twice', () => {
  test('a layer at two places is one layer', () => {
    const shared = { ...dense({ name: 'both', units: 3 }), shared_object_id: 1 };
    const inner = keras('Sequential', { name: 'inner', layers: [start, shared] }, 'keras');
    const x = tensorOf('x');
    const config = graph(
      [
        { ...shared, name: 'both', inbound_nodes: [{ args: [x], kwargs: {} }] },
        { ...inner, name: 'inner', inbound_nodes: [{ args: [tensorOf('both')], kwargs: {} }] },
      ],
      ['inner', 0, 0],
    );
    const net = modelFromKeras('two.keras', config);
    expect(new Set(net.weights).size).toBe(2);
    const back = asJSON(modelToKeras(net)) as Fields;
    expect(JSON.stringify(back).match(/"shared_object_id":1/g)).toHaveLength(2);
    expect(new Set(modelFromKeras('again.keras', back).weights).size).toBe(2);
  });

  test('values of the user are not spelled anew', () => {
    class Labelled extends layers.Layer {
      static override readonly className: string = 'Labelled';
      readonly labels: Record<string, string>;
      constructor({ labels, ...config }: layers.LayerConfig & { labels: Record<string, string> }) {
        super(config);
        this.labels = labels;
      }
      override call(x: Tensor): Tensor {
        return x;
      }
      override getConfig(): Fields {
        return { ...super.getConfig(), labels: this.labels };
      }
    }
    registerClass(Labelled, 'tests');
    const labels = { class_name_: 'a_b', camelCase: 'channels_last', 'x y': 'channelsLast' };
    const net = sequential({ layers: [new Labelled({ labels, name: 'my_layerName', inputShape: [3] })] });
    const written = asJSON(modelToKeras(net as unknown as TrainableModel)) as Fields;
    expect(JSON.stringify(written)).toContain('"registered_name":"tests>Labelled"');
    const read = modelFromKeras('own.keras', written);
    expect((read.layers[0] as unknown as Labelled).labels).toEqual(labels);
    expect(read.layers[0]?.name).toBe('my_layerName');
    // Another package's class of that name is another class.
    const other = JSON.stringify(written).replace('tests>Labelled', 'other>Labelled');
    expect(refusal(() => modelFromKeras('bad.keras', JSON.parse(other)))).toContain('other>Labelled');
    expect(modelFromKeras('own.keras', JSON.parse(other), { Labelled }).layers).toHaveLength(1);
  });
});
