"""Keras' half of the family tfjs: models of Keras 2 (tf_keras) and Keras 3 in the layout of the TensorFlow.js converter.

The converter (tensorflowjs 4.22) does not install beside current versions of TensorFlow; this writes what its format says: the topology
under `model_config`, the weights of all layers in the order of the HDF5 file in one group of shards, quantized on request. It makes
no claim on names but those of the two forms that the converter has: the names of variables (from .h5), the places in model.weights.h5
(from .keras, without `module` and `registered_name`).
"""
import json
import os
import sys

os.environ["KERAS_BACKEND"] = "jax"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import h5py
import numpy as np

folder = sys.argv[1]
rng = np.random.default_rng(7)


def quantize(values, dtype):
    if dtype is None:
        return values.astype("<f4").tobytes(), None
    if dtype == "float16":
        return values.astype("<f2").tobytes(), {"dtype": "float16", "original_dtype": "float32"}
    most = np.iinfo(dtype).max
    low, high = float(values.min()), float(values.max())
    scale = (high - low) / most or 1.0
    packed = np.round((values - low) / scale).astype(np.dtype(dtype).newbyteorder("<"))
    return packed.tobytes(), {"dtype": dtype, "min": low, "scale": scale, "original_dtype": "float32"}


def write(name, topology, weights, x, y, dtype=None, shard=1000, tolerance=1e-5):
    path = os.path.join(folder, name)
    os.makedirs(path)
    specs, parts = [], []
    for weight, values in weights:
        data, quantization = quantize(np.asarray(values), dtype)
        spec = {"name": weight, "shape": list(values.shape), "dtype": "float32"}
        if quantization:
            spec["quantization"] = quantization
        specs.append(spec)
        parts.append(data)
    data = b"".join(parts)
    count = max(1, -(-len(data) // shard))
    paths = [f"group1-shard{i + 1}of{count}.bin" for i in range(count)]
    for i, file in enumerate(paths):
        with open(os.path.join(path, file), "wb") as out:
            out.write(data[i * shard : (i + 1) * shard])
    model = {
        "format": "layers-model",
        "generatedBy": f"keras v{topology['keras_version']}",
        "convertedBy": "TensorFlow.js Converter v4.22.0",
        "modelTopology": topology,
        "weightsManifest": [{"paths": paths, "weights": specs}],
    }
    with open(os.path.join(path, "model.json"), "w") as out:
        json.dump(model, out)
    expected = {"shape": list(x.shape), "x": np.asarray(x, float).ravel().tolist(), "y": np.asarray(y, float).ravel().tolist()}
    with open(os.path.join(path, "expected.json"), "w") as out:
        json.dump({**expected, "tolerance": tolerance}, out)


def of_h5(path):
    """Topology and weights of a .h5 file, as the converter takes them out."""
    with h5py.File(path) as file:
        text = lambda value: value.decode() if isinstance(value, bytes) else value
        topology = {
            "keras_version": text(file.attrs["keras_version"]),
            "backend": text(file.attrs["backend"]),
            "model_config": json.loads(text(file.attrs["model_config"])),
        }
        if "training_config" in file.attrs:
            topology["training_config"] = json.loads(text(file.attrs["training_config"]))
        weights = []

        def visit(group):
            if "weight_names" in group.attrs:
                for name in group.attrs["weight_names"]:
                    weights.append((text(name).removesuffix(":0"), np.array(group[text(name)])))
            else:
                for key in group.keys():
                    visit(group[key])

        for layer in file["model_weights"]:
            visit(file["model_weights"][layer])
    return topology, weights


def of_keras(path):
    """Topology and weights of a .keras file, as the converter takes them out."""
    import zipfile

    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
        version = json.loads(archive.read("metadata.json"))["keras_version"]
        archive.extract("model.weights.h5", os.path.dirname(path))

    def strip(value):
        if isinstance(value, dict):
            return {key: strip(one) for key, one in value.items() if key not in ("module", "registered_name", "date_saved")}
        return [strip(one) for one in value] if isinstance(value, list) else value

    weights = []
    with h5py.File(os.path.join(os.path.dirname(path), "model.weights.h5")) as file:
        file.visititems(lambda name, item: weights.append((name, np.array(item))) if isinstance(item, h5py.Dataset) else None)
    return {"keras_version": version, "model_config": strip(config)}, weights


def models(keras):
    layers, Sequential, Input = keras.layers, keras.Sequential, keras.Input
    yield "dense", Sequential([Input((3,)), layers.Dense(4, activation="relu"), layers.BatchNormalization(), layers.Dense(2)])
    yield "conv", Sequential(
        [Input((6, 6, 2)), layers.Conv2D(3, 3), layers.DepthwiseConv2D(2), layers.SeparableConv2D(2, 2), layers.GlobalAveragePooling2D()]
    )
    yield "lstm", Sequential([Input((4, 3)), layers.LSTM(3, return_sequences=True), layers.GRU(2)])
    yield "bidirectional", Sequential([Input((4, 3)), layers.Bidirectional(layers.LSTM(2)), layers.Dense(1)])
    yield "stacked", Sequential([Input((4, 3)), layers.RNN([layers.LSTMCell(2), layers.GRUCell(2)]), layers.Dense(1)])
    yield "distributed", Sequential([Input((4, 3)), layers.TimeDistributed(layers.Dense(2)), layers.Flatten()])
    yield "hard", Sequential([Input((3,)), layers.Dense(3, activation="hard_sigmoid"), layers.LeakyReLU(), layers.PReLU()])
    x = Input((4,))
    a = layers.Dense(4, name="a")(x)
    y = layers.Concatenate()([layers.Add()([a, x]), layers.Multiply()([a, x])])
    yield "graph", keras.Model(x, layers.Dense(2)(y))
    inner = Sequential([Input((4,)), layers.Dense(3, name="in_inner")])
    x = Input((4,))
    yield "nested", keras.Model(x, layers.Dense(2)(layers.Add()([inner(x), inner(x)])))


def fill(model):
    model.set_weights(
        [
            (np.abs(values) + 0.5 if "variance" in weight.name else values).astype("float32")
            for weight in model.weights
            for values in [rng.uniform(-1, 1, weight.shape)]
        ]
    )


def run(kind, keras, extension, take):
    for name, model in models(keras):
        fill(model)
        if name == "dense":
            model.compile(optimizer="adam", loss="mse", metrics=["mae"])
        x = rng.uniform(-2, 2, (3, *model.input_shape[1:])).astype("float32")
        y = np.asarray(model(x))
        path = os.path.join(folder, f"{kind}-{name}{extension}")
        model.save(path)
        topology, weights = take(path)
        write(f"{kind}-{name}", topology, weights, x, y)
        if name != "conv":
            continue
        for dtype, tolerance in (("uint8", 0.3), ("uint16", 2e-3), ("float16", 2e-2)):
            write(f"{kind}-{name}-{dtype}", topology, weights, x, y, dtype, tolerance=tolerance)


import keras

run("keras3-h5", keras, ".h5", of_h5)
run("keras3", keras, ".keras", of_keras)
try:
    import tf_keras
except ImportError as error:
    print("tf_keras is not there:", error)
else:
    run("keras2-h5", tf_keras, ".h5", of_h5)
