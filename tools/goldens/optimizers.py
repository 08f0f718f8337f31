"""Cases of optimizers: 20 steps on a small regression, plain and with every option that all optimizers have."""

import jax
import keras
import numpy as np

from common import digits, numbers, options, wave

OPTIMIZERS = {
    "SGD": [{"learningRate": 0.05}, {"learningRate": 0.02, "momentum": 0.9}, {"learningRate": 0.02, "momentum": 0.9, "nesterov": True}],
    "RMSprop": [{"learningRate": 0.01}, {"learningRate": 0.005, "momentum": 0.5, "centered": True, "rho": 0.8}],
    "Adam": [{"learningRate": 0.02}, {"learningRate": 0.02, "amsgrad": True, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-5}],
    "AdamW": [{"learningRate": 0.02}, {"learningRate": 0.02, "weightDecay": 0.1, "amsgrad": True}],
    "Nadam": [{"learningRate": 0.02}, {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.9}],
    "Adamax": [{"learningRate": 0.02}, {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.9}],
    "Adagrad": [{"learningRate": 0.05}, {"learningRate": 0.05, "initialAccumulatorValue": 0.01, "epsilon": 1e-5}],
    "Adadelta": [{"learningRate": 0.5}, {"learningRate": 1.0, "rho": 0.8, "epsilon": 1e-5}],
    "Ftrl": [{"learningRate": 0.05}, {"learningRate": 0.05, "l1RegularizationStrength": 0.01, "l2RegularizationStrength": 0.02, "l2ShrinkageRegularizationStrength": 0.01, "beta": 0.1}],
    "Lion": [{"learningRate": 0.01}, {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.9}],
    "Lamb": [{"learningRate": 0.02}, {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.9}],
    "Adafactor": [{"learningRate": 0.02}, {"learningRate": 0.02, "relativeStep": False, "beta2Decay": -0.6, "clipThreshold": 0.5}],
    "Muon": [{"learningRate": 0.02}, {"learningRate": 0.01, "momentum": 0.9, "nesterov": False, "nsSteps": 4}],
}
EXTRAS = [
    {"clipnorm": 0.1}, {"clipvalue": 0.02}, {"globalClipnorm": 0.2}, {"weightDecay": 0.05}, {"useEma": True, "emaMomentum": 0.9, "emaOverwriteFrequency": 4},
    {"gradientAccumulationSteps": 3},
]
SHAPES = [("kernel", [4, 6]), ("bias", [6]), ("out", [6, 3])]
X, Y = wave([12, 4], 0.1), wave([12, 3], 2)


def loss(weights):
    kernel, bias, out = weights
    return ((jax.numpy.tanh(X @ kernel + bias) @ out - Y) ** 2).mean()


step = jax.jit(jax.value_and_grad(loss))


def case_of(name, config):
    given = {k: float(v) if k == "learningRate" else v for k, v in config.items()}
    optimizer = getattr(keras.optimizers, name)(**options(given))
    variables = [keras.Variable(wave(shape, i + 1, 0.5), name=n) for i, (n, shape) in enumerate(SHAPES)]
    optimizer.build(variables)
    losses = []
    for _ in range(20):
        value, grads = step([v.value for v in variables])
        losses.append(digits(value))
        optimizer.apply(list(grads), variables)
    return {"className": name, "config": config, "losses": losses, "weights": [numbers(v.value) for v in variables]}


def optimizer_cases():
    rows = []
    for name, configs in OPTIMIZERS.items():
        rows += [case_of(name, config) for config in configs]
        rows += [case_of(name, {**configs[0], **extra}) for extra in EXTRAS]
    return rows


def scaled_case(inner, config):
    """Gradients of a scaled loss; some are not finite, and those steps are left out."""
    optimizer = keras.optimizers.LossScaleOptimizer(getattr(keras.optimizers, inner)(0.05), **options(config))
    variables = [keras.Variable(wave(shape, i + 1, 0.5), name=n) for i, (n, shape) in enumerate(SHAPES)]
    optimizer.build(variables)
    losses, scales = [], []
    for i in range(20):
        value, grads = step([v.value for v in variables])
        losses.append(digits(value))
        scale = optimizer.dynamic_scale.value
        scales.append(digits(scale))
        factor = np.inf if i in OVERFLOWS else 1.0
        # Stateless: what is assigned in its branches would not leave them otherwise.
        state = [v.value for v in optimizer.variables]
        trained, state = optimizer.stateless_apply(state, [g * scale * factor for g in grads], [v.value for v in variables])
        for variable, value in zip(variables + list(optimizer.variables), list(trained) + list(state)):
            variable.assign(value)
    return {"inner": inner, "config": config, "overflows": OVERFLOWS, "losses": losses, "scales": scales, "weights": [numbers(v.value) for v in variables]}


OVERFLOWS = [2, 9, 10]


def scaled_cases():
    return [scaled_case("SGD", {"initialScale": 64.0, "dynamicGrowthSteps": 3}), scaled_case("Adam", {"initialScale": 1024.0, "dynamicGrowthSteps": 5})]


def files():
    return {"optimizers": optimizer_cases, "optimizers-scaled": scaled_cases}
