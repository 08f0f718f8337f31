"""Cases of layers that adapt to data: what they learn from arrays and from batches, and what they then give."""

import keras
import numpy as np

from common import attempted, data_of, make, numbers, result

SMALL, LARGE = [40, 3], {"shape": [23, 3], "phase": 1.1, "scale": 3, "offset": 2}
MANY = {"shape": [700], "scale": 5}

TABLE = [
    ("Normalization", {}, [SMALL], [[4, 3]]),
    ("Normalization", {}, [SMALL, LARGE, [5, 3]], [[4, 3]]),
    ("Normalization", {"invert": True}, [LARGE, SMALL], [[4, 3]]),
    ("Normalization", {"axis": None}, [[2, 3, 4], {"shape": [5, 3, 4], "offset": 1}], [[2, 3, 4]]),
    ("Normalization", {"axis": 1}, [[6, 3, 4]], [[2, 3, 4]]),
    ("Normalization", {"axis": [1, -1]}, [[6, 3, 2, 4], {"shape": [3, 3, 2, 4], "scale": 2}], [[2, 3, 2, 4]]),
    ("Normalization", {"axis": None}, [{"shape": [9], "offset": -4}], [[3]]),
    ("Normalization", {}, [{"shape": [7, 2, 2, 3], "as": "bytes"}], [[2, 2, 2, 3]]),
    ("Discretization", {"numBins": 4}, [[30]], [[3, 4]]),
    ("Discretization", {"numBins": 3, "outputMode": "oneHot"}, [MANY], [[3, 1]]),
    ("Discretization", {"numBins": 5}, [MANY, {"shape": [350], "phase": 2, "offset": 1}], [{"shape": [4, 5], "scale": 4}]),
    ("Discretization", {"numBins": 7, "epsilon": 0.1, "outputMode": "count"}, [MANY, [60, 3], LARGE], [{"shape": [4, 5], "scale": 4}]),
    ("Discretization", {"numBins": 6}, [[3]], [{"shape": [3, 2], "phase": 1.1}]),
    ("Discretization", {"numBins": 3}, [{"shape": [50], "as": "labels", "classes": 5}], [{"shape": [6], "scale": 4}]),
]


def case_of(name, config, data, inputs):
    layer = make({"className": name, "config": config})
    batches = [data_of(spec) for spec in data]
    layer.adapt(batches[0] if len(batches) == 1 else batches)
    case = {"className": name, "config": config, "data": data, "inputs": inputs}
    if name == "Discretization":
        case["boundaries"] = numbers(layer.bin_boundaries)
    else:
        case["weights"] = [result(w.numpy()) for w in (layer.adapt_mean, layer.adapt_variance)]
    case["outputs"] = [result(layer(data_of(spec))) for spec in inputs]
    return case


def files():
    return {"preprocessing": lambda: attempted(case_of, TABLE)}
