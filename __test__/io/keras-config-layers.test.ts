import { describe, expect, test } from 'vitest';
import { input, type layers } from '../../ts/index.ts';
import { readLayer } from '../../ts/io/keras-config/read-layers.ts';
import { Reading } from '../../ts/io/keras-config/reading.ts';
import { Writing, writeLayer } from '../../ts/io/keras-config/writing.ts';
import { asJSON, fixture, plain } from './config-fixtures.ts';

interface Written {
  readonly object: { readonly class_name: string; readonly config: { readonly name: string } };
  readonly input: number[] | number[][] | null;
  readonly weights: number[][] | null;
  readonly output: layers.Shape[];
}

const families = ['core', 'normalization', 'convolution', 'pooling', 'recurrent', 'merging', 'attention'] as const;

function read(object: unknown): layers.Layer {
  const reading = new Reading('fixture', {});
  reading.checkClasses(object);
  return readLayer(reading, object, '') as layers.Layer;
}

/** What Keras did to it: a call with symbolic tensors. */
function applied(layer: layers.Layer, { object, input: shape }: Written): layers.Shape[] {
  const many = Array.isArray(shape?.[0]) ? (shape as number[][]) : [shape as number[]];
  const dtype = /Embedding|CategoryEncoding/.test(object.class_name) ? 'int32' : 'float32';
  const symbols = many.map((one) => input({ shape: one, dtype }));
  const [first, value, key] = symbols as [(typeof symbols)[0], ...typeof symbols];
  const isProjected = /MultiHeadAttention|GroupQueryAttention/.test(object.class_name);
  const outputs: unknown = isProjected
    ? layer.apply(first, { value, ...(key === undefined ? {} : { key }) })
    : layer.apply(Array.isArray(shape?.[0]) ? symbols : first);
  return [outputs].flat(4).map((output) => (output as { shape: layers.Shape }).shape);
}

describe.each(families)('layers of Keras: %s', (family) => {
  const { layers: written } = fixture<{ layers: Written[] }>(`layers-${family}`);
  test.each(written.map((one) => [one.object.config.name, one] as const))('%s', (_, one) => {
    const layer = read(one.object);
    if (one.input !== null) {
      const shapes = applied(layer, one);
      // Where Keras does not know a size we may.
      const known = one.output.map((shape, i) => shape.map((size, axis) => size ?? shapes[i]?.[axis]));
      expect(shapes).toEqual(known);
      expect(layer.weights.map(({ shape }) => [...shape])).toEqual(one.weights);
    }
    const back = asJSON(writeLayer(new Writing(), layer));
    expect(plain(back)).toEqual(plain(one.object));
    const again = read(back);
    expect(again.getConfig()).toEqual(layer.getConfig());
  });
});
