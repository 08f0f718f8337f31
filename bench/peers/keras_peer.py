"""Keras' side of a benchmark, on the backend that KERAS_BACKEND names (tensorflow or jax).

`--jit` is jit_compile of `compile`; by default Keras decides, and the row says how. One image a call is `model(x)`; with `--function` the
call is compiled, by tf.function or jax.jit.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from protocol import contend, one_image, parse, parser, peak_megabytes, samples, say, snake

parser.add_argument("--jit", default="auto", choices=["auto", "on", "off"])
parser.add_argument("--function", action="store_true")
options = parse()
backend = os.environ["KERAS_BACKEND"]

if backend == "jax" and options.threads < len(os.sched_getaffinity(0)):
    # XLA takes its number of threads from the cores that it may use.
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: options.threads]))

import keras

if backend == "tensorflow":
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(options.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(options.threads)
    version = tensorflow.__version__
else:
    version = __import__(backend).__version__


def build():
    definition = options.definition
    model = keras.Sequential([keras.Input(definition["data"]["input"])])
    for layer in definition["layers"]:
        settings = {snake(name): value for name, value in layer.items() if name != "class"}
        model.add(getattr(keras.layers, layer["class"])(**settings))
    how = definition["compile"]
    optimizer = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[how["optimizer"]](how["learningRate"])
    jit = {"auto": "auto", "on": True, "off": False}[options.jit]
    model.compile(optimizer=optimizer, loss=snake(how["loss"]), metrics=how["metrics"], jit_compile=jit)
    return model


keras.utils.set_random_seed(1)
model = build()
about = {
    "version": f"keras {keras.__version__}, {backend} {version}",
    "threads": options.threads,
    "settings": f"jit_compile={model.jit_compile}",
}


def fit(x, y, epochs):
    return model.fit(x, y, batch_size=options.batch, epochs=epochs, verbose=0).history["loss"][-1]


def train():
    x, y = samples(options, options.most * options.batch)

    def run(steps, repeats):
        count = steps * options.batch
        return fit(x[:count], y[:count], repeats)

    return run


def predict():
    x, _ = samples(options, options.most * options.batch)

    def run(steps, repeats):
        last = None
        for _ in range(repeats):
            last = model.predict(x[: steps * options.batch], batch_size=options.batch, verbose=0)
        return last.ravel()[-1]

    return run


def predict_one():
    call = lambda x: model(x, training=False)
    about["settings"] = "model(x)"
    if options.function:
        about["settings"] = "tf.function(model)(x)" if backend == "tensorflow" else "jax.jit(model)(x)"
        call = tensorflow.function(call) if backend == "tensorflow" else __import__("jax").jit(call)
    return one_image(options, lambda image: keras.ops.convert_to_numpy(call(keras.ops.convert_to_tensor(image))))


if options.phase == "whole":
    loss = fit(*samples(options, 60000), 1)
    say({"whole": {**about, "loss": float(loss), "peakMegabytes": peak_megabytes()}})
elif options.phase == "predict-one":
    contend(about, options, predict_one(), 1000)
else:
    contend(about, options, {"train": train, "predict": predict}[options.phase]())
