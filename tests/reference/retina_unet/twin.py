"""A PyTorch twin of crates/models/src/retina_unet/network.rs.

Written from the network's description (Jaeger et al. 2018, arXiv 1811.08661), with the names of the
weights files, so that a file loads with `load_state_dict`. Batch norms are kept, not folded: the twin
also proves the folding.
"""

import json

import torch
from safetensors import safe_open
from torch import nn
from torch.nn.functional import interpolate, relu


class Norm(nn.Module):
    """Batch norm at inference, under burn's names."""

    def __init__(self, channels: int):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))
        self.running_mean = nn.Parameter(torch.zeros(channels), requires_grad=False)
        self.running_var = nn.Parameter(torch.ones(channels), requires_grad=False)

    def forward(self, x):
        return nn.functional.batch_norm(
            x, self.running_mean, self.running_var, self.gamma, self.beta, training=False, eps=1e-5
        )


class ConvUnit(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int = 1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm = Norm(outputs)

    def forward(self, x):
        return self.norm(self.conv(x))


class ResidualBlock(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.first = ConvUnit(channels, channels)
        self.second = ConvUnit(channels, channels)

    def forward(self, x):
        return relu(self.second(relu(self.first(x))) + x)


class Stage(nn.Module):
    def __init__(self, inputs: int, outputs: int, blocks: int):
        super().__init__()
        self.down = ConvUnit(inputs, outputs, 2)
        self.blocks = nn.ModuleList(ResidualBlock(outputs) for _ in range(blocks))

    def forward(self, x):
        x = relu(self.down(x))
        for block in self.blocks:
            x = block(x)
        return x


class Head(nn.Module):
    def __init__(self, channels: int, depth: int, outputs: int):
        super().__init__()
        self.tower = nn.ModuleList(nn.Conv2d(channels, channels, 3, 1, 1) for _ in range(depth))
        self.output = nn.Conv2d(channels, outputs, 3, 1, 1)

    def forward(self, x, values: int):
        for conv in self.tower:
            x = relu(conv(x))
        x = self.output(x)
        return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1, values)


class RetinaUNet(nn.Module):
    """Returns class logits [n, a, k], box deltas [n, a, 4] and segmentation logits [n, 1 + k, h, w]."""

    def __init__(self, config: dict):
        super().__init__()
        self.classes = len(config["labels"])
        c = [config["stem_channels"], *config["stage_channels"]]
        top = len(config["stage_channels"])
        pyramid, p1, p0 = config["pyramid_channels"], config["p1_channels"], config["p0_channels"]
        anchors = len(config["anchors"]["scales"]) * len(config["anchors"]["ratios"])
        self.stem = nn.ModuleList([ConvUnit(config["in_channels"], c[0]), ConvUnit(c[0], c[0])])
        self.stages = nn.ModuleList(
            Stage(c[level - 1], c[level], config["stage_blocks"][level - 1]) for level in range(1, top + 1)
        )
        self.laterals = nn.ModuleList(nn.Conv2d(c[level], pyramid, 1) for level in range(2, top + 1))
        self.smooths = nn.ModuleList(nn.Conv2d(pyramid, pyramid, 3, 1, 1) for _ in range(2, top + 1))
        self.lateral_1, self.reduce_1 = nn.Conv2d(c[1], p1, 1), nn.Conv2d(pyramid, p1, 1)
        self.smooth_1 = ConvUnit(p1, p1)
        self.lateral_0, self.reduce_0 = nn.Conv2d(c[0], p0, 1), nn.Conv2d(p1, p0, 1)
        self.smooth_0 = ConvUnit(p0, p0)
        self.class_head = Head(pyramid, config["head_depth"], anchors * self.classes)
        self.box_head = Head(pyramid, config["head_depth"], anchors * 4)
        self.segmentation = nn.Conv2d(p0, 1 + self.classes, 1)

    def forward(self, x):
        for unit in self.stem:
            x = relu(unit(x))
        c0, encoded = x, []
        for stage in self.stages:
            x = stage(x)
            encoded.append(x)
        sums = []
        for lateral, features in zip(reversed(self.laterals), reversed(encoded[1:])):
            side = lateral(features)
            sums.append(side if not sums else side + interpolate(sums[-1], scale_factor=2, mode="nearest"))
        pyramid = [smooth(total) for smooth, total in zip(self.smooths, reversed(sums))]
        # The order of the paper: first up, then to fewer channels.
        p1 = self.lateral_1(encoded[0]) + self.reduce_1(bilinear(pyramid[0]))
        p1 = relu(self.smooth_1(p1))
        p0 = relu(self.smooth_0(self.lateral_0(c0) + self.reduce_0(bilinear(p1))))
        class_logits = torch.cat([self.class_head(level, self.classes) for level in pyramid], 1)
        box_deltas = torch.cat([self.box_head(level, 4) for level in pyramid], 1)
        return class_logits, box_deltas, self.segmentation(p0)


def bilinear(x):
    return interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def load(path: str):
    """The twin of a weights file, and its configuration."""
    with safe_open(path, "pt") as file:
        config = json.loads(file.metadata()["groundglass.config"])
        tensors = {key: file.get_tensor(key).float() for key in file.keys()}
    twin = RetinaUNet(config)
    twin.load_state_dict(tensors)
    return twin.eval(), config
