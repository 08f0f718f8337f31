"""onnxruntime's side of a benchmark: predictions of a workload's model, whose graph is made here with random weights."""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from protocol import contend, one_image, parse, samples

options = parse()
random = np.random.default_rng(1)


class Graph:
    """Nodes one after another, channels first, as exporters write them."""

    def __init__(self):
        self.nodes, self.weights, self.last = [], [], "input"

    def weight(self, shape, fan):
        name = f"weight{len(self.weights)}"
        value = (random.standard_normal(shape) / np.sqrt(fan)).astype(np.float32)
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def add(self, kind, *weights, **attributes):
        output = f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, [self.last, *weights], [output], **attributes))
        self.last = output


def model():
    """The model's bytes. MNIST's only channel makes channels last and channels first the same memory."""
    graph, shape = Graph(), list(options.definition["data"]["input"])
    dims = [shape[2], *shape[:2]] if len(shape) == 3 else shape
    for layer in options.definition["layers"]:
        kind = layer["class"]
        if kind == "Conv2D":
            size, filters = layer["kernelSize"], layer["filters"]
            fan = dims[0] * size * size
            graph.add("Conv", graph.weight([filters, dims[0], size, size], fan), graph.weight([filters], 1), kernel_shape=[size, size])
            dims = [filters, dims[1] - size + 1, dims[2] - size + 1]
        elif kind == "MaxPooling2D":
            size = layer["poolSize"]
            graph.add("MaxPool", kernel_shape=[size, size], strides=[size, size])
            dims = [dims[0], dims[1] // size, dims[2] // size]
        elif kind == "Flatten":
            graph.add("Flatten")
            dims = [int(np.prod(dims))]
        elif kind == "Dense":
            units = layer["units"]
            graph.add("Gemm", graph.weight([dims[0], units], dims[0]), graph.weight([units], 1))
            dims = [units]
        else:
            raise SystemExit(f"no layer {kind}")
        activation = layer.get("activation")
        if activation == "relu":
            graph.add("Relu")
        elif activation == "softmax":
            graph.add("Softmax", axis=-1)
    into = [shape[2], *shape[:2]] if len(shape) == 3 else shape
    made = helper.make_graph(
        graph.nodes,
        options.workload,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", *into])],
        [helper.make_tensor_value_info(graph.last, TensorProto.FLOAT, ["batch", *dims])],
        graph.weights,
    )
    whole = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(whole)
    return whole.SerializeToString()


settings = onnxruntime.SessionOptions()
settings.intra_op_num_threads = options.threads
session = onnxruntime.InferenceSession(model(), settings, providers=["CPUExecutionProvider"])


def channels_first(x):
    return x.reshape(len(x), 1, 28, 28) if x.ndim == 4 else x


def call(x):
    return session.run(None, {"input": x})[0]


about = {"version": f"onnxruntime {onnxruntime.__version__}", "threads": options.threads}
if options.phase == "predict-one":
    contend(about, options, one_image(options, lambda image: call(channels_first(image))), 1000)
else:
    x = channels_first(samples(options, options.most * options.batch)[0])

    def run(steps, repeats):
        last = None
        for _ in range(repeats):
            starts = range(0, steps * options.batch, options.batch)
            last = np.concatenate([call(x[start : start + options.batch]) for start in starts])
        return last.ravel()[-1]

    contend(about, options, run)
