"""PyTorch's side of a benchmark: a training loop as its tutorials have it.

`--tuned` is what somebody who knows it well sets: channels_last, a fused optimizer, flushed denormals (and malloc's and OpenMP's settings,
which the caller puts into the environment). `--compile` adds torch.compile. The loss is that of logits; weights begin as Keras' do.
"""

from protocol import contend, one_image, parse, parser, peak_megabytes, samples, say

parser.add_argument("--tuned", action="store_true")
parser.add_argument("--compile", action="store_true")
options = parse()

import numpy as np
import torch
from torch import nn

torch.set_num_threads(options.threads)
if options.tuned:
    torch.set_flush_denormal(True)
torch.manual_seed(1)

how = options.definition["compile"]
regression = how["loss"] == "meanSquaredError"


def convolution(layer, channels):
    """A convolution, depthwise or not. Strides are 1 in all workloads, where 'same' is half a kernel on each side."""
    size = layer["kernelSize"]
    same = layer.get("padding") == "same"
    depthwise = layer["class"] == "DepthwiseConv2D"
    filters = channels if depthwise else layer["filters"]
    groups = channels if depthwise else 1
    padding = size // 2 if same else 0
    module = nn.Conv2d(channels, filters, size, padding=padding, groups=groups, bias=layer.get("useBias", True))
    return module, 0 if same else size - 1


class Mean(nn.Module):
    """Keras' GlobalAveragePooling2D."""

    def forward(self, x):
        return x.mean((2, 3))


def build():
    """The model without its softmax."""
    modules, shape = [], list(options.definition["data"]["input"])
    for layer in options.definition["layers"]:
        kind = layer["class"]
        if kind in ("Conv2D", "DepthwiseConv2D"):
            module, less = convolution(layer, shape[2])
            modules.append(module)
            shape = [shape[0] - less, shape[1] - less, module.out_channels]
        elif kind == "MaxPooling2D":
            size = layer["poolSize"]
            modules.append(nn.MaxPool2d(size))
            shape = [shape[0] // size, shape[1] // size, shape[2]]
        elif kind == "BatchNormalization":
            modules.append(nn.BatchNorm2d(shape[2], eps=1e-3, momentum=0.01))
        elif kind == "ReLU":
            modules.append(nn.ReLU())
        elif kind == "Flatten":
            modules.append(nn.Flatten())
            shape = [int(np.prod(shape))]
        elif kind == "GlobalAveragePooling2D":
            modules.append(Mean())
            shape = [shape[2]]
        elif kind == "Dense":
            modules.append(nn.Linear(shape[0], layer["units"]))
            shape = [layer["units"]]
        else:
            raise SystemExit(f"no layer {kind}")
        if layer.get("activation") == "relu":
            modules.append(nn.ReLU())
    model = nn.Sequential(*modules)
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return model.to(memory_format=torch.channels_last) if options.tuned else model


def images(x):
    """PyTorch's layout of axes; with --tuned its memory stays as it is, channels last."""
    x = torch.from_numpy(x)
    if x.dim() != 4:
        return x
    return x.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last if options.tuned else torch.contiguous_format)


model = build()
forward = torch.compile(model) if options.compile else model
about = {
    "version": f"torch {torch.__version__}",
    "threads": options.threads,
    "settings": "eager" if not options.tuned else "tuned" + (", torch.compile" if options.compile else ""),
}


def optimizer():
    settings = {"lr": how["learningRate"], **({"fused": True} if options.tuned else {})}
    if how["optimizer"] == "adam":
        return torch.optim.Adam(model.parameters(), eps=1e-7, **settings)
    return torch.optim.SGD(model.parameters(), **settings)


def trainer():
    update = optimizer()
    criterion = nn.MSELoss() if regression else nn.CrossEntropyLoss()

    def epoch(x, y):
        model.train()
        order = torch.randperm(len(x))
        total, right = torch.zeros(()), torch.zeros((), dtype=torch.long)
        for start in range(0, len(x), options.batch):
            chosen = order[start : start + options.batch]
            target = y[chosen]
            output = forward(x[chosen])
            loss = criterion(output, target)
            update.zero_grad(set_to_none=True)
            loss.backward()
            update.step()
            total += loss.detach() * len(chosen)
            if how["metrics"]:
                right += (output.detach().argmax(-1) == target).sum()
        # As fit reports them.
        right.item()
        return total.item() / len(x)

    return epoch


def train():
    x, y = samples(options, options.most * options.batch)
    x, y, epoch = images(x), torch.from_numpy(y), trainer()

    def run(steps, repeats):
        count, last = steps * options.batch, 0.0
        for _ in range(repeats):
            last = epoch(x[:count], y[:count])
        return last

    return run


def probabilities(x):
    output = forward(x)
    return output if regression else output.softmax(-1)


def predict():
    x = images(samples(options, options.most * options.batch)[0])
    model.eval()

    @torch.inference_mode()
    def run(steps, repeats):
        last = None
        for _ in range(repeats):
            starts = range(0, steps * options.batch, options.batch)
            last = torch.cat([probabilities(x[start : start + options.batch]) for start in starts]).numpy()
        return last.ravel()[-1]

    return run


def predict_one():
    model.eval()

    @torch.inference_mode()
    def call(image):
        return probabilities(images(image)).numpy()

    return one_image(options, call)


if options.phase == "whole":
    x, y = samples(options, 60000)
    loss = trainer()(images(x), torch.from_numpy(y))
    say({"whole": {**about, "loss": loss, "peakMegabytes": peak_megabytes()}})
elif options.phase == "predict-one":
    contend(about, options, predict_one(), 1000)
else:
    contend(about, options, {"train": train, "predict": predict}[options.phase]())
