"""Reads the safetensors files of models that hornbeam wrote into Keras, and writes others with new weights by the same names."""
import json
import os
import sys

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

folder = sys.argv[1]
for file in sorted(os.listdir(folder)):
    if not file.endswith(".safetensors"):
        continue
    name = file.removesuffix(".safetensors")
    with safe_open(os.path.join(folder, file), "np") as tensors:
        config = json.loads(tensors.metadata()["keras_config"])
        keys = [key for key in tensors.keys() if not key.startswith("optimizer/")]
        values = {key: tensors.get_tensor(key) for key in keys}
    config.pop("compile_config", None)
    model = keras.saving.deserialize_keras_object(config)
    # Keras' own places of the weights.
    path = os.path.join(folder, f"{name}.weights.h5")
    model.save_weights(path)
    import h5py

    with h5py.File(path, "r+") as h5:
        places = []
        h5.visititems(lambda key, item: places.append(key) if isinstance(item, h5py.Dataset) else None)
        same = sorted(places) == sorted(keys)
        for key in keys:
            if key in h5:
                h5[key][...] = values[key]
    model.load_weights(path)
    with open(os.path.join(folder, f"{name}.json")) as text:
        expected = json.load(text)
    x = np.array(expected["x"], "float32").reshape(expected["shape"])
    gap = float(np.abs(np.asarray(model(x)).ravel() - expected["y"]).max())
    print(json.dumps({"what": f"safetensors: {name} of hornbeam in Keras", "isRight": same and gap < 1e-5, "detail": f"difference {gap:.1e}"}))
    halves = {key: (value * 0.5).astype("float32") for key, value in values.items()}
    save_file(halves, os.path.join(folder, f"{name}-python.safetensors"))
    with h5py.File(path, "r+") as h5:
        for key in keys:
            h5[key][...] = halves[key]
    model.load_weights(path)
    with open(os.path.join(folder, f"{name}-python.json"), "w") as out:
        json.dump({"y": np.asarray(model(x), float).ravel().tolist()}, out)
