import { describe, expect, it } from 'vitest';
import { clearSession, layers, ones, sequential, variableGrads } from '../../ts/index.ts';

describe('names of weights', () => {
  it('of layers inside others begin with those of the outer ones, as in Keras', () => {
    clearSession();
    const model = sequential({
      layers: [
        layers.bidirectional({ layer: layers.lstm({ units: 2, returnSequences: true }), inputShape: [3, 4] }),
        layers.lstm({ units: 2, returnSequences: true }),
        layers.lstm({ units: 2, returnSequences: true }),
        layers.rnn({ cell: [layers.gruCell({ units: 2 }), layers.gruCell({ units: 2 })], returnSequences: true }),
        layers.timeDistributed({ layer: layers.dense({ units: 2, useBias: false }) }),
        layers.multiHeadAttention({ numHeads: 1, keyDim: 2, useBias: false }),
      ],
    });
    const kernels = model.weights.map(({ name }) => name).filter((name) => name.endsWith('/kernel'));
    expect(kernels).toEqual([
      'bidirectional/forward_lstm/lstm_cell/kernel',
      'bidirectional/backward_lstm/lstm_cell/kernel',
      'lstm_1/lstm_cell/kernel',
      'lstm_2/lstm_cell/kernel',
      'rnn/stacked_rnn_cells/gru_cell/kernel',
      'rnn/stacked_rnn_cells/gru_cell_1/kernel',
      'time_distributed/dense/kernel',
      'multi_head_attention/query/kernel',
      'multi_head_attention/key/kernel',
      'multi_head_attention/value/kernel',
      'multi_head_attention/attention_output/kernel',
    ]);
    const names = model.weights.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const { grads } = variableGrads(
      () =>
        model
          .apply(ones([2, 3, 4]))
          .square()
          .sum(),
      model.trainableWeights,
    );
    expect(Object.keys(grads)).toEqual(names);
  });

  it('do not depend on when a model is built', () => {
    const named = (inputShape: { inputShape?: number[] }): string[] => {
      clearSession();
      const inner = sequential({ layers: [layers.dense({ units: 2 })] });
      const model = sequential({ layers: [layers.dense({ units: 2, ...inputShape }), inner] });
      model.build([null, 3]);
      return model.weights.map(({ name }) => name);
    };
    const names = ['dense_1/kernel', 'dense_1/bias', 'dense/kernel', 'dense/bias'];
    expect(named({})).toEqual(names);
    expect(named({ inputShape: [3] })).toEqual(names);
  });
});
