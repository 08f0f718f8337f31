"""Numbers of Keras' losses and metrics: KERAS_BACKEND=jax JAX_ENABLE_X64=1 python losses_metrics.py (writes losses-metrics.json)."""
import json
import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"
import keras
import jax
import numpy as np

keras.backend.set_floatx("float64")
rng = np.random.default_rng(7)


def numbers(x):
    return np.round(np.asarray(x, dtype="float64"), 8)


def tensor(x):
    x = np.asarray(x)
    return {"shape": list(x.shape), "data": [float(v) for v in np.ravel(numbers(x))]}


def uniform(shape, low=0.0, high=1.0):
    return np.round(rng.uniform(low, high, shape), 3)


def shares(shape, axis=-1):
    x = uniform(shape, 0.1, 1)
    return x


weights = np.array([1.0, 0.0, 2.0, 0.5])
mask = np.array([True, False, True, True])
labels = np.array([2, 0, 1, 1])
onehot = np.eye(3)[labels]
binary = np.array([[1, 0], [0, 1], [1, 1], [0, 0]], "float64")
L = keras.losses
cases = []


def loss(name, y, p, **config):
    base = getattr(L, name)(**config)
    row = {"name": name, "config": config, "y": tensor(y), "p": tensor(p)}
    none = getattr(L, name)(reduction="none", **config)
    row["values"] = tensor(none(y, p))
    # Keras does not broadcast [n] to [n, m].
    w = weights[:, None] if np.ndim(none(y, p)) == 2 else weights
    for reduction in ["sum_over_batch_size", "sum", "mean_with_sample_weight"]:
        made = getattr(L, name)(reduction=reduction, **config)
        row[reduction] = float(made(y, p))
        row[reduction + "_weighted"] = float(made(y, p, sample_weight=w))
    row["gradient"] = tensor(jax.grad(lambda q: base(y, q))(np.asarray(p, "float64")))
    row["default_name"] = base.name
    cases.append(row)


real, guess = uniform((4, 3), -2, 2), uniform((4, 3), -2, 2)
positive = uniform((4, 3), 0.2, 3)
for name in ["MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "LogCosh", "Huber", "CosineSimilarity"]:
    loss(name, real, guess)
loss("Huber", real, guess, delta=0.4)
loss("CosineSimilarity", uniform((4, 3, 2), -1, 1), uniform((4, 3, 2), -1, 1), axis=1)
loss("MeanSquaredLogarithmicError", positive, uniform((4, 3), -0.5, 2))
loss("Poisson", positive, uniform((4, 3), 0.1, 2))
loss("KLDivergence", shares((4, 3)), shares((4, 3)))
loss("KLDivergence", onehot, shares((4, 3)))
for name in ["Hinge", "SquaredHinge"]:
    loss(name, binary, uniform((4, 2), -1.5, 1.5))
    loss(name, 2 * binary - 1, uniform((4, 2), -1.5, 1.5))
loss("CategoricalHinge", onehot, guess)
loss("BinaryCrossentropy", binary, uniform((4, 2), 0.05, 0.95))
loss("BinaryCrossentropy", binary, uniform((4, 2), -2, 2), from_logits=True, label_smoothing=0.2)
loss("BinaryCrossentropy", uniform((4, 3, 2)), uniform((4, 3, 2), 0.05, 0.95), axis=1)
loss("CategoricalCrossentropy", onehot, shares((4, 3)))
loss("CategoricalCrossentropy", onehot, guess, from_logits=True, label_smoothing=0.1)
loss("CategoricalCrossentropy", np.moveaxis(np.eye(3)[rng.integers(0, 3, (4, 2))], -1, 1), shares((4, 3, 2)), axis=1)
loss("SparseCategoricalCrossentropy", labels, shares((4, 3)))
loss("SparseCategoricalCrossentropy", labels[:, None], guess, from_logits=True)
loss("SparseCategoricalCrossentropy", np.array([2, -1, 1, -1]), guess, from_logits=True, ignore_class=-1)
loss("SparseCategoricalCrossentropy", labels, shares((4, 3)), ignore_class=1)
for config in [{}, {"gamma": 3.0, "alpha": 0.6, "apply_class_balancing": True}, {"label_smoothing": 0.1}]:
    loss("BinaryFocalCrossentropy", binary, uniform((4, 2), 0.05, 0.95), **config)
loss("BinaryFocalCrossentropy", binary, uniform((4, 2), -2, 2), from_logits=True)
loss("CategoricalFocalCrossentropy", onehot, shares((4, 3)))
loss("CategoricalFocalCrossentropy", onehot, guess, from_logits=True, label_smoothing=0.1, alpha=0.5, gamma=1.5)
loss("CategoricalGeneralizedCrossEntropy", labels, shares((4, 3)) / 2)
loss("CategoricalGeneralizedCrossEntropy", labels, shares((4, 3)) / 2, q=0.8)
loss("Dice", uniform((4, 3)).round(), shares((4, 3)))
loss("Dice", uniform((4, 3, 2)).round(), shares((4, 3, 2)), axis=[1, 2])
loss("Tversky", uniform((4, 3)).round(), shares((4, 3)), alpha=0.3, beta=0.7)
loss("Tversky", uniform((4, 3)).round(), shares((4, 3)), axis=1)
unit = uniform((4, 3), -1, 1)
unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
loss("Circle", np.array([0, 1, 0, 1]), unit)
loss("Circle", np.array([0, 1, 2, 1]), unit, gamma=2.0, margin=0.25, remove_diagonal=False)
loss("CTC", np.array([[1, 2, 2], [3, 0, 0], [1, 1, 0], [2, 3, 1]]), uniform((4, 6, 4), -2, 2))

masked = []
for name in ["MeanSquaredError", "MeanAbsoluteError"]:
    for reduction in ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight"]:
        made = getattr(L, name)(reduction=reduction)
        p = jax.numpy.asarray(guess)
        keras.src.backend.set_keras_mask(p, jax.numpy.asarray(mask))
        # The conversion of dtype makes a copy without the mask unless it is the same array.
        row = {"name": name, "reduction": reduction, "y": tensor(real), "p": tensor(guess), "mask": [bool(v) for v in mask]}
        row["value"] = float(made(real, p))
        row["weighted"] = float(made(real, p, sample_weight=weights))
        masked.append(row)

M = keras.metrics
measured = []


def metric(name, y, p, weighted=True, y2=None, p2=None, w=None, **config):
    w = weights if w is None else np.asarray(w)
    made = getattr(M, name)(**config)
    row = {"name": name, "config": config, "y": tensor(y), "p": tensor(p), "w": tensor(w), "default_name": None}
    keras.backend.clear_session()
    row["default_name"] = getattr(M, name)(**config).name
    made.update_state(y, p)
    row["once"] = tensor(made.result())
    made.update_state(np.flip(y, 0), p)
    row["twice"] = tensor(made.result())
    if weighted:
        made.reset_state()
        made.update_state(y, p, sample_weight=w)
        row["weighted"] = tensor(made.result())
    measured.append(row)


for name in ["MeanSquaredError", "RootMeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "LogCoshError",
             "CosineSimilarity", "PearsonCorrelation", "ConcordanceCorrelation"]:
    metric(name, real, guess)
metric("CosineSimilarity", real, guess, axis=0, weighted=False)
metric("PearsonCorrelation", real, guess, axis=0, weighted=False)
metric("MeanSquaredLogarithmicError", positive, uniform((4, 3), 0, 2))
metric("R2Score", real, guess)
for aggregation in [None, "variance_weighted_average"]:
    metric("R2Score", real, guess, class_aggregation=aggregation)
metric("R2Score", real, guess, num_regressors=2)
metric("Hinge", binary, uniform((4, 2), -1.5, 1.5))
metric("SquaredHinge", binary, uniform((4, 2), -1.5, 1.5))
metric("CategoricalHinge", onehot, guess)
metric("KLDivergence", shares((4, 3)), shares((4, 3)))
metric("Poisson", positive, uniform((4, 3), 0.1, 2))
metric("BinaryCrossentropy", binary, uniform((4, 2), 0.05, 0.95), label_smoothing=0.1)
metric("CategoricalCrossentropy", onehot, guess, from_logits=True)
metric("SparseCategoricalCrossentropy", labels, shares((4, 3)))
metric("SparseCategoricalCrossentropy", labels, shares((4, 3)), ignore_class=1)
metric("Accuracy", np.array([[1, 2], [3, 4], [0, 1], [2, 2]]), np.array([[1, 2], [3, 0], [1, 1], [2, 1]]))
metric("BinaryAccuracy", binary, uniform((4, 2)), threshold=0.4)
metric("CategoricalAccuracy", onehot, shares((4, 3)))
metric("SparseCategoricalAccuracy", labels, shares((4, 3)))
metric("TopKCategoricalAccuracy", onehot, shares((4, 3)), k=2)
metric("SparseTopKCategoricalAccuracy", labels, np.array([[0.5, 0.2, 0.2], [0.1, 0.1, 0.1], [0.3, 0.6, 0.1], [0.9, 0.1, 0.2]]), k=2)
metric("SparseTopKCategoricalAccuracy", labels, np.array([[2, 1, 0], [1, 2, 0], [1, 0, 2], [0, 2, 1]], "float64"), k=2, from_sorted_ids=True)
column = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0])
scores = np.array([0.1, 0.5, 0.35, 0.8, 0.9, 0.0, 1.0, 0.6])
eight = np.array([1.0, 0.5, 2, 1, 0, 1, 0.25, 3])
for name in ["TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives", "Precision", "Recall"]:
    metric(name, column, scores, w=eight)
    metric(name, column, scores, w=eight, thresholds=[0.2, 0.55, 0.95])
    metric(name, column[:, None], scores[:, None], w=eight, thresholds=[0.0, 0.5, 1.0])
for name in ["Precision", "Recall"]:
    metric(name, onehot, shares((4, 3)), top_k=2)
    metric(name, onehot, shares((4, 3)), class_id=1)
    metric(name, onehot, shares((4, 3)), top_k=1, class_id=2)
metric("SensitivityAtSpecificity", column, scores, w=eight, specificity=0.5)
metric("SpecificityAtSensitivity", column, scores, w=eight, sensitivity=0.6, num_thresholds=7)
metric("PrecisionAtRecall", column, scores, w=eight, recall=0.8)
metric("RecallAtPrecision", column, scores, w=eight, precision=0.7, num_thresholds=1)
for curve in ["ROC", "PR", "PRGAIN"]:
    for method in ["interpolation", "minoring", "majoring"]:
        metric("AUC", column, scores, w=eight, curve=curve, summation_method=method)
metric("AUC", column, scores, w=eight, num_thresholds=5)
metric("AUC", column, scores, w=eight, thresholds=[0.3, 0.5, 0.85])
metric("AUC", column, uniform((8,), -2, 2), w=eight, from_logits=True)
two = uniform((4, 2)).round()
metric("AUC", two, uniform((4, 2)), multi_label=True)
metric("AUC", two, uniform((4, 2)), multi_label=True, curve="PR", label_weights=[0.25, 0.75])
metric("AUC", two, uniform((4, 2)), multi_label=True, thresholds=[0.3, 0.4])
metric("AUC", two, uniform((4, 2)), label_weights=[0.25, 0.75])
for average in [None, "micro", "macro", "weighted"]:
    metric("F1Score", onehot, shares((4, 3)), average=average)
metric("FBetaScore", binary, uniform((4, 2)), beta=2.0, threshold=0.4)
ids = np.array([2, 0, 1, 1, 0, 2, 1, 0])
other = np.array([2, 1, 1, 0, 0, 2, 2, 0])
whole = np.array([1, 2, 0, 3, 1, 1, 2, 1])
metric("IoU", ids, other, w=whole, num_classes=3, target_class_ids=[0, 2])
metric("MeanIoU", ids, other, w=whole, num_classes=3)
metric("MeanIoU", ids, other, w=whole, num_classes=3, ignore_class=1)
metric("BinaryIoU", column, scores, w=whole, target_class_ids=[0, 1], threshold=0.45)
metric("OneHotIoU", onehot, shares((4, 3)), weighted=False, num_classes=3, target_class_ids=[0, 1])
metric("OneHotMeanIoU", onehot, shares((4, 3)), weighted=False, num_classes=3)

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "losses-metrics.json")
with open(path, "w") as file:
    rows = lambda some: "[\n" + ",\n".join(json.dumps(row) for row in some) + "\n]"
    file.write('{ "losses": %s,\n"masked": %s,\n"metrics": %s }\n' % (rows(cases), rows(masked), rows(measured)))
print(len(cases), len(masked), len(measured))
