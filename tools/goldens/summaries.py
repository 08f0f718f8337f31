"""What `summary` prints, on a terminal of 80 columns."""

import os

import keras
from keras import layers

import common  # noqa: F401


def mnist():
    model = keras.Sequential([
        keras.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2), layers.BatchNormalization(), layers.Flatten(),
        layers.Dropout(0.5), layers.Dense(1000, activation="relu"), layers.Dense(10, activation="softmax"),
    ])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    return model


def unbuilt():
    return keras.Sequential([layers.Dense(4), layers.Dense(2, name="a_layer_with_a_name_that_is_much_too_long_for_its_column")], name="later")


def branches():
    x = keras.Input((8, 8, 3), name="image")
    h = layers.Conv2D(4, 3, padding="same")(x)
    h = layers.Add()([h, layers.SeparableConv2D(4, 3, padding="same")(x)])
    return keras.Model(x, [layers.GlobalMaxPooling2D()(h), layers.Dense(1)(layers.Flatten()(h))])


def stack():
    x = keras.Input((6,), dtype="int32")
    h = layers.LSTM(5)(layers.Embedding(20, 4)(x))
    return keras.Model(x, layers.Dense(1)(h), name="a_stack")


def shared():
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    dense = layers.Dense(3, name="shared")
    return keras.Model([left, right], layers.Dot(axes=1)([dense(left), dense(right)]))


def nested():
    encoder = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(6)], name="encoder")
    code = keras.Input((6,))
    decoder = keras.Model(code, layers.Reshape((4, 4, 2))(layers.Dense(32)(code)), name="decoder")
    x = keras.Input((8, 8, 1))
    return keras.Model(x, decoder(encoder(x)), name="autoencoder")


def frozen():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4), layers.BatchNormalization()], name="inner")
    inner.trainable = False
    return keras.Sequential([keras.Input((4,)), inner, layers.ReLU(), layers.Dense(2)])


def states():
    x = keras.Input((None, 3))
    y, hidden, carry = layers.LSTM(4, return_sequences=True, return_state=True)(x)
    h = layers.LSTM(4)(y, initial_state=[hidden, carry])
    return keras.Model(x, layers.Concatenate()([h, layers.Bidirectional(layers.GRU(2))(x)]))


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = layers.Dense(3)
        self.second = layers.Dense(2)

    def call(self, x):
        return self.second(self.first(x))


def subclass():
    model = Own()
    model.first.build((None, 4))
    model.second.build((None, 3))
    model.built = True
    return model


def attended():
    x = keras.Input((5, 8))
    h = layers.MultiHeadAttention(num_heads=2, key_dim=4)(x, x)
    h = layers.LayerNormalization()(layers.Add()([x, h]))
    return keras.Model(x, layers.GlobalAveragePooling1D()(h))


MODELS = {
    "mnist": [mnist, {}, {"line_length": 100}, {"show_trainable": True}], "unbuilt": [unbuilt, {}], "branches": [branches, {}, {"show_trainable": True}, {"line_length": 110}],
    "stack": [stack, {}], "shared": [shared, {}], "nested": [nested, {}, {"expand_nested": True}],
    "frozen": [frozen, {"show_trainable": True}, {"expand_nested": True, "show_trainable": True}], "states": [states, {}], "subclass": [subclass, {}], "attended": [attended, {}],
}


def cases():
    keras.config.set_floatx("float32")
    rows = []
    for name, (make, *calls) in MODELS.items():
        keras.utils.clear_session()
        model = make()
        for options in calls:
            # Lines that are longer than the terminal would be cut.
            os.environ["COLUMNS"] = "130" if "line_length" in options else "80"
            texts = []
            model.summary(print_fn=texts.append, **options)
            rows.append({"name": name, "options": options, "lines": [line.rstrip() for line in "".join(texts).rstrip("\n").split("\n")]})
    keras.config.set_floatx("float64")
    return rows


def files():
    return {"summaries": cases}
