"""Programs of layers over space."""

import keras

from common import chirp, data_of
from keras import layers


def mnist():
    model = keras.Sequential([
        keras.Input((16, 16, 1)), layers.Conv2D(6, 3, activation="relu"), layers.MaxPooling2D(2), layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Conv2D(8, 2, activation="relu"), layers.Flatten(), layers.Dense(12, activation="relu"), layers.Dense(10, activation="softmax"),
    ])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    y = data_of({"as": "labels", "shape": [44], "classes": 10})
    validation = (chirp([10, 16, 16, 1], 5, 0.5) + 0.5, data_of({"as": "labels", "shape": [10], "classes": 10}))
    return {"model": model, "x": chirp([44, 16, 16, 1], 0.4, 0.5) + 0.5, "y": y, "batch": 12, "fit": {"epochs": 5, "validation_data": validation}}


def residual():
    def block(x, filters, strides):
        h = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
        h = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(h))
        h = layers.BatchNormalization(momentum=0.9)(layers.Conv2D(filters, 3, padding="same", use_bias=False)(h))
        if strides > 1:
            x = layers.Conv2D(filters, 1, strides=strides)(x)
        return layers.Activation("relu")(layers.Add()([x, h]))

    x = keras.Input((8, 8, 3))
    h = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    h = layers.GlobalAveragePooling2D()(block(block(h, 4, 1), 8, 2))
    model = keras.Model(x, layers.Dense(3)(h))
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([6, 13], [0.1, 0.05, 0.01])
    model.compile(
        optimizer=keras.optimizers.SGD(schedule, momentum=0.9, weight_decay=1e-3), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    return {"model": model, "x": chirp([16, 8, 8, 3], 0.4), "y": data_of({"as": "labels", "shape": [16]}), "batch": 8, "evaluate": 6}


def u_net():
    x = keras.Input((8, 8, 2))
    first = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    second = layers.Conv2D(6, 3, padding="same", activation="relu")(layers.MaxPooling2D(2)(first))
    middle = layers.Conv2D(8, 3, padding="same", activation="relu")(layers.AveragePooling2D(2)(second))
    h = layers.Concatenate()([layers.UpSampling2D(2)(middle), second])
    h = layers.Conv2D(6, 3, padding="same", activation="relu")(h)
    h = layers.Concatenate()([layers.Conv2DTranspose(4, 2, strides=2, padding="same")(h), first])
    model = keras.Model(x, layers.Conv2D(1, 1, activation="sigmoid")(layers.SpatialDropout2D(0.0)(h)))
    model.compile(optimizer=keras.optimizers.RMSprop(0.005, centered=True), loss="binary_crossentropy", metrics=[keras.metrics.BinaryIoU(name="iou"), "binary_accuracy"])
    return {"model": model, "x": chirp([8, 8, 8, 2], 0.4), "y": data_of({"as": "binary", "shape": [8, 8, 8, 1]}), "batch": 4, "evaluate": 3}


def separable():
    model = keras.Sequential([
        keras.Input((10, 9, 3)), layers.SeparableConv2D(6, 3, padding="same", depth_multiplier=2, use_bias=False), layers.BatchNormalization(momentum=0.8), layers.ReLU(max_value=6),
        layers.DepthwiseConv2D(3, strides=2, padding="same", use_bias=False), layers.BatchNormalization(momentum=0.8, scale=False), layers.Activation("hard_silu"),
        layers.Conv2D(8, 1, groups=2), layers.GlobalMaxPooling2D(), layers.Dense(4, activation="softmax"),
    ])
    model.compile(optimizer=keras.optimizers.Nadam(0.005), loss="categorical_focal_crossentropy", metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(k=2, name="top")])
    return {"model": model, "x": chirp([16, 10, 9, 3], 0.4), "y": data_of({"as": "onehot", "shape": [16, 4], "classes": 4}), "batch": 8, "evaluate": 16}


def autoencoder():
    encoder = keras.Sequential([
        keras.Input((8, 8, 1)), layers.ZeroPadding2D(1), layers.Conv2D(4, 3, strides=2, activation="relu"), layers.Flatten(), layers.Dense(6, activation="tanh"),
    ], name="encoder")
    code = keras.Input((6,))
    h = layers.Reshape((4, 4, 2))(layers.Dense(32, activation="relu")(code))
    h = layers.Cropping2D(((0, 1), (1, 0)))(layers.Conv2DTranspose(4, 3, strides=2, activation="relu")(h))
    decoder = keras.Model(code, layers.Conv2DTranspose(1, 3, padding="same", activation="sigmoid")(h), name="decoder")
    x = keras.Input((8, 8, 1))
    model = keras.Model(x, decoder(encoder(x)))
    model.compile(optimizer=keras.optimizers.Adamax(0.01), loss="mse", metrics=["mean_squared_logarithmic_error"])
    x = chirp([12, 8, 8, 1], 0.4, 0.5) + 0.5
    return {"model": model, "x": x, "y": x, "batch": 4, "evaluate": 5}


def volumes():
    model = keras.Sequential([
        keras.Input((6, 6, 6, 1)), layers.Conv3D(4, 3, activation="relu", padding="same"), layers.MaxPooling3D(2), layers.Conv3D(4, 2, activation="leaky_relu"),
        layers.AveragePooling3D(2), layers.Flatten(), layers.Dense(2, activation="log_softmax"),
    ])
    model.compile(optimizer=keras.optimizers.Adadelta(1.0), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return {"model": model, "x": chirp([12, 6, 6, 6, 1], 0.4), "y": data_of({"as": "labels", "shape": [12, 1], "classes": 2}), "batch": 4, "evaluate": 12}


def frames():
    x = keras.Input((4, 5, 5, 2))
    h = layers.ConvLSTM2D(4, 3, padding="same", return_sequences=True)(x)
    h = layers.LayerNormalization()(h)
    h = layers.TimeDistributed(layers.Conv2D(2, 3, padding="same", activation="relu"))(h)
    model = keras.Model(x, layers.Conv3D(1, 3, padding="same")(h))
    model.compile(optimizer=keras.optimizers.Adam(0.01, clipvalue=0.05), loss="mse", metrics=["mae"])
    return {"model": model, "x": chirp([8, 4, 5, 5, 2], 0.4), "y": chirp([8, 4, 5, 5, 1], 1.4), "batch": 4, "evaluate": 8}


def normalized():
    x = keras.Input((6, 6, 4))
    h = layers.Conv2D(8, 3, padding="same")(x)
    h = layers.Activation("swish")(layers.GroupNormalization(groups=4)(h))
    h = layers.LayerNormalization()(layers.Conv2D(8, 3, padding="same", dilation_rate=2)(h))
    h = layers.RMSNormalization()(layers.GlobalAveragePooling2D()(layers.Add()([h, layers.Conv2D(8, 1)(x)])))
    model = keras.Model(x, layers.Dense(3, activation="softmax")(h))
    schedule = keras.optimizers.schedules.CosineDecay(0.0, 12, alpha=0.1, warmup_target=0.02, warmup_steps=6)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.1, clipnorm=0.3)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "scale"])
    model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy", keras.metrics.F1Score(average="macro", name="f")])
    return {"model": model, "x": chirp([16, 6, 6, 4], 0.4), "y": data_of({"as": "onehot", "shape": [16, 3]}), "batch": 8, "evaluate": 8}


PROGRAMS = {
    "mnist": mnist, "residual": residual, "u-net": u_net, "separable": separable, "autoencoder of two models": autoencoder, "volumes": volumes,
    "frames of a convolutional LSTM": frames, "group and layer normalization": normalized,
}
