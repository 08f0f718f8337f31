import { describe, expect, test } from 'vitest';
import { type Model, modelFromJSON, registerClass, type SymbolicTensor, type Tensor, tensor } from '../../ts/index.ts';
import { compileFromKeras, modelFromKeras, modelFromLegacy, modelToKeras } from '../../ts/io/keras-config/index.ts';
import { flattenNest, type Nest } from '../../ts/layers/nest.ts';
import type { TrainableModel } from '../../ts/models/model.ts';
import { asJSON, fixture, plain } from './config-fixtures.ts';
import { ownObjects, Scale } from './own-objects.ts';

registerClass(Scale, 'tests');

interface Written {
  readonly name: string;
  readonly object: { readonly compile_config?: unknown; readonly [key: string]: unknown };
  readonly weights: [path: string, shape: number[]][] | null;
  readonly outputs: (number | null)[][] | null;
}

/** What Keras says otherwise than we do. */
const differs: readonly (readonly [theirs: string | RegExp, ours: string])[] = [
  // A mixed policy computes in float32 here, and says so from then on.
  ['mixed_bfloat16', 'float32'],
  // Python's module of a registered class, and the package of a registered function.
  ['"module":"config_models"', '"module":null'],
  [/"tests>(gap|doubled)"/g, '"$1"'],
  // A function of Keras' own is written as its name.
  [/\{"module":"builtins","class_name":"function","config":"(mean_\w+)","registered_name":"function"\}/g, '"$1"'],
];

/** A configuration as compared. */
function compared(object: unknown): unknown {
  let text = JSON.stringify(object);
  for (const [theirs, ours] of differs) text = text.replaceAll(theirs, ours);
  const { compile_config: compiled, ...rest } = JSON.parse(text) as Record<string, unknown>;
  const { steps_per_execution: _, jit_compile: __, ...options } = (compiled ?? {}) as Record<string, unknown>;
  return plain({ ...(withoutShapes(rest) as object), compile_config: options });
}

/** Keras notes masks that nobody gave. */
function kwargs(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}

/** Keras' shape of the scores of attention is another one than that of the tensor that it gives. */
const withoutOutputs = ['scores'];

/** Without the shapes that Keras built layers for: of a layer that was called twice it may be either. */
function withoutShapes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutShapes);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'build_config');
  if ('args' in value && 'kwargs' in value) return { ...value, kwargs: kwargs(value.kwargs as object) };
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutShapes(inner)]));
}

describe.each(['stacks', 'graphs', 'compiled'])('models of Keras: %s', (family) => {
  const { models } = fixture<{ models: Written[] }>(`models-${family}`);
  test.each(models.map((one) => [one.name, one] as const))('%s', (name, { object, weights, outputs }) => {
    const model = modelFromKeras('fixture', object, ownObjects);
    expect(model.built).toBe(weights !== null);
    if (weights !== null) expect(shapes(model)).toEqual(weights.map(([, shape]) => shape).sort());
    if (outputs !== null && !withoutOutputs.includes(name)) {
      const given = flattenNest(model.outputs as Nest<SymbolicTensor>).map(({ shape }) => [...shape]);
      expect(given).toEqual(outputs);
    }
    compileFromKeras('fixture', model, object.compile_config, ownObjects);
    const back = asJSON(modelToKeras(model)) as Written['object'];
    expect(compared(back)).toEqual(compared(object));
    const again = modelFromKeras('again', back, ownObjects);
    compileFromKeras('again', again, back.compile_config, ownObjects);
    expect(asJSON(modelToKeras(again))).toEqual(back);
    expect(asJSON(again)).toEqual(asJSON(model));
  });
});

/** Shapes of the weights, in whatever order: Keras lists those of a graph by layers in its own order. */
function shapes(model: TrainableModel): number[][] {
  return (model as unknown as Model).weights.map(({ shape }) => [...shape]).sort();
}

describe('masks that a file notes as nodes of operations', () => {
  const place = (name: string) => ({ class_name: '__keras_tensor__', config: { keras_history: [name, 0, 0] } });
  const node = (args: unknown[], kwargs = {}) => [{ args, kwargs }];
  const layer = (class_name: string, name: string, config: object, inbound_nodes: unknown[]) => ({
    module: 'keras.layers',
    class_name,
    name,
    config: { name, ...config },
    inbound_nodes,
  });
  const notEqual = (of: string, value: number) => ({
    ...layer('NotEqual', 'not_equal', {}, node([place(of), value])),
    module: 'keras.src.ops.numpy',
  });
  const graph = (operation: object, maskZero = true, outputs: unknown[] = ['lstm', 0, 0]) => ({
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config: {
      layers: [
        ...['a', 'b'].map((name) => layer('InputLayer', name, { batch_shape: [null, 6], dtype: 'int32' }, [])),
        layer('Embedding', 'embedding', { input_dim: 9, output_dim: 4, mask_zero: maskZero }, node([place('a')])),
        operation,
        layer('LSTM', 'lstm', { units: 3 }, node([place('embedding')], { mask: place('not_equal') })),
      ],
      input_layers: [
        ['a', 0, 0],
        ['b', 0, 0],
      ],
      output_layers: outputs,
    },
  });
  const outputs = [
    ['lstm', 0, 0],
    ['not_equal', 0, 0],
  ];

  test('are left out when the tensors carry them', () => {
    const model = modelFromKeras('fixture', graph(notEqual('a', 0)), {}) as unknown as Model;
    expect(model.layers.map(({ name }) => name)).toEqual(expect.arrayContaining(['a', 'b', 'embedding', 'lstm']));
    expect(model.layers).toHaveLength(4);
  });

  test('are left out in .h5 files, which do not say the modules of classes', () => {
    const { config } = graph(notEqual('a', 0));
    const layersOfFile = (config.layers as Record<string, unknown>[]).map(({ module: _, ...rest }) => rest);
    const topology = { class_name: 'Functional', config: { ...config, layers: layersOfFile } };
    const model = modelFromLegacy('file.h5', topology, {}) as unknown as Model;
    expect(model.layers.map(({ name }) => name).sort()).toEqual(['a', 'b', 'embedding', 'lstm']);
  });

  test.each([
    ['of another tensor', graph(notEqual('b', 0))],
    ['of another value', graph(notEqual('a', 1))],
    ['of a layer without a mask', graph(notEqual('a', 0), false)],
    ['that the model gives', graph(notEqual('a', 0), true, outputs)],
  ])('stay: one %s', (_, object) => {
    const model = modelFromKeras('fixture', object, {}) as unknown as Model;
    expect(model.layers.map(({ name }) => name)).toContain('not_equal');
  });

  test('mask what they say', async () => {
    const model = modelFromKeras('fixture', graph(notEqual('b', 0)), {});
    const ids = [1, 2, 0, 5, 1, 0];
    const others = [0, 3, 4, 0, 1, 2];
    const row = (values: number[]) => tensor([values], [1, 6], 'int32');
    // Another id at one step changes the result, unless the step is masked.
    const run = async (changed: number): Promise<string> => {
      const a = ids.map((id, step) => (step === changed ? 7 : id));
      return [...(await (model.predict([row(a), row(others)]) as Tensor).data())].join();
    };
    const before = await run(-1);
    for (const [step, other] of others.entries()) expect((await run(step)) === before).toBe(other === 0);
  });
});

test('the attention that .h5 files call GroupedQueryAttention takes value and key by place', () => {
  const place = (name: string) => ({ class_name: '__keras_tensor__', config: { keras_history: [name, 0, 0] } });
  const object = {
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config: {
      layers: [
        { class_name: 'InputLayer', name: 'x', config: { name: 'x', batch_shape: [null, 5, 6] }, inbound_nodes: [] },
        {
          class_name: 'GroupedQueryAttention',
          name: 'heads',
          config: { name: 'heads', head_dim: 3, num_query_heads: 4, num_key_value_heads: 2 },
          inbound_nodes: [{ args: [place('x'), place('x'), place('x')], kwargs: {} }],
        },
      ],
      input_layers: [['x', 0, 0]],
      output_layers: [['heads', 0, 0]],
    },
  };
  const model = modelFromKeras('fixture', object, {}) as unknown as Model;
  expect(flattenNest(model.outputs as Nest<SymbolicTensor>).map(({ shape }) => shape)).toEqual([[null, 5, 6]]);
});

test('the layers before a call whose arguments all have names are in the order of the names', () => {
  const place = (name: string) => ({ class_name: '__keras_tensor__', config: { keras_history: [name, 0, 0] } });
  const layer = (class_name: string, name: string, config: object, inbound_nodes: unknown[]) => ({
    class_name,
    module: 'keras.layers',
    name,
    config: { name, ...config },
    inbound_nodes,
  });
  const dense = (name: string) => layer('Dense', name, { units: 4 }, [{ args: [place('x')], kwargs: {} }]);
  const object = {
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config: {
      name: 'net',
      layers: [
        layer('InputLayer', 'x', { batch_shape: [null, 5, 6] }, []),
        ...['k', 'q', 'v'].map(dense),
        layer('MultiHeadAttention', 'heads', { num_heads: 2, key_dim: 3 }, [
          { args: [], kwargs: { query: place('q'), value: place('v'), key: place('k') } },
        ]),
      ],
      input_layers: ['x', 0, 0],
      output_layers: ['heads', 0, 0],
    },
  };
  const names = ({ layers: all }: Model) => all.map(({ name }) => name);
  const model = modelFromKeras('fixture', object, {}) as unknown as Model;
  expect(names(model)).toEqual(['x', 'k', 'q', 'v', 'heads']);
  // As in what is written, and in copies.
  expect(names(modelFromKeras('written', modelToKeras(model as never), {}) as unknown as Model)).toEqual(names(model));
  expect(names(modelFromJSON(model.toJSON()) as unknown as Model)).toEqual(names(model));
});
