"""Makes tiny.safetensors (a random Retina U-Net) and tiny_io.safetensors (an input and the twin's outputs).

The known answer in tiny.safetensors is PyTorch's, so every device that loads the file is compared with
PyTorch, in the tests and in the page.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from twin import RetinaUNet

HERE = Path(__file__).parent
SAMPLES = 96
SIDE = 64

CONFIG = {
    "in_channels": 3,
    "labels": ["disc", "donut"],
    "stem_channels": 4,
    "stage_channels": [6, 8, 10],
    "stage_blocks": [1, 2, 0],
    "pyramid_channels": 8,
    "p1_channels": 6,
    "p0_channels": 4,
    "head_depth": 1,
    "anchors": {"base_sizes": [16, 32], "scales": [1.0, 1.5], "ratios": [0.5, 1.0, 2.0]},
    "normalization": {"low_percentile": 1.0, "high_percentile": 99.8, "ceiling": 2.0},
    "tiling": {"tile": 64, "overlap": 32},
    "decoding": {
        "score_floor": 0.1,
        "score_threshold": 0.5,
        "suppression_iou": 0.3,
        "clustering_iou": 0.3,
        "max_boxes_per_tile": 12,
        "mask_threshold": 0.5,
    },
}


def known_input(count: int) -> torch.Tensor:
    """The generator of crates/models/src/known_answer.rs."""
    state, values = 2018, []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append((state >> 24) / 256)
    return torch.tensor(values)


def sampled(values: torch.Tensor) -> list[float]:
    flat = values.flatten()
    count = min(len(flat), SAMPLES)
    return [float(flat[i * len(flat) // count]) for i in range(count)]


def main():
    torch.manual_seed(0)
    twin = RetinaUNet(CONFIG).eval()
    with torch.no_grad():
        for name, parameter in twin.named_parameters():
            if name.endswith("running_var"):
                parameter.uniform_(0.5, 2.0)
            elif name.endswith(("gamma",)):
                parameter.uniform_(0.6, 1.4)
            elif name.endswith(("beta", "running_mean", "bias")):
                parameter.normal_(0, 0.2)
            else:
                parameter.mul_(1.7)
        # What a weights file can hold: convolutions are stored in f16.
        for name, parameter in twin.named_parameters():
            if ".norm." not in name:
                parameter.copy_(parameter.half().float())
        outputs = twin(known_input(3 * SIDE * SIDE).reshape(1, 3, SIDE, SIDE))
        answer = {
            "side": SIDE,
            "samples": [sampled(output) for output in outputs],
            "mean_magnitudes": [float(output.double().abs().mean()) for output in outputs],
        }
        metadata = {
            "groundglass.name": "tiny",
            "groundglass.architecture": "retina_unet",
            "groundglass.config": json.dumps(CONFIG),
            "groundglass.known_answer": json.dumps(answer),
        }
        tensors = {
            name: parameter.detach().clone() if ".norm." in name else parameter.detach().half()
            for name, parameter in twin.named_parameters()
        }
        save_file(tensors, HERE / "tiny.safetensors", metadata)

        # Not square, and another input than the known one.
        image = torch.rand(1, 3, 32, 48)
        outputs = twin(image)
        names = ["class_logits", "box_deltas", "segmentation_logits"]
        save_file(
            {"input": image, **{name: output.contiguous() for name, output in zip(names, outputs)}},
            HERE / "tiny_io.safetensors",
        )


if __name__ == "__main__":
    main()
