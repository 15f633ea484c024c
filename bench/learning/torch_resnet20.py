#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains ResNet-20 in PyTorch as `bench/learning/accuracies cifar` does in Weft.

    torch_resnet20.py FOLDER EPOCHS SEED

FOLDER holds cifar10-jpeg-train.bin and cifar10-jpeg-test.bin (tools/cifar_jpeg_to_bin.py). Prints
a line of JSON with the accuracy on the test set. The same start values, order of magnitude for
magnitude, crops, flips, batches, rates, decay and momentum as Weft's; convolutions in bf16
(autocast), one thread. Needs Debian's python3-torch and python3-numpy.
"""
import json
import math
import os
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from torch_networks import resnet20  # noqa: E402  (the folder has to be named first)

BATCH, PEAK, WARMUP, MOMENTUM, DECAY, PAD = 128, 0.1, 0.1, 0.9, 5e-4, 4
RECORD = 1 + 3 * 32 * 32


def read(path):
    records = torch.from_numpy(numpy.fromfile(path, numpy.uint8).reshape(-1, RECORD))
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].long()


def initialise(network):
    """N(0, 2 / inputs) for convolutions, N(0, 1 / inputs) for the last layer."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
            nn.init.zeros_(module.bias)


def rate(step, steps):
    """A linear rise, then half a cosine."""
    rising = math.floor(WARMUP * steps)
    if step < rising:
        return PEAK * (step + 1) / (rising + 1)
    return 0.5 * PEAK * (1 + math.cos(math.pi * (step - rising) / (steps - rising)))


def augment(images, random):
    """Crops out of a black frame and flips, each image its own way."""
    n = len(images)
    padded = F.pad(images, (PAD,) * 4)
    down, right = torch.randint(0, 2 * PAD + 1, (2, n, 1), generator=random)
    rows = (down + torch.arange(32))[:, None, :, None]
    columns = right + torch.arange(32)
    columns = torch.where(torch.rand(n, 1, generator=random) < 0.5, columns, columns.flip(1))
    channels = torch.arange(3)[None, :, None, None]
    return padded[torch.arange(n)[:, None, None, None], channels, rows, columns[:, None, None, :]]


def normalise(images, mean, deviation):
    scaled = (images.float() / 255 - mean) / deviation
    return scaled.contiguous(memory_format=torch.channels_last)


def train(network, images, labels, scale, epochs, random):
    optimizer = torch.optim.SGD(network.parameters(), PEAK, MOMENTUM, nesterov=True,
                                weight_decay=DECAY)
    per_epoch = len(images) // BATCH
    network.train()
    for epoch in range(epochs):
        order = torch.randperm(len(images), generator=random)
        for i in range(per_epoch):
            chosen = order[i * BATCH:(i + 1) * BATCH]
            optimizer.param_groups[0]["lr"] = rate(epoch * per_epoch + i, epochs * per_epoch)
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16):
                logits = network(normalise(augment(images[chosen], random), *scale))
            F.cross_entropy(logits.float(), labels[chosen]).backward()
            optimizer.step()


def measure(network, images, labels, scale):
    network.eval()
    right = 0
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for i in range(0, len(images), 500):
            logits = network(normalise(images[i:i + 500], *scale))
            right += (logits.argmax(1) == labels[i:i + 500]).sum().item()
    return right / len(images)


def main():
    folder, epochs, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    images, labels = read(os.path.join(folder, "cifar10-jpeg-train.bin"))
    mean = (images.double() / 255).mean((0, 2, 3)).float().reshape(3, 1, 1)
    deviation = (images.double() / 255).permute(1, 0, 2, 3).reshape(3, -1).std(1).float()
    scale = (mean, deviation.reshape(3, 1, 1))
    network = resnet20()
    initialise(network)
    network = network.to(memory_format=torch.channels_last)
    begun = time.monotonic()
    train(network, images, labels, scale, epochs, torch.Generator().manual_seed(seed))
    seconds = time.monotonic() - begun
    accuracy = measure(network, *read(os.path.join(folder, "cifar10-jpeg-test.bin")), scale)
    print(json.dumps({"network": "resnet20", "torch": torch.__version__, "epochs": epochs,
                      "seed": seed, "accuracy": accuracy, "seconds": seconds}))


main()
