"""Keras' half of the family keras.

    python keras.py make FOLDER [NAME...]      builds, trains and saves models, and trains them further
    python keras.py continue FOLDER [NAME...]  loads what hornbeam saved, and trains it further
"""

import json
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# This file has the name of the package.
sys.path = [path for path in sys.path if os.path.abspath(path or ".") != os.path.dirname(os.path.abspath(__file__))]
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "keras"))

import warnings

import keras
import numpy as np

from models import MODELS

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    # A few steps each: tracing them would take longer.
    tf.config.run_functions_eagerly(True)

BATCH = 8
EPOCHS = 2


def leaves(tree):
    return [np.asarray(leaf) for leaf in keras.tree.flatten(tree)]


def reset(model):
    for layer in model.layers:
        if getattr(layer, "stateful", False):
            layer.reset_state()


def predict(model, x):
    reset(model)
    return leaves(model.predict(x, batch_size=BATCH, verbose=0))


def fit(model, x, y):
    reset(model)
    return model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0).history["loss"]


def shares(values):
    """Summing up to 1: what Keras' backends do with other targets of a cross-entropy differs."""
    return values / values.sum(-1, keepdims=True) if values.shape[-1] > 1 else values


def targets(model, x, binary):
    outputs = predict(model, x)
    rng = np.random.default_rng(5)
    made = [(rng.integers(0, 2, o.shape) if binary else shares(rng.uniform(0, 1, o.shape))).astype("float32") for o in outputs]
    return keras.tree.pack_sequence_as(model.predict(x, batch_size=BATCH, verbose=0), made)


def arrays(prefix, tree):
    return {f"{prefix}{i}": leaf for i, leaf in enumerate(leaves(tree))}


def make(name, folder):
    keras.utils.clear_session()
    keras.utils.set_random_seed(7)
    model, x, options = MODELS[name]()
    steps, binary = options.pop("steps", 1), options.pop("binary", False)
    y = targets(model, x, binary)
    model.compile(**options)
    if steps:
        fit(model, x, y)
    path = os.path.join(folder, name)
    model.save(f"{path}.keras")
    model.save_weights(f"{path}.weights.h5")
    legacy = ""
    try:
        model.save(f"{path}.h5")
        keras.saving.load_model(f"{path}.h5", compile=False)
    except Exception as error:
        legacy = f"{type(error).__name__}: {error}"[:200]
        if os.path.exists(f"{path}.h5"):
            os.remove(f"{path}.h5")
    # From the file, as hornbeam does: what Keras does not save is gone for both.
    model = keras.saving.load_model(f"{path}.keras")
    before = predict(model, x)
    loss = fit(model, x, y)
    names = {"inputs": sorted(x) if isinstance(x, dict) else None, "outputs": sorted(y) if isinstance(y, dict) else None}
    with open(f"{path}.json", "w") as file:
        json.dump({**names, "legacy": legacy}, file)
    np.savez(f"{path}.npz", **arrays("x", x), **arrays("y", y), **arrays("before", before),
             **arrays("after", predict(model, x)), loss=np.asarray(loss, "float32"))


def error(wanted, found):
    """Largest difference, by the size of the numbers where they are above 1."""
    if [a.shape for a in wanted] != [a.shape for a in found]:
        return f"shapes {[a.shape for a in found]} instead of {[a.shape for a in wanted]}"
    return max(float(np.max(np.abs(a - b) / np.maximum(1.0, np.abs(a)))) for a, b in zip(wanted, found))


def proceed(name, folder, say):
    path = os.path.join(folder, name)
    if not os.path.exists(f"{path}.out.npz"):
        return
    keras.utils.clear_session()
    made, out = np.load(f"{path}.npz"), np.load(f"{path}.out.npz")
    _, template, options = MODELS[name]()
    group = lambda source, prefix: [source[key] for key in source.files if key.startswith(prefix) and key[len(prefix):].isdigit()]
    x = keras.tree.pack_sequence_as(template, group(made, "x"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = keras.saving.load_model(f"{path}.out.keras")
    told = [str(one.message).split("\n")[0] for one in caught if "optimizer" in str(one.message)]
    say(name, "its optimizer is whole", 0 if not told else told[0][:100], 0)
    say(name, "predicts", error(group(out, "before"), predict(model, x)), 1e-5)
    y = keras.tree.pack_sequence_as(model.predict(x, batch_size=BATCH, verbose=0), group(made, "y"))
    fit(model, x, y)
    say(name, "trains on", error(group(out, "after"), predict(model, x)), 2e-5)
    fresh, _, _ = MODELS[name]()
    predict(fresh, x)
    fresh.load_weights(f"{path}.out.weights.h5")
    say(name, "weights", error(group(made, "before"), predict(fresh, x)), 1e-5)


def main():
    command, folder, *names = sys.argv[1:]
    names = names or list(MODELS)
    if command == "make":
        with open(os.path.join(folder, "made.jsonl"), "a") as file:
            for name in names:
                try:
                    make(name, folder)
                except Exception as problem:
                    if os.path.exists(os.path.join(folder, f"{name}.keras")):
                        os.remove(os.path.join(folder, f"{name}.keras"))
                    line = {"name": name, "what": "ends", "error": f"{type(problem).__name__}: {problem}"[:500], "most": 0}
                    file.write(json.dumps(line) + "\n")
        return
    with open(os.path.join(folder, "keras.jsonl"), "a") as file:
        def say(name, what, found, most):
            file.write(json.dumps({"name": name, "what": what, "error": found, "most": most}) + "\n")
        for name in names:
            try:
                proceed(name, folder, say)
            except Exception as problem:
                say(name, "loads", f"{type(problem).__name__}: {problem}"[:500], 0)


main()
