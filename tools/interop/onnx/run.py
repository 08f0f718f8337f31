# Runs NAME.onnx of a folder in onnxruntime on the inputs of NAME.json, and compares with the outputs there: a line of JSON
# a model in results.jsonl.
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort



def kinds(graph):
    """Kinds of the nodes of a graph and of those inside."""
    inner = [kinds(a.g) for node in graph.node for a in node.attribute if a.type == onnx.AttributeProto.GRAPH]
    return {node.op_type for node in graph.node}.union(*inner)


options = ort.SessionOptions()
options.intra_op_num_threads = 1
lines = []
for facts in sorted(Path(sys.argv[1]).glob("*.json")):
    said = {"name": facts.stem, "error": None, "worst": 0.0, "operators": []}
    try:
        path = facts.with_suffix(".onnx")
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        said["operators"] = sorted(kinds(model.graph))
        expected = json.loads(facts.read_text())
        session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        names = [value.name for value in session.get_inputs()]
        assert names == expected["inputNames"], f"inputs are called {names}"
        results = [value.name for value in session.get_outputs()]
        assert [name.removesuffix(f"_{i}") for i, name in enumerate(results)] == expected["outputNames"], f"outputs are called {results}"
        for case in expected["cases"]:
            feed = {
                name: np.array(value["data"], np.float32).reshape(value["shape"])
                for name, value in zip(names, case["inputs"])
            }
            for got, wanted in zip(session.run(None, feed), case["outputs"]):
                assert list(got.shape) == wanted["shape"], f"shape {got.shape} instead of {wanted['shape']}"
                right = np.array(wanted["data"], np.float64).reshape(wanted["shape"])
                differences = np.abs(got.astype(np.float64) - right) / np.maximum(1, np.abs(right))
                said["worst"] = max(said["worst"], float(np.max(differences, initial=0)))
    except Exception as error:
        said["error"] = str(error)[:2000]
    lines.append(json.dumps(said))
Path(sys.argv[1], "results.jsonl").write_text("\n".join(lines))
