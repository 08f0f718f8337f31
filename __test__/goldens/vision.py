"""Writes vision.json beside itself: convolution, pooling and images as TensorFlow and Keras compute them, with gradients.

Needs Python with tensorflow and keras:  python __test__/goldens/vision.py
Operands are a formula (wave) that the tests repeat; the cotangent of an output is a wave as well.
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import keras
import numpy as np
import tensorflow as tf

ops = keras.ops
cases = []


def wave(shape, phase):
    n = int(np.prod(shape))
    return np.sin(np.arange(n) * 0.7 + phase).reshape(shape).astype("float32")


def numbers(tensor):
    return [float(f"{v:.7g}") for v in np.asarray(tensor, dtype="float64").reshape(-1)]


def case(fn, options, shapes, build, values=None, gradient=True):
    """One row: `build(*operands)` on waves of `shapes` (on `values` where given)."""
    values = values or {}
    operands = [
        tf.constant(values[i] if i in values else wave(s, i + 1)) for i, s in enumerate(shapes)
    ]
    row = {"fn": fn, "options": options, "inputs": shapes}
    if values:
        row["values"] = {str(i): np.asarray(v).reshape(-1).tolist() for i, v in values.items()}
    with tf.GradientTape() as tape:
        for operand in operands:
            tape.watch(operand)
        y = tf.convert_to_tensor(build(*operands))
        loss = tf.reduce_sum(tf.cast(y, tf.float32) * wave(y.shape, 0.5))
    row["shape"] = list(y.shape)
    row["output"] = numbers(y)
    if gradient:
        row["grads"] = [numbers(tf.convert_to_tensor(g)) for g in tape.gradient(loss, operands)]
    cases.append(row)


def same_options(strides=1, padding="valid", dilations=1, data_format="channels_last"):
    return {"strides": strides, "padding": padding, "dilations": dilations, "dataFormat": data_format}


def conv():
    for x, k, kw in [
        ([2, 9, 3], [3, 3, 4], {}),
        ([1, 9, 2], [3, 2, 3], {"padding": "same"}),
        ([1, 10, 2], [3, 2, 3], {"padding": "same", "strides": 2}),
        ([1, 12, 2], [3, 2, 3], {"dilations": 3}),
        ([1, 12, 2], [4, 2, 3], {"padding": "same", "dilations": 2}),
        ([1, 9, 4], [3, 2, 4], {"padding": "same"}),
    ]:
        o = same_options(**kw)
        case("conv1d", o, [x, k], lambda x, k: ops.conv(
            x, k, strides=o["strides"], padding=o["padding"], dilation_rate=o["dilations"]))
    # Keras' causal padding is zeros before a valid convolution.
    case("conv1d", same_options(padding="causal", dilations=2), [[1, 8, 2], [3, 2, 2]], lambda x, k: ops.conv(
        tf.pad(x, [[0, 0], [4, 0], [0, 0]]), k, dilation_rate=2))
    for x, k, kw in [
        ([2, 5, 6, 3], [3, 3, 3, 4], {}),
        ([1, 6, 7, 2], [3, 2, 2, 3], {"padding": "same"}),
        ([1, 7, 8, 2], [3, 3, 2, 3], {"padding": "same", "strides": [2, 3]}),
        ([1, 9, 9, 1], [3, 3, 1, 2], {"dilations": [2, 3]}),
        ([1, 5, 5, 4], [3, 3, 2, 4], {"padding": "same"}),
        ([1, 6, 6, 2], [2, 2, 2, 2], {"padding": "same", "strides": 2}),
    ]:
        o = same_options(**kw)
        case("conv2d", o, [x, k], lambda x, k: ops.conv(
            x, k, strides=o["strides"], padding=o["padding"], dilation_rate=o["dilations"]))
    case("conv2d", same_options(padding=[[1, 2], [0, 3]]), [[1, 5, 4, 2], [3, 3, 2, 2]], lambda x, k: tf.nn.conv2d(
        x, k, 1, [[0, 0], [1, 2], [0, 3], [0, 0]]))
    for x, k, kw in [
        ([1, 4, 5, 4, 2], [2, 3, 2, 2, 2], {}),
        ([1, 4, 4, 4, 1], [3, 3, 3, 1, 2], {"padding": "same"}),
        ([1, 5, 4, 5, 2], [3, 2, 3, 2, 2], {"padding": "same", "strides": 2}),
        ([1, 4, 5, 4, 2], [2, 1, 1, 2, 2], {"strides": [1, 2, 2]}),
        ([2, 3, 3, 3, 2], [3, 3, 3, 2, 2], {}),
        ([1, 3, 4, 4, 3], [1, 1, 1, 3, 2], {"padding": "same"}),
    ]:
        o = same_options(**kw)
        case("conv3d", o, [x, k], lambda x, k: ops.conv(x, k, strides=o["strides"], padding=o["padding"]))


def transposed():
    for x, k, kw, more in [
        ([1, 4, 2], [3, 3, 2], {}, None),
        ([1, 4, 2], [3, 3, 2], {"padding": "same", "strides": 2}, None),
        ([1, 4, 2], [2, 3, 2], {"strides": 3}, None),
        ([1, 4, 2], [3, 1, 2], {"strides": 2}, 1),
        ([2, 3, 3, 2], [3, 3, 4, 2], {}, None),
        ([1, 3, 4, 2], [3, 3, 3, 2], {"padding": "same", "strides": 2}, None),
        ([1, 3, 4, 2], [2, 3, 3, 2], {"strides": [3, 2]}, None),
        ([1, 3, 3, 2], [3, 3, 2, 2], {"padding": "same", "strides": 2}, 1),
        ([1, 3, 3, 2], [4, 4, 2, 2], {"padding": "same", "strides": 2}, 1),
        ([1, 2, 3, 2, 2], [2, 2, 2, 3, 2], {"strides": 2}, None),
        ([1, 2, 2, 3, 2], [3, 3, 3, 2, 2], {"padding": "same", "strides": 2}, None),
        ([1, 2, 2, 2, 1], [2, 3, 1, 2, 1], {}, None),
    ]:
        o = same_options(**kw)
        if more is not None:
            o["outputPadding"] = more
        case("convTranspose", o, [x, k], lambda x, k: ops.conv_transpose(
            x, k, strides=o["strides"], padding=o["padding"], output_padding=more))


def depthwise():
    for x, k, kw in [
        ([2, 5, 6, 3], [3, 3, 3, 1], {}),
        ([1, 6, 6, 4], [3, 3, 4, 1], {"padding": "same"}),
        ([1, 7, 7, 3], [3, 3, 3, 1], {"padding": "same", "strides": 2}),
        ([1, 9, 9, 2], [3, 3, 2, 1], {"dilations": 2}),
        ([1, 5, 5, 2], [2, 2, 2, 3], {"padding": "same"}),
        ([1, 4, 9, 1], [3, 3, 1, 2], {}),
    ]:
        o = same_options(**kw)
        case("depthwiseConv2d", o, [x, k], lambda x, k: ops.depthwise_conv(
            x, k, strides=o["strides"], padding=o["padding"], dilation_rate=o["dilations"]))
    for x, k, p, kw in [
        ([1, 6, 6, 3], [3, 3, 3, 1], [1, 1, 3, 4], {"padding": "same"}),
        ([1, 6, 6, 2], [3, 3, 2, 2], [1, 1, 4, 3], {"strides": 2}),
    ]:
        o = same_options(**kw)
        case("separableConv2d", o, [x, k, p], lambda x, k, p: ops.separable_conv(
            x, k, p, strides=o["strides"], padding=o["padding"]))
    case("depthwiseConv1d", same_options(padding="same"), [[1, 9, 3], [3, 3, 2]], lambda x, k: ops.depthwise_conv(
        x, k, padding="same"))


def pooling():
    for rank, shape, size, strides, padding in [
        (1, [2, 9, 3], 2, 2, "valid"),
        (1, [1, 9, 3], 3, 2, "same"),
        (1, [1, 10, 2], 4, 1, "same"),
        (2, [2, 6, 6, 3], 2, 2, "valid"),
        (2, [1, 7, 7, 2], 3, 2, "same"),
        (2, [1, 6, 7, 2], [2, 3], [1, 2], "valid"),
        (2, [1, 5, 5, 3], 3, 1, "same"),
        (3, [1, 4, 4, 4, 2], 2, 2, "valid"),
        (3, [1, 5, 4, 5, 2], 3, 2, "same"),
        (3, [1, 4, 5, 4, 2], [1, 3, 2], [2, 1, 1], "valid"),
        (3, [1, 3, 3, 3, 2], 2, 1, "same"),
    ]:
        options = {"size": size, "strides": strides, "padding": padding, "rank": rank}
        case("maxPool", options, [shape], lambda x: ops.max_pool(x, size, strides, padding))
        case("avgPool", options, [shape], lambda x: ops.average_pool(x, size, strides, padding))
    for shape, size, kind, padding, dilations in [
        ([1, 7, 7, 2], [2, 2], "avg", "VALID", [2, 2]),
        ([1, 7, 7, 2], [2, 2], "max", "VALID", [2, 3]),
        ([1, 6, 6, 2], [3, 3], "max", "SAME", [1, 1]),
    ]:
        options = {"size": size, "kind": kind, "padding": padding.lower(), "dilations": dilations}
        case("pool", options, [shape], lambda x: tf.nn.pool(
            x, size, kind.upper(), dilations=dilations, padding=padding))
    case("maxPoolWithArgmax", {"size": [2, 2], "strides": [2, 2], "batch": False}, [[2, 4, 5, 2]],
         lambda x: tf.nn.max_pool_with_argmax(x, 2, 2, "VALID").argmax, gradient=False)
    case("maxPoolWithArgmax", {"size": [3, 3], "strides": [1, 1], "batch": True}, [[2, 4, 5, 2]],
         lambda x: tf.nn.max_pool_with_argmax(x, 3, 1, "VALID", include_batch_in_index=True).argmax, gradient=False)
    for shape, size in [([2, 7, 2], 3), ([1, 5, 7, 2], [3, 2]), ([1, 6, 6, 2], [3, 3]), ([1, 5, 4, 3], [2, 3]),
                        ([1, 4, 5, 3, 2], [2, 2, 2]), ([1, 3, 3, 2], [4, 5])]:
        case("adaptiveAveragePool", {"size": size}, [shape], lambda x: ops.adaptive_average_pool(
            x, size, data_format="channels_last"))
        case("adaptiveMaxPool", {"size": size}, [shape], lambda x: ops.adaptive_max_pool(
            x, size, data_format="channels_last"))


def images():
    for shape, size in [([1, 4, 5, 2], [8, 10]), ([1, 7, 6, 2], [3, 4]), ([2, 4, 4, 1], [5, 3])]:
        for method in ["nearest", "bilinear"]:
            for corners, half in [(False, False), (True, False), (False, True)]:
                raw = tf.raw_ops.ResizeBilinear if method == "bilinear" else tf.raw_ops.ResizeNearestNeighbor
                case("resize" + method.capitalize(), {"size": size, "alignCorners": corners, "halfPixel": half}, [shape],
                     lambda x: raw(images=x, size=size, align_corners=corners, half_pixel_centers=half))
    for shape, size, antialias in [([1, 4, 4, 2], [8, 8], False), ([1, 8, 8, 1], [4, 4], False),
                                   ([1, 7, 9, 1], [3, 4], True), ([1, 5, 5, 1], [10, 4], True)]:
        # TensorFlow's bicubic without antialias reads its weights from a table of 1024 steps: sizes that hit them.
        for method in ["bilinear", "bicubic", "lanczos3", "lanczos5"]:
            case("resize", {"size": size, "interpolation": method, "antialias": antialias}, [shape],
                 lambda x: ops.image.resize(x, size, interpolation=method, antialias=antialias,
                                            data_format="channels_last"))
    for shape, size in [([1, 6, 6, 1], [3, 3]), ([1, 5, 7, 2], [3, 4])]:
        case("resize", {"size": size, "interpolation": "area", "antialias": False}, [shape],
             lambda x: tf.image.resize(x, size, "area"), gradient=False)
    boxes = np.array([[0.1, 0.05, 0.8, 0.9], [0.7, 0.21, 0.15, 0.9], [-0.2, 0.3, 0.51, 1.31]], "float32")
    which = np.array([1, 0, 1], "int32")
    for size, method in [([3, 3], "bilinear"), ([1, 4], "bilinear"), ([3, 2], "nearest"), ([5, 1], "bilinear"),
                         ([4, 4], "nearest"), ([6, 2], "bilinear")]:
        case("cropAndResize", {"size": size, "method": method, "fill": 0.5}, [[2, 5, 6, 2], [3, 4], [3]],
             lambda x, b, i: tf.image.crop_and_resize(x, b, i, size, method, 0.5),
             values={1: boxes, 2: which}, gradient=False)
    with_gradient = [([3, 3], "bilinear"), ([2, 5], "bilinear")]
    for size, method in with_gradient:
        case("cropAndResize", {"size": size, "method": method, "fill": 0.0}, [[2, 5, 6, 2], [3, 4]],
             lambda x, b: tf.image.crop_and_resize(x, b, which, size, method, 0.0), values={1: boxes})
    rows = np.array([[1, 0.1, -0.3, 0.05, 0.9, 0.4, 0.01, -0.02], [0.8, -0.2, 1.4, 0.3, 1.1, -0.6, 0, 0]], "float32")
    for mode in ["constant", "reflect", "wrap", "nearest"]:
        for method in ["nearest", "bilinear"]:
            case("transform", {"mode": mode, "method": method, "fill": 0.25, "size": [4, 6]}, [[2, 5, 4, 2], [2, 8]],
                 lambda x, t: tf.raw_ops.ImageProjectiveTransformV3(
                     images=x, transforms=t, output_shape=[4, 6], interpolation=method.upper(),
                     fill_mode=mode.upper(), fill_value=0.25),
                 values={1: rows}, gradient=False)
    for size, strides, dilation, padding in [([2, 2], [2, 2], 1, "valid"), ([3, 2], [1, 2], 1, "same"),
                                             ([2, 2], [1, 1], 2, "valid")]:
        case("extractPatches", {"size": size, "strides": strides, "dilations": dilation, "padding": padding},
             [[1, 5, 6, 2]], lambda x: ops.image.extract_patches(
                 x, size, strides=strides, dilation_rate=dilation, padding=padding, data_format="channels_last"))
    case("gaussianBlur", {"size": [3, 3], "sigma": [1.0, 1.0]}, [[1, 5, 6, 2]], lambda x: ops.image.gaussian_blur(
        x, (3, 3), (1.0, 1.0), data_format="channels_last"))
    # Square: of others Keras transposes the kernel.
    case("gaussianBlur", {"size": [5, 5], "sigma": [1.5, 1.5]}, [[1, 5, 6, 2]], lambda x: ops.image.gaussian_blur(
        x, (5, 5), (1.5, 1.5), data_format="channels_last"))
    case("rgbToGrayscale", {}, [[2, 2, 3, 3]], lambda x: tf.image.rgb_to_grayscale(x))
    for k in [1, 2, 3]:
        case("rot90", {"k": k}, [[2, 2, 3, 2]], lambda x: tf.image.rot90(x, k))
    boxes = np.array([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [1, 11.1, 0, 10.1], [0, 100, 1, 101]],
                     "float32")
    scores = np.array([0.9, 0.75, 0.6, 0.95, 0.5, 0.3], "float32")
    for most, iou, low, sigma in [(3, 0.5, -np.inf, 0.0), (10, 0.5, 0.4, 0.0), (6, 1.0, 0.0, 0.5), (2, 0.9, 0.0, 0.3)]:
        found = tf.image.non_max_suppression_with_scores(boxes, scores, most, iou, low, sigma)
        cases.append({"fn": "nonMaxSuppression", "options": {
            "most": most, "iou": iou, "low": None if np.isinf(low) else low, "sigma": sigma}, "inputs": [],
            "boxes": boxes.tolist(), "scores": scores.tolist(), "shape": list(found[0].shape),
            "output": numbers(found[0]), "selectedScores": numbers(found[1])})


for make in [conv, transposed, depthwise, pooling, images]:
    make()
path = pathlib.Path(__file__).with_name("vision.json")
path.write_text("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in cases) + "\n]\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
