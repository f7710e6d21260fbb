"""Writes a weights file's network as ONNX, for `cargo xtask bench web` alone: export_onnx.py WEIGHTS OUT --side N."""

import argparse

import torch
from torch import nn

import twin

# f32 sums in another order; the outputs are logits of single digits.
TOLERANCE = 1e-3


def commuted(model: nn.Module) -> nn.Module:
    """The same function in the order in which burn computes it: to fewer channels first, then up.

    Up first, as the twin does it, would be four times the work in two places, and no fair comparison.
    """
    for name in ("reduce_1", "reduce_0"):
        up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        setattr(model, name, nn.Sequential(getattr(model, name), up))
    twin.bilinear = nn.Identity()
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights")
    parser.add_argument("out")
    parser.add_argument("--side", type=int, default=256)
    arguments = parser.parse_args()

    model, config = twin.load(arguments.weights)
    image = torch.rand(1, config["in_channels"], arguments.side, arguments.side)
    with torch.no_grad():
        expected = model(image)
        model = commuted(model)
        largest = max(float((a - b).abs().max()) for a, b in zip(expected, model(image)))
        if largest > TOLERANCE:
            raise SystemExit(f"the network to be exported differs from the twin by {largest}")
        torch.onnx.export(
            model,
            (image,),
            arguments.out,
            input_names=["image"],
            output_names=["class_logits", "box_deltas", "segmentation_logits"],
            external_data=False,
        )


if __name__ == "__main__":
    main()
