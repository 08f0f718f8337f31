"""Writes spatial-*.json beside itself: convolution, pooling, normalization and reshaping layers as Keras computes them.

Needs Python with keras, jax and torch:  python __test__/goldens/spatial.py
Everything runs in float64, on PyTorch where the backends agree and JAX would compile every case for seconds; transposed
convolutions, average pooling with padding, normalization of inner axes and interpolation, where PyTorch has its own rules, run on JAX in a process of their own (an argument says so).
Inputs and weights are a formula (wave) that the tests repeat; the cotangent of an output is a wave as well. Gradients are
those of a training call for layers that tell it from inference.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

BACKEND = sys.argv[1] if len(sys.argv) > 1 else "torch"
os.environ["KERAS_BACKEND"] = BACKEND
os.environ["JAX_ENABLE_X64"] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"

import keras
import numpy as np

keras.config.set_floatx("float64")
HERE = pathlib.Path(__file__).parent
families = {}


def wave(shape, phase, scale=1.0):
    n = int(np.prod(shape))
    return (np.sin(np.arange(n) * 0.7 + phase) * scale).reshape(shape)


def weight(variable, index):
    value = wave(variable.shape, index + 1, 0.5)
    return value + 1 if "variance" in variable.name or "stddev" in variable.name else value


def numbers(x):
    return [float(f"{v:.8g}") for v in np.asarray(x, dtype="float64").reshape(-1)]


def camel(name):
    words = {"keepdims": "keepDims", "channels_first": "channelsFirst", "channels_last": "channelsLast"}
    return words.get(name, re.sub(r"_(\w)", lambda m: m.group(1).upper(), name))


def config_of(options):
    return {camel(k): camel(v) if isinstance(v, str) else v for k, v in options.items()}


def gradients_on_jax(_call, layer, x):
    import jax

    def loss(x, trained):
        y, _ = layer.stateless_call(trained, [w.value for w in layer.non_trainable_variables], x)
        return (y * wave(y.shape, 0.5)).sum(), y

    trained = [w.value for w in layer.trainable_variables]
    dx, dw = jax.grad(loss, argnums=(0, 1), has_aux=True)(x, trained)[0]
    return [dx, *dw]


def gradients_on_torch(call, layer, x):
    import torch

    y = call(x.requires_grad_())
    loss = (y * torch.as_tensor(wave(y.shape, 0.5))).sum()
    return torch.autograd.grad(loss, [x, *(w.value for w in layer.trainable_variables)])


def case(family, name, shape, mask=None, training=False, **options):
    layer = getattr(keras.layers, name)(**options)
    x = keras.ops.convert_to_tensor(wave(shape, 0.3))
    layer.build(shape)
    for i, w in enumerate(layer.weights):
        w.assign(weight(w, i))
    kwargs = {} if mask is None else {"mask": keras.ops.convert_to_tensor(mask, dtype="bool")}
    row = {"className": name, "config": config_of(options), "inputShape": list(shape)}
    if mask is not None:
        row["mask"] = mask
    y = layer(x, **kwargs)
    row["outputShape"] = list(y.shape)
    row["output"] = numbers(keras.ops.convert_to_numpy(y))
    if training:
        kwargs["training"] = True
    kept = [keras.ops.convert_to_numpy(w).copy() for w in layer.non_trainable_variables]
    if training:
        row["training"] = numbers(keras.ops.convert_to_numpy(layer(x, **kwargs)))
        row["updated"] = [numbers(keras.ops.convert_to_numpy(w)) for w in layer.non_trainable_variables]
        for w, value in zip(layer.non_trainable_variables, kept):
            w.assign(value)
    found = (gradients_on_jax if BACKEND == "jax" else gradients_on_torch)(lambda x: layer(x, **kwargs), layer, x)
    row["inputGradient"], *row["weightGradients"] = [numbers(keras.ops.convert_to_numpy(d)) for d in found]
    families.setdefault(family, []).append(row)


def convolutions():
    f = "convolution"
    case(f, "Conv1D", (2, 7, 3), filters=2, kernel_size=3)
    case(f, "Conv1D", (2, 7, 4), filters=4, kernel_size=2, strides=2, padding="same", groups=2, activation="tanh")
    case(f, "Conv1D", (2, 7, 2), filters=3, kernel_size=3, dilation_rate=2, padding="causal")
    case(f, "Conv1D", (2, 7, 2), filters=3, kernel_size=3, strides=2, padding="causal", use_bias=False)
    case(f, "Conv1D", (2, 3, 7), filters=2, kernel_size=3, padding="causal", data_format="channels_first")
    case(f, "Conv2D", (2, 5, 6, 3), filters=2, kernel_size=3)
    case(f, "Conv2D", (1, 5, 6, 4), filters=4, kernel_size=(2, 3), strides=(2, 1), padding="same", groups=2)
    case(f, "Conv2D", (1, 6, 7, 2), filters=2, kernel_size=2, dilation_rate=(2, 3), activation="sigmoid")
    case(f, "Conv2D", (2, 3, 5, 4), filters=2, kernel_size=3, padding="same", data_format="channels_first")
    case(f, "Conv2D", (1, 4, 5, 4), filters=6, kernel_size=2, groups=2, strides=2, data_format="channels_first")
    case(f, "Conv3D", (1, 3, 4, 3, 2), filters=2, kernel_size=2)
    case(f, "Conv3D", (1, 4, 3, 4, 2), filters=2, kernel_size=(2, 1, 3), strides=2, padding="same", activation="tanh")
    case(f, "Conv3D", (1, 2, 3, 4, 3), filters=2, kernel_size=2, data_format="channels_first", groups=2)
    case(f, "Conv3D", (1, 5, 3, 3, 1), filters=2, kernel_size=2, dilation_rate=(2, 1, 2), use_bias=False)
    case(f, "DepthwiseConv1D", (2, 6, 3), kernel_size=3)
    case(f, "DepthwiseConv1D", (2, 7, 2), kernel_size=2, strides=2, depth_multiplier=3, padding="same", activation="tanh")
    case(f, "DepthwiseConv1D", (2, 2, 7), kernel_size=3, depth_multiplier=2, data_format="channels_first")
    case(f, "DepthwiseConv2D", (1, 5, 4, 2), kernel_size=(3, 2), depth_multiplier=2, padding="same")
    case(f, "DepthwiseConv2D", (1, 2, 5, 4), kernel_size=2, strides=2, depth_multiplier=2, data_format="channels_first")
    case(f, "DepthwiseConv2D", (1, 5, 6, 3), kernel_size=2, dilation_rate=2, use_bias=False)
    case(f, "SeparableConv1D", (2, 6, 3), filters=2, kernel_size=3)
    case(f, "SeparableConv1D", (2, 7, 2), filters=3, kernel_size=2, strides=2, depth_multiplier=2, padding="same", activation="tanh")
    case(f, "SeparableConv1D", (2, 3, 6), filters=2, kernel_size=3, data_format="channels_first")
    case(f, "SeparableConv2D", (1, 5, 4, 2), filters=3, kernel_size=(3, 2), depth_multiplier=2, padding="same")
    case(f, "SeparableConv2D", (1, 2, 5, 4), filters=2, kernel_size=2, strides=2, data_format="channels_first")
    case(f, "SeparableConv2D", (1, 5, 6, 2), filters=2, kernel_size=2, dilation_rate=2, use_bias=False)


def shapes_of(rank, channels_first):
    sizes = {1: (7,), 2: (5, 6), 3: (3, 4, 5)}[rank]
    return (2, 3, *sizes) if channels_first else (2, *sizes, 3)


def poolings():
    f = "pooling"
    for rank in (1, 2, 3):
        for kind in ("Max", "Average"):
            name = f"{kind}Pooling{rank}D"
            last, first = shapes_of(rank, False), shapes_of(rank, True)
            case(f, name, last, pool_size=2)
            if kind == "Max":
                case(f, name, last, pool_size=3, strides=2, padding="same")
            case(f, name, first, pool_size=2, strides=1, data_format="channels_first")
            if kind == "Max" and rank > 1:
                case(f, name, last, pool_size=(3, 2, 1)[:rank], padding="same")
            name = f"Global{kind}Pooling{rank}D"
            case(f, name, last)
            case(f, name, last, keepdims=True)
            case(f, name, first, data_format="channels_first", keepdims=True)
            name = f"Adaptive{kind}Pooling{rank}D"
            case(f, name, last, output_size=2)
            case(f, name, first, output_size=3, data_format="channels_first")
    case(f, "GlobalAveragePooling1D", (2, 4, 3), mask=[[1, 1, 0, 0], [0, 1, 1, 1]])
    case(f, "GlobalAveragePooling1D", (2, 3, 4), mask=[[1, 1, 0, 1], [0, 1, 0, 0]], data_format="channels_first", keepdims=True)


def normalizations():
    f = "normalization"
    case(f, "LayerNormalization", (3, 5))
    case(f, "LayerNormalization", (2, 3, 4), axis=[1, 2], epsilon=0.1)
    case(f, "LayerNormalization", (2, 3, 4), scale=False)
    case(f, "LayerNormalization", (2, 3, 4), scale=False, center=False)
    case(f, "GroupNormalization", (2, 3, 4, 6), groups=3)
    case(f, "GroupNormalization", (2, 6, 3, 2), groups=2, axis=1, epsilon=0.1)
    case(f, "GroupNormalization", (2, 5, 4), groups=-1, center=False)
    case(f, "GroupNormalization", (2, 5, 4), groups=1, scale=False)
    case(f, "GroupNormalization", (3, 8), groups=4)
    case(f, "RMSNormalization", (3, 5))
    case(f, "RMSNormalization", (2, 3, 4), axis=[1, 2])
    case(f, "UnitNormalization", (3, 5))
    case(f, "UnitNormalization", (2, 3, 4), axis=1)
    case(f, "UnitNormalization", (2, 3, 4), axis=[1, 2])
    case(f, "BatchNormalization", (4, 3), training=True)
    case(f, "BatchNormalization", (2, 3, 4, 2), training=True, momentum=0.8, epsilon=0.1)
    case(f, "BatchNormalization", (3, 2, 4), training=True, axis=1, scale=False)
    case(f, "BatchNormalization", (3, 2, 4), training=True, axis=1)
    case(f, "BatchNormalization", (2, 4, 3), training=True, mask=[[1, 1, 0, 0], [0, 1, 1, 1]])
    case(f, "BatchNormalization", (6, 3), training=True, renorm=True)
    clipping = {"rmin": 0.7, "rmax": 1.2, "dmax": 0.5}
    case(f, "BatchNormalization", (3, 4, 2), training=True, renorm=True, renorm_clipping=clipping, renorm_momentum=0.9)
    case(f, "BatchNormalization", (3, 2, 4), training=True, renorm=True, axis=1, scale=False, center=False)


def reshapings():
    f = "reshaping"
    case(f, "Cropping1D", (2, 6, 3))
    case(f, "Cropping1D", (2, 6, 3), cropping=[0, 2])
    case(f, "Cropping2D", (2, 5, 6, 2), cropping=[[1, 2], [0, 1]])
    case(f, "Cropping2D", (2, 5, 6, 2))
    case(f, "Cropping2D", (2, 2, 5, 6), cropping=[1, 2], data_format="channels_first")
    case(f, "Cropping3D", (1, 4, 5, 4, 2))
    case(f, "Cropping3D", (1, 2, 4, 5, 4), cropping=[[1, 0], [0, 2], [1, 1]], data_format="channels_first")
    case(f, "ZeroPadding1D", (2, 3, 2))
    case(f, "ZeroPadding1D", (2, 3, 2), padding=[2, 0])
    case(f, "ZeroPadding1D", (2, 3, 2), padding=[0, 1], data_format="channels_first")
    case(f, "ZeroPadding2D", (1, 2, 3, 2))
    case(f, "ZeroPadding2D", (1, 2, 3, 2), padding=[[1, 0], [2, 1]], data_format="channels_first")
    case(f, "ZeroPadding2D", (1, 2, 3, 2), padding=[0, 2])
    case(f, "ZeroPadding3D", (1, 2, 2, 2, 1))
    case(f, "ZeroPadding3D", (1, 1, 2, 2, 2), padding=[[1, 0], [0, 2], [1, 1]], data_format="channels_first")
    case(f, "UpSampling1D", (2, 3, 2))
    case(f, "UpSampling1D", (2, 3, 2), size=3)
    case(f, "UpSampling2D", (1, 4, 3, 2), size=(2, 3))
    case(f, "UpSampling2D", (1, 2, 3, 4), data_format="channels_first")
    case(f, "UpSampling3D", (1, 2, 2, 3, 1))
    case(f, "UpSampling3D", (1, 2, 2, 2, 2), size=(1, 2, 3), data_format="channels_first")
    case(f, "Permute", (2, 3, 4), dims=[2, 1])
    case(f, "Permute", (1, 2, 3, 4), dims=[3, 1, 2])
    case(f, "RepeatVector", (2, 3), n=4)


def transposed():
    f = "transposed"
    for pads in ({}, {"padding": "same"}):
        case(f, "Conv1DTranspose", (2, 4, 3), filters=2, kernel_size=3, strides=2, **pads)
        case(f, "Conv1DTranspose", (1, 4, 2), filters=2, kernel_size=2, strides=3, **pads)
        case(f, "Conv2DTranspose", (1, 3, 4, 2), filters=3, kernel_size=(3, 2), strides=2, **pads)
        case(f, "Conv2DTranspose", (1, 3, 3, 2), filters=2, kernel_size=3, strides=3, output_padding=1, **pads)
        case(f, "Conv2DTranspose", (1, 4, 3, 2), filters=2, kernel_size=3, dilation_rate=2, **pads)
        case(f, "Conv3DTranspose", (1, 2, 3, 2, 2), filters=2, kernel_size=2, strides=(1, 2, 2), **pads)
    case(f, "Conv1DTranspose", (1, 2, 4), filters=2, kernel_size=3, strides=2, data_format="channels_first", activation="tanh")
    case(f, "Conv2DTranspose", (1, 2, 3, 4), filters=3, kernel_size=2, strides=2, data_format="channels_first", use_bias=False)
    case(f, "Conv3DTranspose", (1, 2, 2, 2, 3), filters=2, kernel_size=2, strides=2, output_padding=(0, 1, 1), data_format="channels_first")


def interpolations():
    f = "interpolation"
    for interpolation in ("bilinear", "bicubic", "lanczos3"):
        case(f, "UpSampling2D", (1, 4, 3, 2), size=(2, 3), interpolation=interpolation)
    case(f, "UpSampling2D", (1, 2, 3, 4), data_format="channels_first", interpolation="bicubic")


def others():
    f = "others"
    for rank in (1, 2, 3):
        case(f, f"AveragePooling{rank}D", shapes_of(rank, False), pool_size=3, strides=2, padding="same")
    case(f, "LayerNormalization", (2, 3, 4), axis=1, center=False)


if BACKEND == "jax":
    others()
    transposed()
    interpolations()
else:
    convolutions()
    poolings()
    normalizations()
    reshapings()
for family, rows in families.items():
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    (HERE / f"spatial-{family}.json").write_text(f"[\n{lines}\n]\n")
    print(family, len(rows))
if BACKEND != "jax":
    subprocess.run([sys.executable, __file__, "jax"], check=True)
