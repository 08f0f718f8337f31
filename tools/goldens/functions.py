"""Cases of functions and small classes: activations, losses, metrics, regularizers, constraints, initializers, schedules."""

import jax
import keras
import numpy as np

from common import attempted, data_of, digits, make, numbers, options, result, snake, wave

SOFT = {"shape": [4, 3], "as": "softmax"}
UNIT = {"shape": [4, 3], "as": "unit"}
BINARY = {"shape": [4, 3], "as": "binary"}
ONEHOT = {"shape": [4, 3], "as": "onehot"}
LABELS = {"shape": [4], "as": "labels"}
REAL = {"shape": [4, 3], "phase": 1}
OTHER = {"shape": [4, 3], "phase": 0.2, "scale": 1.5}
LOGITS = {"shape": [4, 3], "phase": 0.2, "scale": 3}
SIGNS = {"shape": [4, 3], "as": "binary"}

# name, further arguments in order
ACTIVATIONS = [
    ("celu", []), ("celu", [0.5]), ("elu", []), ("elu", [0.5]), ("exponential", []), ("gelu", []), ("gelu", [True]), ("glu", []), ("glu", [0]), ("hardShrink", []),
    ("hardShrink", [1.5]), ("hardSigmoid", []), ("hardSilu", []), ("hardTanh", []), ("leakyRelu", []), ("leakyRelu", [0.05]), ("linear", []), ("logSigmoid", []),
    ("logSoftmax", []), ("logSoftmax", [0]), ("mish", []), ("relu", []), ("relu", [0.1, 2, 0.5]), ("relu6", []), ("selu", []), ("sigmoid", []), ("silu", []),
    ("softShrink", []), ("softShrink", [1.5]), ("softmax", []), ("softmax", [0]), ("softplus", []), ("softsign", []), ("sparsePlus", []), ("sparseSigmoid", []),
    ("sparsemax", []), ("sparsemax", [0]), ("squareplus", []), ("squareplus", [1]), ("tanh", []), ("tanhShrink", []), ("threshold", [0.5, -2]),
]

# class, options, targets, predictions
LOSSES = [
    ("MeanSquaredError", {}, REAL, OTHER), ("MeanAbsoluteError", {}, REAL, OTHER), ("MeanAbsolutePercentageError", {}, REAL, OTHER),
    ("MeanSquaredLogarithmicError", {}, UNIT, SOFT), ("Huber", {}, REAL, OTHER), ("Huber", {"delta": 0.3}, REAL, OTHER), ("LogCosh", {}, REAL, OTHER),
    ("CosineSimilarity", {}, REAL, OTHER), ("CosineSimilarity", {"axis": 0}, REAL, OTHER), ("Poisson", {}, UNIT, SOFT), ("KLDivergence", {}, SOFT, {**SOFT, "phase": 2}),
    ("Hinge", {}, SIGNS, OTHER), ("SquaredHinge", {}, SIGNS, OTHER), ("CategoricalHinge", {}, ONEHOT, OTHER),
    ("BinaryCrossentropy", {}, BINARY, UNIT), ("BinaryCrossentropy", {"fromLogits": True}, BINARY, LOGITS), ("BinaryCrossentropy", {"labelSmoothing": 0.2}, BINARY, UNIT),
    ("BinaryCrossentropy", {"fromLogits": True, "labelSmoothing": 0.1}, BINARY, LOGITS),
    ("BinaryFocalCrossentropy", {}, BINARY, UNIT), ("BinaryFocalCrossentropy", {"applyClassBalancing": True, "alpha": 0.4, "gamma": 3}, BINARY, UNIT),
    ("BinaryFocalCrossentropy", {"fromLogits": True, "labelSmoothing": 0.1}, BINARY, LOGITS),
    ("CategoricalCrossentropy", {}, ONEHOT, SOFT), ("CategoricalCrossentropy", {"fromLogits": True}, ONEHOT, LOGITS), ("CategoricalCrossentropy", {"labelSmoothing": 0.2}, ONEHOT, SOFT),
    ("CategoricalCrossentropy", {}, ONEHOT, UNIT),
    ("CategoricalFocalCrossentropy", {}, ONEHOT, SOFT), ("CategoricalFocalCrossentropy", {"alpha": 0.5, "gamma": 1, "labelSmoothing": 0.1}, ONEHOT, SOFT),
    ("CategoricalFocalCrossentropy", {"fromLogits": True}, ONEHOT, LOGITS),
    ("SparseCategoricalCrossentropy", {}, LABELS, SOFT), ("SparseCategoricalCrossentropy", {"fromLogits": True}, LABELS, LOGITS),
    ("SparseCategoricalCrossentropy", {"ignoreClass": 1}, LABELS, SOFT), ("SparseCategoricalCrossentropy", {"ignoreClass": 0, "fromLogits": True}, LABELS, LOGITS),
    ("CategoricalGeneralizedCrossEntropy", {}, LABELS, SOFT), ("CategoricalGeneralizedCrossEntropy", {"q": 0.7}, LABELS, SOFT),
    ("Dice", {}, BINARY, UNIT), ("Dice", {"axis": [1]}, BINARY, UNIT), ("Tversky", {}, BINARY, UNIT), ("Tversky", {"alpha": 0.3, "beta": 0.7, "axis": [1]}, BINARY, UNIT),
    ("Circle", {"gamma": 2}, {"shape": [6], "as": "labels"}, {"shape": [6, 3], "scale": 0.5}), ("Circle", {"gamma": 4, "margin": 0.2}, {"shape": [6], "as": "labels"}, {"shape": [6, 4], "phase": 1}),
]

# class, options, targets, predictions (shape of a batch; batches differ in phase)
METRICS = [
    ("Accuracy", {}, {"shape": [6], "as": "labels"}, {"shape": [6], "as": "binary"}), ("BinaryAccuracy", {}, BINARY, UNIT), ("BinaryAccuracy", {"threshold": 0.3}, BINARY, UNIT),
    ("CategoricalAccuracy", {}, ONEHOT, SOFT), ("SparseCategoricalAccuracy", {}, LABELS, SOFT), ("TopKCategoricalAccuracy", {"k": 2}, ONEHOT, SOFT),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, LABELS, SOFT), ("AUC", {}, BINARY, UNIT), ("AUC", {"curve": "PR", "numThresholds": 20}, BINARY, UNIT),
    ("AUC", {"numThresholds": 30, "summationMethod": "minoring"}, BINARY, UNIT), ("AUC", {"multiLabel": True, "numThresholds": 20}, BINARY, UNIT),
    ("Precision", {}, BINARY, UNIT), ("Precision", {"thresholds": [0.3, 0.6]}, BINARY, UNIT), ("Precision", {"topK": 2}, BINARY, UNIT), ("Precision", {"classId": 1}, BINARY, UNIT),
    ("Recall", {}, BINARY, UNIT), ("Recall", {"thresholds": 0.4}, BINARY, UNIT), ("TruePositives", {}, BINARY, UNIT), ("TrueNegatives", {}, BINARY, UNIT),
    ("FalsePositives", {"thresholds": [0.2, 0.8]}, BINARY, UNIT), ("FalseNegatives", {}, BINARY, UNIT),
    ("SensitivityAtSpecificity", {"specificity": 0.5}, BINARY, UNIT), ("SpecificityAtSensitivity", {"sensitivity": 0.5}, BINARY, UNIT),
    ("PrecisionAtRecall", {"recall": 0.5}, BINARY, UNIT), ("RecallAtPrecision", {"precision": 0.5}, BINARY, UNIT),
    ("F1Score", {}, ONEHOT, SOFT), ("F1Score", {"average": "macro", "threshold": 0.4}, BINARY, UNIT), ("FBetaScore", {"beta": 2.0, "average": "micro"}, ONEHOT, SOFT),
    ("FBetaScore", {"beta": 0.5, "average": "weighted"}, ONEHOT, SOFT),
    ("IoU", {"numClasses": 3, "targetClassIds": [0, 2]}, {"shape": [6], "as": "labels"}, {"shape": [6], "as": "binary"}), ("BinaryIoU", {"targetClassIds": [0, 1], "threshold": 0.4}, {"shape": [12], "as": "binary"}, {"shape": [12], "as": "unit"}),
    ("MeanIoU", {"numClasses": 3}, {"shape": [6], "as": "labels"}, {"shape": [6], "as": "binary"}), ("OneHotIoU", {"numClasses": 3, "targetClassIds": [1]}, ONEHOT, SOFT),
    ("OneHotMeanIoU", {"numClasses": 3}, ONEHOT, SOFT),
    ("MeanSquaredError", {}, REAL, OTHER), ("RootMeanSquaredError", {}, REAL, OTHER), ("MeanAbsoluteError", {}, REAL, OTHER), ("MeanAbsolutePercentageError", {}, REAL, OTHER),
    ("MeanSquaredLogarithmicError", {}, UNIT, SOFT), ("CosineSimilarity", {}, REAL, OTHER), ("LogCoshError", {}, REAL, OTHER),
    ("R2Score", {}, REAL, OTHER), ("R2Score", {"classAggregation": "variance_weighted_average"}, REAL, OTHER), ("PearsonCorrelation", {}, REAL, OTHER), ("ConcordanceCorrelation", {}, REAL, OTHER),
    ("BinaryCrossentropy", {}, BINARY, UNIT), ("CategoricalCrossentropy", {}, ONEHOT, SOFT), ("SparseCategoricalCrossentropy", {}, LABELS, SOFT), ("KLDivergence", {}, SOFT, {**SOFT, "phase": 2}),
    ("Poisson", {}, UNIT, SOFT), ("Hinge", {}, SIGNS, OTHER), ("SquaredHinge", {}, SIGNS, OTHER), ("CategoricalHinge", {}, ONEHOT, OTHER),
]
UNWEIGHTED = {"PearsonCorrelation", "ConcordanceCorrelation"}

REGULARIZERS = [
    ("L1", {}), ("L1", {"l1": 0.3}), ("L2", {}), ("L2", {"l2": 0.2}), ("L1L2", {"l1": 0.1, "l2": 0.2}), ("L1L2", {}), ("OrthogonalRegularizer", {}),
    ("OrthogonalRegularizer", {"factor": 0.1, "mode": "columns"}),
]
CONSTRAINTS = [
    ("MaxNorm", {}, [4, 3]), ("MaxNorm", {"maxValue": 0.8, "axis": 1}, [4, 3]), ("MaxNorm", {"maxValue": 1, "axis": [0, 1, 2]}, [2, 2, 3, 2]), ("UnitNorm", {}, [4, 3]),
    ("UnitNorm", {"axis": 1}, [4, 3]), ("NonNeg", {}, [4, 3]), ("MinMaxNorm", {}, [4, 3]), ("MinMaxNorm", {"minValue": 0.5, "maxValue": 0.9, "rate": 0.5, "axis": 1}, [4, 3]),
]
INITIALIZERS = [
    ("Zeros", {}, [2, 3]), ("Ones", {}, [2, 3]), ("Constant", {"value": 0.3}, [2, 2]), ("Constant", {"value": -1}, [3]), ("Identity", {}, [3, 3]), ("Identity", {"gain": 2}, [2, 4]),
    ("STFT", {}, [8, 1, 5]), ("STFT", {"side": "imag", "window": "hamming", "scaling": "spectrum"}, [7, 1, 4]), ("STFT", {"window": None}, [6, 1, 5]),
    ("STFT", {"window": "blackman", "periodic": True, "scaling": None}, [6, 1, 4]), ("STFT", {"window": "triang", "periodic": True}, [5, 1, 3]),
    ("STFT", {"window": "triang", "side": "imag"}, [5, 1, 4]), ("STFT", {"window": "bartlett"}, [6, 1, 4]), ("STFT", {"window": "cosine", "periodic": True}, [6, 1, 4]),
    ("STFT", {"window": "nuttall"}, [5, 1, 3]), ("STFT", {"window": "blackmanharris"}, [5, 1, 3]), ("STFT", {"window": "flattop"}, [5, 1, 3]), ("STFT", {"window": "boxcar"}, [4, 1, 3]),
]
SCHEDULES = [
    ("ExponentialDecay", {"initialLearningRate": 0.1, "decaySteps": 5, "decayRate": 0.5}),
    ("ExponentialDecay", {"initialLearningRate": 0.1, "decaySteps": 7, "decayRate": 0.9, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [4, 11], "values": [1, 0.5, 0.1]}),
    ("PiecewiseConstantDecay", {"boundaries": [3], "values": [0.25, 0.75]}),
    ("PolynomialDecay", {"initialLearningRate": 0.1, "decaySteps": 10}),
    ("PolynomialDecay", {"initialLearningRate": 0.1, "decaySteps": 6, "endLearningRate": 0.01, "power": 2, "cycle": True}),
    ("InverseTimeDecay", {"initialLearningRate": 0.1, "decaySteps": 3, "decayRate": 0.5}),
    ("InverseTimeDecay", {"initialLearningRate": 0.1, "decaySteps": 4, "decayRate": 2, "staircase": True}),
    ("CosineDecay", {"initialLearningRate": 0.1, "decaySteps": 15}),
    ("CosineDecay", {"initialLearningRate": 0.2, "decaySteps": 12, "alpha": 0.1}),
    ("CosineDecay", {"initialLearningRate": 0.01, "decaySteps": 12, "alpha": 0.1, "warmupTarget": 0.2, "warmupSteps": 6}),
    ("CosineDecay", {"initialLearningRate": 0.0, "decaySteps": 10, "warmupTarget": 0.1, "warmupSteps": 4}),
    ("CosineDecayRestarts", {"initialLearningRate": 0.1, "firstDecaySteps": 6}),
    ("CosineDecayRestarts", {"initialLearningRate": 0.1, "firstDecaySteps": 5, "tMul": 1.5, "mMul": 0.8, "alpha": 0.05}),
]
STEPS = [*range(21), 50, 200]


def activation_cases():
    spec = {"shape": [4, 6], "scale": 4}
    out = []
    for name, arguments in ACTIVATIONS:
        function = getattr(keras.activations, snake(name))
        x = jax.numpy.asarray(data_of(spec))
        y = function(x, *arguments)
        g = jax.grad(lambda x: (function(x, *arguments) * wave(y.shape, 5)).sum())(x)
        out.append({"name": name, "arguments": arguments, "input": spec, "output": result(y), "gradient": numbers(g)})
    return out


def loss_case(name, config, target, prediction):
    y = data_of(target)
    p = jax.numpy.asarray(data_of(prediction))
    per_value = keras.ops.shape(getattr(keras.losses, name)(**options(config), reduction="none")(y, p))
    variants = [(r, False) for r in ("sumOverBatchSize", "sum", "none")]
    if len(per_value) > 0 and per_value[0] == y.shape[0]:
        variants += [(r, True) for r in ("sumOverBatchSize", "mean", "meanWithSampleWeight")]
    values = {}
    for reduction, weighted in variants:
        loss = getattr(keras.losses, name)(**options({**config, "reduction": reduction}))
        weight = wave([y.shape[0]], 0.5) + 1 if weighted else None
        values[reduction + (" weighted" if weighted else "")] = result(loss(y, p, sample_weight=weight))
    loss = getattr(keras.losses, name)(**options(config))
    return {"className": name, "config": config, "target": target, "prediction": prediction, "values": values, "gradient": numbers(jax.grad(lambda p: loss(y, p))(p))}


def metric_case(name, config, target, prediction):
    case = {"className": name, "config": config, "target": target, "prediction": prediction}
    for weighted in (False, True):
        if weighted and name in UNWEIGHTED:
            continue
        metric = getattr(keras.metrics, name)(**options(config))
        results = []
        for batch in range(3):
            y, p = data_of({**target, "phase": 1 + batch}), data_of({**prediction, "phase": 0.2 + 2 * batch})
            metric.update_state(y, p, sample_weight=wave([y.shape[0]], 0.5 + batch) + 1 if weighted else None)
            results.append(result(metric.result()))
        case["weighted" if weighted else "plain"] = results
    return case


def small_case(kind, module, name, config, shape):
    made = make({"className": name, "config": config}, module)
    output = made(shape=shape) if kind == "initializer" else made(jax.numpy.asarray(data_of(shape)))
    return {"kind": kind, "className": name, "config": config, "input": shape, "output": result(output)}


def small_cases():
    out = [small_case("regularizer", keras.regularizers, name, config, [4, 3]) for name, config in REGULARIZERS]
    out += [small_case("constraint", keras.constraints, *row) for row in CONSTRAINTS]
    out += [small_case("initializer", keras.initializers, *row) for row in INITIALIZERS]
    for name, config in SCHEDULES:
        schedule = make({"className": name, "config": config}, keras.optimizers.schedules)
        values = [digits(schedule(step)) for step in STEPS]
        out.append({"kind": "schedule", "className": name, "config": config, "steps": STEPS, "output": {"shape": [len(STEPS)], "values": values}})
    return out


def files():
    return {"small": small_cases, "activations": activation_cases, "losses": lambda: attempted(loss_case, LOSSES), "metrics": lambda: attempted(metric_case, METRICS)}
