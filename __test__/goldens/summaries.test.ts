// What `summary` prints beside Keras' text, character for character (but for spaces at the end of a line).
import { describe, expect, it } from 'vitest';
import { clearSession, input, layers, Model, model, sequential, type Tensor, zeros } from '../../ts/index.ts';
import type { Tree } from '../../ts/tensor/tree.ts';
import { casesOf } from './data.ts';

interface SummaryCase {
  name: string;
  options: { line_length?: number; expand_nested?: boolean; show_trainable?: boolean };
  lines: string[];
}

class Own extends Model {
  readonly first = layers.dense({ units: 3 });
  readonly second = layers.dense({ units: 2 });

  override call(x: Tensor): Tensor {
    return this.second.apply(this.first.apply(x));
  }
}

const models: Readonly<Record<string, () => Model<Tree>>> = {
  mnist: () => {
    const net = sequential({
      layers: [
        layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.batchNormalization(),
        layers.flatten(),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 1000, activation: 'relu' }),
        layers.dense({ units: 10, activation: 'softmax' }),
      ],
    });
    net.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
    net.optimizer.build(net.trainableWeights);
    return net;
  },
  unbuilt: () =>
    sequential({
      name: 'later',
      layers: [
        layers.dense({ units: 4 }),
        layers.dense({ units: 2, name: 'a_layer_with_a_name_that_is_much_too_long_for_its_column' }),
      ],
    }),
  branches: () => {
    const x = input({ shape: [8, 8, 3], name: 'image' });
    const options = { filters: 4, kernelSize: 3, padding: 'same' } as const;
    const first = layers.conv2d(options).apply(x);
    const h = layers.add().apply([first, layers.separableConv2d(options).apply(x)]);
    const pooled = layers.globalMaxPooling2d().apply(h);
    return model({ inputs: x, outputs: [pooled, layers.dense({ units: 1 }).apply(layers.flatten().apply(h))] });
  },
  stack: () => {
    const x = input({ shape: [6], dtype: 'int32' });
    const embedded = layers.embedding({ inputDim: 20, outputDim: 4 }).apply(x);
    const h = layers.lstm({ units: 5 }).apply(embedded);
    return model({ inputs: x, outputs: layers.dense({ units: 1 }).apply(h), name: 'a_stack' });
  },
  shared: () => {
    const left = input({ shape: [4], name: 'left' });
    const right = input({ shape: [4], name: 'right' });
    const dense = layers.dense({ units: 3, name: 'shared' });
    const outputs = layers.dot({ axes: 1 }).apply([dense.apply(left), dense.apply(right)]);
    return model({ inputs: [left, right], outputs });
  },
  nested: () => {
    const encoder = sequential({
      name: 'encoder',
      layers: [
        layers.conv2d({ filters: 4, kernelSize: 3, inputShape: [8, 8, 1] }),
        layers.flatten(),
        layers.dense({ units: 6 }),
      ],
    });
    const code = input({ shape: [6] });
    const images = layers.reshape({ targetShape: [4, 4, 2] }).apply(layers.dense({ units: 32 }).apply(code));
    const decoder = model({ inputs: code, outputs: images, name: 'decoder' });
    const x = input({ shape: [8, 8, 1] });
    return model({ inputs: x, outputs: decoder.apply(encoder.apply(x)), name: 'autoencoder' });
  },
  frozen: () => {
    const inner = sequential({
      name: 'inner',
      layers: [layers.dense({ units: 4, inputShape: [4] }), layers.batchNormalization()],
    });
    inner.trainable = false;
    return sequential({
      layers: [layers.inputLayer({ inputShape: [4] }), inner, layers.reLU(), layers.dense({ units: 2 })],
    });
  },
  states: () => {
    const x = input({ shape: [null, 3] });
    const [y, hidden, carry] = layers.lstm({ units: 4, returnSequences: true, returnState: true }).apply(x);
    const h = layers.lstm({ units: 4 }).apply(y, { initialState: [hidden, carry] });
    const both = layers.bidirectional({ layer: layers.gru({ units: 2 }) }).apply(x);
    return model({ inputs: x, outputs: layers.concatenate().apply([h, both]) });
  },
  subclass: () => {
    const net = new Own();
    net.predictOnBatch(zeros([2, 4]));
    return net;
  },
  attended: () => {
    const x = input({ shape: [5, 8] });
    const attended = layers.multiHeadAttention({ numHeads: 2, keyDim: 4 }).apply(x, { value: x });
    const h = layers.layerNormalization().apply(layers.add().apply([x, attended]));
    return model({ inputs: x, outputs: layers.globalAveragePooling1d().apply(h) });
  },
};

describe('summaries equal those of Keras', () => {
  const cases = casesOf<SummaryCase>('summaries');

  it.each(cases)('$name $options', ({ name, options, lines }) => {
    clearSession();
    const net = (models[name] as () => Model<Tree>)();
    const printed: string[] = [];
    net.summary({
      ...(options.line_length === undefined ? {} : { lineLength: options.line_length }),
      ...(options.expand_nested === undefined ? {} : { expandNested: options.expand_nested }),
      ...(options.show_trainable === undefined ? {} : { showTrainable: options.show_trainable }),
      printFn: (line) => void printed.push(line.trimEnd()),
    });
    expect(printed).toEqual(lines);
  });
});
