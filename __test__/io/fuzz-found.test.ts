// What fuzzing found: each was another error than a FileError, or none at all.
import { describe, expect, it } from 'vitest';
import { FileError } from '../../ts/errors.ts';
import { modelFromKeras } from '../../ts/io/keras-config/index.ts';
import { open } from './hostile/opening.ts';
import { safetensors } from './hostile/safetensors.ts';

const input = (name: string) => ({
  module: 'keras.layers',
  class_name: 'InputLayer',
  config: { batch_shape: [null, 4], dtype: 'float32', name },
  registered_name: null,
  name,
  inbound_nodes: [],
});
const tensor = (name: string) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 4], dtype: 'float32', keras_history: [name, 0, 0] },
});
const graph = (args: unknown, outputs: unknown) => ({
  module: 'keras',
  class_name: 'Functional',
  registered_name: null,
  config: {
    name: 'graph',
    trainable: true,
    layers: [
      input('x'),
      {
        module: 'keras.layers',
        class_name: 'Add',
        config: { name: 'add' },
        registered_name: null,
        name: 'add',
        inbound_nodes: [{ args, kwargs: {} }],
      },
    ],
    input_layers: [['x', 0, 0]],
    output_layers: outputs,
  },
});
const read = (args: unknown, outputs: unknown = [['add', 0, 0]]) => modelFromKeras('model.keras', graph(args, outputs));

describe('what fuzzing found', () => {
  it('a graph whose layer takes null or a number beside a tensor', () => {
    read([[tensor('x'), tensor('x')]]).dispose();
    for (const other of [null, 5, 'a', {}]) expect(() => read([[tensor('x'), other]])).toThrow(FileError);
  });

  it('places of outputs that are objects with a toString that is no function', () => {
    for (const place of [{ toString: 1 }, [], null, 'outputs', 2 ** 53])
      expect(() => read([[tensor('x'), tensor('x')]], [['add', 0, place]])).toThrow(FileError);
  });

  it('an option whose name has 5,000 characters', () => {
    const dense = { module: 'keras.layers', class_name: 'Dense', config: { units: 1, ['x'.repeat(5000)]: 10 } };
    const config = { name: 's', layers: [input('x'), { ...dense, registered_name: null, name: 'd' }] };
    const model = { module: 'keras', class_name: 'Sequential', registered_name: null, config };
    expect(() => modelFromKeras('model.keras', model, {})).toThrow(/the option x{100}\.\.\. = 10 is one that/);
  });

  it('names of 5,000 characters, wherever they are', () => {
    expect(new FileError(`a.keras: "${'x'.repeat(5000)}" and more`).message).toBe(
      `a.keras: "${'x'.repeat(199)}...${'x'.repeat(99)}" and more`,
    );
  });

  it('a shape of safetensors that holds such an object, and a name of 5,000 characters', async () => {
    const bytes = (shape: unknown, name = 'a') =>
      safetensors({ [name]: { dtype: 'F32', shape, data_offsets: [0, 24] } });
    await expect(open({ format: 'safetensors', bytes: bytes([{ toString: 1 }]) })).rejects.toThrow(FileError);
    const error: FileError = await open({ format: 'safetensors', bytes: bytes([5], 'x'.repeat(5000)) }).catch(
      (caught) => caught,
    );
    expect(error).toBeInstanceOf(FileError);
    expect(error.message.length).toBeLessThan(300);
  });
});
