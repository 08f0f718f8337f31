"""Writes __test__/goldens/optimizers.json: 20 steps of every Keras optimizer and schedule, in float64 on NumPy.

Needs Python with keras:  python __test__/goldens/optimizers.py
A case is {class, config (Keras' names), steps: weights after 5 and 20 steps, final: after finalize_variable_values}. The loss is
sum(s * (w - t)^2) over a matrix and a vector; see the numbers below.
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "numpy"

import keras
import numpy as np

keras.config.set_floatx("float64")
OUT = pathlib.Path(__file__).resolve().parent / "optimizers.json"
O = keras.optimizers
KERNEL = np.array([[1.0, -2.0], [0.5, 3.0], [-1.5, 0.25]])
BIAS = np.array([0.75, -0.5])
TARGETS = [np.array([[0.2, 0.3], [-0.4, 1.0], [2.0, -1.0]]), np.array([-0.25, 0.1])]
FACTORS = [np.array([[1.0, 0.5], [2.0, 0.1], [0.3, 1.5]]), np.array([3.0, 0.7])]

PLAIN = {
    "SGD": [{"learning_rate": 0.05}, {"learning_rate": 0.05, "momentum": 0.9}, {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True}],
    "RMSprop": [{"learning_rate": 0.02}, {"learning_rate": 0.02, "momentum": 0.5, "centered": True}],
    "Adam": [{"learning_rate": 0.05}, {"learning_rate": 0.05, "amsgrad": True}],
    "AdamW": [{"learning_rate": 0.05}],
    "Nadam": [{"learning_rate": 0.05}],
    "Adamax": [{"learning_rate": 0.05}],
    "Adagrad": [{"learning_rate": 0.1}],
    "Adadelta": [{"learning_rate": 1.0}],
    "Ftrl": [{"learning_rate": 0.1}, {"learning_rate": 0.1, "l1_regularization_strength": 0.01, "l2_regularization_strength": 0.02, "l2_shrinkage_regularization_strength": 0.03, "beta": 0.1}],
    "Lion": [{"learning_rate": 0.01}],
    "Lamb": [{"learning_rate": 0.05}],
    "Adafactor": [{"learning_rate": 0.1}, {"learning_rate": 0.5, "relative_step": False}],
    "Muon": [{"learning_rate": 0.02}, {"learning_rate": 0.02, "nesterov": False, "rms_rate": None}],
}
EXTRA = [
    {"clipnorm": 0.5},
    {"clipvalue": 0.3},
    {"global_clipnorm": 0.8},
    {"weight_decay": 0.1},
    {"use_ema": True, "ema_momentum": 0.9},
    {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3},
    {"gradient_accumulation_steps": 4},
    {"gradient_accumulation_steps": 2, "use_ema": True, "ema_momentum": 0.8, "clipnorm": 0.5, "weight_decay": 0.05},
    {"loss_scale_factor": 8.0},
]
SCHEDULES = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.5}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.5, "staircase": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [3, 9], "values": [0.1, 0.05, 0.01]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 6, "end_learning_rate": 0.01, "power": 2.0, "cycle": True}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 12, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.01, "decay_steps": 10, "warmup_target": 0.1, "warmup_steps": 5}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 4}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 1.0, "m_mul": 0.8, "alpha": 0.05}),
]


def flat(variables):
    return [round(float(x), 8) for v in variables for x in np.ravel(np.array(v))]


def run(optimizer):
    variables = [keras.Variable(KERNEL, name="kernel"), keras.Variable(BIAS, name="bias")]
    optimizer.build(variables)
    steps = []
    for step in range(20):
        scale = optimizer.loss_scale_factor or 1.0
        optimizer.apply([scale * 2 * f * (np.array(v) - t) for v, t, f in zip(variables, TARGETS, FACTORS)], variables)
        if step in (4, 19):
            steps.append(flat(variables))
    optimizer.finalize_variable_values(variables)
    return {"steps": steps, "final": flat(variables)}


cases = []
for name, configs in PLAIN.items():
    for config in configs + [{**configs[0], **extra} for extra in EXTRA]:
        cases.append({"class": name, "config": config, **run(getattr(O, name)(**config))})
schedules = []
for name, config in SCHEDULES:
    schedule = getattr(O.schedules, name)(**config)
    rates = [round(float(np.array(schedule(keras.ops.array(i, "int32")))), 9) for i in range(20)]
    schedules.append({"class": name, "config": config, "rates": rates, **run(O.SGD(schedule))})
OUT.write_text(json.dumps({"optimizers": cases, "schedules": schedules}, separators=(",", ":")) + "\n")
