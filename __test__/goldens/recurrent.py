"""Writes recurrent.json beside itself: what Keras' recurrent layers give for sequences, masks and states, with gradients.

Needs Python with keras and jax:  python __test__/goldens/recurrent.py
Computed in float64. Inputs, states and weights are a formula (wave) that the tests repeat; the cotangent of an output is a wave, too.
"""

import json
import os
import pathlib
import re

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"
# Compiling is most of the work here.
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0"

import jax
import keras
import numpy as np

from keras.src.backend.common import dtypes

# Keras takes float64 down to float32 in tanh and others, except with TensorFlow.
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
keras.config.set_floatx("float64")
cases = []
MASK = [[1, 1, 0, 1, 0], [0, 1, 1, 0, 0]]


def wave(shape, phase, scale=1.0):
    n = int(np.prod(shape))
    return (np.sin(np.arange(n) * 0.7 + phase) * scale).reshape(shape)


def numbers(array):
    return [float(f"{v:.7g}") for v in np.asarray(array, dtype="float64").ravel()]


def snake(name):
    return re.sub(r"([A-Z])", lambda m: "_" + m.group(1).lower(), name)


def python(value):
    """A configuration as Keras' constructors take it: layers for { className, config }, snake case."""
    if isinstance(value, dict) and "className" in value:
        return getattr(keras.layers, value["className"])(**python(value["config"]))
    if isinstance(value, dict):
        return {snake(k): python(v) for k, v in value.items()}
    if isinstance(value, list):
        return [python(v) for v in value]
    return {"channelsFirst": "channels_first", "hardSigmoid": "hard_sigmoid"}.get(value, value)


def leaves(tree):
    return [y for entry in tree for y in leaves(entry)] if isinstance(tree, (list, tuple)) else [tree]


def layer(name, **config):
    return {"className": name, "config": config}


def case(entry, shape, mask=None, states=None, training=False):
    """One row: `entry` on a wave of `shape`, with a 0/1 mask and initial states of shapes `states`."""
    made = python(entry)
    row = {**entry, "input": shape}
    x = wave(shape, 0.3)
    initial = [wave(s, 2 + i, 0.5) for i, s in enumerate(states or [])]
    kwargs = {}
    if mask:
        row["mask"] = mask
        kwargs["mask"] = jax.numpy.asarray(np.asarray(mask, dtype=bool))
    if states:
        row["states"] = states
    if training:
        row["training"] = True
        kwargs["training"] = True

    def call(weights, x, initial):
        own = {**kwargs, "initial_state": initial} if initial else kwargs
        mapping = list(zip(made.trainable_weights, weights))
        mapping += [(v, fixed[id(v)]) for v in made.non_trainable_weights]
        with keras.StatelessScope(state_mapping=mapping):
            return leaves(made(x, **own))

    fixed = {}
    made.build(tuple(shape))
    weights = []
    for i, w in enumerate(made.weights):
        value = wave(w.shape, i + 1, 0.5) + (1 if "variance" in w.path else 0)
        if w.trainable:
            weights.append(value)
        else:
            fixed[id(w)] = value

    def loss(x, weights, initial):
        ys = call(weights, x, initial)
        return sum((y * wave(y.shape, 0.5 + i)).sum() for i, y in enumerate(ys)), ys

    # Compiled whole: op by op each shape would be compiled alone.
    found, outputs = jax.jit(jax.grad(loss, argnums=(0, 1, 2), has_aux=True))(x, weights, initial)
    row["outputs"] = [{"shape": list(y.shape), "values": numbers(y)} for y in outputs]
    row["gradients"] = [numbers(g) for g in jax.tree_util.tree_leaves(found)]
    cases.append(row)
    write()
    print(len(cases), flush=True)


SEQUENCE = [2, 5, 3]


def plain(name, states):
    case(layer(name, units=2), SEQUENCE)
    case(layer(name, units=2, returnSequences=True, returnState=True), SEQUENCE)
    case(layer(name, units=2, returnSequences=True, goBackwards=True), SEQUENCE)
    case(layer(name, units=2, goBackwards=True, returnState=True), SEQUENCE, mask=MASK)
    case(layer(name, units=2, returnSequences=True, returnState=True), SEQUENCE, mask=MASK)
    case(layer(name, units=2, returnSequences=True, zeroOutputForMask=True), SEQUENCE, mask=MASK)
    case(layer(name, units=2, zeroOutputForMask=True), SEQUENCE, mask=MASK)
    case(layer(name, units=2, returnState=True), SEQUENCE, states=[[2, 2]] * states)
    case(layer(name, units=2, returnSequences=True), SEQUENCE, states=[[2, 2]] * states, mask=MASK)
    case(layer(name, units=2, useBias=False, activation="relu", unroll=True, returnSequences=True), SEQUENCE)


def cells():
    plain("SimpleRNN", 1)
    plain("GRU", 1)
    plain("LSTM", 2)
    for after in [True, False]:
        case(layer("GRU", units=2, resetAfter=after, recurrentActivation="hardSigmoid", returnSequences=True), SEQUENCE)
        case(layer("GRU", units=3, resetAfter=after, useBias=False), SEQUENCE, mask=MASK)
    case(layer("LSTM", units=3, recurrentActivation="hardSigmoid", activation="softsign", unitForgetBias=False), SEQUENCE)
    case(layer("GRU", units=2, unroll=True, goBackwards=True, returnSequences=True), SEQUENCE, mask=MASK)
    for name in ["SimpleRNN", "GRU", "LSTM"]:
        case(layer("RNN", cell=layer(f"{name}Cell", units=2), returnSequences=True), SEQUENCE)
    stack = [layer("LSTMCell", units=3), layer("GRUCell", units=2)]
    case(layer("RNN", cell=stack, returnSequences=True, returnState=True), SEQUENCE)
    case(layer("RNN", cell=stack, returnSequences=True), SEQUENCE, mask=MASK)
    stacked = layer("StackedRNNCells", cells=[layer("SimpleRNNCell", units=2), layer("LSTMCell", units=2)])
    case(layer("RNN", cell=stacked, goBackwards=True, returnState=True), SEQUENCE)


def bidirectional():
    for mode in ["concat", "sum", "mul", "ave", None]:
        inner = layer("LSTM", units=2, returnSequences=mode != "sum")
        case(layer("Bidirectional", layer=inner, mergeMode=mode), SEQUENCE)
    for name in ["SimpleRNN", "GRU", "LSTM"]:
        case(layer("Bidirectional", layer=layer(name, units=2)), SEQUENCE, mask=MASK)
        case(layer("Bidirectional", layer=layer(name, units=2, returnSequences=True)), SEQUENCE, mask=MASK)
    inner = layer("GRU", units=2, returnState=True, returnSequences=True)
    case(layer("Bidirectional", layer=inner), SEQUENCE, states=[[2, 2]] * 2)
    case(layer("Bidirectional", layer=inner, mergeMode=None), SEQUENCE)
    back = layer("GRU", units=3, goBackwards=True, returnSequences=True, activation="relu")
    case(layer("Bidirectional", layer=layer("LSTM", units=2, returnSequences=True), backwardLayer=back), SEQUENCE)
    inner = layer("RNN", cell=[layer("GRUCell", units=2), layer("LSTMCell", units=2)])
    case(layer("Bidirectional", layer=inner), SEQUENCE)


def time_distributed():
    case(layer("TimeDistributed", layer=layer("Dense", units=2, activation="relu")), [2, 3, 4])
    case(layer("TimeDistributed", layer=layer("Conv2D", filters=2, kernelSize=2)), [1, 2, 3, 3, 2])
    case(layer("TimeDistributed", layer=layer("Flatten")), [2, 3, 2, 2])
    case(layer("TimeDistributed", layer=layer("GRU", units=2)), [2, 2, 3, 2])
    case(layer("TimeDistributed", layer=layer("BatchNormalization")), [3, 2, 2])
    case(layer("TimeDistributed", layer=layer("BatchNormalization")), [3, 2, 2], training=True)
    case(layer("TimeDistributed", layer=layer("LSTM", units=2)), [1, 2, 3, 2], mask=[[[1, 0, 1], [1, 1, 0]]])


def conv_lstm():
    case(layer("ConvLSTM1D", filters=2, kernelSize=2), [2, 3, 4, 2])
    case(layer("ConvLSTM1D", filters=2, kernelSize=3, padding="same", strides=2, returnSequences=True), [1, 3, 5, 2])
    case(layer("ConvLSTM1D", filters=1, kernelSize=2, dilationRate=2, returnState=True), [1, 3, 5, 2])
    case(layer("ConvLSTM2D", filters=2, kernelSize=[2, 3], returnSequences=True, returnState=True), [1, 3, 3, 4, 2])
    case(layer("ConvLSTM2D", filters=1, kernelSize=2, padding="same", goBackwards=True, useBias=False), [2, 2, 3, 3, 1])
    case(layer("ConvLSTM2D", filters=2, kernelSize=2, dataFormat="channelsFirst", returnSequences=True), [1, 2, 2, 3, 3])
    case(layer("ConvLSTM2D", filters=2, kernelSize=2, activation="relu", returnState=True), [1, 2, 2, 3, 2],
         states=[[1, 1, 2, 2]] * 2)
    case(layer("ConvLSTM3D", filters=1, kernelSize=2, returnSequences=True), [1, 2, 3, 3, 2, 1])
    case(layer("Bidirectional", layer=layer("ConvLSTM1D", filters=1, kernelSize=2, returnSequences=True)), [1, 3, 4, 1])



PATH = pathlib.Path(__file__).with_name("recurrent.json")


def write():
    PATH.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")


for family in (cells, bidirectional, time_distributed, conv_lstm):
    family()
    write()
    print(f"{len(cases)} cases, {PATH.stat().st_size} bytes")
