"""PyTorch's side of bench:kernels: reads the lines that the engine's op_bench reads, and answers as it does.

Convolutions are channels_last. Where 'same' pads unevenly, the padded input is there already: PyTorch is not charged for the copy.
"""

import argparse
import json
import sys
import time

import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, required=True)
options = parser.parse_args()
torch.set_num_threads(options.threads)
torch.set_flush_denormal(True)
torch.manual_seed(1)


def matmul(layout, m, n, k):
    m, n, k = int(m), int(n), int(k)
    a = torch.randn(k, m).t() if layout == "TN" else torch.randn(m, k)
    b = torch.randn(n, k).t() if layout == "NT" else torch.randn(k, n)
    out = torch.empty(m, n)
    return lambda: torch.mm(a, b, out=out), 2 * m * n * k, 4 * (m * k + k * n + m * n)


def channels_last(*shape):
    """An image tensor [n, c, h, w] whose memory is [n, h, w, c]."""
    return torch.randn(*shape).contiguous(memory_format=torch.channels_last)


def sides(size, kernel, stride, padding):
    """Cells before and after an axis."""
    if padding == "valid":
        return 0, 0
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def convolution(direction, n, h, w, c, filters, kernel, stride, groups, padding):
    high, wide = sides(h, kernel, stride, padding), sides(w, kernel, stride, padding)
    x = channels_last(n, c, h, w)
    pads = [high[0], wide[0]]
    if high[0] != high[1] or wide[0] != wide[1]:
        x, pads = F.pad(x, [*wide, *high]).contiguous(memory_format=torch.channels_last), [0, 0]
    weight = channels_last(filters, c // groups, kernel, kernel)
    strides = [stride, stride]
    y = F.conv2d(x, weight, None, strides, pads, 1, groups)
    flops = 2 * y.numel() * kernel * kernel * (c // groups)
    size = 4 * (n * c * h * w + y.numel() + weight.numel())
    if direction == "forward":
        return lambda: F.conv2d(x, weight, None, strides, pads, 1, groups), flops, size
    cotangent = torch.randn_like(y)
    wanted = [direction == "input-grad", direction == "filter-grad", False]
    backward = torch.ops.aten.convolution_backward
    return (
        lambda: backward(cotangent, x, weight, None, strides, pads, [1, 1], False, [0, 0], groups, wanted),
        flops,
        size,
    )


def conv2d(direction, n, h, w, c, filters, kernel, stride, groups, padding):
    return convolution(direction, *map(int, (n, h, w, c, filters, kernel, stride, groups)), padding)


def depthwise(direction, n, h, w, c, kernel, stride):
    n, h, w, c, kernel, stride = map(int, (n, h, w, c, kernel, stride))
    return convolution(direction, n, h, w, c, c, kernel, stride, c, "same")


def both_ways(x, weights, function):
    """Forward, then the gradients for a given cotangent; bytes are those of x, y and their cotangents."""
    operands = [x.requires_grad_(), *(weight.requires_grad_() for weight in weights)]
    with torch.no_grad():
        cotangent = torch.randn_like(function())
    size = 8 * (x.numel() + cotangent.numel())
    return lambda: torch.autograd.grad(function(), operands, cotangent), 0, size


def maxpool(n, h, w, c):
    x = channels_last(int(n), int(c), int(h), int(w))
    return both_ways(x, [], lambda: F.max_pool2d(x, 2))


def batchnorm(n, h, w, c):
    c = int(c)
    x = channels_last(int(n), c, int(h), int(w))
    gamma, beta, mean, variance = torch.ones(c), torch.zeros(c), torch.zeros(c), torch.ones(c)
    return both_ways(x, [gamma, beta], lambda: F.batch_norm(x, mean, variance, gamma, beta, True, 0.01, 1e-3))


def layernorm(rows, columns):
    columns = int(columns)
    x, gamma, beta = torch.randn(int(rows), columns), torch.ones(columns), torch.zeros(columns)
    return both_ways(x, [gamma, beta], lambda: F.layer_norm(x, (columns,), gamma, beta, 1e-3))


def softmax(rows, columns):
    x = torch.randn(int(rows), int(columns))
    return both_ways(x, [], lambda: F.softmax(x, -1))


def gelu(count):
    x = torch.randn(int(count))
    return both_ways(x, [], lambda: F.gelu(x))


def adam(count):
    count = int(count)
    # A model has many tensors; the fused kernel takes them together.
    parts = 10
    parameters = [torch.zeros(count // parts, requires_grad=True) for _ in range(parts)]
    for parameter in parameters:
        parameter.grad = torch.randn(count // parts) * 1e-3
    return torch.optim.Adam(parameters, 1e-3, eps=1e-7, fused=True).step, 0, 28 * count


operations = {
    "matmul": matmul,
    "conv2d": conv2d,
    "depthwise": depthwise,
    "maxpool": maxpool,
    "batchnorm": batchnorm,
    "layernorm": layernorm,
    "softmax": softmax,
    "gelu": gelu,
    "adam": adam,
}


def measure(seconds, run):
    """Median and minimum of batches of about a hundredth of `seconds`, as op_bench takes them."""
    for _ in range(3):
        run()
    begun = time.perf_counter()
    run()
    once = time.perf_counter() - begun
    batch = min(max(int(seconds / 100 / max(once, 1e-9)), 1), 1_000_000)
    times = []
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds or len(times) < 5:
        start = time.perf_counter()
        for _ in range(batch):
            run()
        times.append((time.perf_counter() - start) / batch)
    times.sort()
    return {"ms": times[len(times) // 2] * 1e3, "msMin": times[0] * 1e3, "repetitions": len(times) * batch}


def say(message):
    print(json.dumps(message), flush=True)


say({"ready": {"version": f"torch {torch.__version__}", "threads": torch.get_num_threads()}})
for line in sys.stdin:
    words = line.split()
    if not words:
        continue
    try:
        run, flops, size = operations[words[1]](*words[2:])
        # Gradients are asked for where they are wanted.
        with torch.set_grad_enabled(words[1] not in ("matmul", "conv2d", "depthwise", "adam")):
            say({**measure(float(words[0]), run), "flops": flops, "bytes": size})
    except Exception as error:  # noqa: BLE001: whatever it is, the other side is told.
        say({"error": f"{type(error).__name__}: {error}"})
