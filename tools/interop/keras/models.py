"""Models of every layer and optimizer that Keras and hornbeam share: name -> (model, inputs, compile options)."""

import numpy as np
import keras
from keras import layers as L
from keras import optimizers as O

MODELS = {}


def of(make):
    MODELS[make.__name__] = make
    return make


def of_tensorflow(make):
    """With JAX, Keras' fit forgets what a layer of this model keeps from call to call: keras.mjs runs it with TensorFlow."""
    return make if keras.backend.backend() == "jax" else of(make)


def data(shape, seed=1, kind="normal", high=8):
    rng = np.random.default_rng(seed)
    if kind == "ids":
        return rng.integers(0, high, shape).astype("int32")
    return rng.normal(size=shape).astype("float32")


def stack(shape, *layers, optimizer=None, kind="normal", batch=8, dtype=None, **options):
    """A chain behind one input."""
    x = keras.Input(shape, dtype=dtype)
    y = x
    for layer in layers:
        y = layer(y)
    return keras.Model(x, y), data((2 * batch, *shape), kind=kind), dict(optimizer=optimizer or O.Adam(0.01), loss="mse", **options)


def mlp(optimizer):
    return stack((6,), L.Dense(8, activation="tanh"), L.BatchNormalization(), L.Dense(3), optimizer=optimizer, metrics=["mae"])


S = O.schedules
OPTIMIZERS = {
    "sgd": lambda: O.SGD(0.05),
    "sgd_nesterov": lambda: O.SGD(0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda: O.Adam(0.01, beta_1=0.8, epsilon=1e-6),
    "adam_amsgrad": lambda: O.Adam(0.01, amsgrad=True),
    "adamw": lambda: O.AdamW(0.01, weight_decay=0.02),
    "adamax": lambda: O.Adamax(0.01),
    "nadam": lambda: O.Nadam(0.01),
    "rmsprop": lambda: O.RMSprop(0.01),
    "rmsprop_centered": lambda: O.RMSprop(0.01, momentum=0.5, centered=True, epsilon=1e-3),
    "adadelta": lambda: O.Adadelta(0.5),
    "adagrad": lambda: O.Adagrad(0.05),
    "adafactor": lambda: O.Adafactor(0.05),
    "ftrl": lambda: O.Ftrl(0.05, l1_regularization_strength=0.001, l2_regularization_strength=0.01),
    "lamb": lambda: O.Lamb(0.01),
    "lion": lambda: O.Lion(0.002),
    "muon": lambda: O.Muon(0.01),
    "loss_scale": lambda: O.LossScaleOptimizer(O.Adam(0.01), dynamic_growth_steps=3),
    "loss_scale_sgd": lambda: O.LossScaleOptimizer(O.SGD(0.01, momentum=0.9), initial_scale=1024.0),
    "ema": lambda: O.Adam(0.01, use_ema=True, ema_momentum=0.9),
    "ema_overwrite": lambda: O.SGD(0.05, momentum=0.5, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=3),
    "accumulation": lambda: O.Adam(0.01, gradient_accumulation_steps=3),
    "clipnorm": lambda: O.SGD(0.05, momentum=0.9, clipnorm=0.1),
    "clipvalue": lambda: O.Adam(0.01, clipvalue=0.05),
    "global_clipnorm": lambda: O.SGD(0.05, global_clipnorm=0.2),
    "exponential_decay": lambda: O.Adam(S.ExponentialDecay(0.02, 2, 0.9, staircase=True)),
    "piecewise": lambda: O.SGD(S.PiecewiseConstantDecay([2, 5], [0.1, 0.05, 0.01]), momentum=0.9),
    "polynomial": lambda: O.RMSprop(S.PolynomialDecay(0.02, 10, power=2.0, cycle=True)),
    "inverse_time": lambda: O.Adagrad(S.InverseTimeDecay(0.1, 2, 0.5)),
    "cosine": lambda: O.AdamW(S.CosineDecay(0.001, 12, alpha=0.1, warmup_target=0.02, warmup_steps=3)),
    "cosine_restarts": lambda: O.Nadam(S.CosineDecayRestarts(0.02, 3)),
}
for _name, _make in OPTIMIZERS.items():
    MODELS[f"optimizer_{_name}"] = lambda make=_make: mlp(make())


@of
def conv1d():
    return stack((12, 3), L.ZeroPadding1D(1), L.Conv1D(4, 3, padding="causal", activation="relu"), L.MaxPooling1D(2),
                 L.UpSampling1D(2), L.Cropping1D((1, 2)), L.Conv1D(4, 3, strides=2, padding="same"), L.AveragePooling1D(2),
                 L.GlobalAveragePooling1D(), L.Dense(2))


@of
def conv1d_separable():
    return stack((12, 3), L.DepthwiseConv1D(3, depth_multiplier=2), L.SeparableConv1D(4, 3, activation="gelu"),
                 L.SpatialDropout1D(0.0), L.GlobalMaxPooling1D(), L.Dense(2))


@of
def conv2d():
    return stack((10, 10, 2), L.Conv2D(4, 3, padding="same", use_bias=False), L.BatchNormalization(), L.ReLU(), L.MaxPooling2D(),
                 L.Conv2D(4, 3, dilation_rate=2, activation="swish"), L.Flatten(), L.Dense(3, activation="softmax"),
                 optimizer=O.SGD(0.1, momentum=0.9))


@of
def conv2d_separable():
    return stack((9, 9, 3), L.DepthwiseConv2D(3, depth_multiplier=2), L.SeparableConv2D(4, 3, padding="same"),
                 L.AveragePooling2D(2, padding="same"), L.SpatialDropout2D(0.0), L.GlobalMaxPooling2D(keepdims=True),
                 L.Flatten(), L.Dense(2))


@of
def conv2d_shapes():
    return stack((6, 6, 2), L.ZeroPadding2D(((1, 0), (0, 1))), L.Cropping2D(1), L.UpSampling2D(2, interpolation="bilinear"),
                 L.UpSampling2D((1, 2)), L.Conv2D(3, 3, strides=2, padding="same"), L.GlobalAveragePooling2D(), L.Dense(2))


@of
def conv3d():
    return stack((6, 6, 6, 2), L.ZeroPadding3D(1), L.Conv3D(3, 3, activation="relu"), L.MaxPooling3D(2), L.UpSampling3D(2),
                 L.Cropping3D(1), L.AveragePooling3D(2), L.SpatialDropout3D(0.0), L.GlobalAveragePooling3D(), L.Dense(2))


@of
def conv_transposed():
    return stack((5, 5, 2), L.Conv2DTranspose(3, 3, strides=2, padding="same"), L.Conv2DTranspose(2, 2), L.Flatten(), L.Dense(2))


@of
def conv_transposed_others():
    return stack((4, 4, 4, 2), L.Conv3DTranspose(2, 2, strides=2), L.GlobalMaxPooling3D(), L.RepeatVector(5),
                 L.Conv1DTranspose(3, 3, strides=2, padding="same"), L.GlobalAveragePooling1D(), L.Dense(2))


@of
def adaptive():
    return stack((6, 6, 6, 2), L.AdaptiveMaxPooling3D(4), L.AdaptiveAveragePooling3D((2, 3, 2)), L.Reshape((6, 2, 2)),
                 L.AdaptiveAveragePooling2D((3, 2)), L.AdaptiveMaxPooling2D(2), L.Reshape((4, 2)), L.AdaptiveMaxPooling1D(3),
                 L.AdaptiveAveragePooling1D(2), L.Flatten(), L.Dense(2))


@of
def lstm():
    return stack((5, 4), L.LSTM(6, return_sequences=True), L.LSTM(3, unit_forget_bias=False, go_backwards=True), L.Dense(2))


@of
def gru():
    return stack((5, 4), L.GRU(6, return_sequences=True), L.GRU(3, reset_after=False), L.Dense(2), optimizer=O.RMSprop(0.01))


@of
def simple_rnn():
    return stack((5, 4), L.SimpleRNN(6, activation="relu"), L.Dense(2))


@of
def bidirectional():
    return stack((5, 4), L.Bidirectional(L.LSTM(3, return_sequences=True)), L.Bidirectional(L.GRU(3), merge_mode="sum"), L.Dense(2))


@of
def bidirectional_two():
    return stack((5, 4), L.Bidirectional(L.LSTM(3), backward_layer=L.GRU(3, go_backwards=True), merge_mode="ave"), L.Dense(2))


@of
def cells():
    return stack((5, 4), L.RNN([L.LSTMCell(3), L.GRUCell(2), L.LSTMCell(3), L.SimpleRNNCell(4)]), L.Dense(2))


@of
def stacked_cells():
    return stack((5, 4), L.RNN(L.StackedRNNCells([L.SimpleRNNCell(3), L.SimpleRNNCell(2)]), return_sequences=True), L.Flatten(), L.Dense(2))


@of
def time_distributed():
    return stack((4, 6, 2), L.TimeDistributed(L.Conv1D(3, 2)), L.TimeDistributed(L.Flatten()), L.TimeDistributed(L.Dense(2)))


@of
def conv_lstm1d():
    return stack((3, 8, 2), L.ConvLSTM1D(3, 3, padding="same"), L.Flatten(), L.Dense(2))


@of
def conv_lstm2d():
    return stack((3, 6, 6, 1), L.ConvLSTM2D(2, 3, return_sequences=True), L.Flatten(), L.Dense(2))


@of
def conv_lstm3d():
    return stack((2, 4, 4, 4, 1), L.ConvLSTM3D(2, 2), L.Flatten(), L.Dense(2))


@of_tensorflow
def stateful():
    x = keras.Input(batch_shape=(8, 5, 4))
    # One batch: some backends lose the states between two.
    return keras.Model(x, L.Dense(2)(L.LSTM(3, stateful=True)(x))), data((8, 5, 4)), dict(optimizer=O.Adam(0.01), loss="mse")


@of
def embedding():
    return stack((6,), L.Embedding(10, 4, mask_zero=True), L.LSTM(3), L.Dense(2), kind="ids", dtype="int32",
                 # With others TensorFlow and JAX train rows that a batch does not use in different ways.
                 optimizer=O.SGD(0.05))


@of
def masking():
    model, x, options = stack((6, 3), L.Masking(0.0), L.GRU(3, return_sequences=True), L.TimeDistributed(L.Dense(2)))
    x[::2, 4:] = 0
    return model, x, options


@of
def masks():
    """Every way in which Keras notes a mask in a graph."""
    ids, more, steps = keras.Input((6,), dtype="int32"), keras.Input((6,), dtype="int32"), keras.Input((6, 4))
    p, q, r = L.Embedding(9, 4, mask_zero=True)(ids), L.Embedding(9, 4, mask_zero=True)(more), L.Masking(0.5)(steps)
    y = L.Bidirectional(L.LSTM(2, return_sequences=True))(L.Add()([p, q]))
    y = L.TimeDistributed(L.Dense(4))(L.BatchNormalization()(y))
    joined = L.GRU(3)(L.Concatenate(axis=1)([y, r, p, steps]))
    wide = L.GlobalAveragePooling1D()(L.Concatenate()([q, r]))
    found = L.GlobalAveragePooling1D()(L.Attention()([q, r]))
    values = data((16, 6, 4))
    values[::3, 4:] = 0.5
    return (keras.Model([ids, more, steps], L.Dense(2)(L.Concatenate()([joined, wide, found]))),
            [data((16, 6), 1, "ids"), data((16, 6), 2, "ids", 7), values], dict(optimizer=O.SGD(0.05), loss="mse"))


@of
def attention():
    x = keras.Input((5, 4))
    y = L.Attention(use_scale=True)([L.Dense(4)(x), L.Dense(4)(x)])
    y = L.Attention(use_scale=True, score_mode="concat")([y, x])
    y = L.AdditiveAttention()([y, x])
    return keras.Model(x, L.Dense(2)(L.Flatten()(y))), data((16, 5, 4)), dict(optimizer=O.Adam(0.01), loss="mse")


@of
def multi_head_attention():
    x = keras.Input((5, 6))
    y = L.Add()([x, L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)])
    y = L.LayerNormalization(epsilon=1e-6)(y)
    # JAX's attention does not take values of another size than keys.
    size = 2 if keras.backend.backend() == "jax" else 4
    y = L.Add()([y, L.MultiHeadAttention(3, 2, value_dim=size, output_shape=6, use_bias=False)(y, x)])
    return keras.Model(x, L.Dense(2)(L.GlobalAveragePooling1D()(y))), data((16, 5, 6)), dict(optimizer=O.AdamW(0.01), loss="mse")


@of
def grouped_attention():
    x = keras.Input((5, 6))
    y = L.GroupQueryAttention(4, 4, 2)(x, x)
    return keras.Model(x, L.Dense(2)(L.Flatten()(y))), data((16, 5, 6)), dict(optimizer=O.Adam(0.01), loss="mse")


@of
def normalizations():
    return stack((4, 4, 8), L.LayerNormalization(axis=[-1, -2]), L.GroupNormalization(4), L.RMSNormalization(), L.UnitNormalization(),
                 L.BatchNormalization(momentum=0.9, scale=False), L.Flatten(), L.Dense(2))


@of_tensorflow
def spectral():
    return stack((6,), L.SpectralNormalization(L.Dense(8, activation="relu")), L.Dense(2))


@of
def explicit_masks():
    """Masks that no layer made."""
    ids = keras.Input((6,), dtype="int32")
    x = L.Embedding(10, 4)(ids)
    seen = keras.ops.not_equal(ids, 1)
    y = L.LSTM(3, return_sequences=True)(x, mask=seen)
    pair = keras.ops.logical_and(keras.ops.expand_dims(seen, 1), keras.ops.expand_dims(seen, 2))
    y = L.MultiHeadAttention(2, 3)(y, y, attention_mask=pair)
    y = y * keras.ops.expand_dims(keras.ops.cast(seen, "float32"), -1)
    return keras.Model(ids, L.Dense(2)(keras.ops.sum(y, axis=1))), data((16, 6), kind="ids", high=4), dict(optimizer=O.SGD(0.05), loss="mse")


@of
def operations():
    """Nodes of a graph that are no layers."""
    ops = keras.ops
    a, b = keras.Input((4, 6)), keras.Input((4, 6))
    x = L.Dense(6)(a) + b * 0.5
    x = ops.concatenate([1.0 - x, x / 3.0, ops.maximum(a, -x) ** 2], axis=-1)
    left, right = ops.split(x, 2, axis=-1)
    x = ops.einsum("bij,bkj->bik", left, right)
    x = ops.where(x > 0.1, x, ops.tanh(x))
    x = L.Dense(5)(ops.transpose(x, (0, 2, 1))[:, 1:, ::2])
    pooled = ops.mean(x, axis=1) + x[:, -1] + ops.max(x, axis=1, keepdims=True)[:, 0]
    pooled = ops.expand_dims(ops.softmax(pooled), 1)[..., None][:, 0, :, 0]
    y = L.Dense(2)(ops.reshape(ops.stack([pooled, -pooled], axis=1), (-1, 10)))
    y = ops.clip(y, -5, 5) * np.array([1, 2], "float32")
    return keras.Model([a, b], y), [data((16, 4, 6)), data((16, 4, 6), 2)], dict(optimizer=O.Adam(0.01), loss="mse")


@of
def activations():
    names = ["relu", "sigmoid", "softplus", "softsign", "selu", "elu", "gelu", "swish", "mish", "leaky_relu", "hard_sigmoid",
             "log_softmax", "exponential", "linear", "celu", "hard_tanh"]
    layers = [L.Activation(name) for name in names]
    return stack((6,), L.Dense(8), L.LeakyReLU(0.1), L.ELU(0.5), L.PReLU(), L.ReLU(6.0), L.Dense(8), *layers, L.Softmax(), L.Dense(2))


@of
def merging():
    a, b = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    x, y = L.Dense(4, name="x")(a), L.Dense(4, name="y")(b)
    parts = [L.Add()([x, y]), L.Subtract()([x, y]), L.Multiply()([x, y]), L.Average()([x, y]), L.Maximum()([x, y]), L.Minimum()([x, y]),
             L.Dot(axes=1)([x, y])]
    return keras.Model([a, b], L.Dense(2)(L.Concatenate()(parts))), [data((16, 6)), data((16, 6), 2)], dict(optimizer=O.Adam(0.01), loss="mse")


@of
def reshaping():
    return stack((4, 6), L.Reshape((2, 12)), L.Permute((2, 1)), L.Flatten(), L.Dense(4), L.RepeatVector(3), L.Identity(), L.Flatten(), L.Dense(2))


@of
def regularization():
    return stack((6,), L.Dense(8, activity_regularizer="l2"), L.Dropout(0.0), L.AlphaDropout(0.0), L.GaussianDropout(0.0),
                 L.GaussianNoise(0.0), L.ActivityRegularization(l1=0.01, l2=0.02), L.Dense(2))


@of
def regularized():
    from keras import constraints, initializers, regularizers
    return stack((6,), L.Dense(8, kernel_regularizer=regularizers.L1L2(0.01, 0.02), bias_regularizer="l1",
                              kernel_constraint=constraints.MaxNorm(1.0), bias_constraint="non_neg",
                              kernel_initializer=initializers.HeUniform(seed=3), bias_initializer=initializers.Constant(0.1)),
                 L.Dense(4, kernel_regularizer=regularizers.OrthogonalRegularizer(0.01), kernel_constraint=constraints.UnitNorm()),
                 L.Dense(2, kernel_initializer=initializers.VarianceScaling(2.0, "fan_avg", "truncated_normal", seed=1),
                         kernel_constraint=constraints.MinMaxNorm(0.2, 1.5)))


@of
def preprocessing():
    x = keras.Input((6,))
    normalization = L.Normalization()
    normalization.adapt(data((50, 6), 7) * 3 + 1)
    y = L.Rescaling(0.5, 0.1)(normalization(x))
    bins = L.Discretization(bin_boundaries=[-1.0, 0.0, 1.0])(x)
    codes = L.CategoryEncoding(4, output_mode="multi_hot")(bins)
    return keras.Model(x, L.Dense(2)(L.Concatenate()([y, codes]))), data((16, 6)), dict(optimizer=O.Adam(0.01), loss="mse")


@of
def images():
    return stack((9, 9, 2), L.Resizing(8, 8), L.CenterCrop(6, 6), L.Rescaling(0.1), L.Conv2D(3, 3), L.Flatten(), L.Dense(2))


@of
def einsum():
    return stack((5, 4), L.EinsumDense("abc,cd->abd", output_shape=(5, 6), bias_axes="d", activation="relu"),
                 L.EinsumDense("abc,bcd->ad", output_shape=3), L.Dense(2))


@of
def sequential():
    model = keras.Sequential([keras.Input((6,)), L.Dense(5, activation="relu", name="first"), L.Dense(2, name="second")])
    return model, data((16, 6)), dict(optimizer="adam", loss="mse", metrics=["mae"])


@of
def sequential_without_input():
    model = keras.Sequential([L.Dense(5, activation="relu"), L.Dense(2)])
    model.build((None, 6))
    return model, data((16, 6)), dict(optimizer=O.Adam(0.01), loss="mae")


@of
def nested_sequential():
    inner = keras.Sequential([L.Dense(5, activation="relu"), keras.Sequential([L.BatchNormalization(), L.Dense(4)])])
    return stack((6,), L.Dense(6), inner, L.Dense(2))


@of
def nested_functional():
    a, b = keras.Input((4,)), keras.Input((4,))
    inner = keras.Model([a, b], L.Add()([L.Dense(3)(a), L.Dense(3)(b)]), name="inner")
    x = keras.Input((4,))
    return keras.Model(x, L.Dense(2)(inner([L.Dense(4)(x), x]))), data((16, 4)), dict(optimizer=O.Adam(0.01), loss="mse")


@of
def shared():
    x, z = keras.Input((4,)), keras.Input((4,))
    tower = keras.Sequential([L.Dense(4, activation="tanh"), L.Dense(4)])
    layer = L.Dense(4)
    y = L.Concatenate()([layer(tower(x)), layer(tower(z)), layer(x)])
    return keras.Model([x, z], L.Dense(2)(y)), [data((16, 4)), data((16, 4), 2)], dict(optimizer=O.Adam(0.01), loss="mse")


@of
def branches():
    x = keras.Input((6,))
    a = L.Dense(4)(x)
    b = L.Dense(4, activation="relu")(L.Dense(5)(x))
    c = L.Dense(4)(L.Add()([a, b]))
    y = L.Concatenate()([c, a, L.Dense(3)(b), L.Dense(2)(x)])
    return keras.Model(x, [L.Dense(2)(y), L.Dense(2)(c)]), data((16, 6)), dict(optimizer=O.Adam(0.01), loss=["mse", "mae"])


@of
def named_outputs():
    a, b = keras.Input((6,), name="numbers"), keras.Input((3,), name="others")
    x = L.Concatenate()([L.Dense(4)(a), b])
    model = keras.Model({"numbers": a, "others": b}, {"size": L.Dense(2, name="s")(x), "kind": L.Dense(3, activation="softmax", name="k")(x)})
    return model, {"numbers": data((16, 6)), "others": data((16, 3), 2)}, dict(
        optimizer=O.Adam(0.01), loss={"size": "mse", "kind": "categorical_crossentropy"}, loss_weights={"size": 0.5, "kind": 2.0},
        metrics={"size": ["mae"], "kind": ["accuracy"]})


@of
def frozen():
    inner = keras.Sequential([L.Dense(5), L.BatchNormalization()])
    inner.trainable = False
    norm = L.BatchNormalization()
    norm.trainable = False
    return stack((6,), L.Dense(6), inner, L.Dense(4), norm, L.Dense(2))


@of
def frozen_but_one():
    x = keras.Input((6,))
    h = L.Dense(5, name="hidden", kernel_regularizer="l2")(x)
    inner = keras.Model(x, L.Dense(4, name="last")(L.BatchNormalization(name="norm")(h)))
    inner.trainable = False
    inner.get_layer("hidden").trainable = True
    return stack((6,), inner, L.Dense(2))


@of
def told_training():
    x = keras.Input((6,))
    y = L.BatchNormalization(momentum=0.5)(L.Dense(5)(x), training=False)
    y = L.BatchNormalization(momentum=0.5)(L.Dense(4)(y), training=True)
    # Not Adam, which would make steps of the rounding errors that are the gradients of biases before a normalization.
    return keras.Model(x, L.Dropout(0.0)(y, training=True)), data((16, 6)), dict(optimizer=O.SGD(0.05), loss="mse")


@of
def layer_activations():
    gru = L.GRU(2, activation=L.LeakyReLU(0.3), recurrent_activation=L.ReLU(max_value=1.0))
    return stack((6,), L.Dense(4, activation=L.LeakyReLU(negative_slope=0.1)), L.Activation(L.ELU(0.5)), L.Dense(6, activation=L.Softmax()),
                 L.Reshape((3, 2)), L.Bidirectional(gru))


@of
def never_trained():
    model, x, options = stack((6,), L.Dense(4), L.Dense(2))
    return model, x, dict(options, steps=0)


@of
def losses():
    model, x, options = stack((6,), L.Dense(4, activation="sigmoid"), L.Dense(1, activation="sigmoid"))
    options.update(loss=keras.losses.BinaryCrossentropy(label_smoothing=0.1),
                   metrics=["accuracy", keras.metrics.MeanAbsoluteError(name="error"), keras.metrics.AUC(num_thresholds=20)])
    return model, x, dict(options, binary=True)


@keras.saving.register_keras_serializable("interop")
class Blocks(L.Layer):
    """A class of one's own: its fields decide where its weights are."""

    def __init__(self, units=4, **options):
        super().__init__(**options)
        self.units = units
        self.zeta = L.Dense(units)
        self.first_hidden = L.Dense(units, activation="relu")
        self.blocks = [L.Dense(units), L.Dense(units)]

    def build(self, shape):
        self.zeta.build(shape)
        for layer in [self.first_hidden, *self.blocks]:
            layer.build((None, self.units))
        self.w = self.add_weight(shape=(self.units,), name="w", initializer="ones")

    def call(self, x):
        y = self.first_hidden(self.zeta(x))
        for block in self.blocks:
            y = block(y)
        return y * self.w

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@of
def custom_layer():
    return stack((6,), Blocks(4), L.Dense(2), Blocks(2))


@keras.saving.register_keras_serializable("interop")
class Net(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.zeta = L.Dense(5, activation="relu")
        self.alpha = L.Dense(4)
        self.inner = Blocks(3)

    def call(self, x):
        return self.inner(self.alpha(self.zeta(x)))


@of
def custom_model():
    model = Net()
    model.build((None, 6))
    return model, data((16, 6)), dict(optimizer=O.Adam(0.01), loss="mse")
