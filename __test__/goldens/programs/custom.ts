// Programs with models, layers and steps of their own.
import {
  type Batch,
  input,
  layers,
  losses,
  Model,
  model,
  onesLike,
  optimizers,
  type StepResults,
  sequential,
  type Tensor,
  tensor,
  zerosLike,
} from '../../../ts/index.ts';
import { chirp } from '../data.ts';
import { labels, type Make, shares, words } from './program.ts';

const encoder: Make = () => {
  const x = input({ shape: [8], dtype: 'int32' });
  const position = input({ shape: [8], dtype: 'int32' });
  let h = layers
    .add()
    .apply([
      layers.embedding({ inputDim: 16, outputDim: 8, maskZero: true }).apply(x),
      layers.embedding({ inputDim: 8, outputDim: 8 }).apply(position),
    ]);
  for (let i = 0; i < 2; i++) {
    const attended = layers.multiHeadAttention({ numHeads: 2, keyDim: 4 }).apply(h, { value: h });
    h = layers.layerNormalization().apply(layers.add().apply([h, attended]));
    const hidden = layers.dense({ units: 16, activation: 'gelu' }).apply(h);
    const fed = layers.dropout({ rate: 0 }).apply(layers.dense({ units: 8 }).apply(hidden));
    h = layers.layerNormalization().apply(layers.add().apply([h, fed]));
  }
  const outputs = layers.dense({ units: 3, activation: 'softmax' }).apply(layers.globalAveragePooling1d().apply(h));
  const net = model({ inputs: [x, position], outputs });
  net.compile({
    optimizer: new optimizers.AdamW({ learningRate: 0.01 }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  });
  const positions = tensor(
    Array.from({ length: 16 }, () => [0, 1, 2, 3, 4, 5, 6, 7]),
    [16, 8],
    'int32',
  );
  return { model: net, x: [words(16, 8, 16), positions], y: labels([16]), batch: 8, evaluate: 16 };
};

/** A block of a transformer's decoder over what an encoder gave. */
class Decoder extends Model {
  readonly embedding = layers.embedding({ inputDim: 12, outputDim: 8, maskZero: true });
  readonly own = layers.multiHeadAttention({ numHeads: 2, keyDim: 4 });
  readonly cross = layers.groupQueryAttention({ headDim: 4, numQueryHeads: 4, numKeyValueHeads: 2 });
  readonly norms = [layers.layerNormalization(), layers.layerNormalization(), layers.layerNormalization()] as const;
  readonly hidden = layers.dense({ units: 16, activation: 'relu' });
  readonly back = layers.dense({ units: 8 });
  readonly words = layers.dense({ units: 12 });

  override call({ memory, target }: { memory: Tensor; target: Tensor }): Tensor {
    let h = this.embedding.apply(target);
    h = this.norms[0].apply(h.add(this.own.apply(h, { value: h, useCausalMask: true })));
    h = this.norms[1].apply(h.add(this.cross.apply(h, { value: memory })));
    h = this.norms[2].apply(h.add(this.back.apply(this.hidden.apply(h))));
    return this.words.apply(h);
  }
}

const decoder: Make = () => {
  const net = new Decoder();
  net.compile({
    optimizer: new optimizers.Muon({ learningRate: 0.01 }),
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true, ignoreClass: 0 }),
    metrics: ['sparseCategoricalAccuracy'],
  });
  const target = words(16, 6, 12);
  // The word that comes next.
  const next = target.gather([1, 2, 3, 4, 5, 0], 1);
  return { model: net, x: { memory: chirp([16, 5, 8], 0.4), target }, y: next, batch: 4, evaluate: 16 };
};

/** Draws from a normal distribution with given noise, and adds the divergence from the standard one to the loss. */
class Sampling extends layers.Layer {
  override call([mean, logVariance, noise]: readonly [Tensor, Tensor, Tensor]): Tensor {
    const divergence = logVariance.add(1).sub(mean.square()).sub(logVariance.exp()).mul(-0.5);
    this.addLoss(divergence.sum(1).mean());
    return mean.add(logVariance.mul(0.5).exp().mul(noise));
  }
}

const summedError = (yTrue: Tensor, yPred: Tensor): Tensor => yTrue.sub(yPred).square().sum(-1);

const variational: Make = () => {
  const x = input({ shape: [12] });
  const noise = input({ shape: [2] });
  const h = layers.dense({ units: 10, activation: 'relu' }).apply(x);
  const z = new Sampling().apply([layers.dense({ units: 2 }).apply(h), layers.dense({ units: 2 }).apply(h), noise]);
  const made = layers.dense({ units: 10, activation: 'relu' }).apply(z);
  const outputs = layers.dense({ units: 12, activation: 'sigmoid' }).apply(made);
  const net = model({ inputs: [x, noise], outputs });
  net.compile({ optimizer: new optimizers.Adam({ learningRate: 0.01 }), loss: summedError, metrics: ['mse'] });
  const data = shares([24, 12], 0.4);
  return { model: net, x: [data, chirp([24, 2], 4)], y: data, batch: 8, evaluate: 24 };
};

/** Two models with an optimizer each: the discriminator's step, then the generator's. */
class Adversarial extends Model {
  readonly discriminator = sequential({
    layers: [
      layers.dense({ units: 8, inputShape: [6] }),
      layers.leakyReLU({ negativeSlope: 0.2 }),
      layers.dense({ units: 1 }),
    ],
  });
  readonly generator = sequential({
    layers: [
      layers.dense({ units: 8, inputShape: [3] }),
      layers.leakyReLU({ negativeSlope: 0.2 }),
      layers.dense({ units: 6, activation: 'tanh' }),
    ],
  });
  readonly critical = new optimizers.Adam({ learningRate: 0.01, beta1: 0.5 });
  readonly crossentropy = new losses.BinaryCrossentropy({ fromLogits: true });

  override call({ noise }: { noise: Tensor }): Tensor {
    return this.generator.apply(noise);
  }

  override trainStep({ x }: Batch): StepResults {
    const { real, noise } = x as { real: Tensor; noise: Tensor };
    const discriminator = this.critical.minimize(() => {
      const onReal = this.discriminator.apply(real);
      const onMade = this.discriminator.apply(this.generator.apply(noise));
      return this.crossentropy
        .apply(onesLike(onReal).mul(0.9), onReal)
        .add(this.crossentropy.apply(zerosLike(onMade), onMade));
    }, this.discriminator.trainableWeights);
    const generator = this.optimizer.minimize(() => {
      const judged = this.discriminator.apply(this.generator.apply(noise));
      return this.crossentropy.apply(onesLike(judged), judged);
    }, this.generator.trainableWeights);
    return { discriminator, generator };
  }
}

const adversarial: Make = () => {
  const net = new Adversarial();
  net.compile({ optimizer: new optimizers.Adam({ learningRate: 0.02, beta1: 0.5 }) });
  return { model: net, x: { real: chirp([32, 6], 0.4), noise: chirp([32, 3], 1.4) }, y: null, batch: 8 };
};

/** The programs by their names. */
export const programs: Readonly<Record<string, Make>> = {
  'transformer encoder': encoder,
  'transformer decoder': decoder,
  'variational autoencoder': variational,
  'adversarial step': adversarial,
};
