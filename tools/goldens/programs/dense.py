"""Programs of dense layers."""

import keras
import numpy as np

from common import chirp, data_of
from keras import layers


def mlp():
    model = keras.Sequential([
        keras.Input((10,)), layers.Dense(24, activation="relu"), layers.Dense(16, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.01)),
        layers.Dropout(0.0), layers.Dense(3, activation="softmax"),
    ])
    model.compile(
        optimizer=keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True), loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        metrics=["accuracy", "mse"], weighted_metrics=["categorical_crossentropy", "accuracy"],
    )
    y = data_of({"as": "onehot", "shape": [32, 3]})
    return {"model": model, "x": chirp([32, 10], 0.2), "y": y, "sample_weight": chirp([32], 1, 0.5) + 1, "batch": 8, "evaluate": 12}


def several():
    numbers, words = keras.Input((6,), name="numbers"), keras.Input((5,), dtype="int32", name="words")
    dense = layers.Dense(8, activation="selu", kernel_initializer="lecun_normal")(numbers)
    bag = layers.GlobalAveragePooling1D()(layers.Embedding(12, 8, mask_zero=True)(words))
    both = layers.Concatenate()([dense, bag, layers.Multiply()([dense, bag])])
    shared = layers.Dense(10, activation="elu")(both)
    price = layers.Dense(1, name="price")(shared)
    kind = layers.Dense(4, activation="softmax", name="kind")(shared)
    flags = layers.Dense(3, activation="sigmoid", name="flags")(layers.Maximum()([shared, layers.Dense(10)(dense)]))
    model = keras.Model([numbers, words], [price, kind, flags])
    model.compile(
        optimizer=keras.optimizers.Adam(0.01), loss=["huber", "sparse_categorical_crossentropy", keras.losses.BinaryCrossentropy()],
        loss_weights=[0.5, 2.0, 1.0], metrics=[["mae", "root_mean_squared_error"], ["accuracy"], []], weighted_metrics=[[], ["sparse_categorical_crossentropy"], ["accuracy"]],
    )
    y = [chirp([24, 1], 3), data_of({"as": "labels", "shape": [24, 1], "classes": 4}), data_of({"as": "binary", "shape": [24, 3]})]
    weights = [chirp([24], 1, 0.5) + 1, chirp([24], 2, 0.4) + 0.8, chirp([24], 4, 0.3) + 1]
    words_data = data_of({"as": "labels", "shape": [24, 5], "classes": 12})
    return {"model": model, "x": [chirp([24, 6], 0.5), words_data], "y": y, "sample_weight": weights, "batch": 8, "evaluate": 10}


def named():
    x = {"left": keras.Input((4,), name="left"), "right": keras.Input((4,), name="right")}
    h = layers.Average()([layers.Dense(6, activation="softplus")(x["left"]), layers.Dense(6, activation="gelu")(x["right"])])
    model = keras.Model(x, {"sum": layers.Dense(2, name="total")(h), "sign": layers.Dense(1, activation="sigmoid", name="positive")(h)})
    model.compile(
        optimizer=keras.optimizers.RMSprop(0.01, momentum=0.5), loss={"sum": "log_cosh", "sign": "binary_crossentropy"}, loss_weights={"sum": 1.5, "sign": 0.3},
        metrics={"sign": ["accuracy", keras.metrics.AUC(name="area")]},
    )
    data = {"left": chirp([24, 4], 1), "right": chirp([24, 4], 2)}
    return {"model": model, "x": data, "y": {"sum": chirp([24, 2], 6), "sign": data_of({"as": "binary", "shape": [24, 1]})}, "batch": 6, "evaluate": 24}


def wide_and_deep():
    wide, deep = keras.Input((12,)), keras.Input((5,))
    hidden = layers.PReLU()(layers.Dense(8)(layers.UnitNormalization()(deep)))
    hidden = layers.LeakyReLU()(layers.Dense(6)(hidden))
    output = layers.Dense(1, activation="sigmoid")(layers.Concatenate()([wide, hidden]))
    model = keras.Model([wide, deep], output)
    model.compile(
        optimizer=keras.optimizers.Ftrl(0.1, l1_regularization_strength=0.001, l2_regularization_strength=0.01), loss=keras.losses.BinaryFocalCrossentropy(),
        metrics=["binary_accuracy", keras.metrics.Precision(name="precision"), keras.metrics.Recall(name="recall")],
    )
    x = [data_of({"as": "binary", "shape": [24, 12]}), chirp([24, 5], 0.4)]
    return {"model": model, "x": x, "y": data_of({"as": "binary", "shape": [24, 1]}), "class_weight": {0: 0.5, 1: 2.0}, "batch": 8, "evaluate": 8}


class Budget(layers.Layer):
    """Adds what its inputs cost to the loss."""

    def call(self, x):
        self.add_loss(0.02 * keras.ops.mean(keras.ops.square(x)))
        return x


def penalized():
    frozen = layers.Dense(8, activation="tanh", trainable=False, kernel_regularizer="l2")
    model = keras.Sequential([
        keras.Input((6,)), frozen, layers.Dense(8, activation="silu", activity_regularizer=keras.regularizers.L1(0.01), kernel_constraint=keras.constraints.MaxNorm(0.9)),
        Budget(), layers.Dense(4, kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02), bias_constraint="non_neg", activation="hard_sigmoid"),
        layers.ActivityRegularization(l2=0.05), layers.Dense(2, kernel_constraint=keras.constraints.UnitNorm(axis=1)),
    ])
    model.compile(optimizer=keras.optimizers.Adagrad(0.1), loss="mean_absolute_error", metrics=["mse", keras.metrics.CosineSimilarity()])
    return {"model": model, "x": chirp([24, 6], 0.7), "y": chirp([24, 2], 1.7), "batch": 8, "evaluate": 7}


def averaged():
    """Running means of the weights take their place when `fit` ends, and gradients are added up over two steps."""
    model = keras.Sequential([keras.Input((6,)), layers.Dense(12, activation="mish"), layers.LayerNormalization(), layers.Dense(2)])
    optimizer = keras.optimizers.Adam(0.02, use_ema=True, ema_momentum=0.8, gradient_accumulation_steps=2, global_clipnorm=0.5)
    model.compile(optimizer=optimizer, loss="mse", metrics=["mae"])
    x, y = chirp([40, 6], 0.7), chirp([40, 2], 1.7)
    return {"model": model, "x": x, "y": y, "batch": 8, "fit": {"epochs": 4, "validation_data": (chirp([10, 6], 9), chirp([10, 2], 8))}}


PROGRAMS = {"mlp": mlp, "several inputs and outputs": several, "inputs and outputs by name": named, "wide and deep": wide_and_deep, "penalties and constraints": penalized, "running means": averaged}
