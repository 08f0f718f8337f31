import { describe, expect, it } from 'vitest';
import { input, layers, model, ones, type SymbolicTensor } from '../../ts/index.ts';

const heads = (): [string, () => layers.MultiHeadAttention | layers.GroupQueryAttention][] => [
  ['MultiHeadAttention', () => layers.multiHeadAttention({ numHeads: 2, keyDim: 4, dropout: 0.1 })],
  ['GroupQueryAttention', () => layers.groupQueryAttention({ headDim: 4, numQueryHeads: 4, numKeyValueHeads: 2 })],
];

describe.each(heads())('%s in a model', (_, make) => {
  it('has the shape of what it computes, and trains', async () => {
    const ids = input({ shape: [null] });
    const x = layers.embedding({ inputDim: 9, outputDim: 6, maskZero: true }).apply(ids);
    const attended = make().apply(x, { useCausalMask: true }) as SymbolicTensor;
    expect(attended.shape).toEqual([null, null, 6]);
    const net = model({ inputs: ids, outputs: layers.dense({ units: 1 }).apply(attended) });
    expect(net.predict([[1, 2, 0]]).shape).toEqual([1, 3, 1]);
    net.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const { history } = await net.fit(ones([4, 3]), ones([4, 3, 1]), { epochs: 2, verbose: 0 });
    expect(history.loss?.every(Number.isFinite)).toBe(true);
    expect(history.loss?.[1]).toBeLessThan(history.loss?.[0] as number);
  });

  it('looks at another tensor of the model', () => {
    const [x, memory] = [input({ shape: [3, 6] }), input({ shape: [5, 8] })];
    const [y, scores] = make().apply(x, { value: memory, returnAttentionScores: true }) as unknown as SymbolicTensor[];
    expect(y?.shape).toEqual([null, 3, 6]);
    expect(scores?.shape.slice(2)).toEqual([3, 5]);
  });
});
