"""Writes docs/keras-names.json: the public classes of Keras, and the functions of some of its namespaces.

    KERAS_BACKEND=jax python tools/keras-names/names.py

with the environment of tools/goldens/README.md.
"""

import inspect
import json
import pathlib

import keras

# Namespaces whose functions are listed, too. Those of ops and random are in docs/ops.md.
FUNCTIONS = ("activations", "applications", "config", "datasets", "models", "saving", "utils")
# What belongs to Keras itself, or repeats other namespaces under old names.
LEFT_OUT = ("backend", "legacy", "ops", "preprocessing", "src", "tree", "visualization")


def walk(module, path, names):
    for name, value in sorted(vars(module).items()):
        if name.startswith("_"):
            continue
        where = f"{path}.{name}" if path else name
        if inspect.ismodule(value):
            ours = value.__name__.startswith(f"keras.{path}" if path else "keras.")
            # The modules of applications repeat its functions.
            if ours and name not in LEFT_OUT and path != "applications":
                walk(value, where, names)
        elif inspect.isclass(value):
            names[where] = "class"
        elif callable(value) and path.split(".")[0] in FUNCTIONS:
            names[where] = "function"


def main():
    names = {}
    walk(keras, "", names)
    file = pathlib.Path(__file__).parents[2] / "docs" / "keras-names.json"
    file.write_text(json.dumps({"version": keras.__version__, "names": names}, indent=2) + "\n")
    print(f"{len(names)} names")


if __name__ == "__main__":
    main()
