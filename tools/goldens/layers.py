"""Cases of layers: outputs in inference and training, gradients with respect to inputs and weights, names and shapes of weights."""

import jax
import keras
import numpy as np

from common import attempted, data_of, make, mask_of, numbers, result, snake, wave, weight_wave
from tables import attention, recurrent, spatial, simple


def value_of(entry, inputs):
    """An option of the call: a number, a name, `{ input: i }` for one of the inputs, `{ mask: shape }`, or a list of such."""
    if isinstance(entry, list):
        return [value_of(e, inputs) for e in entry]
    if isinstance(entry, dict) and "input" in entry:
        return inputs[entry["input"]]
    if isinstance(entry, dict) and "mask" in entry:
        return mask_of(entry["mask"])
    return entry


def case_of(name, row):
    config, specs, extra = row[0], row[1], (row[2] if len(row) > 2 else {})
    takes_list = extra.get("list", False)
    count = len(specs) if takes_list else 1
    layer = make({"className": name, "config": config})
    inputs = [data_of(spec) for spec in specs]
    masks = [None if m is None else mask_of(m) for m in extra.get("masks", [])]

    def call(tv, ntv, xs, training):
        given = {snake(k): value_of(v, xs) for k, v in extra.get("call", {}).items()}
        if masks:
            given["mask"] = masks if takes_list else masks[0]
        if layer._call_has_training_arg:
            given["training"] = training
        first = list(xs[:count]) if takes_list else xs[0]
        return layer.stateless_call(tv, ntv, first, **given)

    symbols = [keras.KerasTensor(x.shape, dtype=str(x.dtype)) for x in inputs]
    given = {snake(k): value_of(v, symbols) for k, v in extra.get("call", {}).items()}
    layer(list(symbols[:count]) if takes_list else symbols[0], **given)
    weights = [] if name == "Normalization" else layer.weights
    for i, weight in enumerate(weights):
        weight.assign(weight_wave(weight.shape, i, weight.path.split("/")[-1]))
    tv = [v.value for v in layer.trainable_variables]
    ntv = [v.value for v in layer.non_trainable_variables]
    xs = [jax.numpy.asarray(x) for x in inputs]
    floating = [i for i, x in enumerate(inputs) if x.dtype == np.float64]
    random = extra.get("random", False)

    def loss(tv, fs):
        full = list(xs)
        for i, x in zip(floating, fs):
            full[i] = x
        out, updated = call(tv, ntv, full, not random)
        flat = keras.tree.flatten(out)
        return sum((y * wave(y.shape, 5 + k)).sum() for k, y in enumerate(flat)), (flat, updated)

    def everything(tv, fs):
        inference = keras.tree.flatten(call(tv, ntv, xs, False)[0])
        if extra.get("gradient", True):
            return inference, jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)(tv, fs)
        return inference, (loss(tv, fs), None)

    inference, ((_, (trained, updated)), grads) = jax.jit(everything)(tv, [xs[i] for i in floating])
    case = {"className": name, "config": config, "inputs": specs, **extra}
    case["weights"] = [[w.path.split("/")[-1], list(w.shape)] for w in weights]
    case["outputs"] = [result(y) for y in inference]
    if not random:
        if any(differ(a, b) for a, b in zip(trained, inference)):
            case["training"] = [result(y) for y in trained]
        changed = [i for i, (a, b) in enumerate(zip(ntv, updated)) if differ(a, b)]
        if changed:
            case["updated"] = {layer.non_trainable_variables[i].path.split("/")[-1]: numbers(updated[i]) for i in changed}
    if grads is not None:
        case["inputGradients"] = {str(i): gradient(g) for i, g in zip(floating, grads[1])}
        case["weightGradients"] = [gradient(g) for g in grads[0]]
    return case


def differ(a, b):
    a, b = np.asarray(a), np.asarray(b)
    return np.issubdtype(a.dtype, np.floating) and a.size > 0 and np.abs(a - b).max() > 1e-9


def gradient(g):
    largest = np.abs(np.asarray(g)).max() if g.size else 0
    return None if 0 < largest < 1e-12 else numbers(g)


def cases_of(table):
    out = []
    for name, rows in table.items():
        print(name, flush=True)
        out += attempted(case_of, [(name, row) for row in rows])
    return out


def files():
    modules = {"simple": simple, "spatial": spatial, "recurrent": recurrent, "attention": attention}
    return {f"layers-{name}": lambda module=module: cases_of(module.TABLE) for name, module in modules.items()}
