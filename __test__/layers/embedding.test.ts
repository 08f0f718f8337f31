import { describe, expect, it } from 'vitest';
import { DataError, input, layers, model, ShapeError, sequential, tensor } from '../../ts/index.ts';
import { layerFromConfig } from '../../ts/layers/registry.ts';
import { expectClose } from '../close.ts';
import { wave } from '../wave.ts';

/** Arguments that TypeScript would refuse. */
function wrong<T>(value: unknown): T {
  return value as T;
}

describe('Embedding', () => {
  it('looks up the rows of ids of any rank and type', () => {
    const layer = layers.embedding({ inputDim: 4, outputDim: 2, name: 'words' });
    layer.build([null, 3]);
    expect(layer.weights.map(({ name, shape }) => [name, [...shape]])).toEqual([['words/embeddings', [4, 2]]]);
    layer.setWeights([wave([4, 2], 1)]);
    const rows = wave([4, 2], 1).arraySync() as number[][];
    expectClose(layer.apply(tensor([[3, 0, 3]], [1, 3], 'int32')), [[rows[3], rows[0], rows[3]]] as number[][][]);
    expectClose(layer.apply(tensor([1.9, 2])), [rows[1], rows[2]] as number[][]);
    expect(layer.computeOutputShape([null, null])).toEqual([null, null, 2]);
    expect(layer.apply(tensor([[1]])).mask).toBeUndefined();
  });

  it('starts from weights that are handed in, alone or in a list', () => {
    const first = [
      [1, 2],
      [3, 4],
    ];
    for (const weights of [first, tensor(first), [tensor(first)], [first]])
      expectClose(layers.embedding({ inputDim: 2, outputDim: 2, weights }).embeddings, first);
    expectClose(layers.embedding({ inputDim: 1, outputDim: 2, weights: [[5, 6]] }).embeddings, [[5, 6]]);
    expect(() => layers.embedding({ inputDim: 3, outputDim: 2, weights: first })).toThrow(ShapeError);
  });

  it('masks id 0 when asked to', () => {
    const layer = layers.embedding({ inputDim: 5, outputDim: 1, maskZero: true });
    const y = layer.apply(tensor([[1, 0, 4, 0]]));
    expect(y.mask?.arraySync()).toEqual([[1, 0, 1, 0]]);
  });

  it('goes through its configuration', () => {
    const layer = layers.embedding({
      inputDim: 3,
      outputDim: 2,
      maskZero: true,
      embeddingsInitializer: 'ones',
      embeddingsRegularizer: 'l2',
      inputLength: 4,
    });
    const config = layer.getConfig();
    expect(config).toMatchObject({ inputDim: 3, outputDim: 2, maskZero: true, batchInputShape: [null, 4] });
    const again = layerFromConfig({ className: 'Embedding', config });
    expect(again.getConfig()).toEqual(config);
  });

  it('trains: gradients of repeated ids are summed', async () => {
    const network = sequential({
      layers: [layers.embedding({ inputDim: 3, outputDim: 2, embeddingsInitializer: 'zeros', inputLength: 2 })],
    });
    network.compile({ optimizer: 'sgd', loss: 'mse' });
    const y = tensor([
      [
        [1, 0],
        [1, 2],
      ],
    ]);
    await network.fit(tensor([[1, 1]]), y, { epochs: 1, verbose: 0 });
    // d mse / d row = 2 (row - y) / 4, summed over both places; the learning rate is 0.01.
    expectClose(network.getWeights()[0] as never, [
      [0, 0],
      [0.01, 0.01],
      [0, 0],
    ]);
  });

  it('says what is wrong', async () => {
    expect(() => layers.embedding(wrong(undefined))).toThrow(/options are missing/);
    expect(() => layers.embedding({ inputDim: 0, outputDim: 2 })).toThrow(/inputDim must be a whole number above 0/);
    expect(() => layers.embedding({ inputDim: 2, outputDim: 2, maskZero: wrong(1) })).toThrow(/maskZero/);
    expect(() => layers.embedding({ inputDim: 2, outputDim: 2, inputLength: wrong('a') })).toThrow(/inputLength/);
    const layer = layers.embedding({ inputDim: 2, outputDim: 2 });
    await expect(async () => layer.apply(tensor([2])).data()).rejects.toThrow(DataError);
  });
});

describe('Masking', () => {
  it('masks steps whose features all have the value, and sets them to 0', () => {
    const x = tensor([
      [
        [9, 9],
        [9, 1],
        [0, 0],
      ],
    ]);
    const y = layers.masking({ maskValue: 9 }).apply(x);
    expectClose(y, [
      [
        [0, 0],
        [9, 1],
        [0, 0],
      ],
    ]);
    expect(y.mask?.arraySync()).toEqual([[0, 1, 1]]);
    expect(layers.masking().apply(x).mask?.arraySync()).toEqual([[1, 1, 0]]);
  });

  it('hands its mask through a model to the loss', async () => {
    const x = input({ shape: [null, 1] });
    const network = model({ inputs: x, outputs: layers.dense({ units: 1 }).apply(layers.masking().apply(x)) });
    network.compile({ optimizer: 'sgd', loss: 'mse' });
    network.setWeights([[[2]], [0]]);
    // Only the first step counts: (2 - 0)^2 over one valid entry.
    const { loss } = await network.evaluate(tensor([[[1], [0]]]), tensor([[[0], [5]]]), { verbose: 0 });
    expect(loss).toBeCloseTo(4, 5);
  });

  it('has a configuration, and says what is wrong', () => {
    const config = layers.masking({ maskValue: -1, name: 'm' }).getConfig();
    expect(config).toMatchObject({ maskValue: -1 });
    expect(layerFromConfig({ className: 'Masking', config }).getConfig()).toEqual(config);
    expect(() => layers.masking({ maskValue: wrong('0') })).toThrow(/maskValue must be a number/);
    expect(() => layers.masking().apply(tensor([1]))).toThrow(/rank 2 or more/);
  });
});
