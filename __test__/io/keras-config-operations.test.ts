// Operations in graphs of Keras. Their numbers are compared with Keras' in keras-files.test.ts (operations.keras) and by `npm run test:interop`.
import { describe, expect, it } from 'vitest';
import { cloneModel, FileError, layers, modelFromJSON, registerClass, type Tensor, tensor } from '../../ts/index.ts';
import { modelFromKeras, modelToKeras } from '../../ts/io/keras-config/index.ts';
import { knownOperations } from '../../ts/layers/operation-table.ts';
import { layerFromConfig } from '../../ts/layers/registry.ts';
import type { TrainableModel } from '../../ts/models/model.ts';

const reference = (name: string, index = 0) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 3], dtype: 'float32', keras_history: [name, 0, index] },
});
const x = reference('x');

/** A graph of one operation. */
function graph(className: string, args: unknown[], config: object = {}, module = 'numpy', kwargs: object = {}) {
  const operation = {
    module: `keras.src.ops.${module}`,
    class_name: className,
    config: { name: 'op', ...config },
    registered_name: className,
    name: 'op',
    inbound_nodes: [{ args, kwargs }],
  };
  const input = {
    module: 'keras.layers',
    class_name: 'InputLayer',
    config: { batch_shape: [null, 3], dtype: 'float32', name: 'x' },
    registered_name: null,
    name: 'x',
    inbound_nodes: [],
  };
  return {
    module: 'keras',
    class_name: 'Functional',
    registered_name: null,
    config: {
      name: 'g',
      trainable: true,
      layers: [input, operation],
      input_layers: ['x', 0, 0],
      output_layers: ['op', 0, 0],
    },
  };
}

const read = (...given: Parameters<typeof graph>): TrainableModel => modelFromKeras('m.keras', graph(...given), {});

async function predicted(...given: Parameters<typeof graph>): Promise<number[]> {
  const model = read(...given);
  return [...(await (model.predict(tensor([[1, -2, 3]])) as Tensor).data())];
}

const slice = (start: unknown, stop: unknown, step: unknown = null) => ({
  class_name: '__slice__',
  config: { start, stop, step },
});

describe('operations', () => {
  it('are functions, all of the table', () => {
    for (const { name, run } of knownOperations().values()) expect(typeof run, name).toBe('function');
    expect(knownOperations().size).toBeGreaterThan(150);
  });

  it('take numbers and tensors on both sides', async () => {
    expect(await predicted('Subtract', [1, x])).toEqual([0, 3, -2]);
    expect(await predicted('Power', [x, 2])).toEqual([1, 4, 9]);
    expect(await predicted('Add', [x, x])).toEqual([2, -4, 6]);
    expect(await predicted('Multiply', [x], {}, 'numpy', { x2: 3 })).toEqual([3, -6, 9]);
    const constant = { class_name: '__numpy__', config: { value: [1, 0, 2], dtype: 'float32' } };
    expect(await predicted('Maximum', [x, constant])).toEqual([1, 0, 3]);
    expect(await predicted('Concatenate', [[x, x]], { axis: -1 })).toEqual([1, -2, 3, 1, -2, 3]);
    expect(await predicted('Cast', [x], { dtype: 'int32' }, 'core')).toEqual([1, -2, 3]);
  });

  it('take Python indices', async () => {
    expect(await predicted('GetItem', [x, [slice(null, null), -1]])).toEqual([3]);
    expect(await predicted('GetItem', [x, [slice(null, null), slice(null, null, 2)]])).toEqual([1, 3]);
    expect(await predicted('GetItem', [x, [slice(null, null), slice(null, null, -1)]])).toEqual([3, -2, 1]);
    expect(await predicted('GetItem', [x, [{ class_name: '__ellipsis__', config: {} }, slice(1, null)]])).toEqual([
      -2, 3,
    ]);
    expect(read('GetItem', [x, [slice(null, null), null]]).outputShape).toEqual([null, 1, 3]);
  });

  it('are cloned, written as JSON, and written as Keras does', () => {
    const model = read(
      'Pad',
      [x],
      {
        pad_width: [
          [0, 0],
          [1, 1],
        ],
        mode: 'constant',
      },
      'numpy',
      { constant_values: null },
    );
    expect(model.outputShape).toEqual([null, 5]);
    expect(cloneModel(model).outputShape).toEqual([null, 5]);
    expect(modelFromJSON(model.toJSON()).outputShape).toEqual([null, 5]);
    const again = modelToKeras(model) as unknown as { config: { layers: { inbound_nodes: unknown }[] } };
    expect(again.config.layers[1]).toMatchObject({
      module: 'keras.src.ops.numpy',
      class_name: 'Pad',
      registered_name: 'Pad',
      config: {
        pad_width: [
          [0, 0],
          [1, 1],
        ],
        mode: 'constant',
      },
      inbound_nodes: [{ args: [{ class_name: '__keras_tensor__' }], kwargs: {} }],
    });
    expect(modelFromKeras('again', again, {}).outputShape).toEqual([null, 5]);
  });

  it('may be replaced by a class of that name', () => {
    expect(() => read('Kron', [x, x])).toThrow(
      /does not know: Kron \(class of keras.src.ops.numpy\).* In Keras a layer can take its place/,
    );
    class Kron extends layers.Layer {
      static override readonly className = 'Kron';
      override call(inputs: Tensor): Tensor {
        return inputs.mul(2);
      }
    }
    registerClass(Kron);
    expect(read('Kron', [x]).outputShape).toEqual([null, 3]);
  });

  it('refuse what they cannot be', () => {
    const refused: [Parameters<typeof graph>, string][] = [
      [['Add', [1, 2]], 'none of its arguments is a tensor'],
      [['Add', [x, 1, 2]], 'has 3 arguments; Add takes 2'],
      [['Add', [x, { a: 1 }]], 'is no argument that hornbeam takes'],
      [['Add', [x, 'text']], 'Expected a number, a nested array of numbers or a typed array, got "text"'],
      [['Add', [x]], 'layer "op" (Add)'],
      [['Add', [x, reference('y')]], 'it reads a layer "y" that the model lacks'],
      [
        ['Max', [x], { axis: 1, keepdims: false, initial: 5 }],
        'the option initial = 5 is one that hornbeam does not have',
      ],
      [['Softmax', [x], { axis: null }, 'nn'], 'the option axis = null is one that hornbeam does not have'],
      [['Argsort', [x], { axis: null }], 'the option axis = null is one that hornbeam does not have'],
      [['Mean', [x], { axis: 7 }], 'axis'],
      [['Mean', [x], { other: 7 }], 'the option other = 7 is one that hornbeam does not have'],
      [['GetItem', [x, [slice('a', null)]]], 'a slice needs whole numbers'],
      [['GetItem', [x, 'a']], 'is no index'],
      [['Cast', [x], { dtype: 'complex64' }, 'core'], 'dtype'],
      [['Reshape', [x], { newshape: [1e12, 1e12] }], 'layer "op" (Reshape)'],
    ];
    for (const [given, problem] of refused) {
      expect(() => read(...given), given[0]).toThrow(FileError);
      expect(() => read(...given), given[0]).toThrow(problem);
    }
    const twice = graph('Add', [x, x]);
    twice.config.layers[1]?.inbound_nodes.push({ args: [x, x], kwargs: {} } as never);
    expect(() => modelFromKeras('m.keras', twice, {})).toThrow(
      'an operation is called once, but this one is called 2 times',
    );
    expect(() => layerFromConfig({ className: 'Operation', config: { operation: 'constructor' } })).toThrow(
      'there is no operation "constructor"',
    );
  });
});
