import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  input,
  layers,
  model,
  ShapeError,
  sequential,
  setSeed,
  type Tensor,
  type Tree,
  tensor,
  train,
  zeros,
} from '../../ts/index.ts';
import { layerFromConfig } from '../../ts/layers/registry.ts';
import { expectClose } from '../close.ts';
import { wave } from '../wave.ts';

/** Arguments that TypeScript would refuse. */
function wrong<T>(value: unknown): T {
  return value as T;
}

type Options = layers.UnitsCellConfig & layers.RecurrentConfig;

const kinds: readonly [string, (options: Options) => layers.RNN, (options: Options) => layers.RNNCell][] = [
  ['SimpleRNN', (options) => layers.simpleRNN(options), (options) => layers.simpleRNNCell(options)],
  ['GRU', (options) => layers.gru(options), (options) => layers.gruCell(options)],
  ['LSTM', (options) => layers.lstm(options), (options) => layers.lstmCell(options)],
];

/** A cell of somebody's own: the running sum of its inputs, doubled on its way out. */
class SumCell extends layers.RNNCell {
  static override readonly className: string = 'SumCell';
  readonly stateSize = 2;
  override call(x: Tensor, { states }: layers.CellCallOptions): readonly [Tensor, Tree] {
    const [sum] = states as readonly [Tensor];
    const next = sum.add(x);
    return [next.mul(2), [next]];
  }
}

describe('weights', () => {
  it('have Keras names, shapes and order', () => {
    const layer = layers.bidirectional({ layer: layers.lstm({ units: 2, name: 'l' }), name: 'b' });
    layer.build([null, null, 3]);
    expect(layer.weights.map(({ name, shape }) => [name, [...shape]])).toEqual([
      ['b/forward_l/lstm_cell/kernel', [3, 8]],
      ['b/forward_l/lstm_cell/recurrent_kernel', [2, 8]],
      ['b/forward_l/lstm_cell/bias', [8]],
      ['b/backward_l/lstm_cell/kernel', [3, 8]],
      ['b/backward_l/lstm_cell/recurrent_kernel', [2, 8]],
      ['b/backward_l/lstm_cell/bias', [8]],
    ]);
    expect([layer.forwardLayer.name, layer.backwardLayer.name]).toEqual(['forward_l', 'backward_l']);
    expect(layer.forwardLayer.cell.getWeights()[2]?.arraySync()).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
    const gru = layers.gru({ units: 2 });
    gru.build([null, 4, 3]);
    expect(gru.weights.map(({ shape }) => [...shape])).toEqual([
      [3, 6],
      [2, 6],
      [2, 6],
    ]);
  });

  it('keep to their constraints', async () => {
    const constraints = {
      kernelConstraint: 'nonNeg',
      recurrentConstraint: 'nonNeg',
      biasConstraint: 'nonNeg',
    } as const;
    const network = sequential({ layers: [layers.gru({ units: 2, inputShape: [3, 2], ...constraints })] });
    network.compile({ optimizer: 'sgd', loss: 'mse' });
    await network.fit(wave([4, 3, 2], 0), wave([4, 2], 1), { epochs: 1, verbose: 0 });
    for (const weight of network.getWeights()) expect(weight.min().arraySync()).toBeGreaterThanOrEqual(0);
  });

  it('do not train in a layer that does not', () => {
    const layer = layers.lstm({ units: 2, trainable: false });
    layer.build([null, 4, 3]);
    expect(layer.trainableWeights).toEqual([]);
    expect(layer.nonTrainableWeights).toHaveLength(3);
  });
});

describe('states', () => {
  it('come behind the output, typed', () => {
    const x = wave([2, 3, 4], 0.3);
    const [sequence, h, c] = layers.lstm({ units: 2, returnSequences: true, returnState: true }).apply(x);
    expect([sequence.shape, h.shape, c.shape].map((shape) => [...shape])).toEqual([
      [2, 3, 2],
      [2, 2],
      [2, 2],
    ]);
    expectClose(sequence.slice([0, 2, 0], [2, 1, 2]).reshape([2, 2]), h.arraySync() as number[][]);
    const [last, state] = layers.gru({ units: 2, returnState: true }).apply(x);
    expect(last.arraySync()).toEqual(state.arraySync());
  });

  it('begin a decoder, with symbolic tensors, too', async () => {
    const source = input({ shape: [null, 3] });
    const target = input({ shape: [null, 2] });
    const [, h, c] = layers.lstm({ units: 4, returnState: true }).apply(source);
    const decoder = layers.lstm({ units: 4, returnSequences: true });
    const outputs = layers.dense({ units: 1 }).apply(decoder.apply(target, { initialState: [h, c] }));
    const network = model({ inputs: [source, target], outputs });
    expect(outputs.shape).toEqual([null, null, 1]);
    expect(network.trainableWeights).toHaveLength(8);
    network.compile({ optimizer: 'adam', loss: 'mse' });
    const x = [wave([4, 5, 3], 0), wave([4, 3, 2], 1)];
    const { history } = await network.fit(x, wave([4, 3, 1], 2), { epochs: 5, verbose: 0 });
    const losses = history.loss as number[];
    expect(losses[4]).toBeLessThan(losses[0] as number);
    expect(JSON.stringify(network.getConfig())).toContain('initialState');
  });

  it('may be one tensor, and are checked', () => {
    const x = wave([2, 3, 4], 0.3);
    const gru = layers.gru({ units: 2 });
    const one = gru.apply(x, { initialState: wave([2, 2], 1) });
    expectClose(gru.apply(x, { initialState: [wave([2, 2], 1)] }), one.arraySync() as number[][]);
    expect(() => gru.apply(x, { initialState: wave([2, 3], 1) })).toThrow(
      /initialState 0 must have shape \[2, 2\] .*got \[2, 3\]/,
    );
    expect(() => gru.apply(x, { initialState: [zeros([2, 2]), zeros([2, 2])] })).toThrow(/must hold 1 tensors, got 2/);
    expect(() => layers.bidirectional({ layer: gru }).apply(x, { initialState: zeros([2, 2]) })).toThrow(ConfigError);
    expect(() => gru.apply(x, wrong({ initialStates: [] }))).toThrow(/did you mean initialState/);
  });

  it('stay from call to call in a stateful layer, until they are reset', async () => {
    for (const [, make] of kinds) {
      const layer = make({ units: 3, stateful: true });
      const x = wave([2, 6, 4], 0.3);
      const [before, after] = [x.slice([0, 0, 0], [2, 2, 4]), x.slice([0, 2, 0], [2, 4, 4])];
      const whole = layer.apply(x).arraySync() as number[][];
      layer.resetStates();
      layer.apply(before);
      expectClose(layer.apply(after), whole);
      expect(layer.getWeights()).toHaveLength(3);
      expect(() => layer.apply(wave([3, 6, 4], 0))).toThrow(/keeps the states of 2 samples, but got 3/);
      layer.resetStates();
      expectClose(layer.apply(x), whole);
    }
  });

  it('stay from batch to batch of a model', async () => {
    setSeed(3);
    const layer = layers.gru({ units: 2, stateful: true, batchInputShape: [2, 3, 1] });
    const network = sequential({ layers: [layer, layers.dense({ units: 1 })] });
    network.compile({ optimizer: 'sgd', loss: 'mse' });
    const x = wave([4, 3, 1], 0.1);
    await network.fit(x, zeros([4, 1]), { batchSize: 2, epochs: 2, shuffle: false, verbose: 0 });
    const state = layer.states?.[0] as Tensor;
    expect([...state.shape]).toEqual([2, 2]);
    layer.resetStates();
    const y = (await network.predict(x, { batchSize: 2 }).array()) as number[][];
    // The second batch began where the first one ended.
    layer.resetStates();
    const first = network.predictOnBatch(x.slice([0, 0, 0], [2, 3, 1])).arraySync() as number[][];
    const second = network.predictOnBatch(x.slice([2, 0, 0], [2, 3, 1])).arraySync() as number[][];
    expectClose(tensor(y), [...first, ...second]);
    layer.resetStates();
    const alone = network.predictOnBatch(x.slice([2, 0, 0], [2, 3, 1])).arraySync() as number[][];
    expect(Math.abs((alone[0]?.[0] as number) - (second[0]?.[0] as number))).toBeGreaterThan(1e-4);
    layer.resetStates([
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    expectClose(layer.states?.[0] as Tensor, [
      [1, 2],
      [3, 4],
    ]);
    expect(() => layers.gru({ units: 2 }).resetStates()).toThrow(/needs a layer with stateful: true/);
  });
});

describe('cells', () => {
  for (const [name, makeLayer, makeCell] of kinds) {
    it(`${name}Cell makes one step of ${name}`, () => {
      const layer = makeLayer({ units: 3 });
      const cell = makeCell({ units: 3 });
      const x = wave([2, 1, 4], 0.3);
      const expected = layer.apply(x).arraySync() as number[][];
      cell.build([null, 4]);
      cell.setWeights(layer.getWeights());
      const [output] = cell.apply(x.reshape([2, 4]));
      expectClose(output, expected);
      const [, states] = cell.apply(x.reshape([2, 4]), { states: cell.getInitialState(2) });
      expect((states as readonly Tensor[])[0]?.shape).toEqual([2, 3]);
    });
  }

  it('may be somebody’s own, masked and stacked and in both directions', () => {
    const x = tensor([
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    ]);
    expectClose(layers.rnn({ cell: new SumCell() }).apply(x), [[12, 12]]);
    const masked = layers.rnn({ cell: new SumCell(), returnSequences: true });
    expectClose(masked.apply(x, { mask: tensor([[false, true, false]]) }), [
      [
        [0, 0],
        [4, 4],
        [4, 4],
      ],
    ]);
    expectClose(layers.rnn({ cell: [new SumCell(), new SumCell()] }).apply(x), [[40, 40]]);
    const both = layers.bidirectional({ layer: layers.rnn({ cell: new SumCell() }), mergeMode: 'sum' });
    expectClose(both.apply(x), [[24, 24]]);
    const config = layers.rnn({ cell: new SumCell() }).getConfig();
    expect(() => layerFromConfig({ className: 'RNN', config })).toThrow(/no layer class "SumCell"/);
    expectClose(layerFromConfig({ className: 'RNN', config }, { SumCell }).apply(x) as Tensor, [[12, 12]]);
    const odd = new (class extends SumCell {
      override call(x: Tensor): readonly [Tensor, Tree] {
        return wrong(x);
      }
    })();
    expect(() => layers.rnn({ cell: odd }).apply(x)).toThrow(/call must return \[output, states\]/);
  });

  it('read weights in the loop', async () => {
    class Scale extends layers.RNNCell {
      readonly stateSize = 3;
      readonly inner = layers.dense({ units: 3 });
      override build(shape: layers.Shape): void {
        this.inner.build(shape);
      }
      override call(x: Tensor, { states }: layers.CellCallOptions): readonly [Tensor, Tree] {
        const [h] = states as readonly [Tensor];
        const y = this.inner.apply(x).add(h);
        return [y, [y]];
      }
    }
    const network = sequential({ layers: [layers.rnn({ cell: new Scale(), inputShape: [null, 2] })] });
    network.compile({ optimizer: 'sgd', loss: 'mse' });
    const x = wave([4, 5, 2], 0);
    const { history } = await network.fit(x, zeros([4, 3]), { epochs: 4, verbose: 0 });
    const losses = history.loss as number[];
    expect(losses[3]).toBeLessThan(losses[0] as number);
  });
});

describe('masks', () => {
  it('that come with the input count in a call without states only, as in Keras 3', () => {
    const x = tensor([[[1], [0], [2]]]);
    const [kernel, recurrent, bias] = [tensor([[0.5]]), tensor([[0.75]]), tensor([0.1])];
    const cell = layers.simpleRNN({ units: 1 });
    const both = layers.bidirectional({ layer: layers.simpleRNN({ units: 1 }), mergeMode: 'sum' });
    const masked = layers.masking().apply(x);
    for (const layer of [cell, both]) layer.apply(x);
    cell.setWeights([kernel, recurrent, bias]);
    both.setWeights([kernel, recurrent, bias, kernel, recurrent, bias]);
    const run = (inputs: readonly number[], state: number): number =>
      inputs.reduce((h, value) => Math.tanh(0.5 * value + 0.75 * h + 0.1), state);
    const state = tensor([[0.25]]);
    const mask = tensor([[true, false, true]]);
    expectClose(cell.apply(masked), [[run([1, 2], 0)]]);
    expectClose(cell.apply(masked, { initialState: state }), [[run([1, 0, 2], 0.25)]]);
    expectClose(cell.apply(masked, { initialState: state, mask }), [[run([1, 2], 0.25)]]);
    expectClose(both.apply(masked), [[run([1, 2], 0) + run([2, 1], 0)]]);
    const states = { initialState: [state, state] };
    expectClose(both.apply(masked, states), [[run([1, 0, 2], 0.25) + run([2, 0, 1], 0.25)]]);
    expectClose(both.apply(masked, { ...states, mask }), [[run([1, 2], 0.25) + run([2, 1], 0.25)]]);
  });

  it('reach recurrent layers and go on from sequences', async () => {
    const network = sequential({
      layers: [
        layers.embedding({ inputDim: 5, outputDim: 2, maskZero: true, inputLength: 4 }),
        layers.lstm({ units: 3, returnSequences: true }),
        layers.bidirectional({ layer: layers.gru({ units: 2 }) }),
      ],
    });
    const short = network.predict(tensor([[1, 2, 0, 0]])).arraySync() as number[][];
    const embedded = (network.layers[0] as layers.Embedding).apply(tensor([[1, 2]]));
    const sequence = (network.layers[1] as layers.LSTM).apply(embedded.clone());
    expectClose((network.layers[2] as layers.Bidirectional).apply(sequence.clone()), short);
    const out = layers.lstm({ units: 2, returnSequences: true, returnState: true });
    const [y, h] = out.apply(wave([1, 2, 2], 0), { mask: tensor([[true, false]]) });
    expect(y.mask?.arraySync()).toEqual([[1, 0]]);
    expect(h.mask).toBeUndefined();
  });

  it('are checked', () => {
    expect(() => layers.gru({ units: 1 }).apply(wave([2, 3, 1], 0), { mask: tensor([[true]]) })).toThrow(
      /the mask must have shape \[2, 3\]/,
    );
    expect(() =>
      layers.timeDistributed({ layer: layers.flatten() }).apply(wave([2, 3, 1], 0), { mask: zeros([2]) }),
    ).toThrow(/the mask must begin with \[2, 3\]/);
  });
});

describe('dropout', () => {
  it('is the same in all steps, and in training only', () => {
    for (const [, make] of kinds) {
      for (const options of [{ dropout: 0.5 }, { recurrentDropout: 0.5 }, { dropout: 0.5, recurrentDropout: 0.5 }]) {
        const layer = make({ units: 3, seed: 7, returnSequences: true, ...options });
        const x = wave([2, 4, 3], 0.3);
        const inference = layer.apply(x).arraySync();
        expect(layer.apply(x).arraySync()).toEqual(inference);
        const trained = layer.apply(x, { training: true });
        expect([...trained.shape]).toEqual([2, 4, 3]);
        expect(trained.arraySync()).not.toEqual(inference);
        expect(layer.apply(x, { training: true }).arraySync()).not.toEqual(trained.arraySync());
      }
    }
    // One mask a sequence: a feature that is dropped in one step is in all.
    const sums = layers.simpleRNN({
      units: 1,
      activation: 'linear',
      dropout: 0.5,
      kernelInitializer: 'ones',
      recurrentInitializer: 'zeros',
      returnSequences: true,
      seed: 1,
    });
    const y = sums.apply(
      tensor([
        [[1], [1], [1]],
        [[1], [1], [1]],
        [[1], [1], [1]],
        [[1], [1], [1]],
      ]),
      { training: true },
    );
    for (const [[a], [b], [c]] of y.arraySync() as [[number], [number], [number]][]) {
      expect([0, 2]).toContain(a);
      expect([b, c]).toEqual([a, a]);
    }
  });

  it('trains inside fit, in stacks, too', async () => {
    const cell = [
      layers.lstmCell({ units: 3, dropout: 0.2, recurrentDropout: 0.2 }),
      layers.gruCell({ units: 2, dropout: 0.3 }),
    ];
    const network = sequential({
      layers: [layers.rnn({ cell, inputShape: [4, 2] }), layers.dense({ units: 1 })],
    });
    network.compile({ optimizer: 'adam', loss: 'mse' });
    const { history } = await network.fit(wave([8, 4, 2], 0), zeros([8, 1]), { epochs: 3, verbose: 0 });
    for (const loss of history.loss as number[]) expect(Number.isFinite(loss)).toBe(true);
    const images = layers.convLstm2d({ filters: 2, kernelSize: 2, dropout: 0.5, recurrentDropout: 0.5 });
    expect([...images.apply(wave([2, 3, 4, 4, 1], 0), { training: true }).shape]).toEqual([2, 3, 3, 2]);
  });
});

describe('training', () => {
  it('learns to add', async () => {
    setSeed(5);
    const network = sequential({
      layers: [layers.lstm({ units: 8, inputShape: [null, 1] }), layers.dense({ units: 1 })],
    });
    network.compile({ optimizer: train.adam(0.02), loss: 'mse' });
    const x = wave([32, 4, 1], 0.2, 0.5);
    const { history } = await network.fit(x, x.sum(1), { epochs: 60, verbose: 0 });
    const losses = history.loss as number[];
    expect(losses.at(-1)).toBeLessThan(0.3 * (losses[0] as number));
    expect(network.outputShape).toEqual([null, 1]);
    expect([...network.predict(wave([2, 9, 1], 0)).shape]).toEqual([2, 1]);
  });

  it('trains what is applied to every step, and images over time', async () => {
    const network = sequential({
      layers: [
        layers.timeDistributed({ layer: layers.conv2d({ filters: 2, kernelSize: 2 }), inputShape: [3, 4, 4, 1] }),
        layers.timeDistributed({ layer: layers.batchNormalization() }),
        layers.bidirectional({ layer: layers.convLstm2d({ filters: 2, kernelSize: 2, returnSequences: true }) }),
        layers.timeDistributed({ layer: layers.flatten() }),
        layers.gru({ units: 2 }),
        layers.dense({ units: 1 }),
      ],
    });
    network.compile({ optimizer: 'adam', loss: 'mse' });
    const { history } = await network.fit(wave([6, 3, 4, 4, 1], 0), zeros([6, 1]), { epochs: 4, verbose: 0 });
    const losses = history.loss as number[];
    expect(losses[3]).toBeLessThan(losses[0] as number);
  });
});

describe('wrong calls', () => {
  it('say what is wrong', () => {
    expect(() => layers.lstm(wrong(undefined))).toThrow(/LSTM: options are missing/);
    expect(() => layers.lstm({ units: 0 })).toThrow(/units must be a whole number above 0, got 0/);
    expect(() => layers.gru(wrong({ units: 2, unit: 3 }))).toThrow(/no option "unit" \(did you mean units\?\)/);
    expect(() => layers.simpleRNN({ units: 2, dropout: 2 })).toThrow(/dropout must be a number from 0 to 1, got 2/);
    expect(() => layers.lstm({ units: 2, stateful: wrong(1) })).toThrow(/stateful must be true or false/);
    expect(() => layers.rnn({ cell: wrong(layers.dense({ units: 1 })) })).toThrow(/cell must be a cell such as/);
    expect(() => layers.stackedRNNCells({ cells: [] })).toThrow(/there are no cells/);
    expect(() => layers.lstm({ units: 2 }).apply(wave([2, 3], 0))).toThrow(/LSTM .* expects inputs of rank 3/);
    expect(() => layers.lstm({ units: 2 }).apply(zeros([2, 0, 3]))).toThrow(/a step or more/);
    const layer = layers.lstm({ units: 2 });
    layer.build([null, null, 3]);
    expect(() => layer.apply(wave([2, 3, 4], 0))).toThrow(/expects 3 input features but got 4/);
    expect(() => layers.gru({ units: 2, unroll: true }).build([null, null, 3])).toThrow(
      /unroll needs sequences of a known length/,
    );
    expect(() => layers.gru({ units: 2 }).build([null, 3, null])).toThrow(ShapeError);
    const gru = layers.gru({ units: 2 });
    expect(() => layers.bidirectional({ layer: wrong(layers.dense({ units: 1 })) })).toThrow(
      /must be a recurrent layer/,
    );
    expect(() => layers.bidirectional({ layer: gru, mergeMode: wrong('max') })).toThrow(/mergeMode must be 'concat'/);
    expect(() => layers.bidirectional({ layer: gru, backwardLayer: layers.gru({ units: 2 }) })).toThrow(
      /needs goBackwards: true/,
    );
    const other = layers.gru({ units: 2, goBackwards: true, returnSequences: true });
    expect(() => layers.bidirectional({ layer: gru, backwardLayer: other })).toThrow(/need the same returnSequences/);
    expect(() => layers.timeDistributed({ layer: wrong<layers.Layer>(1) })).toThrow(/layer must be a layer/);
    expect(() => layers.timeDistributed({ layer: layers.flatten() }).apply(wave([2, 3], 0))).toThrow(/rank 3 or more/);
    expect(() => layers.convLstm2d({ filters: 1, kernelSize: 2, strides: 2, dilationRate: 2 })).toThrow(
      /do not go together/,
    );
    expect(() => layers.convLstm2d({ filters: 1, kernelSize: [2] })).toThrow(/kernelSize must be/);
    expect(() => layers.convLstm2d({ filters: 1, kernelSize: 3 }).apply(wave([1, 2, 2, 4, 1], 0))).toThrow(
      /the kernel reaches over 3 cells/,
    );
    expect(() => new layers.ConvLSTMCell({ rank: wrong(4), filters: 1, kernelSize: 1 })).toThrow(
      /rank must be 1, 2 or 3/,
    );
    expect(() => new (wrong<new () => object>(layers.RNNCell))()).toThrow(/is there to be subclassed/);
  });
});
