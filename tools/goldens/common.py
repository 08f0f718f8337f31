"""What every family shares: Keras in float64, the formulas of inputs and weights, names, numbers with float32's digits."""

import os
import pathlib
import re

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"
# Thousands of small programs are compiled, each for one run.
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"

import keras
import numpy as np
from keras.src.backend.common import dtypes

# Keras takes float64 down to float32 in tanh and others, except with TensorFlow.
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
# Every weight is set, so nothing random is needed to begin with (nor the time that it takes to compile).
for initializer in (keras.initializers.VarianceScaling, keras.initializers.Orthogonal, keras.initializers.RandomUniform, keras.initializers.RandomNormal):
    initializer.__call__ = lambda self, shape, dtype=None: np.zeros(shape)
keras.config.set_floatx("float64")
keras.config.set_epsilon(1e-7)
OUT = pathlib.Path(__file__).resolve().parent.parent.parent / "__test__" / "goldens" / "keras"

# Cases that Keras itself does not compute: reported at the end, which then fails.
refused = []


def attempted(case_of, rows):
    """The cases of rows, but for those that Keras refuses."""
    out = []
    for row in rows:
        try:
            out.append(case_of(*row))
        except Exception as error:
            refused.append(f"{row}: {str(error)[:300]}")
    return out


def wave(shape, phase, scale=1.0):
    n = int(np.prod(shape)) if len(shape) else 1
    return (np.sin(np.arange(n) * 0.7 + phase) * scale).reshape(shape)


def chirp(shape, phase, scale=1.0):
    """Numbers without the regularity of a wave, so that a matrix of them has full rank."""
    order = np.arange(int(np.prod(shape)))
    return (np.sin(order * (order + 7) * 0.13 + phase) * scale).reshape(shape)


def weight_wave(shape, index, name):
    value = wave(shape, index + 1, 0.5)
    return value + 1 if "variance" in name else value


def mask_of(shape):
    return ((np.arange(int(np.prod(shape))) * 5) % 7 < 5).reshape(shape)


def data_of(spec):
    """Numbers of a description: a shape alone is a wave; `as` names another formula."""
    if isinstance(spec, list):
        spec = {"shape": spec}
    shape = spec["shape"]
    n = int(np.prod(shape)) if len(shape) else 1
    order = np.arange(n)
    phase, scale, kind = spec.get("phase", 0.3), spec.get("scale", 1), spec.get("as", "wave")
    if kind == "wave":
        return wave(shape, phase, scale) + spec.get("offset", 0)
    if kind == "unit":
        return wave(shape, phase, 0.49) + 0.5
    if kind == "softmax":
        e = np.exp(wave(shape, phase, 2))
        return e / e.sum(-1, keepdims=True)
    classes = spec.get("classes", 3)
    if kind == "labels":
        return ((order * 7 + order // 3) % classes).reshape(shape).astype("int32")
    if kind == "onehot":
        rows = n // classes
        order = np.arange(rows)
        return np.eye(classes)[(order * 7 + order // 3) % classes].reshape(shape)
    if kind == "binary":
        return ((order * 5) % 7 < 4).astype("float64").reshape(shape)
    if kind == "mask":
        return mask_of(shape)
    if kind == "bytes":
        return ((order * 37 + 11) % 256).reshape(shape).astype("uint8")
    raise ValueError(kind)


# Names that the two spellings do not map by rule.
SPECIAL = {"beta1": "beta_1", "beta2": "beta_2", "beta2Decay": "beta_2_decay", "epsilon1": "epsilon_1", "epsilon2": "epsilon_2", "keepDims": "keepdims", "outputDim": "output_dim",
           "resetAfter": "reset_after", "useEMA": "use_ema", "emaMomentum": "ema_momentum"}


def snake(name):
    return SPECIAL.get(name) or re.sub(r"([A-Z])", lambda m: "_" + m.group(1).lower(), name)


# Options whose values are names in camelCase here and in snake_case there.
NAMED = {"activation", "recurrentActivation", "dataFormat", "reduction", "scoreMode", "mergeMode", "outputMode", "kernelInitializer", "average"}


def options(config):
    out = {}
    for key, value in config.items():
        if isinstance(value, dict) and "className" in value:
            value = make(value)
        elif isinstance(value, list) and value and isinstance(value[0], dict) and "className" in value[0]:
            value = [make(entry) for entry in value]
        elif isinstance(value, str) and key in NAMED:
            value = snake(value)
        elif isinstance(value, list) and key != "thresholds":
            value = tuple(tuple(v) if isinstance(v, list) else v for v in value)
        out[snake(key)] = value
    return out


def make(entry, module=keras.layers):
    return getattr(module, entry["className"])(**options(entry["config"]))


def numbers(array):
    return [digits(v) for v in np.asarray(array).ravel()]


def digits(value):
    single = np.float32(value)
    if not np.isfinite(single):
        return str(single)
    number = float(str(single))
    return int(number) if number == int(number) and abs(number) < 1e6 else number


def result(array):
    array = np.asarray(array)
    return {"shape": list(array.shape), "values": numbers(array)}
