"""Programs of layers over time."""

import keras
import numpy as np

from common import chirp, data_of
from keras import layers


def words(count, steps, classes, padded=True):
    """Ids of words; the end of most sequences is padding, 0."""
    ids = data_of({"as": "labels", "shape": [count, steps], "classes": classes - 1}) + 1
    length = steps - (np.arange(count) * 3) % (steps - 1)
    return np.where(np.arange(steps)[None] < length[:, None], ids, 0) if padded else ids


def both_directions():
    model = keras.Sequential([
        keras.Input((6,), dtype="int32"), layers.Embedding(15, 6, mask_zero=True), layers.Bidirectional(layers.LSTM(5, return_sequences=True)),
        layers.Bidirectional(layers.LSTM(4), merge_mode="ave"), layers.Dense(1, activation="sigmoid"),
    ])
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy", metrics=["accuracy", "auc"])
    return {"model": model, "x": words(24, 6, 15), "y": data_of({"as": "binary", "shape": [24, 1]}), "class_weight": {0: 1.0, 1: 3.0}, "batch": 8, "evaluate": 24}


def gated():
    x = keras.Input((7,), dtype="int32")
    h = layers.Embedding(12, 8, mask_zero=True)(x)
    h = layers.GRU(6, return_sequences=True)(h)
    h = layers.SpatialDropout1D(0.0)(h)
    h = layers.GRU(6, reset_after=False)(h)
    model = keras.Model(x, layers.Dense(4, activation="softmax")(h))
    model.compile(optimizer=keras.optimizers.RMSprop(0.02), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return {"model": model, "x": words(24, 7, 12), "y": data_of({"as": "labels", "shape": [24], "classes": 4}), "batch": 8, "evaluate": 9}


def tagged():
    """A mask that reaches the loss and the metrics of a whole sequence."""
    model = keras.Sequential([
        keras.Input((5, 3)), layers.Masking(0.0), layers.SimpleRNN(8, return_sequences=True, go_backwards=True),
        layers.RNN([layers.LSTMCell(6), layers.GRUCell(5)], return_sequences=True), layers.TimeDistributed(layers.Dense(3, activation="softmax")),
    ])
    model.compile(optimizer=keras.optimizers.Lion(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"], weighted_metrics=["sparse_categorical_crossentropy"])
    x = chirp([16, 5, 3], 0.4) * (words(16, 5, 4) > 0)[..., None]
    return {"model": model, "x": x, "y": data_of({"as": "labels", "shape": [16, 5, 1]}), "batch": 8, "evaluate": 16, "unmasked": True}


def stateful():
    model = keras.Sequential([
        keras.Input(batch_shape=(4, 3, 5)), layers.LSTM(6, stateful=True, return_sequences=True), layers.GRU(4, stateful=True), layers.Dense(2),
    ])
    model.compile(optimizer=keras.optimizers.SGD(0.2, momentum=0.8), loss="mse")
    # JAX carries through a compiled step what a layer lists as its variables; Keras does not list the states.
    weights = list(model.weights)
    for layer in model.layers[:2]:
        layer._tracker.unlock()
        for state in layer.states:
            layer._track_variable(state)
        layer._tracker.lock()
    return {"model": model, "x": chirp([20, 3, 5], 0.4), "y": chirp([20, 2], 2.4), "batch": 4, "resets": [4, 9, 16], "evaluate": 4, "weights": weights}


def causal():
    x = keras.Input((12,), dtype="int32")
    h = layers.Embedding(20, 6)(x)
    for rate in (1, 2, 4):
        gate = layers.Multiply()([
            layers.Conv1D(6, 2, padding="causal", dilation_rate=rate, activation="tanh")(h), layers.Conv1D(6, 2, padding="causal", dilation_rate=rate, activation="sigmoid")(h),
        ])
        h = layers.Add()([h, layers.Conv1D(6, 1)(gate)])
    h = layers.MaxPooling1D(2)(layers.SeparableConv1D(8, 3, activation="gelu", padding="same")(h))
    h = layers.Concatenate()([layers.GlobalMaxPooling1D()(h), layers.GlobalAveragePooling1D()(h)])
    model = keras.Model(x, layers.Dense(5)(h))
    model.compile(optimizer=keras.optimizers.Lamb(0.02), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy", "sparse_top_k_categorical_accuracy"])
    return {"model": model, "x": words(20, 12, 20, False), "y": data_of({"as": "labels", "shape": [20], "classes": 5}), "batch": 10, "evaluate": 8}


def translation():
    """The states after one sequence begin the other."""
    source, target = keras.Input((5, 4), name="source"), keras.Input((4, 3), name="target")
    _, hidden, carry = layers.LSTM(6, return_state=True)(source)
    h = layers.LSTM(6, return_sequences=True)(target, initial_state=[hidden, carry])
    model = keras.Model([source, target], layers.TimeDistributed(layers.Dense(3, activation="softmax"))(h))
    model.compile(optimizer=keras.optimizers.Adam(0.02, amsgrad=True), loss="categorical_crossentropy", metrics=["accuracy"])
    y = data_of({"as": "onehot", "shape": [16, 4, 3]})
    return {"model": model, "x": [chirp([16, 5, 4], 0.4), chirp([16, 4, 3], 1.4)], "y": y, "batch": 4, "evaluate": 16}


def siamese():
    inside = keras.Input((6,), dtype="int32")
    h = layers.GRU(8)(layers.Embedding(10, 4)(inside))
    encoder = keras.Model(inside, layers.Dense(4, activation="tanh")(h), name="encoder")
    left, right = keras.Input((6,), dtype="int32"), keras.Input((6,), dtype="int32")
    a, b = encoder(left), encoder(right)
    h = layers.Concatenate()([layers.Dot(axes=1, normalize=True)([a, b]), layers.Subtract()([a, b])])
    model = keras.Model([left, right], layers.Dense(1, activation="sigmoid")(h))
    model.compile(optimizer=keras.optimizers.Adafactor(0.05), loss="binary_crossentropy", metrics=["accuracy"])
    x = [words(16, 6, 10, False), words(32, 6, 10, False)[16:]]
    return {"model": model, "x": x, "y": data_of({"as": "binary", "shape": [16, 1]}), "batch": 8, "evaluate": 16}


PROGRAMS = {
    "bidirectional LSTM": both_directions, "GRU encoder": gated, "tags": tagged, "stateful": stateful, "causal convolutions": causal, "translation": translation, "siamese": siamese,
}
