#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The networks of bench_train in PyTorch, trained on request. Started by bench_train.

    torch_train.py NETWORK MODE THREADS

MODE: f32 (channels last), autocast (to bf16), autocast-last (the same, channels last), bf16-last
(weights and images in bf16, channels last). Says "ready PARAMETERS", or why it cannot; then reads
numbers of steps, a line each, trains them, and says "done"; 0 ends it.
"""
import sys

try:
    import torch
    from torch.nn import functional as F
    from torch_networks import CLASSES, imc, mobilenet, resnet20
except ImportError as reason:
    print(f"{reason} (Debian: apt install python3-torch)")
    sys.exit(0)

NAME, MODE, THREADS = sys.argv[1], sys.argv[2], int(sys.argv[3])
BATCHES = {"resnet20": 128, "vgg": 128, "mobilenet": 128, "small": 96}


NETWORKS = {
    "resnet20": resnet20,
    "vgg": lambda: imc((32, 64, 128), 3, 1),
    "mobilenet": lambda: mobilenet(bf16=MODE != "f32"),
    "small": lambda: imc((16, 32), 1, 2),
}


def main():
    torch.set_num_threads(THREADS)
    torch.manual_seed(1)
    shape = (1, 28, 28) if NAME == "small" else (3, 32, 32)
    network = NETWORKS[NAME]().train()
    images = torch.randn(BATCHES[NAME], *shape)
    if MODE != "autocast":
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    if MODE == "bf16-last":
        network, images = network.bfloat16(), images.bfloat16()
    labels = torch.arange(BATCHES[NAME]) % CLASSES
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9, weight_decay=3e-4)

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=MODE.startswith("autocast")):
            logits = network(images)
        F.cross_entropy(logits.float(), labels).backward()
        optimizer.step()

    print("ready", sum(p.numel() for p in network.parameters()), flush=True)
    for line in sys.stdin:
        if int(line) == 0:
            break
        for _ in range(int(line)):
            step()
        print("done", flush=True)


main()
