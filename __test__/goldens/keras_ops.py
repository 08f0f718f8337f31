"""Writes __test__/goldens/keras-ops.json: what keras.ops computes, for __test__/keras-ops/goldens.test.ts to compare with.

Needs Python with keras and tensorflow:  python __test__/goldens/keras_ops.py
Left out, where Keras 3.15 on TensorFlow is wrong: sparsemax with several classes in its support, rot90 by two turns of what
is no square, vstack of vectors. A case is [name, arguments in Keras' order, result]. Tensors are {"v": flat numbers, "s": shape, "d": dtype}.
"""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np

OUT = pathlib.Path(__file__).resolve().parent / "keras-ops.json"
count = 0


def wave(*shape, scale=1.0, shift=0.0):
    """Numbers that repeat in no short period, another phase each time."""
    global count
    count += 1
    n = int(np.prod(shape)) if shape else 1
    return np.round(np.sin(np.arange(n) * 0.7 + count) * scale + shift, 4).astype("float32").reshape(shape)


def whole(*values, shape=None):
    array = np.array(values, "int32")
    return array if shape is None else array.reshape(shape)


def truth(*values):
    return np.array(values, bool)


nan, inf = np.nan, np.inf
holes = np.array([[1, nan, 3], [nan, 5, -2]], "float32")
spd = np.array([[4, 1, 0.5], [1, 3, 0.25], [0.5, 0.25, 2]], "float32")

CASES = [
    # Elementwise: aliases with another spelling, and what is written in terms of others.
    *[(n, [wave(5, scale=0.9)]) for n in ["arccos", "arcsin", "arctan", "arctanh", "arcsinh", "absolute", "fabs", "negative", "sinc", "deg2rad", "rad2deg", "cbrt", "exp2", "erf", "erfc", "erfinv", "signbit", "angle", "real", "imag", "conj", "conjugate", "isreal", "i0", "trunc", "square"]],
    ("i0", [wave(6, scale=9.0)]),
    ("arccosh", [wave(5, shift=2.5)]),
    *[(n, [wave(5, shift=2.0)]) for n in ["log2", "log10", "log1p", "rsqrt", "reciprocal"]],
    *[(n, [wave(2, 3), wave(3, shift=2.0)]) for n in ["add", "subtract", "multiply", "divide", "true_divide", "floor_divide", "mod", "fmod", "arctan2", "maximum", "minimum", "fmax", "fmin", "hypot", "logaddexp", "logaddexp2", "heaviside", "divide_no_nan", "greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "nextafter"]],
    ("power", [wave(4, shift=2.0), wave(4)]),
    ("divide", [whole(7, -7, 6), whole(2, 2, 3)]),
    ("floor_divide", [whole(7, -7, 6), whole(2, 2, 4)]),
    *[(n, [whole(12, 18, 7), whole(8, 27, 21)]) for n in ["gcd", "lcm", "bitwise_and", "bitwise_or", "bitwise_xor"]],
    *[(n, [whole(1, -5, 1000)]) for n in ["bitwise_not", "bitwise_invert"]],
    *[(n, [whole(1, -5, 1000), whole(3, 1, 2)]) for n in ["left_shift", "right_shift", "bitwise_left_shift", "bitwise_right_shift"]],
    ("ldexp", [wave(3), whole(1, -2, 3)]),
    ("clip", [wave(6, scale=3.0), -1.0, 1.5]),
    ("round", [wave(6, scale=3.0), 2]),
    ("round", [np.array([123.4, -155.2], "float32"), -1]),
    ("nan_to_num", [np.array([nan, inf, -inf, 1], "float32"), 7.0, 8.0, -9.0]),
    ("isclose", [np.array([1, 2, nan], "float32"), np.array([1.000001, 2.1, nan], "float32")]),
    ("isclose", [np.array([1, 2, nan], "float32"), np.array([1.1, 2.1, nan], "float32"), 0.2, 0.0, True]),
    *[(n, [np.array([nan, inf, -inf, 1], "float32")]) for n in ["isnan", "isinf", "isfinite", "isposinf", "isneginf"]],
    *[(n, [truth(1, 0, 1, 0), truth(1, 1, 0, 0)]) for n in ["logical_and", "logical_or", "logical_xor"]],
    ("where", [truth(1, 0, 1), wave(3), wave(3)]),
    ("select", [[truth(1, 0, 0), truth(1, 1, 0)], [wave(3), wave(3)], 5.0]),
    ("saturate_cast", [np.array([-200.0, 5.5, 300.0], "float32"), "uint8"]),
    ("threshold", [wave(6), 0.2, -1.0]),
    # Activations.
    *[(n, [wave(8, scale=3.0)]) for n in ["relu", "relu6", "sigmoid", "silu", "swish", "softplus", "softsign", "elu", "selu", "celu", "gelu", "leaky_relu", "log_sigmoid", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "hard_shrink", "soft_shrink", "tanh_shrink", "squareplus", "sparse_plus", "sparse_sigmoid", "softmax", "log_softmax"]],
    ("gelu", [wave(8, scale=3.0), False]),
    ("glu", [wave(2, 6)]),
    ("glu", [wave(4, 3), 0]),
    ("celu", [wave(6, scale=2.0), 0.5]),
    ("softmax", [wave(2, 3, 4), (1, 2)]),
    ("log_softmax", [wave(2, 3, 4), (0, 2)]),
    # Reductions.
    *[(n, [wave(2, 3, 4)]) for n in ["sum", "prod", "mean", "max", "min", "amax", "amin", "var", "std", "median", "logsumexp", "argmax", "argmin", "ptp", "any", "all", "count_nonzero", "average"]],
    *[(n, [wave(2, 3, 4), 1]) for n in ["sum", "prod", "mean", "max", "min", "var", "std", "median", "argmax", "argmin", "count_nonzero", "cumsum", "cumprod", "sort", "argsort"]],
    *[(n, [wave(2, 3, 4), [0, 2], True]) for n in ["sum", "mean", "amax", "var", "logsumexp", "ptp"]],
    ("argmax", [wave(3, 4), 1, True]),
    ("average", [wave(3, 4), 1, wave(3, 4, shift=2.0)]),
    ("moments", [wave(3, 4), [0]]),
    ("cumsum", [wave(2, 3)]),
    ("cumprod", [wave(2, 3)]),
    ("quantile", [wave(3, 5), 0.3]),
    ("quantile", [wave(3, 5), [0.1, 0.5], 1]),
    ("percentile", [wave(3, 5), 30.0, 1]),
    ("quantile", [wave(3, 5), 0.3, 1, "nearest", True]),
    *[(n, [holes]) for n in ["nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd", "nanargmax", "nanargmin", "nanmedian", "nancumsum", "nancumprod"]],
    *[(n, [holes, 1]) for n in ["nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd", "nanargmax", "nanargmin", "nanmedian", "nancumsum", "nancumprod"]],
    ("nanquantile", [holes, 0.3, 1]),
    ("nanpercentile", [holes, 70.0]),
    ("diff", [wave(6)]),
    ("diff", [wave(3, 4), 2, 0]),
    ("trapezoid", [wave(6)]),
    ("trapezoid", [wave(3, 4), np.array([0, 1, 3, 4], "float32")]),
    ("corrcoef", [wave(3, 5)]),
    *[("correlate", [wave(n), wave(m), mode]) for n, m in [(5, 3), (6, 4), (4, 4)] for mode in ["valid", "same", "full"]],
    # Shapes.
    ("append", [wave(2, 2), wave(3)]),
    ("append", [wave(2, 2), wave(2, 1), 1]),
    ("split", [wave(6, 2), 3]),
    ("split", [wave(6, 2), [1, 4]]),
    ("array_split", [wave(7), 3]),
    ("vstack", [[wave(2, 3), wave(1, 3)]]),
    ("hstack", [[wave(3), wave(2)]]),
    ("hstack", [[wave(2, 3), wave(2, 1)]]),
    ("dstack", [[wave(3), wave(3)]]),
    ("dstack", [[wave(2, 3), wave(2, 3)]]),
    ("vsplit", [wave(4, 2), 2]),
    ("hsplit", [wave(4, 2), 2]),
    ("dsplit", [wave(2, 2, 4), [1]]),
    ("flip", [wave(2, 3)]),
    ("flip", [wave(2, 3), 1]),
    ("fliplr", [wave(2, 3)]),
    ("flipud", [wave(2, 3)]),
    *[("rot90", [wave(2, 3), k]) for k in [1, 3, -1]],
    ("rot90", [wave(2, 3, 2), 1, [1, 2]]),
    ("diag", [wave(3)]),
    ("diag", [wave(3, 3), 1]),
    ("diagflat", [wave(2, 2), -1]),
    ("diagonal", [wave(2, 3, 4), 1, 1, 2]),
    ("trace", [wave(3, 3)]),
    ("tril", [wave(3, 4), -1]),
    ("triu", [wave(3, 4), 1]),
    ("tile", [wave(2, 3), [2, 1, 2]]),
    ("tile", [wave(2, 3), 2]),
    ("repeat", [wave(2, 3), 2]),
    ("repeat", [wave(2, 3), 2, 1]),
    ("roll", [wave(2, 3), 2]),
    ("roll", [wave(2, 3), 1, 1]),
    ("pad", [wave(2, 3), [[1, 0], [0, 2]], "constant", 7.0]),
    ("pad", [wave(3, 4), [[1, 2], [2, 1]], "reflect"]),
    ("pad", [wave(3, 4), [[1, 2], [2, 1]], "symmetric"]),
    ("moveaxis", [wave(2, 3, 4), 0, -1]),
    ("swapaxes", [wave(2, 3, 4), 0, 2]),
    ("meshgrid", [wave(3), wave(2)]),
    ("stack", [[wave(2), wave(2)], 1]),
    ("concatenate", [[wave(2, 1), wave(2, 2)], 1]),
    ("expand_dims", [wave(2, 3), 1]),
    ("squeeze", [wave(1, 3, 1)]),
    ("ravel", [wave(2, 3)]),
    ("unstack", [wave(2, 3)]),
    ("space_to_depth", [wave(1, 4, 4, 2), 2]),
    ("depth_to_space", [wave(1, 2, 2, 8), 2]),
    # Creation.
    ("arange", [5]),
    ("arange", [1.0, 2.0, 0.25]),
    ("eye", [3, 4, 1]),
    ("identity", [3]),
    ("tri", [3, 4, -1]),
    ("full", [[2, 2], 3.0]),
    ("full_like", [wave(2), 4.0]),
    ("linspace", [0.0, 1.0, 5, False]),
    ("logspace", [0.0, 2.0, 4]),
    ("geomspace", [1.0, 100.0, 4]),
    ("vander", [wave(3), 4]),
    ("vander", [wave(3), 3, True]),
    *[(n, [7]) for n in ["bartlett", "blackman", "hamming", "hanning"]],
    ("kaiser", [7, 4.0]),
    # Indices.
    ("take", [wave(3, 4), whole(2, -1, 0), 0]),
    ("take", [wave(3, 4), whole(2, 11, 0, 1, shape=(2, 2))]),
    ("take_along_axis", [wave(2, 3), whole(2, 0, 1, 1, shape=(2, 2)), 1]),
    ("slice", [wave(3, 4), whole(1, 0), [2, 2]]),
    ("slice_update", [wave(3, 4), whole(1, 2), wave(2, 2)]),
    ("scatter", [whole(0, 2, 0, shape=(3, 1)), wave(3), [4]]),
    ("scatter_update", [wave(4), whole(1, 3, shape=(2, 1)), wave(2)]),
    ("scatter_update", [wave(4), whole(1, 3, shape=(2, 1)), wave(2), "add"]),
    ("scatter_update", [wave(4), whole(1, 3, shape=(2, 1)), wave(2), "max"]),
    ("searchsorted", [np.array([1, 3, 5, 7], "float32"), np.array([0, 3, 8, 4], "float32"), "right"]),
    ("digitize", [np.array([0.5, 2, 9], "float32"), [1.0, 2.0, 4.0]]),
    ("top_k", [wave(2, 5), 2]),
    ("in_top_k", [whole(1, 2), wave(2, 5), 2]),
    ("bincount", [whole(1, 2, 2, 4)]),
    ("bincount", [whole(1, 2, 2, 4), wave(4), 7]),
    ("unravel_index", [whole(5, 7), [2, 4]]),
    ("isin", [whole(1, 2, 3), whole(2, 5)]),
    ("isin", [whole(1, 2, 3), whole(2, 5), False, True]),
    ("unique", [whole(3, 1, 3, 2)]),
    ("one_hot", [whole(1, 0, 2), 3]),
    ("one_hot", [whole(1, 0), 3, 0]),
    ("multi_hot", [whole(1, 0, 2, 2, shape=(2, 2)), 4]),
    ("nonzero", [np.array([[0, 1], [2, 0]], "float32")]),
    ("histogram", [wave(9), 4]),
    ("segment_sum", [wave(4, 2), whole(0, 0, 2, 1), 3]),
    ("segment_max", [wave(4), whole(0, 0, 1, 1), 2]),
    ("extract_sequences", [wave(8), 4, 2]),
    # Products and matrices.
    ("dot", [wave(2, 3), wave(3, 2)]),
    ("dot", [wave(2, 3), wave(2, 3, 2)]),
    ("matmul", [wave(2, 3), wave(3)]),
    ("inner", [wave(2, 3), wave(4, 3)]),
    ("outer", [wave(2, 2), wave(3)]),
    ("vdot", [wave(3), wave(3)]),
    ("tensordot", [wave(2, 3, 4), wave(4, 3, 2), 1]),
    ("tensordot", [wave(2, 3, 4), wave(4, 3, 2), [[1, 2], [1, 0]]]),
    ("einsum", ["ij,kj->ik", wave(2, 3), wave(4, 3)]),
    ("cross", [wave(2, 3), wave(2, 3)]),
    ("kron", [wave(2, 2), wave(2, 3)]),
    ("cholesky", [spd]),
    ("inv", [spd]),
    ("det", [spd]),
    ("slogdet", [spd]),
    ("solve", [spd, wave(3, 2)]),
    ("solve_triangular", [np.tril(spd), wave(3, 2), True]),
    ("lstsq", [wave(4, 2), wave(4)]),
    ("pinv", [wave(3, 2)]),
    ("matrix_rank", [spd]),
    ("norm", [wave(3, 4)]),
    ("norm", [wave(3, 4), 1, 0]),
    ("norm", [wave(3, 4), "nuc"]),
    ("cdist", [wave(3, 2), wave(4, 2)]),
    ("normalize", [wave(3, 4)]),
    ("normalize", [wave(3, 4), 0, 1]),
    ("normalize", [wave(3, 4), 1, 3]),
    # Networks.
    ("categorical_crossentropy", [np.eye(3, dtype="float32"), np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]], "float32")]),
    ("categorical_crossentropy", [np.eye(3, dtype="float32"), wave(3, 3), True]),
    ("sparse_categorical_crossentropy", [whole(0, 2), wave(2, 3), True]),
    ("binary_crossentropy", [np.array([1, 0, 1], "float32"), np.array([0.9, 0.2, 0.6], "float32")]),
    ("binary_crossentropy", [np.array([1, 0, 1], "float32"), wave(3), True]),
    ("batch_normalization", [wave(4, 3), wave(3), wave(3, shift=2.0), -1, wave(3), wave(3)]),
    ("layer_normalization", [wave(4, 3), wave(3), wave(3), -1, 1e-3]),
    ("layer_normalization", [wave(4, 3)]),
    ("rms_normalization", [wave(4, 3), wave(3)]),
    ("psnr", [wave(4, 3), wave(4, 3), 2.0]),
    ("dot_product_attention", [wave(2, 3, 2, 4), wave(2, 5, 2, 4), wave(2, 5, 2, 4)]),
    ("conv", [wave(1, 6, 2), wave(3, 2, 3), 2, "same"]),
    ("conv", [wave(1, 5, 5, 4), wave(3, 3, 2, 4), 1, "valid"]),
    ("conv_transpose", [wave(1, 3, 3, 2), wave(3, 3, 4, 2), 2, "same"]),
    ("depthwise_conv", [wave(1, 5, 5, 2), wave(3, 3, 2, 2), 1, "same"]),
    ("separable_conv", [wave(1, 5, 5, 2), wave(3, 3, 2, 2), wave(1, 1, 4, 3), 1, "valid"]),
    ("max_pool", [wave(1, 6, 2), 2]),
    ("average_pool", [wave(1, 5, 5, 2), 3, 2, "same"]),
    ("adaptive_average_pool", [wave(1, 5, 5, 2), [2, 3]]),
    ("adaptive_max_pool", [wave(1, 5, 5, 2), [2, 3]]),
    # Spectra, as [real, imag].
    ("rfft", [wave(8)]),
    ("fft", [[wave(6), wave(6)]]),
    ("fft2", [[wave(3, 4), wave(3, 4)]]),
    ("ifft2", [[wave(3, 4), wave(3, 4)]]),
    ("irfft", [[wave(5), wave(5)]]),
    ("stft", [wave(30), 8, 4, 16]),
    ("stft", [wave(30), 8, 4, 8, "hamming", False]),
    ("istft", [[wave(7, 5), wave(7, 5)], 8, 4, 8]),
    # Images.
    ("image.rgb_to_grayscale", [wave(2, 3, 3)]),
    ("image.rgb_to_hsv", [wave(2, 4, 3, scale=0.5, shift=0.5)]),
    ("image.hsv_to_rgb", [wave(2, 4, 3, scale=0.5, shift=0.5)]),
    ("image.resize", [wave(4, 5, 2), [6, 3]]),
    ("image.resize", [wave(1, 4, 5, 2), [6, 3], "nearest"]),
    ("image.extract_patches", [wave(1, 4, 4, 2), 2]),
    ("image.gaussian_blur", [wave(1, 5, 5, 2), [3, 3], [1.0, 1.0]]),
    ("image.crop_images", [wave(5, 6, 1), 1, 2, None, None, 3, 3]),
    ("image.pad_images", [wave(3, 4, 1), 1, None, None, 2, 6, 8]),
    ("image.affine_transform", [wave(1, 4, 4, 1), np.array([[1, 0.2, 0.5, 0, 1, -0.3, 0, 0]], "float32")]),
]


def encode(value):
    if isinstance(value, (list, tuple)):
        return [encode(entry) for entry in value]
    if isinstance(value, np.ndarray) or keras.ops.is_tensor(value) or isinstance(value, np.generic):
        array = np.asarray(value)
        name = {"float64": "float32", "int64": "int32"}.get(str(array.dtype), str(array.dtype))
        flat = array.astype("float64").ravel()
        return {"v": [number(v) for v in flat], "s": list(array.shape), "d": name}
    return value


def number(v):
    if np.isnan(v):
        return "NaN"
    if np.isinf(v):
        return "Infinity" if v > 0 else "-Infinity"
    return float(f"{v:.7g}")


def find(name):
    target = keras.ops
    for part in name.split("."):
        target = getattr(target, part)
    return target


def convert(value):
    return keras.ops.convert_to_tensor(value) if isinstance(value, np.ndarray) else value


def call(name, args):
    prepared = [tuple(convert(e) for e in a) if isinstance(a, list) and a and isinstance(a[0], np.ndarray) else convert(a) for a in args]
    if name in ("vstack", "hstack", "dstack", "stack", "concatenate"):
        prepared[0] = list(prepared[0])
    if name == "select":
        prepared = [[convert(e) for e in args[0]], [convert(e) for e in args[1]], args[2]]
    return find(name)(*prepared)


rows = []
for name, args in CASES:
    try:
        rows.append([name, encode(args), encode(call(name, args))])
    except Exception as error:  # A case that Keras itself refuses is shown, not written.
        print(name, type(error).__name__, str(error)[:160])
text = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
OUT.write_text(f'{{"version":"{keras.__version__}","cases":[\n{text}\n]}}\n')
print(len(rows), "cases,", OUT.stat().st_size, "bytes")
