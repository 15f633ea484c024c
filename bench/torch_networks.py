# SPDX-License-Identifier: Apache-2.0
"""The networks of the benchmarks in PyTorch, layer by layer those of Weft."""
from torch import nn
from torch.nn import functional as F

CLASSES = 10


def conv(ins, outs, kernel, stride=1, groups=1, bias=False):
    return nn.Conv2d(ins, outs, kernel, stride, kernel // 2, groups=groups, bias=bias)


class Basic(nn.Module):
    """He et al., CVPR 2016, section 4.2, option A: shortcuts of every second pixel and zeros."""

    def __init__(self, ins, outs, stride):
        super().__init__()
        self.stride, self.more = stride, outs - ins
        self.main = nn.Sequential(conv(ins, outs, 3, stride), nn.BatchNorm2d(outs),
                                  nn.ReLU(inplace=True), conv(outs, outs, 3), nn.BatchNorm2d(outs))

    def forward(self, x):
        skip = x
        if self.stride > 1:
            skip = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, 0, self.more))
        return F.relu(self.main(x) + skip, inplace=True)


def resnet20():
    layers = [conv(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(inplace=True)]
    ins = 16
    for outs in (16, 32, 64):
        for block in range(3):
            layers.append(Basic(ins, outs, 2 if block == 0 and outs > 16 else 1))
            ins = outs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, CLASSES))


def imc(widths, channels, pool):
    """VGG blocks, with the head of the imc family."""
    layers = []
    for width in widths:
        for ins in (channels, width):
            layers += [conv(ins, width, 3, bias=True), nn.BatchNorm2d(width),
                       nn.ReLU(inplace=True)]
        layers.append(nn.MaxPool2d(2))
        channels = width
    layers += [nn.AdaptiveAvgPool2d(pool), nn.Flatten()]
    width = channels * pool * pool
    for hidden in (200, 50):
        layers += [nn.Linear(width, hidden), nn.ReLU(inplace=True), nn.Dropout(0.2)]
        width = hidden
    return nn.Sequential(*layers, nn.Linear(width, CLASSES))


class Clip6(nn.Module):
    """ReLU6 for bf16: the gradient of PyTorch 1.13's own is there for f32 alone."""

    def forward(self, x):
        return x.clamp(0, 6)


class Inverted(nn.Module):
    """Sandler et al., CVPR 2018, section 3.3. `norm6` makes the norm and ReLU6 of some channels."""

    def __init__(self, ins, outs, expansion, stride, norm6):
        super().__init__()
        wide = expansion * ins
        layers = [conv(ins, wide, 1)] + norm6(wide) if expansion > 1 else []
        layers += [conv(wide, wide, 3, stride, wide)] + norm6(wide)
        self.main = nn.Sequential(*layers, conv(wide, outs, 1), nn.BatchNorm2d(outs))
        self.adds = stride == 1 and ins == outs

    def forward(self, x):
        return self.main(x) + x if self.adds else self.main(x)


def mobilenet(bf16):
    def norm6(outs):
        return [nn.BatchNorm2d(outs), Clip6() if bf16 else nn.ReLU6(inplace=True)]

    layers, ins = [conv(3, 32, 3)] + norm6(32), 32
    for expansion, outs, blocks, stride in ((1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2),
                                            (6, 64, 4, 2), (6, 96, 3, 1)):
        for block in range(blocks):
            layers.append(Inverted(ins, outs, expansion, stride if block == 0 else 1, norm6))
            ins = outs
    layers += [conv(ins, 384, 1)] + norm6(384)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(384, CLASSES))
