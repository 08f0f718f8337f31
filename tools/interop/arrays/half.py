"""The Python half of the families numpy and safetensors.

    half.py make-numpy FOLDER         writes .npy and .npz files, and expected.json: what hornbeam must read
    half.py make-safetensors FOLDER   writes .safetensors files, and expected.json
    half.py check FOLDER              reads what written.json lists, and prints one JSON line for each
"""

import base64
import itertools
import json
import pathlib
import sys

import ml_dtypes
import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

# Element type of hornbeam, and that of the numbers it gives, by NumPy's names.
TYPES = {
    "bool": ("bool", np.uint8),
    "int8": ("int8", np.int8),
    "int16": ("int32", np.int32),
    "int32": ("int32", np.int32),
    "int64": ("int32", np.int32),
    "uint8": ("uint8", np.uint8),
    "uint16": ("int32", np.int32),
    "uint32": ("int32", np.int32),
    "uint64": ("int32", np.int32),
    "float16": ("float16", np.float32),
    "bfloat16": ("bfloat16", np.float32),
    "float32": ("float32", np.float32),
    "float64": ("float32", np.float32),
}
SHAPES = [(), (0,), (7,), (2, 3), (3, 1, 4), (2, 3, 2, 2)]
SPECIAL = [np.nan, np.inf, -np.inf, -0.0, 1e-42, -3.4e38, 65504.0, 2.0**-24, 0.1]


def numbers(dtype, shape, seed):
    """An array with the extremes of its type in front."""
    rng = np.random.default_rng(seed)
    count = int(np.prod(shape))
    if dtype == "bool":
        values = rng.integers(0, 2, count).astype(bool)
    elif "float" in dtype:
        values = rng.normal(size=count)
        values[: min(count, len(SPECIAL))] = SPECIAL[:count]
        with np.errstate(over="ignore"):
            values = values.astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    else:
        info = np.iinfo(dtype)
        low, high = max(info.min, -(2**31)), min(info.max, 2**31 - 1)
        values = rng.integers(low, high, count, endpoint=True).astype(dtype)
        values[: min(count, 2)] = [low, high][:count]
    return values.reshape(shape)


def expectation(array, dtype):
    kind, target = TYPES[dtype]
    with np.errstate(over="ignore"):
        data = np.ascontiguousarray(array.astype(target)).astype(np.dtype(target).newbyteorder("<"))
    return {
        "shape": list(array.shape),
        "dtype": kind,
        "data": base64.b64encode(data.tobytes()).decode(),
    }


def make_numpy(folder):
    expected = []
    cases = itertools.product(TYPES, SHAPES, ["C", "F"], ["<", ">"], [(1, 0), (2, 0), (3, 0)])
    for dtype, shape, order, byte_order, version in cases:
        if dtype == "bfloat16":
            continue
        array = numbers(dtype, shape, len(expected))
        stored = np.asarray(array, dtype=np.dtype(dtype).newbyteorder(byte_order), order=order)
        name = f"{len(expected)}.npy"
        with open(folder / name, "wb") as file:
            np.lib.format.write_array(file, stored, version=version, allow_pickle=False)
        label = f"{name}: {dtype} {shape} {order} {byte_order} v{version[0]}"
        expected.append({"file": name, "label": label, **expectation(array, dtype)})
    for name, save in [("plain.npz", np.savez), ("packed.npz", np.savez_compressed)]:
        arrays = {f"{dtype}/a": numbers(dtype, (3, 4), 7) for dtype in TYPES if dtype != "bfloat16"}
        save(folder / name, **arrays)
        for key, array in arrays.items():
            row = expectation(array, key.split("/")[0])
            expected.append({"file": name, "key": key, "label": f"{name}: {key}", **row})
    (folder / "expected.json").write_text(json.dumps(expected))


def make_safetensors(folder):
    expected = []
    for index, shape in enumerate(SHAPES):
        name = f"{index}.safetensors"
        arrays = {f"{dtype}.weight": numbers(dtype, shape, index) for dtype in TYPES}
        save_file(arrays, folder / name, metadata={"format": "np", "shape": str(shape)})
        for key, array in arrays.items():
            row = expectation(array, key.split(".")[0])
            expected.append({"file": name, "key": key, "label": f"{name}: {key} {shape}", **row})
    (folder / "expected.json").write_text(json.dumps(expected))


def check(folder):
    for row in json.loads((folder / "written.json").read_text()):
        path = folder / row["file"]
        detail = ""
        if path.suffix == ".safetensors":
            array = load_file(path)[row["key"]]
            with safe_open(path, "np") as file:
                if file.metadata() != row["metadata"]:
                    detail = f"metadata {file.metadata()}"
        else:
            array = np.load(path, allow_pickle=False)
            array = array[row["key"]] if path.suffix == ".npz" else array
        kind = str(array.dtype)
        if kind != row["dtype"] or list(array.shape) != row["shape"]:
            detail = f"{kind} {array.shape}"
        elif np.ascontiguousarray(array.astype(TYPES[kind][1])).tobytes() != base64.b64decode(row["data"]):
            detail = "other numbers"
        print(json.dumps({"label": row["label"], "ok": detail == "", "detail": detail}))


if __name__ == "__main__":
    command, where = sys.argv[1], pathlib.Path(sys.argv[2])
    {"make-numpy": make_numpy, "make-safetensors": make_safetensors, "check": check}[command](where)
