"""Layers that look at every element or sample alone, that change shapes, that merge, normalize or prepare."""

RANDOM = {"random": True}
LIST = {"list": True}
# In training it replaces its kernel: stateless_call shows the gradient for the old one, which nothing is trained with.
ASSIGNED = {"gradient": False}


def merging(*rows):
    """The shapes that every merging layer is tried with."""
    return [({}, [[2, 3], [2, 3]], LIST), ({}, [[2, 3, 4], [2, 3, 4], [2, 3, 4]], LIST), ({}, [[2, 3, 4], [2, 1, 4]], LIST), *rows]


TWO = [({}, [[2, 3], [2, 3]], LIST), ({}, [[2, 3, 4], [2, 1, 4]], LIST), ({}, [[1, 5, 2], [1, 5, 1]], LIST)]
IMAGE = {"shape": [2, 4, 4, 3], "offset": 1.5}
BYTES = {"shape": [1, 4, 5, 2], "as": "bytes"}

TABLE = {
    "Dense": [
        ({"units": 3}, [[2, 4]]),
        ({"units": 3, "activation": "relu", "useBias": False}, [[2, 3, 4]]),
        ({"units": 2, "activation": "softmax"}, [[3, 5]]),
        ({"units": 4, "activation": "gelu"}, [[2, 2, 2, 3]]),
    ],
    "EinsumDense": [
        ({"equation": "ab,bc->ac", "outputShape": 5, "biasAxes": "c"}, [[3, 4]]),
        ({"equation": "abc,cd->abd", "outputShape": [None, 5], "biasAxes": "d"}, [[2, 3, 4]]),
        ({"equation": "...x,xy->...y", "outputShape": 3, "biasAxes": "y", "activation": "tanh"}, [[2, 3, 4]]),
        ({"equation": "abc,cde->abde", "outputShape": [None, 2, 3], "biasAxes": "de"}, [[2, 3, 4]]),
    ],
    "Embedding": [
        ({"inputDim": 5, "outputDim": 3}, [{"shape": [2, 4], "as": "labels", "classes": 5}]),
        ({"inputDim": 4, "outputDim": 2, "maskZero": True}, [{"shape": [3, 5], "as": "labels", "classes": 4}]),
        ({"inputDim": 6, "outputDim": 4}, [{"shape": [3], "as": "labels", "classes": 6}]),
    ],
    "Masking": [
        ({}, [[2, 3, 4]]),
        ({"maskValue": 1}, [{"shape": [2, 3, 1], "as": "binary"}]),
        ({}, [{"shape": [2, 4, 1], "as": "binary"}]),
    ],
    "Identity": [({}, [[2, 3]]), ({}, [[2, 3, 4]]), ({}, [[4]])],
    "Activation": [
        ({"activation": "tanh"}, [[2, 3]]), ({"activation": "softplus"}, [[2, 3, 4]]), ({"activation": "hardSigmoid"}, [[2, 5]]),
        ({"activation": "logSoftmax"}, [[2, 5]]),
    ],
    "ReLU": [
        ({}, [[3, 5]]), ({"maxValue": 0.5, "negativeSlope": 0.1, "threshold": 0.2}, [[3, 5]]), ({"maxValue": 0.7}, [[2, 3, 2]]),
        ({"threshold": 0.3}, [[2, 7]]),
    ],
    "LeakyReLU": [({}, [[3, 5]]), ({"negativeSlope": 0.1}, [[2, 3, 4]]), ({"negativeSlope": 0}, [[9]])],
    "PReLU": [({}, [[3, 5]]), ({"sharedAxes": [1]}, [[2, 3, 4]]), ({"sharedAxes": [1, 2]}, [[2, 3, 4, 2]])],
    "ELU": [({}, [[3, 5]]), ({"alpha": 0.4}, [[2, 3, 4]]), ({"alpha": 2}, [[9]])],
    "Softmax": [
        ({}, [[3, 5]]), ({"axis": 1}, [[2, 3, 4]]), ({"axis": [1, 2]}, [[2, 3, 4]]), ({}, [[3, 5]], {"masks": [[3, 5]]}),
    ],
    "Flatten": [({}, [[2, 3, 4]]), ({"dataFormat": "channelsFirst"}, [[2, 3, 4, 2]]), ({}, [[3]])],
    "Reshape": [({"targetShape": [4, -1]}, [[2, 6, 2]]), ({"targetShape": [12]}, [[2, 3, 4]]), ({"targetShape": [2, 1, 3]}, [[3, 6]])],
    "Permute": [({"dims": [2, 1]}, [[2, 3, 4]]), ({"dims": [3, 1, 2]}, [[2, 3, 4, 2]]), ({"dims": [1, 2]}, [[2, 3, 4]])],
    "RepeatVector": [({"n": 3}, [[2, 4]]), ({"n": 1}, [[3, 2]]), ({"n": 5}, [[1, 3]])],
    "Add": merging(),
    "Subtract": TWO,
    "Multiply": merging(),
    "Average": merging(),
    "Maximum": merging(),
    "Minimum": merging(),
    "Concatenate": [
        ({}, [[2, 3], [2, 4]], LIST), ({"axis": 1}, [[2, 3, 4], [2, 2, 4], [2, 1, 4]], LIST), ({"axis": -2}, [[2, 3, 4], [2, 2, 4]], LIST),
    ],
    "Dot": [
        ({"axes": 1}, [[2, 3], [2, 3]], LIST), ({"axes": [2, 1]}, [[2, 3, 4], [2, 4, 5]], LIST), ({"axes": 2, "normalize": True}, [[2, 3, 4], [2, 5, 4]], LIST),
        ({"axes": -1}, [[2, 3, 4], [2, 2, 4]], LIST),
    ],
    "BatchNormalization": [
        ({}, [[4, 3]]), ({"momentum": 0.9, "epsilon": 0.01}, [[2, 3, 3, 2]]), ({"center": False, "scale": False}, [[5, 2]]), ({"axis": 1}, [[3, 4, 2]]),
        ({}, [[3, 5, 2]], {"masks": [[3, 5]]}),
        ({"scale": False}, [[2, 2, 3, 2, 2]]),
    ],
    "LayerNormalization": [
        ({}, [[3, 5]]), ({"axis": [1, 2]}, [[2, 3, 4]]), ({"axis": 1, "epsilon": 0.01}, [[2, 3, 4]]), ({"center": False}, [[2, 6]]), ({"scale": False}, [[2, 3, 4]]),
    ],
    "GroupNormalization": [
        ({"groups": 2}, [[2, 3, 4]]), ({"groups": 3, "axis": 1}, [[2, 6, 3]]), ({"groups": -1}, [[2, 3, 3, 4]]), ({"groups": 1, "center": False, "scale": False}, [[2, 4]]),
    ],
    "RMSNormalization": [({}, [[3, 5]]), ({}, [[2, 2, 3]]), ({"epsilon": 0.01}, [[2, 3, 4]]), ({"axis": [1, 2]}, [[2, 3, 4]])],
    "UnitNormalization": [({}, [[3, 5]]), ({"axis": 1}, [[2, 3, 4]]), ({"axis": [1, 2]}, [[2, 3, 4]])],
    "SpectralNormalization": [
        ({"layer": {"className": "Dense", "config": {"units": 3}}}, [[2, 4]], ASSIGNED),
        ({"layer": {"className": "Dense", "config": {"units": 2}}, "powerIterations": 3}, [[2, 4]], ASSIGNED),
        ({"layer": {"className": "Conv2D", "config": {"filters": 2, "kernelSize": 2}}}, [[1, 4, 4, 2]], ASSIGNED),
    ],
    "Dropout": [({"rate": 0.5}, [[3, 5]], RANDOM), ({"rate": 0}, [[3, 5]]), ({"rate": 0.2, "noiseShape": [None, 1, 3]}, [[2, 4, 3]], RANDOM)],
    "SpatialDropout1D": [({"rate": 0.5}, [[2, 3, 4]], RANDOM), ({"rate": 0}, [[2, 3, 4]]), ({"rate": 0.1}, [[1, 2, 2]], RANDOM)],
    "SpatialDropout2D": [({"rate": 0.5}, [[2, 3, 3, 2]], RANDOM), ({"rate": 0}, [[2, 3, 3, 2]]), ({"rate": 0.1, "dataFormat": "channelsFirst"}, [[1, 2, 2, 2]], RANDOM)],
    "SpatialDropout3D": [({"rate": 0.5}, [[1, 2, 2, 2, 2]], RANDOM), ({"rate": 0}, [[1, 2, 3, 2, 2]]), ({"rate": 0.1, "dataFormat": "channelsFirst"}, [[1, 2, 2, 2, 2]], RANDOM)],
    "AlphaDropout": [({"rate": 0.5}, [[3, 5]], RANDOM), ({"rate": 0}, [[3, 5]]), ({"rate": 0.1}, [[2, 3, 2]], RANDOM)],
    "GaussianDropout": [({"rate": 0.5}, [[3, 5]], RANDOM), ({"rate": 0}, [[3, 5]]), ({"rate": 0.1}, [[2, 3, 2]], RANDOM)],
    "GaussianNoise": [({"stddev": 0.5}, [[3, 5]], RANDOM), ({"stddev": 0}, [[3, 5]]), ({"stddev": 0.1}, [[2, 3, 2]], RANDOM)],
    "ActivityRegularization": [({"l1": 0.1}, [[3, 5]]), ({"l2": 0.2}, [[2, 3, 4]]), ({"l1": 0.1, "l2": 0.3}, [[4]])],
    "Rescaling": [({"scale": 0.1}, [[2, 3]]), ({"scale": 2, "offset": -1}, [[2, 3, 3, 2]]), ({"scale": -0.5, "offset": 0.25}, [[4, 2]]),
                  ({"scale": [0.5, 2], "offset": [1, -1]}, [[2, 3, 2]]), ({"scale": 0.25}, [BYTES], {"gradient": False})],
    "Normalization": [
        ({"mean": 0.5, "variance": 2}, [[3, 4]]),
        ({"axis": -1, "mean": [0.5, 1, 2], "variance": [0.25, 4, 1]}, [[2, 3]]),
        ({"axis": 1, "mean": [0.5, 1, 2], "variance": [0.25, 4, 1], "invert": True}, [[2, 3, 2]]),
        ({"axis": None, "mean": 1, "variance": 4, "invert": True}, [[2, 3]]),
        ({"axis": [1, 3], "mean": [0.5, -1], "variance": [0, 4]}, [[2, 3, 2, 2]], {"gradient": False}),
        ({"axis": [1, 2], "mean": [[0.5], [1], [2]], "variance": [[0.25], [4], [1]]}, [[2, 3, 2]]),
    ],
    "Resizing": [
        ({"height": 6, "width": 5}, [IMAGE], {"gradient": False}),
        ({"height": 2, "width": 3, "interpolation": "nearest"}, [IMAGE], {"gradient": False}),
        ({"height": 3, "width": 7, "interpolation": "bicubic"}, [IMAGE], {"gradient": False}),
        ({"height": 3, "width": 2, "cropToAspectRatio": True}, [IMAGE], {"gradient": False}),
        ({"height": 6, "width": 4, "padToAspectRatio": True}, [IMAGE], {"gradient": False}),
        ({"height": 3, "width": 8, "padToAspectRatio": True, "fillValue": 0.5, "dataFormat": "channelsFirst"}, [[1, 2, 5, 4]], {"gradient": False}),
        ({"height": 3, "width": 3, "interpolation": "lanczos3"}, [[2, 7, 8, 1]], {"gradient": False}),
        ({"height": 9, "width": 4, "interpolation": "lanczos5", "dataFormat": "channelsFirst"}, [[2, 6, 7]], {"gradient": False}),
        ({"height": 3, "width": 2, "antialias": True}, [[1, 8, 7, 2]]),
        ({"height": 2, "width": 3, "antialias": True, "interpolation": "bicubic"}, [[7, 8, 1]], {"gradient": False}),
        ({"height": 5, "width": 7}, [BYTES], {"gradient": False}),
        ({"height": 5, "width": 7, "interpolation": "bicubic"}, [BYTES], {"gradient": False}),
        ({"height": 6, "width": 3, "interpolation": "nearest", "padToAspectRatio": True, "fillValue": 127.5}, [BYTES], {"gradient": False}),
    ],
    "CenterCrop": [
        ({"height": 2, "width": 3}, [IMAGE], {"gradient": False}), ({"height": 4, "width": 1}, [IMAGE], {"gradient": False}), ({"height": 8, "width": 6}, [IMAGE], {"gradient": False}),
        ({"height": 2, "width": 3, "dataFormat": "channelsFirst"}, [[2, 5, 6]], {"gradient": False}), ({"height": 3, "width": 9}, [[5, 7, 2]], {"gradient": False}),
        ({"height": 3, "width": 2}, [BYTES], {"gradient": False}),
    ],
    "CategoryEncoding": [
        ({"numTokens": 4, "outputMode": "oneHot"}, [{"shape": [3], "as": "labels", "classes": 4}], {"gradient": False}),
        ({"numTokens": 4}, [{"shape": [3, 2], "as": "labels", "classes": 4}], {"gradient": False}),
        ({"numTokens": 5, "outputMode": "count"}, [{"shape": [2, 4], "as": "labels", "classes": 5}], {"gradient": False}),
        ({"numTokens": 5, "outputMode": "count"}, [{"shape": [2, 4], "as": "labels", "classes": 5}, [2, 4]], {"gradient": False, "call": {"countWeights": {"input": 1}}}),
        ({"numTokens": 3, "outputMode": "oneHot"}, [{"shape": [3, 1], "as": "labels", "classes": 4}], {"gradient": False}),
        ({"numTokens": 3, "outputMode": "oneHot"}, [{"shape": [2, 3], "as": "labels", "classes": 3}], {"gradient": False}),
        ({"numTokens": 4}, [{"shape": [3], "as": "labels", "classes": 4}], {"gradient": False}),
        ({"numTokens": 4, "outputMode": "count"}, [{"shape": [2, 3, 2], "as": "labels", "classes": 4}], {"gradient": False}),
    ],
    "Discretization": [
        ({"binBoundaries": [-0.5, 0, 0.5]}, [[3, 4]], {"gradient": False}),
        ({"binBoundaries": [-0.9, 0.1], "outputMode": "oneHot"}, [[3, 1]], {"gradient": False}),
        ({"binBoundaries": [-0.5, 0.2], "outputMode": "multiHot"}, [[3, 2]], {"gradient": False}),
        ({"binBoundaries": [-0.5, 0, 0.2], "outputMode": "count"}, [[3, 5]], {"gradient": False}),
        ({"binBoundaries": [-0.5, 0.2], "outputMode": "oneHot"}, [[2, 3]], {"gradient": False}),
        ({"binBoundaries": [0, 50, 100.5, 200]}, [BYTES], {"gradient": False}),
    ],
}
