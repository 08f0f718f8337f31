"""Writes layer-calls.json beside itself: what Keras' layers give for inputs, masks and options of a call, with gradients.

Needs Python with keras and jax:  python __test__/goldens/layer_calls.py
Computed in float64. Inputs and weights are a formula (wave) that the tests repeat; the cotangent of an output is a wave, too.
"""

import json
import os
import pathlib
import re

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import keras
import numpy as np
from keras.src.backend.common.masking import get_keras_mask, set_keras_mask

keras.config.set_floatx("float64")
keras.config.set_epsilon(1e-7)
cases = []


def wave(shape, phase, scale=1.0):
    n = int(np.prod(shape)) if len(shape) else 1
    return (np.sin(np.arange(n) * 0.7 + phase) * scale).reshape(shape)


def numbers(array):
    return [float(f"{v:.8g}") for v in np.asarray(array, dtype="float64").ravel()]


def snake(name):
    return re.sub(r"([A-Z])", lambda m: "_" + m.group(1).lower(), name)


def options_of(config):
    return {snake(k): tuple(v) if k == "outputShape" and isinstance(v, list) else v for k, v in config.items()}


def array(entry):
    """A mask or other constant of a call: { shape, values, dtype }."""
    return np.asarray(entry["values"], dtype=entry.get("dtype", "float64")).reshape(entry["shape"])


def case(layer, config, shapes, masks=None, options=None, own=None, gradient=True, scale=1.0, values=None):
    """One row. `shapes` is a shape, or a list of shapes; `masks` one 0/1 array an input; `options` of the call:
    a shape in `tensors` is a wave, `own` holds constant arrays by name."""
    several = isinstance(shapes[0], list)
    flat = shapes if several else [shapes]
    inputs = [np.asarray(values[i]) if values else wave(s, 0.3 + i, scale) for i, s in enumerate(flat)]
    inputs = [x.reshape(s) for x, s in zip(inputs, flat)]
    named = {k: wave(v, 2 + i, scale) for i, (k, v) in enumerate((options or {}).get("tensors", {}).items())}
    plain = {snake(k): v for k, v in (options or {}).items() if k != "tensors"}
    constants = {snake(k): array(v) for k, v in (own or {}).items()}
    made = getattr(keras.layers, layer)(**options_of(config))

    def call(weights, xs, tensors):
        xs = [jax.numpy.asarray(x) for x in xs]
        for x, mask in zip(xs, masks or []):
            if mask is not None:
                set_keras_mask(x, jax.numpy.asarray(np.asarray(mask, dtype=bool)))
        args = xs if several else xs[0]
        kwargs = {snake(k): v for k, v in tensors.items()} | constants | plain
        if weights is None:
            return made(args, **kwargs)
        scope_of = [(v, w) for v, w in zip(made.weights, weights)]
        with keras.StatelessScope(state_mapping=scope_of):
            return made(args, **kwargs)

    call(None, inputs, named)
    weights = [wave(w.shape, i + 1, 0.5) for i, w in enumerate(made.weights)]
    out = call(weights, inputs, named)
    outs = list(out) if isinstance(out, (list, tuple)) else [out]
    row = {"className": layer, "config": config, "inputs": shapes}
    if scale != 1.0:
        row["scale"] = scale
    if values:
        row["values"] = [np.asarray(v).ravel().tolist() for v in values]
    for key, value in (("masks", masks), ("options", options), ("own", own)):
        if value:
            row[key] = value
    row["outputs"] = [{"shape": list(y.shape), "values": numbers(y)} for y in outs]
    mask = get_keras_mask(outs[0])
    if mask is not None:
        row["mask"] = np.asarray(mask).astype(int).tolist()
    if gradient:

        def loss(ws, xs, ts):
            y = call(ws, xs, ts)
            ys = list(y) if isinstance(y, (list, tuple)) else [y]
            return sum((v * wave(v.shape, 0.5 + i)).sum() for i, v in enumerate(ys))

        found = jax.grad(loss, argnums=(0, 1, 2))(weights, inputs, named)
        row["gradients"] = [numbers(g) for g in jax.tree_util.tree_leaves(found)]
    cases.append(row)


def merging():
    for name in ["Add", "Multiply", "Average", "Maximum", "Minimum"]:
        case(name, {}, [[2, 3], [2, 3], [2, 3]])
        case(name, {}, [[2, 4, 3], [2, 3], [2, 1, 3]])
        case(name, {}, [[2, 3, 2], [2, 3, 2]], masks=[[[1, 1, 0], [1, 0, 0]], [[1, 0, 0], [0, 1, 0]]])
        case(name, {}, [[2, 3, 2], [2, 3, 2]], masks=[None, [[1, 0, 0], [0, 1, 0]]])
    case("Subtract", {}, [[2, 3], [2, 3]])
    case("Subtract", {}, [[2, 4, 3], [2, 3]])
    case("Subtract", {}, [[2, 3, 2], [2, 3, 2]], masks=[[[1, 1, 0], [1, 0, 0]], [[1, 0, 0], [0, 1, 0]]])
    case("Concatenate", {}, [[2, 3], [2, 2], [2, 1]])
    case("Concatenate", {"axis": 1}, [[2, 3, 2], [2, 1, 2]])
    case("Concatenate", {"axis": 1}, [[2, 3, 2], [2, 2, 2]], masks=[[[1, 1, 0], [1, 0, 0]], None])
    case("Concatenate", {"axis": -1}, [[2, 3, 2], [2, 3, 1]], masks=[[[1, 1, 0], [1, 0, 0]], [[1, 0, 0], [0, 1, 0]]])
    case("Dot", {"axes": 1}, [[3, 4], [3, 4]])
    case("Dot", {"axes": -1, "normalize": True}, [[3, 4], [3, 4]])
    case("Dot", {"axes": [1, 2]}, [[2, 3, 5], [2, 4, 3]])
    case("Dot", {"axes": [2, 1]}, [[2, 3, 5], [2, 5]])
    case("Dot", {"axes": [1, 3], "normalize": True}, [[2, 3], [2, 4, 2, 3]])
    case("Dot", {"axes": [2, 1]}, [[2, 2, 3, 2], [2, 3, 2, 2]])


ACTIVATIONS = (
    "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid"
    " log_softmax mish relu relu6 selu sigmoid silu swish soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid"
    " squareplus tanh tanh_shrink"
).split()


def activations():
    for name in ACTIVATIONS:
        case("Activation", {"activation": name}, [3, 4], scale=4.0)
    case("ReLU", {"maxValue": 6, "negativeSlope": 0.25, "threshold": 1}, [3, 5], scale=9.0)
    case("ReLU", {"maxValue": 6}, [3, 5], scale=9.0)
    case("ReLU", {"negativeSlope": 0.3}, [3, 5])
    case("LeakyReLU", {}, [3, 5])
    case("LeakyReLU", {"negativeSlope": 0.05}, [2, 3, 2], masks=[[[1, 0, 1], [0, 1, 1]]])
    case("ELU", {}, [3, 5], scale=3.0)
    case("ELU", {"alpha": 0.4}, [3, 5], scale=3.0)
    case("PReLU", {}, [3, 5])
    case("PReLU", {"sharedAxes": [1, 2]}, [2, 3, 2, 4])
    case("PReLU", {"sharedAxes": [2]}, [2, 3, 4])
    case("Softmax", {}, [3, 5], scale=3.0)
    case("Softmax", {"axis": 1}, [2, 3, 4])
    case("Softmax", {"axis": [1, 2]}, [2, 3, 4])
    left = {"mask": {"shape": [2, 3, 4], "values": [1, 0, 1, 1] * 3 + [0] * 4 + [1, 1, 0, 0] * 2}}
    case("Softmax", {}, [2, 3, 4], own=left)
    case("Softmax", {"axis": [1, 2]}, [2, 3, 4], own={"mask": {"shape": [1, 4], "values": [1, 1, 0, 1]}})
    case("Identity", {}, [2, 3, 2], masks=[[[1, 0, 1], [0, 1, 1]]])
    case("EinsumDense", {"equation": "ab,bc->ac", "outputShape": 3, "biasAxes": "c"}, [2, 4])
    case("EinsumDense", {"equation": "abc,cd->abd", "outputShape": [None, 3], "activation": "tanh"}, [2, 4, 3])
    case("EinsumDense", {"equation": "abc,cde->abde", "outputShape": [None, 2, 3], "biasAxes": "de"}, [2, 4, 3])
    case("EinsumDense", {"equation": "abc,cde->abde", "outputShape": [None, 2, 3], "biasAxes": "e"}, [2, 4, 3])
    case("EinsumDense", {"equation": "abde,dec->abc", "outputShape": [None, 5], "biasAxes": "c"}, [2, 4, 3, 2])
    case("EinsumDense", {"equation": "...x,xy->...y", "outputShape": 3, "biasAxes": "y"}, [2, 2, 3, 2])
    case("EinsumDense", {"equation": "ab...,bc->ac...", "outputShape": 2, "biasAxes": "c"}, [2, 3, 2, 2])


def attention():
    some = [[1, 1, 0, 1], [1, 0, 0, 0]]
    scores = {"returnAttentionScores": True}
    case("Attention", {}, [[2, 3, 4], [2, 4, 4]], gradient=False)
    case("Attention", {"useScale": True}, [[2, 3, 4], [2, 4, 2], [2, 4, 4]], options=scores, gradient=False)
    case("Attention", {"scoreMode": "concat", "useScale": True}, [[2, 3, 4], [2, 4, 4]], options={"useCausalMask": True}, gradient=False)
    case("Attention", {}, [[2, 3, 4], [2, 4, 4]], masks=[[[1, 1, 0], [0, 1, 1]], some], gradient=False)
    case("AdditiveAttention", {}, [[2, 3, 4], [2, 4, 4]], masks=[None, some], gradient=False)
    two = {"numHeads": 2, "keyDim": 3}
    kv = {"tensors": {"value": [2, 4, 5]}}
    case("MultiHeadAttention", two, [2, 3, 4], options=kv, gradient=False)
    case("MultiHeadAttention", {**two, "valueDim": 2, "useBias": False}, [2, 3, 4], options={**kv, **scores}, gradient=False)
    case("MultiHeadAttention", two, [2, 3, 4], options={**kv, "useCausalMask": True}, gradient=False)
    case("MultiHeadAttention", {**two, "outputShape": 2, "useGate": True}, [2, 3, 4], options={"tensors": {"value": [2, 4, 5], "key": [2, 4, 2]}}, gradient=False)
    left = {"attentionMask": {"shape": [2, 3, 4], "values": [1, 0, 1, 1] * 3 + [0] * 4 + [1, 1, 0, 0] * 2}}
    case("MultiHeadAttention", two, [2, 3, 4], options=kv, own=left, gradient=False)
    case("MultiHeadAttention", two, [2, 3, 4], options={**kv, **scores}, own=left, gradient=False)
    case("MultiHeadAttention", {**two, "attentionAxes": 2}, [2, 2, 3, 4], options={"tensors": {"value": [2, 2, 3, 4]}}, gradient=False)
    grouped = {"headDim": 3, "numQueryHeads": 4, "numKeyValueHeads": 2}
    case("GroupQueryAttention", grouped, [2, 3, 4], options={"tensors": {"value": [2, 5, 4]}}, gradient=False)
    case("GroupQueryAttention", {**grouped, "slidingWindow": 2}, [2, 4, 4], options={"tensors": {"value": [2, 4, 4]}, **scores}, gradient=False)


merging()
activations()
attention()
path = pathlib.Path(__file__).resolve().parent / "layer-calls.json"
path.write_text("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in cases) + "\n]\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
