import { describe, expect, it } from 'vitest';
import { input, layers, Model, model, sequential, type Tensor, type Variable } from '../../ts/index.ts';
import { weightOwners } from '../../ts/io/weight-tree.ts';

/** Paths and shapes of all weights, as a listing of Keras' file of the same model shows them. */
function places(net: Model | layers.Layer): Record<string, string> {
  const entries = weightOwners(net as never).flatMap(({ path, variables }) =>
    variables.map(({ shape }, i) => [`${path}/vars/${i}`, shape.join('x')] as const),
  );
  return Object.fromEntries(entries);
}

/** The paths of a layer behind an input. */
function placesOf(layer: layers.Layer<never>, shape: layers.Shape): Record<string, string> {
  const x = input({ shape });
  return places(model({ inputs: x, outputs: layer.apply(x) as never }) as never);
}

class Blocks extends layers.Layer {
  static override readonly className = 'Blocks';
  readonly zeta = layers.dense({ units: 3 });
  readonly firstHidden = layers.dense({ units: 3 });
  readonly _last = layers.dense({ units: 3 });
  readonly blocks = [layers.dense({ units: 3 }), layers.dense({ units: 3 })];
  w!: Variable;
  override build(inputShape: layers.Shape): void {
    this.zeta.build(inputShape);
    for (const layer of [this.firstHidden, ...this.blocks, this._last]) layer.build([null, 3]);
    this.w = this.addWeight({ name: 'w', shape: [3] });
  }
  override call(x: Tensor): Tensor {
    return [this.zeta, this.firstHidden, ...this.blocks, this._last]
      .reduce((y, layer) => layer.apply(y), x)
      .add(this.w);
  }
}

class Net extends Model {
  static override readonly className = 'Net';
  readonly zeta = layers.dense({ units: 3 });
  readonly alpha = layers.dense({ units: 4 });
  readonly inner = new Blocks();
  override call(x: Tensor): Tensor {
    return this.inner.apply(this.zeta.apply(this.alpha.apply(x)));
  }
}

describe('paths of weights in the files of Keras', () => {
  it('are numbered by class in a stack, whatever the layers are called', () => {
    const net = sequential({
      layers: [
        layers.dense({ units: 3, inputShape: [4], name: 'first' }),
        layers.batchNormalization({ name: 'second' }),
        layers.leakyReLU(),
        layers.prelu(),
        layers.dense({ units: 2 }),
      ],
    });
    expect(places(net)).toEqual({
      'layers/dense/vars/0': '4x3',
      'layers/dense/vars/1': '3',
      'layers/batch_normalization/vars/0': '3',
      'layers/batch_normalization/vars/1': '3',
      'layers/batch_normalization/vars/2': '3',
      'layers/batch_normalization/vars/3': '3',
      'layers/p_re_lu/vars/0': '3',
      'layers/dense_1/vars/0': '3x2',
      'layers/dense_1/vars/1': '2',
    });
  });

  it('go into models that are layers', () => {
    const inner = sequential({ layers: [layers.dense({ units: 3 }), layers.dense({ units: 2 })] });
    const x = input({ shape: [4] });
    const net = model({ inputs: x, outputs: layers.dense({ units: 1 }).apply(inner.apply(x)) });
    expect(Object.keys(places(net as never))).toEqual([
      'layers/sequential/layers/dense/vars/0',
      'layers/sequential/layers/dense/vars/1',
      'layers/sequential/layers/dense_1/vars/0',
      'layers/sequential/layers/dense_1/vars/1',
      'layers/dense/vars/0',
      'layers/dense/vars/1',
    ]);
    expect(weightOwners(net as never).map(({ path }) => path)).toContain('layers/input_layer');
  });

  it('go into recurrent layers', () => {
    expect(placesOf(layers.bidirectional({ layer: layers.lstm({ units: 3 }) }) as never, [5, 4])).toEqual({
      'layers/bidirectional/backward_layer/cell/vars/0': '4x12',
      'layers/bidirectional/backward_layer/cell/vars/1': '3x12',
      'layers/bidirectional/backward_layer/cell/vars/2': '12',
      'layers/bidirectional/forward_layer/cell/vars/0': '4x12',
      'layers/bidirectional/forward_layer/cell/vars/1': '3x12',
      'layers/bidirectional/forward_layer/cell/vars/2': '12',
    });
    const cell = [layers.lstmCell({ units: 3 }), layers.gruCell({ units: 2 }), layers.lstmCell({ units: 3 })];
    expect(Object.keys(placesOf(layers.rnn({ cell }) as never, [5, 4]))).toEqual([
      'layers/rnn/cell/cells/lstm_cell/vars/0',
      'layers/rnn/cell/cells/lstm_cell/vars/1',
      'layers/rnn/cell/cells/lstm_cell/vars/2',
      'layers/rnn/cell/cells/gru_cell/vars/0',
      'layers/rnn/cell/cells/gru_cell/vars/1',
      'layers/rnn/cell/cells/gru_cell/vars/2',
      'layers/rnn/cell/cells/lstm_cell_1/vars/0',
      'layers/rnn/cell/cells/lstm_cell_1/vars/1',
      'layers/rnn/cell/cells/lstm_cell_1/vars/2',
    ]);
    expect(placesOf(layers.convLstm2d({ filters: 2, kernelSize: 3 }) as never, [5, 8, 8, 1])).toEqual({
      'layers/conv_lstm2d/cell/vars/0': '3x3x1x8',
      'layers/conv_lstm2d/cell/vars/1': '3x3x2x8',
      'layers/conv_lstm2d/cell/vars/2': '8',
    });
  });

  it('go into wrappers', () => {
    expect(
      Object.keys(placesOf(layers.timeDistributed({ layer: layers.dense({ units: 3 }) }) as never, [5, 4])),
    ).toEqual(['layers/time_distributed/layer/vars/0', 'layers/time_distributed/layer/vars/1']);
    // To Keras the kernel belongs to both.
    expect(placesOf(layers.spectralNormalization({ layer: layers.dense({ units: 3 }) }) as never, [4])).toEqual({
      'layers/spectral_normalization/vars/0': '4x3',
      'layers/spectral_normalization/vars/1': '1x3',
      'layers/spectral_normalization/layer/vars/0': '4x3',
      'layers/spectral_normalization/layer/vars/1': '3',
    });
  });

  it('go into attention, by the names that Python has', () => {
    const names = (path: string, prefix: string): string[] =>
      ['key', 'output', 'query', 'value'].flatMap((part) =>
        [0, 1].map((i) => `layers/${path}/${prefix}${part}_dense/vars/${i}`),
      );
    const gated = layers.multiHeadAttention({ numHeads: 2, keyDim: 3, useGate: true, useBias: false });
    expect(Object.keys(placesOf(gated as never, [5, 4])).some((place) => place.includes('_gate_dense/'))).toBe(true);
    expect(Object.keys(placesOf(layers.multiHeadAttention({ numHeads: 2, keyDim: 3 }) as never, [5, 4]))).toEqual(
      names('multi_head_attention', ''),
    );
    const grouped = layers.groupQueryAttention({ headDim: 4, numQueryHeads: 4, numKeyValueHeads: 2 });
    expect(Object.keys(placesOf(grouped as never, [5, 4]))).toEqual(names('grouped_query_attention', '_'));
    expect(weightOwners(grouped as never).map(({ name }) => name)).toEqual([
      grouped.name,
      'key',
      'attention_output',
      'query',
      'value',
    ]);
  });

  it('follow the fields of classes of ones own, sorted, those with an underscore last', () => {
    const layer = new Blocks();
    layer.build([null, 4]);
    expect(weightOwners(layer as never, 'x').map(({ path }) => path)).toEqual([
      'x',
      'x/blocks/dense',
      'x/blocks/dense_1',
      'x/first_hidden',
      'x/zeta',
      'x/_last',
    ]);
  });

  it('of a model of ones own: what the list of its layers reaches first stands there', () => {
    const net = new Net();
    net.build([null, 4]);
    const paths = weightOwners(net as never).map(({ path }) => path);
    expect(paths).toEqual([
      '',
      'alpha',
      'inner',
      'inner/blocks/dense',
      'inner/blocks/dense_1',
      'inner/first_hidden',
      'inner/zeta',
      'inner/_last',
      'layers/dense',
    ]);
  });

  it('of a shared layer: once', () => {
    const shared = layers.dense({ units: 4 });
    const x = input({ shape: [4] });
    const net = model({ inputs: x, outputs: shared.apply(shared.apply(x)) });
    expect(Object.keys(places(net as never))).toEqual(['layers/dense/vars/0', 'layers/dense/vars/1']);
  });

  // Keras meets what comes by place first, and then the others by name, whatever the order they are written in.
  it('of layers before attention: in the order of queries, values and keys', () => {
    const [q, x] = [input({ shape: [3, 4] }), input({ shape: [5, 6] })];
    const [value, key] = [layers.dense({ units: 7 }).apply(x), layers.dense({ units: 8 }).apply(x)];
    const outputs = layers.multiHeadAttention({ numHeads: 2, keyDim: 3 }).apply(q, { key, value }) as never;
    expect(places(model({ inputs: [q, x], outputs }) as never)).toMatchObject({
      'layers/dense/vars/0': '6x7',
      'layers/dense_1/vars/0': '6x8',
    });
  });
});
