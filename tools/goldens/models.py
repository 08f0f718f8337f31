"""Whole models: 20 steps of training each, as the programs of `programs/` write them; the loss and the metrics of every step, what is
learned, and what the model then gives."""

import os

import jax
import keras
import numpy as np

from common import attempted, chirp, digits, numbers
from programs import custom, dense, sequences, spatial

STEPS = 20
# Of each model at most about so many weights are listed; sums stand for the others.
LISTED = 1500


def start_of(shape, index, name):
    """The value that a weight begins with."""
    value = chirp(shape, index + 1)
    if any(part in name for part in ("gamma", "variance", "scale")):
        return 1 + 0.2 * value
    if len(shape) < 2:
        return 0.1 * value
    if "embeddings" in name:
        return 0.5 * value
    return value * np.sqrt(2 / (np.prod(shape) / shape[-1]))


def begin(weights):
    for i, weight in enumerate(weights):
        weight.assign(start_of(weight.shape, i, weight.path.split("/")[-1]))


def cut(nest, begin, end):
    return keras.tree.map_structure(lambda array: array[begin:end], nest)


def train_on_batches(program):
    """Steps on the batches of the data in turn; each gives the numbers of its own batch."""
    model, size, logs = program["model"], program["batch"], {}
    count = len(keras.tree.flatten(program["x"])[0]) // size
    for step in range(STEPS):
        at = (step % count) * size
        weight = program.get("sample_weight")
        results = model.train_on_batch(
            cut(program["x"], at, at + size), cut(program["y"], at, at + size), sample_weight=None if weight is None else cut(weight, at, at + size),
            class_weight=program.get("class_weight"), return_dict=True,
        )
        for name, value in results.items():
            logs.setdefault(name, []).append(digits(value))
        if step in program.get("resets", []):
            for layer in model.layers:
                if hasattr(layer, "reset_states"):
                    layer.reset_states()
    if program.get("unmasked"):
        # JAX takes predictions out of the gradient without their mask, so metrics of a training step do not see it, as those of an
        # evaluation do.
        logs = {"loss": logs["loss"]}
    return {"logs": logs}


class Noting(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.noted = {}

    def on_train_batch_end(self, batch, logs=None):
        for name, value in logs.items():
            self.noted.setdefault(name, []).append(digits(value))


def fit(program):
    """The same by `fit`: what is noted after a batch are the means of its epoch so far."""
    noting = Noting()
    history = program["model"].fit(program["x"], program["y"], batch_size=program["batch"], verbose=0, shuffle=False, callbacks=[noting], **program["fit"])
    return {"logs": noting.noted, "history": {name: [digits(v) for v in values] for name, values in history.history.items()}}


def case_of(name, make):
    program = make()
    model = program["model"]
    weights = program.get("weights", model.weights)
    begin(weights)
    before = [np.array(w) for w in weights]
    train = program.get("train") or (fit if "fit" in program else train_on_batches)
    case = {"name": name, **train(program)}
    after = [np.array(w) for w in weights]
    flat = without_gradient(program)
    every = max(1, -(-sum(w.size for w in after) // LISTED))
    case["every"] = every
    case["weights"] = [None if id(w) in flat else learned(value, every) for w, value in zip(weights, after)]
    if "evaluate" in program:
        results = model.evaluate(program["x"], program["y"], batch_size=program["evaluate"], verbose=0, return_dict=True)
        case["evaluated"] = {key: digits(value) for key, value in results.items()}
    given = program.get("predict")
    outputs = keras.tree.flatten(given() if given else model.predict_on_batch(cut(program["x"], 0, program["batch"])))
    case["outputs"] = [sample(np.asarray(y), max(1, -(-y.size // 60))) for y in outputs]
    return case


def sample(array, every):
    return {"shape": list(array.shape), "every": every, "values": numbers(array.ravel()[::every])}


def learned(after, every):
    return {"shape": list(after.shape), "values": numbers(after.ravel()[::every]), "sum": digits(after.sum()), "squares": digits((after**2).sum())}


def without_gradient(program):
    """Weights whose gradient is zero but for rounding: what an optimizer makes of that is nobody's business."""
    model = program["model"]
    if "x" not in program:
        return set()
    x, y = (cut(program[name], 0, program["batch"]) for name in ("x", "y"))

    def loss(trainable):
        others = [v.value for v in model.non_trainable_variables]
        options = {"training": True} if model._call_has_training_arg else {}
        predictions, _, added = model.stateless_call(trainable, others, x, return_losses=True, **options)
        return model.compute_loss(x=x, y=y, y_pred=predictions) + sum(added)

    gradients = jax.jit(jax.grad(loss))([v.value for v in model.trainable_variables])
    largest = [np.abs(g).max() for g in gradients]
    # Attention is computed in float32 whatever the precision, hence not nearer to zero.
    return {id(v) for v, size in zip(model.trainable_variables, largest) if size < 1e-7 * max(largest)}


def cases():
    """All programs, or those that ONLY names."""
    rows, only = [], os.environ.get("ONLY")
    for module in (dense, spatial, sequences, custom):
        for name, make in module.PROGRAMS.items():
            if only and name not in only.split(","):
                continue
            keras.utils.clear_session()
            print(name, flush=True)
            rows += attempted(case_of, [(name, make)])
    return rows


def files():
    return {"models": cases}
