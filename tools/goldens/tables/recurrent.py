"""Recurrent layers, their cells, and what wraps layers over time."""

SEQUENCE = [[2, 5, 3]]
MASKED = {"masks": [[2, 5]]}


def state_call(count):
    return {"call": {"initialState": [{"input": i + 1} for i in range(count)]}}


def recurrent(states, extra):
    begin = [[2, 5, 3]] + [[2, 4]] * states
    return [
        ({"units": 4}, SEQUENCE),
        ({"units": 4, "returnSequences": True, "returnState": True}, SEQUENCE),
        ({"units": 4, "returnSequences": True, "goBackwards": True}, SEQUENCE),
        ({"units": 4, "returnSequences": True}, SEQUENCE, MASKED),
        ({"units": 4, "returnState": True}, begin, state_call(states)),
        ({"units": 3, "activation": "relu", "useBias": False, "unroll": True}, SEQUENCE),
        *extra,
    ]


def cell(states, extra=()):
    begin = [[2, 3]] + [[2, 4]] * states
    call = {"call": {"states": [{"input": i + 1} for i in range(states)]}}
    return [({"units": 4}, begin, call), ({"units": 4, "useBias": False}, begin, call), ({"units": 4, "activation": "softsign"}, begin, call), *((c, begin, call) for c in extra)]


def layer(name, **config):
    return {"className": name, "config": config}


def conv_lstm(n):
    size = {1: [5], 2: [4, 5], 3: [3, 3, 4]}[n]
    x = [[1, 3, *size, 2]]
    return [
        ({"filters": 2, "kernelSize": 3, "padding": "same"}, x),
        ({"filters": 2, "kernelSize": 2, "returnSequences": True}, x),
        ({"filters": 2, "kernelSize": 2, "strides": 2, "padding": "same", "returnState": True, "useBias": False}, x),
        ({"filters": 2, "kernelSize": 2, "goBackwards": True, "recurrentActivation": "hardSigmoid"}, x),
    ]


TABLE = {
    "SimpleRNN": recurrent(1, []),
    "GRU": recurrent(1, [({"units": 4, "resetAfter": False, "returnSequences": True}, SEQUENCE), ({"units": 3, "recurrentActivation": "hardSigmoid"}, SEQUENCE, MASKED)]),
    "LSTM": recurrent(2, [({"units": 3, "recurrentActivation": "hardSigmoid", "unitForgetBias": False}, SEQUENCE, MASKED)]),
    "SimpleRNNCell": cell(1),
    "GRUCell": cell(1, [{"units": 4, "resetAfter": False}]),
    "LSTMCell": cell(2),
    "RNN": [
        ({"cell": layer("LSTMCell", units=3)}, SEQUENCE),
        ({"cell": layer("GRUCell", units=3), "returnSequences": True, "zeroOutputForMask": True}, SEQUENCE, MASKED),
        ({"cell": layer("SimpleRNNCell", units=2), "returnState": True, "goBackwards": True}, SEQUENCE),
        ({"cell": layer("StackedRNNCells", cells=[layer("LSTMCell", units=3), layer("GRUCell", units=2)]), "returnSequences": True}, SEQUENCE),
    ],
    "StackedRNNCells": [
        ({"cells": [layer("LSTMCell", units=4), layer("LSTMCell", units=2)]}, [[2, 3], [2, 4], [2, 4], [2, 2], [2, 2]],
         {"call": {"states": [[{"input": 1}, {"input": 2}], [{"input": 3}, {"input": 4}]]}}),
        ({"cells": [layer("GRUCell", units=4), layer("SimpleRNNCell", units=2)]}, [[2, 3], [2, 4], [2, 2]], {"call": {"states": [[{"input": 1}], [{"input": 2}]]}}),
        ({"cells": [layer("SimpleRNNCell", units=3)]}, [[2, 3], [2, 3]], {"call": {"states": [[{"input": 1}]]}}),
    ],
    "Bidirectional": [
        *(({"layer": layer("LSTM", units=3, returnSequences=True), "mergeMode": mode}, SEQUENCE) for mode in ("concat", "sum", "mul", "ave", None)),
        ({"layer": layer("GRU", units=3)}, SEQUENCE, MASKED),
        ({"layer": layer("LSTM", units=2, returnState=True)}, SEQUENCE),
        ({"layer": layer("SimpleRNN", units=2), "backwardLayer": layer("GRU", units=2, goBackwards=True)}, SEQUENCE),
    ],
    "TimeDistributed": [
        ({"layer": layer("Dense", units=4)}, SEQUENCE),
        ({"layer": layer("Conv2D", filters=2, kernelSize=2)}, [[1, 3, 4, 4, 2]]),
        ({"layer": layer("Dense", units=2, activation="tanh")}, SEQUENCE, MASKED),
    ],
    "ConvLSTM1D": conv_lstm(1),
    "ConvLSTM2D": conv_lstm(2),
    "ConvLSTM3D": conv_lstm(3),
}
