"""Keras' side of a training benchmark: the program of examples/mnist.ts.

Speaks the protocol of rounds.mjs: a line of JSON once ready, then one for every line `round` that it reads.
"""

import argparse
import json
import os
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, required=True)
parser.add_argument("--batch", type=int, required=True)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--data", required=True, help="folder with the idx files of MNIST")
options = parser.parse_args()


def say(message):
    print(json.dumps(message), flush=True)


import keras
import numpy as np

backend = keras.backend.backend()
if backend == "tensorflow":
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(options.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(options.threads)
    version = tensorflow.__version__
else:
    version = __import__(backend).__version__


def idx(name, offset, count):
    with open(os.path.join(options.data, name), "rb") as file:
        return np.frombuffer(file.read(offset + count)[offset:], np.uint8)


count = options.steps * options.batch
x = idx("train-images-idx3-ubyte", 16, count * 784).reshape(count, 28, 28, 1).astype(np.float32) / 255
y = idx("train-labels-idx1-ubyte", 8, count).astype(np.int64)

keras.utils.set_random_seed(1)
layers = keras.layers
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

say({"ready": {"version": f"keras {keras.__version__}, {backend} {version}", "threads": options.threads}})
for line in sys.stdin:
    if line.strip() != "round":
        continue
    begun, cpu = time.perf_counter(), time.process_time()
    history = model.fit(x, y, batch_size=options.batch, epochs=1, verbose=0)
    ms, cpu_ms = (time.perf_counter() - begun) * 1e3, (time.process_time() - cpu) * 1e3
    say({"ms": ms, "cpuMs": cpu_ms, "loss": history.history["loss"][0]})
