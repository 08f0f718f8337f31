// Small models of many kinds of layers, whose files are the seeds.
import * as tf from '../../../ts/index.ts';
import type { TrainableModel } from '../../../ts/models/model.ts';

const { layers, input, model, sequential } = tf;

/** New models; their weights are drawn from the seed of the process. */
export function smallModels(): TrainableModel[] {
  const dense = sequential({
    layers: [
      layers.dense({ units: 3, activation: 'relu', kernelRegularizer: 'l2', inputShape: [4] }),
      layers.batchNormalization(),
      layers.dropout({ rate: 0.5 }),
      layers.dense({ units: 2, activation: 'softmax' }),
    ],
  });
  dense.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const image = sequential({
    layers: [
      layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', inputShape: [6, 6, 1] }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dense({ units: 1 }),
    ],
  });
  const words = sequential({
    layers: [
      layers.embedding({ inputDim: 10, outputDim: 3, maskZero: true, inputShape: [5] }),
      layers.bidirectional({ layer: layers.lstm({ units: 2 }) as never }),
      layers.dense({ units: 1 }),
    ],
  });
  words.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const x = input({ shape: [4], name: 'x' });
  const y = input({ shape: [4], name: 'y' });
  const shared = layers.dense({ units: 3, name: 'shared' });
  const sum = layers.add().apply([shared.apply(x), shared.apply(y)]) as tf.SymbolicTensor;
  const graph = model({ inputs: [x, y], outputs: layers.layerNormalization().apply(sum) as tf.SymbolicTensor });
  const nested = sequential({
    layers: [
      sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] }) as never,
      layers.activation({ activation: 'tanh' }),
    ],
  });
  nested.build([null, 3]);
  return [dense, image, words, graph, nested] as unknown as TrainableModel[];
}
