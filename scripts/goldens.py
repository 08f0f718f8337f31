"""Writes __test__/goldens/*.json: what Keras 3 computes, for the tests to compare with.

Needs Python with keras and tensorflow:  python scripts/goldens.py
Everything is computed in float64; inputs and weights are a formula (wave) that the tests repeat.
"""

import json
import os
import pathlib
import re

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np

keras.config.set_floatx("float64")
keras.config.set_epsilon(1e-7)
OUT = pathlib.Path(__file__).resolve().parent.parent / "__test__" / "goldens"


def wave(shape, phase, scale=1.0):
    n = int(np.prod(shape)) if len(shape) else 1
    return (np.sin(np.arange(n) * 0.7 + phase) * scale).reshape(shape)


def snake(name):
    return re.sub(r"([A-Z])", lambda m: "_" + m.group(1).lower(), name)


def options(config):
    renamed = {snake(k): (snake(v) if isinstance(v, str) and not v.startswith("same") else v) for k, v in config.items()}
    return {k.replace("beta1", "beta_1").replace("beta2", "beta_2").replace("keep_dims", "keepdims"): v for k, v in renamed.items()}


def make(case):
    return getattr(keras.layers, case[0])(**options(case[1]))


def set_waves(weights, scale=0.5):
    for i, weight in enumerate(weights):
        value = wave(weight.shape, i + 1, scale)
        if "variance" in weight.name:
            value = value + 1
        weight.assign(value)


def numbers(array):
    return [float(f"{v:.8g}") for v in np.asarray(array).ravel()]


LAYERS = [
    (["Dense", {"units": 3}], [2, 4]),
    (["Dense", {"units": 3, "activation": "relu", "useBias": False}], [2, 3, 4]),
    (["Dense", {"units": 2, "activation": "softmax"}], [3, 5]),
    (["Conv2D", {"filters": 3, "kernelSize": [3, 2]}], [2, 6, 5, 2]),
    (["Conv2D", {"filters": 2, "kernelSize": 3, "strides": 2, "padding": "same", "activation": "tanh"}], [2, 6, 7, 3]),
    (["Conv2D", {"filters": 4, "kernelSize": 2, "padding": "same"}], [1, 5, 4, 1]),
    (["Conv2D", {"filters": 2, "kernelSize": 3, "dilationRate": 2}], [1, 8, 7, 2]),
    (["Conv2D", {"filters": 4, "kernelSize": 3, "groups": 2, "padding": "same"}], [1, 5, 5, 4]),
    (["DepthwiseConv2D", {"kernelSize": 3, "padding": "same", "useBias": False}], [2, 5, 4, 3]),
    (["DepthwiseConv2D", {"kernelSize": [2, 3], "strides": 2, "depthMultiplier": 2, "activation": "tanh"}], [1, 7, 6, 2]),
    (["DepthwiseConv2D", {"kernelSize": 2, "dilationRate": 2}], [1, 6, 5, 2]),
    (["MaxPooling2D", {}], [2, 5, 4, 2]),
    (["MaxPooling2D", {"poolSize": 3, "strides": 2, "padding": "same"}], [1, 6, 5, 2]),
    (["AveragePooling2D", {"poolSize": [2, 3]}], [1, 4, 6, 2]),
    (["AveragePooling2D", {"poolSize": 3, "strides": 2, "padding": "same"}], [1, 6, 5, 2]),
    (["GlobalAveragePooling2D", {}], [2, 3, 4, 5]),
    (["GlobalAveragePooling2D", {"keepDims": True}], [2, 3, 4, 2]),
    (["ReLU", {}], [3, 5]),
    (["ReLU", {"maxValue": 0.5, "negativeSlope": 0.1, "threshold": 0.2}], [3, 5]),
    (["Flatten", {}], [2, 3, 4]),
    (["Reshape", {"targetShape": [4, -1]}], [2, 6, 2]),
    (["BatchNormalization", {}], [4, 3]),
    (["BatchNormalization", {"momentum": 0.9, "epsilon": 0.01}], [2, 3, 3, 2]),
    (["BatchNormalization", {"center": False, "scale": False}], [5, 2]),
    (["BatchNormalization", {"axis": 1}], [3, 4, 2]),
]

ACTIVATIONS = [
    "linear", "relu", "relu6", "leakyRelu", "elu", "selu", "sigmoid", "hardSigmoid", "tanh", "softplus", "softsign",
    "silu", "mish", "gelu", "exponential", "softmax", "logSoftmax",
]


def layer_cases():
    cases = []
    for (name, config), shape in LAYERS:
        layer = make((name, config))
        x = wave(shape, 0.3)
        layer.build(shape)
        set_waves(layer.weights)
        case = {"className": name, "config": config, "inputShape": shape, "output": numbers(layer(x, training=False) if name == "BatchNormalization" else layer(x))}
        case["outputShape"] = list(layer(x).shape)
        if name == "BatchNormalization":
            case["training"] = numbers(layer(x, training=True))
            case["weights"] = [numbers(w.numpy()) for w in layer.weights]
        cases.append(case)
    x = wave([3, 5], 0.3, 4)
    activations = {name: numbers(keras.activations.get(snake(name))(keras.ops.convert_to_tensor(x))) for name in ACTIVATIONS}
    return {"layers": cases, "activations": activations}


def loss_cases():
    p = keras.ops.softmax(wave([4, 3], 0.2, 3)).__array__()
    s = (wave([4, 2], 0.4) + 1) / 2
    labels = np.array([2, 0, 1, 1])
    onehot = np.eye(3)[labels]
    binary = np.array([[1, 0], [0, 1], [1, 1], [0, 0]], float)
    weights = np.array([1.0, 0.0, 2.0, 0.5])
    out = {}
    for name, y, q in [
        ("MeanSquaredError", wave([4, 2], 1), s), ("MeanAbsoluteError", wave([4, 2], 1), s), ("BinaryCrossentropy", binary, s),
        ("CategoricalCrossentropy", onehot, p), ("SparseCategoricalCrossentropy", labels, p),
    ]:
        Loss = getattr(keras.losses, name)
        out[name] = {
            "mean": float(Loss()(y, q)), "weighted": float(Loss()(y, q, sample_weight=weights)),
            "sum": float(Loss(reduction="sum")(y, q)), "values": numbers(Loss(reduction="none")(y, q)),
        }
    for name, y, q in [("BinaryCrossentropy", binary, wave([4, 2], 0.4, 5)), ("CategoricalCrossentropy", onehot, wave([4, 3], 0.2, 5))]:
        Loss = getattr(keras.losses, name)
        out[name]["fromLogits"] = float(Loss(from_logits=True)(y, q))
        out[name]["smoothed"] = float(Loss(from_logits=True, label_smoothing=0.2)(y, q))
    return out


MLP = [["Dense", {"units": 6, "activation": "tanh"}], ["Dense", {"units": 3}]]
CLASSES = [["Dense", {"units": 6, "activation": "relu"}], ["Dense", {"units": 3, "activation": "softmax"}]]
BINARY = [["Dense", {"units": 5, "activation": "tanh"}], ["Dense", {"units": 1, "activation": "sigmoid"}]]
PROBABILITIES = [["Dense", {"units": 3, "activation": "sigmoid"}], ["Reshape", {"targetShape": [3]}]]
# No bias before a batch normalization: its gradient is 0 but for rounding, which Adam would blow up.
CNN = [
    ["Conv2D", {"filters": 4, "kernelSize": 3, "useBias": False}], ["BatchNormalization", {}], ["Activation", {"activation": "relu"}],
    ["MaxPooling2D", {}], ["Conv2D", {"filters": 3, "kernelSize": 2, "padding": "same", "activation": "tanh"}],
    ["AveragePooling2D", {"poolSize": 2}], ["Flatten", {}], ["Dense", {"units": 3, "activation": "softmax"}],
]
REGULARIZED = [
    ["Dense", {"units": 4, "activation": "tanh", "kernelRegularizer": "l2"}],
    ["Dense", {"units": 3, "biasRegularizer": "l1", "kernelRegularizer": "l1"}],
]

# name, layers, x shape, kind of y, loss, metrics, optimizer, options of fit
TRAININGS = [
    ["sgd", MLP, [18, 4], "float", "meanSquaredError", ["mae"], ["SGD", {"learningRate": 0.05}], {}],
    ["momentum", MLP, [18, 4], "float", "mse", [], ["SGD", {"learningRate": 0.02, "momentum": 0.9}], {}],
    ["nesterov", MLP, [18, 4], "float", "mse", [], ["SGD", {"learningRate": 0.02, "momentum": 0.9, "nesterov": True}], {}],
    ["rmsprop", MLP, [18, 4], "float", "mse", [], ["RMSprop", {"learningRate": 0.01}], {}],
    ["rmsprop centered", MLP, [18, 4], "float", "mse", [], ["RMSprop", {"learningRate": 0.005, "momentum": 0.5, "centered": True}], {}],
    ["adam", MLP, [18, 4], "float", "mse", [], ["Adam", {"learningRate": 0.02}], {}],
    ["amsgrad", MLP, [18, 4], "float", "mse", [], ["Adam", {"learningRate": 0.02, "amsgrad": True, "beta1": 0.8, "epsilon": 1e-5}], {}],
    ["adamw", MLP, [18, 4], "float", "mse", [], ["AdamW", {"learningRate": 0.02, "weightDecay": 0.1}], {}],
    ["clipnorm", MLP, [18, 4], "float", "mse", [], ["SGD", {"learningRate": 0.1, "clipnorm": 0.1}], {}],
    ["clipvalue", MLP, [18, 4], "float", "mse", [], ["Adam", {"learningRate": 0.1, "clipvalue": 0.02}], {}],
    ["globalClipnorm", MLP, [18, 4], "float", "mse", [], ["SGD", {"learningRate": 0.1, "globalClipnorm": 0.2}], {}],
    ["weightDecay", MLP, [18, 4], "float", "mae", [], ["SGD", {"learningRate": 0.1, "weightDecay": 0.05}], {}],
    ["mae", MLP, [18, 4], "float", "meanAbsoluteError", ["mse"], ["SGD", {"learningRate": 0.05}], {}],
    ["sparse", CLASSES, [18, 4], "label", "sparseCategoricalCrossentropy", ["accuracy"], ["SGD", {"learningRate": 0.1}], {}],
    ["categorical", CLASSES, [18, 4], "onehot", "categoricalCrossentropy", ["acc"], ["Adam", {"learningRate": 0.05}], {}],
    ["binary", BINARY, [18, 4], "binary", "binaryCrossentropy", ["accuracy"], ["Adam", {"learningRate": 0.05}], {}],
    ["binary probabilities", PROBABILITIES, [18, 4], "onehot", "binaryCrossentropy", ["accuracy"], ["SGD", {"learningRate": 0.2}], {}],
    ["sparse probabilities", PROBABILITIES, [18, 4], "label", "sparseCategoricalCrossentropy", ["accuracy"], ["SGD", {"learningRate": 0.2}], {}],
    ["cnn", CNN, [18, 7, 7, 2], "label", "sparseCategoricalCrossentropy", ["accuracy"], ["Adam", {"learningRate": 0.01}], {}],
    ["regularized", REGULARIZED, [18, 4], "float", "mse", [], ["SGD", {"learningRate": 0.05}], {}],
    ["validation split", CLASSES, [18, 4], "label", "sparseCategoricalCrossentropy", ["accuracy"], ["SGD", {"learningRate": 0.1}], {"validationSplit": 0.3}],
    ["class weight", CLASSES, [18, 4], "label", "sparseCategoricalCrossentropy", ["accuracy"], ["SGD", {"learningRate": 0.1}], {"classWeight": {"0": 1, "1": 3}}],
    ["sample weight", CLASSES, [18, 4], "label", "sparseCategoricalCrossentropy", ["accuracy"], ["SGD", {"learningRate": 0.1}], {"sampleWeight": True}],
]


def targets(kind, n):
    labels = (np.arange(n) * 7 + np.arange(n) // 3) % 3
    return {
        "float": wave([n, 3], 2.0), "label": labels, "onehot": np.eye(3)[labels], "binary": (labels > 0).astype(float).reshape(n, 1),
    }[kind]


def training_cases():
    cases = []
    for name, layers, shape, kind, loss, metrics, (optimizer, optimizer_options), fit in TRAININGS:
        model = keras.Sequential([keras.layers.Input(shape[1:])] + [make(layer) for layer in layers])
        set_waves(model.weights)
        model.compile(optimizer=getattr(keras.optimizers, optimizer)(**options(optimizer_options)), loss=snake(loss), metrics=metrics)
        x, y = wave(shape, 0.1), targets(kind, shape[0])
        given = options({k: v for k, v in fit.items() if k != "sampleWeight"})
        if "class_weight" in given:
            given["class_weight"] = {int(k): v for k, v in given["class_weight"].items()}
        if "sampleWeight" in fit:
            given["sample_weight"] = wave([shape[0]], 0.5) + 1
        history = model.fit(x, y, batch_size=4, epochs=4, shuffle=False, verbose=0, **given).history
        evaluated = model.evaluate(x, y, batch_size=5, verbose=0, return_dict=True)
        cases.append({
            "name": name, "layers": [{"className": c, "config": o} for c, o in layers], "xShape": shape, "y": kind, "loss": loss,
            "metrics": metrics, "optimizer": {"className": optimizer, "config": optimizer_options}, "fit": fit,
            "history": {k: [float(f"{v:.8g}") for v in values] for k, values in history.items()},
            "evaluated": {k: float(f"{v:.8g}") for k, v in evaluated.items()},
            "predictions": numbers(model.predict(x[:3], verbose=0)),
            "weights": [numbers(w) for w in model.get_weights()],
        })
    return cases


def write(name, content):
    OUT.mkdir(parents=True, exist_ok=True)
    if isinstance(content, list):
        text = "[\n" + ",\n".join(json.dumps(case) for case in content) + "\n]\n"
    else:
        text = json.dumps(content, indent=1) + "\n"
        text = re.sub(r"\n\s+(?=[-\d\]])", "", text)
    (OUT / name).write_text(text)


if __name__ == "__main__":
    write("layers.json", layer_cases())
    write("losses.json", loss_cases())
    write("training.json", training_cases())
