"""Convolutions, pooling, and what pads, crops and repeats in space."""

FIRST = {"dataFormat": "channelsFirst"}
SAMPLES = {1: [2, 7, 4], 2: [2, 6, 7, 4], 3: [1, 4, 5, 4, 4]}
FIRST_SAMPLES = {1: [2, 4, 7], 2: [1, 4, 6, 5], 3: [1, 4, 4, 4, 3]}


def convolutions():
    table = {}
    for n in (1, 2, 3):
        x, first = [SAMPLES[n]], [FIRST_SAMPLES[n]]
        table[f"Conv{n}D"] = [
            ({"filters": 3, "kernelSize": 3}, x),
            ({"filters": 2, "kernelSize": 2, "strides": 2, "padding": "same", "activation": "tanh"}, x),
            ({"filters": 2, "kernelSize": 2, "dilationRate": 2, "useBias": False}, x),
            ({"filters": 4, "kernelSize": 3, "groups": 2, "padding": "same"}, x),
            *([({"filters": 2, "kernelSize": 3, "padding": "causal", "dilationRate": 2}, x)] if n == 1 else []),
            ({"filters": 2, "kernelSize": 2, **FIRST}, first),
        ]
        table[f"Conv{n}DTranspose"] = [
            ({"filters": 3, "kernelSize": 3}, x),
            ({"filters": 2, "kernelSize": 3, "strides": 2, "padding": "same"}, x),
            ({"filters": 2, "kernelSize": 2, "strides": 3, "useBias": False, "activation": "tanh"}, x),
            ({"filters": 2, "kernelSize": 3, "strides": 2, "padding": "same", "outputPadding": 1}, x),
            ({"filters": 2, "kernelSize": 2, "strides": 2, **FIRST}, first),
        ]
        if n == 3:
            continue
        table[f"DepthwiseConv{n}D"] = [
            ({"kernelSize": 3, "padding": "same", "useBias": False}, x),
            ({"kernelSize": 2, "strides": 2, "depthMultiplier": 2, "activation": "tanh"}, x),
            ({"kernelSize": 2, "dilationRate": 2}, x),
            ({"kernelSize": 3, "padding": "same", "depthMultiplier": 2, **FIRST}, first),
        ]
        table[f"SeparableConv{n}D"] = [
            ({"filters": 3, "kernelSize": 3}, x),
            ({"filters": 2, "kernelSize": 3, "strides": 2, "padding": "same", "depthMultiplier": 2}, x),
            ({"filters": 2, "kernelSize": 2, "dilationRate": 2, "useBias": False, "activation": "relu"}, x),
            ({"filters": 2, "kernelSize": 2, **FIRST}, first),
        ]
    return table


def pooling():
    table = {}
    for n in (1, 2, 3):
        x, first = [SAMPLES[n]], [FIRST_SAMPLES[n]]
        for kind in ("Max", "Average"):
            table[f"{kind}Pooling{n}D"] = [
                ({"poolSize": 2}, x),
                ({"poolSize": 3, "strides": 2, "padding": "same"}, x),
                ({"poolSize": 2, "strides": 1}, x),
                ({"poolSize": 2, "strides": 3, "padding": "same", **FIRST}, first),
            ]
            table[f"Global{kind}Pooling{n}D"] = [
                ({}, x), ({"keepDims": True}, x), (FIRST, first),
                *([({}, x, {"masks": [[2, 7]]})] if n == 1 and kind == "Average" else []),
            ]
            table[f"Adaptive{kind}Pooling{n}D"] = [({"outputSize": 3}, x), ({"outputSize": 2}, x), ({"outputSize": 2, **FIRST}, first)]
    return table


def reshaping():
    return {
        "Cropping1D": [({"cropping": 1}, [[2, 5, 3]]), ({"cropping": [1, 2]}, [[2, 5, 3]]), ({"cropping": [0, 2]}, [[1, 4, 2]])],
        "Cropping2D": [
            ({"cropping": 1}, [[1, 5, 4, 2]]), ({"cropping": [1, 0]}, [[1, 5, 4, 2]]), ({"cropping": [[1, 2], [0, 1]]}, [[2, 5, 4, 2]]), ({"cropping": 1, **FIRST}, [[1, 2, 5, 4]]),
        ],
        "Cropping3D": [
            ({"cropping": 1}, [[1, 4, 5, 3, 2]]), ({"cropping": [1, 0, 1]}, [[1, 4, 5, 3, 2]]), ({"cropping": [[1, 2], [0, 1], [1, 0]]}, [[1, 4, 5, 3, 2]]),
            ({"cropping": 1, **FIRST}, [[1, 2, 4, 3, 3]]),
        ],
        "UpSampling1D": [({}, [[2, 3, 4]]), ({"size": 3}, [[2, 3, 2]]), ({"size": 1}, [[1, 2, 2]])],
        "UpSampling2D": [
            ({}, [[1, 3, 4, 2]]), ({"size": [3, 2]}, [[2, 2, 3, 2]]), ({"size": 2, "interpolation": "bilinear"}, [[1, 3, 4, 2]]),
            ({"size": 2, "interpolation": "bicubic"}, [[1, 4, 5, 2]]), ({"size": 2, **FIRST}, [[1, 2, 3, 2]]),
        ],
        "UpSampling3D": [({}, [[1, 2, 3, 2, 2]]), ({"size": [1, 2, 3]}, [[1, 2, 2, 2, 1]]), ({**FIRST}, [[1, 2, 2, 1, 2]])],
        "ZeroPadding1D": [({}, [[2, 3, 4]]), ({"padding": 2}, [[2, 3, 2]]), ({"padding": [0, 2]}, [[1, 3, 2]])],
        "ZeroPadding2D": [
            ({}, [[1, 3, 4, 2]]), ({"padding": [2, 0]}, [[1, 3, 4, 2]]), ({"padding": [[1, 2], [0, 1]]}, [[1, 3, 4, 2]]), ({"padding": 1, **FIRST}, [[1, 2, 3, 4]]),
        ],
        "ZeroPadding3D": [({}, [[1, 2, 3, 2, 2]]), ({"padding": [1, 0, 2]}, [[1, 2, 3, 2, 1]]), ({"padding": [[1, 2], [0, 1], [0, 0]]}, [[1, 2, 2, 2, 1]])],
    }


TABLE = {**convolutions(), **pooling(), **reshaping()}
