"""Programs with models, layers and steps of their own."""

import jax
import keras
import numpy as np

from common import chirp, data_of, digits
from keras import layers, ops
from programs.sequences import words

STEPS = 20


def encoder():
    x = keras.Input((8,), dtype="int32")
    position = keras.Input((8,), dtype="int32")
    h = layers.Add()([layers.Embedding(16, 8, mask_zero=True)(x), layers.Embedding(8, 8)(position)])
    for _ in range(2):
        attended = layers.MultiHeadAttention(num_heads=2, key_dim=4)(h, h)
        h = layers.LayerNormalization()(layers.Add()([h, attended]))
        fed = layers.Dense(8)(layers.Dense(16, activation="gelu")(h))
        h = layers.LayerNormalization()(layers.Add()([h, layers.Dropout(0.0)(fed)]))
    model = keras.Model([x, position], layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling1D()(h)))
    model.compile(optimizer=keras.optimizers.AdamW(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    positions = np.tile(np.arange(8, dtype="int32"), (16, 1))
    return {"model": model, "x": [words(16, 8, 16), positions], "y": data_of({"as": "labels", "shape": [16]}), "batch": 8, "evaluate": 16}


class Decoder(keras.Model):
    """A block of a transformer's decoder over what an encoder gave."""

    def __init__(self):
        super().__init__()
        self.embedding = layers.Embedding(12, 8, mask_zero=True)
        self.own = layers.MultiHeadAttention(num_heads=2, key_dim=4)
        self.cross = layers.GroupQueryAttention(head_dim=4, num_query_heads=4, num_key_value_heads=2)
        self.norms = [layers.LayerNormalization() for _ in range(3)]
        self.hidden = layers.Dense(16, activation="relu")
        self.back = layers.Dense(8)
        self.words = layers.Dense(12)

    def call(self, inputs):
        memory, target = inputs["memory"], inputs["target"]
        h = self.embedding(target)
        h = self.norms[0](h + self.own(h, h, use_causal_mask=True))
        h = self.norms[1](h + self.cross(h, memory))
        h = self.norms[2](h + self.back(self.hidden(h)))
        return self.words(h)


def decoder():
    model = Decoder()
    x = {"memory": chirp([16, 5, 8], 0.4), "target": words(16, 6, 12)}
    model.compile(
        optimizer=keras.optimizers.Muon(0.01), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0), metrics=["sparse_categorical_accuracy"]
    )
    model({name: array[:4] for name, array in x.items()})
    return {"model": model, "x": x, "y": np.roll(x["target"], -1, axis=1), "batch": 4, "evaluate": 16}


class Sampling(layers.Layer):
    """Draws from a normal distribution with given noise, and adds the divergence from the standard one to the loss."""

    def call(self, inputs):
        mean, log_variance, noise = inputs
        divergence = -0.5 * (1 + log_variance - ops.square(mean) - ops.exp(log_variance))
        self.add_loss(ops.mean(ops.sum(divergence, axis=1)))
        return mean + ops.exp(0.5 * log_variance) * noise


def summed_error(y_true, y_pred):
    return ops.sum(ops.square(y_true - y_pred), axis=-1)


def variational():
    x, noise = keras.Input((12,)), keras.Input((2,))
    h = layers.Dense(10, activation="relu")(x)
    z = Sampling()([layers.Dense(2)(h), layers.Dense(2)(h), noise])
    model = keras.Model([x, noise], layers.Dense(12, activation="sigmoid")(layers.Dense(10, activation="relu")(z)))
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=summed_error, metrics=["mse"])
    data = chirp([24, 12], 0.4, 0.5) + 0.5
    return {"model": model, "x": [data, chirp([24, 2], 4)], "y": data, "batch": 8, "evaluate": 24}


def adversarial():
    """Two models with an optimizer each: the discriminator's step, then the generator's."""
    generator = keras.Sequential([keras.Input((3,)), layers.Dense(8), layers.LeakyReLU(0.2), layers.Dense(6, activation="tanh")])
    discriminator = keras.Sequential([keras.Input((6,)), layers.Dense(8), layers.LeakyReLU(0.2), layers.Dense(1)])
    optimizers = [keras.optimizers.Adam(0.01, beta_1=0.5), keras.optimizers.Adam(0.02, beta_1=0.5)]
    real, noise = chirp([32, 6], 0.4), chirp([32, 3], 1.4)
    crossentropy = keras.losses.BinaryCrossentropy(from_logits=True)

    def critical(d, g, x, z):
        made, _ = generator.stateless_call(g, [], z)
        on_real, _ = discriminator.stateless_call(d, [], x)
        on_made, _ = discriminator.stateless_call(d, [], made)
        return crossentropy(ops.ones_like(on_real) * 0.9, on_real) + crossentropy(ops.zeros_like(on_made), on_made)

    def creative(g, d, z):
        made, _ = generator.stateless_call(g, [], z)
        judged, _ = discriminator.stateless_call(d, [], made)
        return crossentropy(ops.ones_like(judged), judged)

    def train(_program):
        logs = {"discriminator": [], "generator": []}
        steps = [jax.jit(jax.value_and_grad(critical)), jax.jit(jax.value_and_grad(creative))]
        values = lambda model: [v.value for v in model.trainable_variables]
        for step in range(STEPS):
            at = step % 4 * 8
            x, z = real[at : at + 8], noise[at : at + 8]
            loss, grads = steps[0](values(discriminator), values(generator), x, z)
            optimizers[0].apply(grads, discriminator.trainable_variables)
            logs["discriminator"].append(digits(loss))
            loss, grads = steps[1](values(generator), values(discriminator), z)
            optimizers[1].apply(grads, generator.trainable_variables)
            logs["generator"].append(digits(loss))
        return {"logs": logs}

    class Pair:
        weights = discriminator.weights + generator.weights
        trainable_weights = weights

    return {"model": Pair, "train": train, "predict": lambda: generator.predict_on_batch(noise[:8])}


PROGRAMS = {"transformer encoder": encoder, "transformer decoder": decoder, "variational autoencoder": variational, "adversarial step": adversarial}
