"""The process of a contender that runs on Python: the protocol of ../rounds.mjs, the workloads of ../workloads.json, samples.

`options` has the command line. A peer makes `run(steps, repeats)`, which does so many steps so often and gives a loss, and hands it
to `contend`.
"""

import argparse
import json
import math
import os
import re
import resource
import sys
import time

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--workload", required=True)
parser.add_argument("--phase", default="train", choices=["train", "predict", "predict-one", "whole"])
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--seconds", type=float, default=1.0)
parser.add_argument("--workloads", required=True, help="workloads.json")
parser.add_argument("--data", required=True, help="folder with the idx files of MNIST")

# Of steps that take longer (ms) one tells how long the others take.
SOME_MS = 300

# Images that one-image predictions take in turns.
IMAGES = 256


def parse():
    """The command line, with the workload's definition in it."""
    options = parser.parse_args()
    with open(options.workloads) as file:
        options.definition = json.load(file)["workloads"][options.workload]
    options.most = max(1, options.definition["samples"] // options.batch)
    return options


def snake(name):
    return re.sub(r"([A-Z])", lambda found: "_" + found.group(1).lower(), name)


def say(message):
    print(json.dumps(message), flush=True)


def peak_megabytes():
    """Largest resident memory so far. Linux carries a parent's over in ru_maxrss, but not in VmHWM."""
    try:
        with open("/proc/self/status") as file:
            kilobytes = int(re.search(r"VmHWM:\s*(\d+)", file.read()).group(1))
    except OSError:
        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(kilobytes / 1024, 1)


def idx(folder, name, offset, count):
    with open(os.path.join(folder, name), "rb") as file:
        return np.frombuffer(file.read(offset + count)[offset:], np.uint8)


def samples(options, count):
    """x and y as arrays: floats, and labels (int64) or floats."""
    data = options.definition["data"]
    shape = [count, *data["input"]]
    if data["kind"] == "mnist":
        x = idx(options.data, "train-images-idx3-ubyte", 16, count * 784)
        y = idx(options.data, "train-labels-idx1-ubyte", 8, count)
        return x.reshape(shape).astype(np.float32) / 255, y.astype(np.int64)
    random = np.random.default_rng(1)
    spread = math.sqrt(3)
    x = random.random(shape, dtype=np.float32) * (2 * spread) - spread
    if "classes" in data:
        return x, random.integers(0, data["classes"], count).astype(np.int64)
    return x, (random.random([count, *data["target"]], dtype=np.float32) * (2 * spread) - spread)


def timed(call):
    begun, cpu = time.perf_counter(), time.process_time()
    loss = call()
    return {"ms": (time.perf_counter() - begun) * 1e3, "cpuMs": (time.process_time() - cpu) * 1e3, "loss": float(loss)}


def calibrate(run, most, target):
    """Steps of a round and how often they are repeated, so that it takes `target` ms, as ../contender.mjs does; its warm-up."""
    begun = time.perf_counter()
    first = timed(lambda: run(1, 1))["ms"]
    # The first one compiled, and a single one holds what is done once a run.
    step = timed(lambda: run(1, 1))["ms"]
    few = min(most, 8)
    if step < SOME_MS:
        step = timed(lambda: run(few, 1))["ms"] / few
    steps = min(most, max(1, math.ceil(target / step)))
    repeats = max(1, math.ceil(target / (step * steps)))
    ms = timed(lambda: run(steps, repeats))["ms"]
    repeats = max(1, math.ceil(repeats * target / ms))
    return steps, repeats, {"firstStepMs": first, "ms": (time.perf_counter() - begun) * 1e3}


def contend(about, options, run, most=None):
    """Says what is ready, warms up, runs a round whenever asked, and says how long it took."""
    say({"ready": about})
    size = (1, 1)
    for line in sys.stdin:
        try:
            if line.strip() == "warm-up":
                steps, repeats, warm_up = calibrate(run, most or options.most, options.seconds * 1e3)
                size = (steps, repeats)
                say({**warm_up, "steps": steps, "repeats": repeats})
            elif line.strip() == "round":
                say({**timed(lambda: run(*size)), "steps": size[0] * size[1], "peakMegabytes": peak_megabytes()})
        except Exception as error:  # noqa: BLE001: whatever it is, the other side is told.
            say({"error": f"{type(error).__name__}: {error}"})
            break


def one_image(options, predict):
    """`run` for one image a call, from an array to an array."""
    x, _ = samples(options, IMAGES)
    images = [np.ascontiguousarray(x[i : i + 1]) for i in range(IMAGES)]

    def run(steps, repeats):
        last = None
        for i in range(steps * repeats):
            last = predict(images[i % IMAGES])
        return last.ravel()[0]

    return run
