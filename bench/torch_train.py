#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The same training steps in PyTorch: f32, channels last, one thread. Called by bench_train.

    torch_train.py BLOCKS CHANNELS SIDE POOL BATCH STEPS

Prints the images per second of CPU time (best step), or why there is none.
"""
import sys
import time

try:
    import torch
    from torch import nn
except ImportError as reason:
    print(f"{reason} (Debian: apt install python3-torch)")
    sys.exit(0)


def conv(ins, outs, kernel, bias):
    return nn.Conv2d(ins, outs, kernel, padding=kernel // 2, bias=bias)


class Residual(nn.Module):
    def __init__(self, ins, outs):
        super().__init__()
        self.main = nn.Sequential(conv(ins, outs, 3, False), nn.BatchNorm2d(outs),
                                  nn.ReLU(inplace=True), conv(outs, outs, 3, False),
                                  nn.BatchNorm2d(outs))
        self.skip = nn.Sequential(conv(ins, outs, 1, False), nn.BatchNorm2d(outs))

    def forward(self, x):
        return torch.relu_(self.main(x) + self.skip(x))


def block(letter, ins, outs):
    if letter == "R":
        return [Residual(ins, outs)]
    layers = [conv(ins, outs, 3, True), nn.BatchNorm2d(outs), nn.ReLU(inplace=True),
              conv(outs, outs, 3, True), nn.BatchNorm2d(outs), nn.ReLU(inplace=True)]
    return layers + ([nn.MaxPool2d(2)] if letter == "V" else [])


def build(text, channels, pool):
    layers = []
    for part in text.split(","):
        layers += block(part[0], channels, int(part[1:]))
        channels = int(part[1:])
    layers += [nn.AdaptiveAvgPool2d(pool), nn.Flatten()]
    width = channels * pool * pool
    for hidden in (200, 50):
        layers += [nn.Linear(width, hidden), nn.ReLU(inplace=True), nn.Dropout(0.2)]
        width = hidden
    return nn.Sequential(*layers, nn.Linear(width, 10))


def main():
    text = sys.argv[1]
    channels, side, pool, batch, steps = map(int, sys.argv[2:])
    torch.set_num_threads(1)
    torch.manual_seed(1)
    network = build(text, channels, pool).to(memory_format=torch.channels_last).train()
    images = torch.randn(batch, channels, side, side).contiguous(
        memory_format=torch.channels_last)
    labels = torch.arange(batch) % 10
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9, weight_decay=3e-4)
    loss_of = nn.CrossEntropyLoss()
    best = float("inf")
    for _ in range(steps):
        start = time.process_time()
        optimizer.zero_grad(set_to_none=True)
        loss_of(network(images), labels).backward()
        optimizer.step()
        best = min(best, time.process_time() - start)
    print(batch / best)


main()
