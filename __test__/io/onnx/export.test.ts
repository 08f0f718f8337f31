import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as tf from '../../../ts/index.ts';
import { encodeModel, MOST_BYTES } from '../../../ts/io/onnx/messages.ts';
import type { AnyLayer } from '../../../ts/layers/layer.ts';
import { checkNames, decode, operatorsOf, sizesOf } from './decode.ts';
import { rows } from './models.ts';
import { operations } from './operations.ts';

const { layers, model, sequential, input } = tf;
const folder = mkdtempSync(join(tmpdir(), 'hornbeam-onnx-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

describe('every model of the table', () => {
  for (const row of [...rows, ...operations]) {
    it(row.name, async () => {
      const net = row.make();
      const path = at(`${row.name.replaceAll(/\W+/g, '-')}.onnx`);
      await net.export(path);
      const { graph } = await decode(path);
      expect(checkNames(graph)).toEqual([]);
      expect(graph.input.map(({ name }) => name)).toEqual(net.inputNames);
      expect(graph.output.map(({ name }, i) => name.replace(new RegExp(`_${i}$`), ''))).toEqual(net.outputNames);
      const firsts = graph.output.map((info) => sizesOf(info)[0]);
      // Functions may put the batch elsewhere.
      if (rows.includes(row)) expect(firsts).toEqual(firsts.map(() => 'batch'));
      const operators = operatorsOf(graph);
      for (const wanted of row.has ?? []) expect(operators).toContain(wanted);
      for (const unwanted of row.lacks ?? []) expect(operators).not.toContain(unwanted);
      for (const { dims, rawData, dataType } of graph.initializer) {
        const bytes = { 1: 4, 6: 4, 7: 8, 9: 1, 10: 2, 16: 2 }[dataType] as number;
        expect(rawData.length).toBe(dims.reduce((a, b) => a * b, bytes));
      }
      net.dispose();
    });
  }
});

it('every class of layers is in one of them', () => {
  const met = new Set<string>(['Layer']);
  const visit = (layer: AnyLayer): void => {
    met.add(layer.className);
    layer.sublayers.forEach(visit);
  };
  for (const row of [...rows, ...operations]) visit(row.make() as unknown as AnyLayer);
  const classes = Object.values(layers).filter(
    (value) =>
      typeof value === 'function' && Object.prototype.isPrototypeOf.call(layers.Layer.prototype, value.prototype ?? {}),
  ) as unknown as (typeof layers.Layer)[];
  expect(classes.length).toBeGreaterThan(100);
  expect(classes.map(({ className }) => className).filter((name) => !met.has(name))).toEqual([]);
});

/** A stack of functions of one's own. */
function lambdas(shape: readonly (number | null)[], ...functions: ((x: tf.Tensor) => tf.Tensor)[]): tf.Sequential {
  const stack = functions.map((f, i) => layers.lambda({ func: f, name: `f${i}` }));
  return sequential({ name: 'functions', layers: [layers.inputLayer({ shape }), ...stack] as never });
}

describe('the file', () => {
  it('says who made it, for which operators, and what goes in and comes out', async () => {
    const image = input({ shape: [8, null, 3], name: 'image' });
    const pooled = layers.conv2d({ filters: 4, kernelSize: 3, name: 'features' }).apply(image);
    const score = layers.dense({ units: 2, name: 'score' }).apply(layers.globalMaxPooling2d().apply(pooled));
    const net = model({ inputs: image, outputs: [pooled, score], name: 'scorer' });
    await net.export(at('scorer.onnx'));
    const { irVersion, producerName, producerVersion, opsetImport, graph } = await decode(at('scorer.onnx'));
    expect([irVersion, producerName, producerVersion]).toEqual([8, 'hornbeam', tf.version.hornbeam]);
    expect(opsetImport).toEqual([{ domain: '', version: 18 }]);
    expect(graph.name).toBe('scorer');
    expect(graph.input.map(({ name }) => name)).toEqual(['image']);
    expect(graph.output.map(({ name }) => name)).toEqual(['features', 'score']);
    expect(graph.input.map(sizesOf)).toEqual([['batch', 8, 'image_axis2', 3]]);
    expect(graph.output.map(sizesOf)).toEqual([
      ['batch', 6, '?', 4],
      ['batch', 2],
    ]);
    expect(graph.initializer.map(({ name, dims }) => [name, dims])).toEqual(
      expect.arrayContaining([
        ['features/kernel', [4, 3, 3, 3]],
        ['features/bias', [4]],
        ['score/kernel', [4, 2]],
        ['score/bias', [2]],
      ]),
    );
  });

  it('holds the numbers of the weights', async () => {
    const net = sequential({ layers: [layers.dense({ units: 2, inputShape: [3], name: 'last' })] });
    net.setWeights([
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [7, 8],
    ]);
    await net.export(at('numbers.onnx'));
    const { graph } = await decode(at('numbers.onnx'));
    const numbers = Object.fromEntries(
      graph.initializer.map(({ name, rawData }) => [name, [...new Float32Array(Uint8Array.from(rawData).buffer)]]),
    );
    expect(numbers).toEqual({ 'last/kernel': [1, 2, 3, 4, 5, 6], 'last/bias': [7, 8] });
    expect(graph.node.map(({ opType }) => opType)).toEqual(['Gemm']);
  });

  it('scales and shifts where a layer normalizes the batch', async () => {
    const net = sequential({ layers: [layers.batchNormalization({ inputShape: [2], epsilon: 1 })] });
    net.setWeights([
      [2, 3],
      [4, 5],
      [6, 7],
      [3, 8],
    ]);
    await net.export(at('affine.onnx'));
    const { graph } = await decode(at('affine.onnx'));
    expect(graph.node.map(({ opType }) => opType)).toEqual(['Mul', 'Add']);
    const [scale, shift] = graph.node.map(({ input: [, name] }) => {
      const { rawData } = graph.initializer.find((tensor) => tensor.name === name) as { rawData: Buffer };
      return [...new Float32Array(Uint8Array.from(rawData).buffer)];
    });
    expect(scale).toEqual([1, 1]);
    expect(shift).toEqual([-2, -2]);
  });

  it('is the same every time', async () => {
    const net = (rows.find(({ name }) => name === 'bidirectional') as (typeof rows)[number]).make();
    await net.export(at('first.onnx'));
    await net.export(at('second.onnx'));
    expect(readFileSync(at('first.onnx')).equals(readFileSync(at('second.onnx')))).toBe(true);
  });

  it('keeps images with channels first from convolution to convolution', async () => {
    const conv = (): AnyLayer => layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' });
    const net = sequential({
      layers: [
        layers.inputLayer({ shape: [8, 8, 3] }),
        conv(),
        layers.batchNormalization(),
        conv(),
        layers.maxPooling2d(),
        layers.zeroPadding2d(),
        conv(),
        layers.globalAveragePooling2d(),
      ] as never,
    });
    await net.export(at('front.onnx'));
    const { graph } = await decode(at('front.onnx'));
    expect(operatorsOf(graph).filter((op) => op === 'Transpose')).toHaveLength(1);
    expect(operatorsOf(graph)).toContain('ReduceMean');
  });

  it('has the element types of its inputs', async () => {
    const ids = input({ shape: [4], name: 'ids', dtype: 'int32' });
    const flags = input({ shape: [4], name: 'flags', dtype: 'bool' });
    const vectors = layers.embedding({ inputDim: 5, outputDim: 3 }).apply(ids);
    const chosen = layers
      .lambda({
        func: ((x: tf.Tensor[]) => x[0]?.mul((x[1] as tf.Tensor).cast('float32').expandDims(-1))) as never,
      })
      .apply([vectors, flags] as never);
    const net = model({ inputs: { ids, flags }, outputs: { vectors, chosen: chosen as never } });
    await net.export(at('types.onnx'));
    const { graph } = await decode(at('types.onnx'));
    const types = graph.input.map(({ name, type }) => [name, type.tensorType.elemType]);
    expect(types.toSorted()).toEqual([
      ['flags', 9],
      ['ids', 6],
    ]);
    expect(graph.output.map(({ name }) => name).toSorted()).toEqual(['chosen', 'vectors']);
  });

  it('narrows weights of 16 bits as they are', async () => {
    const values = [0, -0, 1, -2.5, 65504, 2 ** -14, 2 ** -24, 1.5e-7, Number.POSITIVE_INFINITY];
    for (const [dtype, element] of [
      ['float16', 10],
      ['bfloat16', 16],
    ] as const) {
      const table = tf.tensor(values).cast(dtype);
      const net = lambdas([9], (x) => x.add(table.cast('float32')));
      await net.export(at('halves.onnx'));
      const { graph } = await decode(at('halves.onnx'));
      const halves = graph.initializer.find(({ dataType }) => dataType === element);
      const bits = new Uint16Array(Uint8Array.from(halves?.rawData ?? []).buffer);
      const widened = await table.cast('float32').data();
      expect(Array.from(bits, (word) => (dtype === 'float16' ? half(word) : brain(word)))).toEqual([...widened]);
    }
  });

  it('of a model that is a class of its own', async () => {
    class Twice extends tf.Model {
      readonly first = layers.dense({ units: 4, activation: 'relu' });
      readonly last = layers.dense({ units: 2 });
      override call(x: tf.Tensor): tf.Tensor {
        return this.last.apply(this.first.apply(x));
      }
    }
    const net = new Twice();
    await expect(net.export(at('own.onnx'))).rejects.toThrow(tf.StateError);
    net.predict([[1, 2, 3]]);
    await net.export(at('own.onnx'));
    const { graph } = await decode(at('own.onnx'));
    expect([...graph.input, ...graph.output].map((info) => [info.name, ...sizesOf(info)])).toEqual([
      ['input', 'batch', 3],
      ['output', 'batch', 2],
    ]);
  });

  it('gives an input that is an output under both names', async () => {
    const x = input({ shape: [2], name: 'x' });
    const net = model({ inputs: x, outputs: { same: layers.identity().apply(x), again: layers.identity().apply(x) } });
    await net.export(at('same.onnx'));
    const { graph } = await decode(at('same.onnx'));
    expect(graph.output.map(({ name }) => name)).toEqual(['again', 'same']);
    expect(checkNames(graph)).toEqual([]);
  });
});

/** The number of 16 bits of float16. */
function half(word: number): number {
  const [sign, exponent, fraction] = [word & 0x8000 ? -1 : 1, (word >> 10) & 31, word & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** The number of 16 bits of bfloat16. */
function brain(word: number): number {
  return new Float32Array(Uint32Array.of(word << 16).buffer)[0] as number;
}

describe('what cannot be exported', () => {
  const refused = async (net: { export(path: string): Promise<void> }, ...texts: string[]): Promise<void> => {
    const error = await net.export(at('never.onnx')).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error).toBeInstanceOf(tf.ConfigError);
    for (const text of texts) expect(error?.message).toContain(text);
    expect(existsSync(at('never.onnx'))).toBe(false);
  };

  it('names the operation, its layer, and what would do', async () => {
    const spd = (x: tf.Tensor): tf.Tensor => tf.linalg.cholesky(x.matMul(x, true, false).add(tf.eye(3)));
    await refused(
      lambdas([3, 3], (x) => x.add(1), spd),
      '"cholesky" of Lambda "f1"',
      'has no ONNX form',
      'What would do',
    );
    await refused(
      lambdas([3], (x) => tf.lgamma(x)),
      '"lgamma" of Lambda "f0"',
    );
  });

  it('says which size has to be given', async () => {
    const stack = sequential({
      layers: [
        layers.inputLayer({ shape: [null, 4, 1], name: 'x' }),
        layers.resizing({ height: 5, width: 5, interpolation: 'bicubic' }),
      ] as never,
    });
    await refused(stack, 'axis 1 of input "x"', 'inputShape');
    await stack.export(at('given.onnx'), { inputShape: [null, 7, 4, 1] });
    const { graph } = await decode(at('given.onnx'));
    expect(graph.input.map(sizesOf)).toEqual([['batch', 7, 4, 1]]);
  });

  it('sees what a division leaves over, also of halves', async () => {
    /** Cuts the second axis to a multiple. */
    const cut =
      (n: number) =>
      (x: tf.Tensor): tf.Tensor => {
        const [batch = 0, length = 0, units = 0] = x.shape;
        return x.slice([0, 0, 0], [batch, length - (length % n), units]);
      };
    for (const n of [2, 3, 4, 5, 7, 8, 9, 10]) await refused(lambdas([null, 2], cut(n)), 'axis 1 of input');
    const halves = (): AnyLayer => layers.maxPooling1d({ poolSize: 2, inputShape: [null, 2] }) as unknown as AnyLayer;
    for (const count of [1, 2, 3]) {
      const pools = Array.from({ length: count - 1 }, () => layers.maxPooling1d({ poolSize: 2 }));
      const end = layers.lambda({ func: cut(2) });
      await refused(sequential({ layers: [halves(), ...pools, end] as never }), 'axis 1 of input');
    }
  });

  it('says that sizes must be multiples, as the layer does', async () => {
    const x = input({ shape: [null, 1], name: 'x' });
    const pooled = layers.maxPooling1d({ poolSize: 2 }).apply(x);
    const joined = layers.add().apply([x, layers.upSampling1d({ size: 2 }).apply(pooled)]);
    const net = model({ inputs: x, outputs: joined });
    await refused(net, 'not every size will do', 'axis1 101', 'Add "', 'inputShape');
    await net.export(at('even.onnx'), { inputShape: [null, 8, 1] });
  });

  it('does not forget that a layer keeps states', async () => {
    const x = input({ batchShape: [2, 3, 4] });
    const net = model({ inputs: x, outputs: layers.lstm({ units: 2, stateful: true }).apply(x) });
    await refused(net, 'an ONNX model keeps nothing from run to run', 'stateful: false');
  });

  it('wrong arguments', async () => {
    const net = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
    await expect(net.export('model.pb')).rejects.toThrow('there is no format of "model.pb"; the ending is .onnx');
    await expect(net.export(3 as never)).rejects.toThrow(tf.ConfigError);
    await expect(net.export(at('a.onnx'), { opset: 9 } as never)).rejects.toThrow('there is no option "opset"');
    await expect(net.export(at('a.onnx'), { inputShape: [null, 4] })).rejects.toThrow(
      'does not fit the input of shape [null, 3]',
    );
    await expect(
      net.export(at('a.onnx'), {
        inputShape: [
          [null, 3],
          [null, 3],
        ],
      }),
    ).rejects.toThrow('2 shapes for 1 inputs');
    await expect(net.export(join(folder, 'none', 'a.onnx'))).rejects.toThrow(tf.FileError);
    await expect(sequential({ layers: [layers.dense({ units: 1 })] }).export(at('a.onnx'))).rejects.toThrow(
      tf.StateError,
    );
    writeFileSync(at('there.onnx'), 'x');
    await expect(net.export(at('there.onnx'), { overwrite: false })).rejects.toThrow('is there already');
    await net.export(at('there.onnx'));
    expect((await decode(at('there.onnx'))).graph.node).toHaveLength(1);
  });

  it('files of over 2 GB are measured before they are written', () => {
    const facts = { irVersion: 8, producerName: '', producerVersion: '', opsetImport: [] };
    const tensor = { name: 'w', dims: [2 ** 29], dataType: 1, byteLength: 2 ** 31, load: () => Promise.reject() };
    const { byteLength } = encodeModel(facts, { name: 'g', node: [], input: [], output: [] }, [tensor]);
    expect(byteLength).toBeGreaterThan(MOST_BYTES);
  });
});
