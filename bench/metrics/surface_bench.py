"""Times HD95, ASSD and NSD of 512 x 512 x 64 mask pairs here, in MONAI and in surface-distance, in turn.

    cargo build --release -p groundglass-metrics --example bench_surface
    python surface_bench.py path/to/bench_surface [rounds [organ lesion frayed far]]

Prints, one line a pair, the medians in seconds and the ratios (reference over this crate) as JSON. Every side measures one pair a
round, one thread, starting from one byte a voxel in memory.
"""

import json
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np
import scipy.ndimage

np.Inf, np.NaN = np.inf, np.nan
scipy.ndimage.filters = scipy.ndimage.morphology = scipy.ndimage

import monai.metrics as monai  # noqa: E402
import surface_distance as deepmind  # noqa: E402
import torch  # noqa: E402

torch.set_num_threads(1)
SIZE, SPACING = (64, 512, 512), (2.5, 0.7, 0.7)


def ellipsoid(centre, radii):
    axes = [((np.arange(n) - c) / r) ** 2 for n, c, r in zip(SIZE, centre, radii)]
    return axes[0][:, None, None] + axes[1][None, :, None] + axes[2][None, None, :] <= 1


def frayed(mask, seed):
    noise = scipy.ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=SIZE), 3)
    return scipy.ndimage.binary_closing(mask) & (noise > -1.5 * noise.std())


def pairs():
    organ = ellipsoid((31, 250, 260), (26, 110, 140))
    yield "organ", organ, ellipsoid((33, 254, 266), (25, 112, 133))
    yield "lesion", ellipsoid((30, 200, 200), (6, 15, 18)), ellipsoid((31, 203, 201), (6, 16, 16))
    yield "frayed", organ, frayed(organ, 1)
    yield "far", ellipsoid((10, 60, 60), (8, 40, 40)), ellipsoid((52, 440, 430), (9, 50, 45))


def by_monai(a, b):
    ta, tb = (torch.from_numpy(m)[None, None].float() for m in (a, b))
    options = {"include_background": True, "spacing": list(SPACING)}
    # HD95 alone: the least that its users wait for.
    start = time.perf_counter()
    hd95 = monai.compute_hausdorff_distance(ta, tb, percentile=95, **options).item()
    return time.perf_counter() - start, hd95


def by_deepmind(a, b):
    start = time.perf_counter()
    d = deepmind.compute_surface_distances(a, b, SPACING)
    answers = deepmind.compute_robust_hausdorff(d, 95), *deepmind.compute_average_surface_distance(d)
    answers += (deepmind.compute_surface_dice_at_tolerance(d, 2.0),)
    return time.perf_counter() - start, answers[0]


def main():
    binary, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    wanted = sys.argv[3:]
    for name, a, b in pairs():
        if wanted and name not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "pair"
            head = struct.pack("<3I3d", *SIZE[::-1], *SPACING[::-1])
            path.write_bytes(head + a.astype(np.uint8).tobytes() + b.astype(np.uint8).tobytes())
            times = {"voxels": [], "elements": [], "monai": [], "surface_distance": []}
            for _ in range(rounds):
                ours = json.loads(subprocess.run([binary, path, "1"], capture_output=True, check=True, text=True).stdout)
                times["voxels"].append(ours["seconds"][0][0])
                times["elements"].append(ours["seconds"][0][1])
                for key, f in (("monai", by_monai), ("surface_distance", by_deepmind)):
                    seconds, hd95 = f(a, b)
                    times[key].append(seconds)
                    expected = ours["answers"][0 if key == "monai" else 3]
                    assert abs(hd95 - expected) < 1e-4, (name, key, hd95, expected)
        medians = {key: round(statistics.median(values), 4) for key, values in times.items()}
        report = medians | {
            "monai_over_voxels": round(medians["monai"] / medians["voxels"], 1),
            "surface_distance_over_elements": round(medians["surface_distance"] / medians["elements"], 1),
        }
        print(json.dumps({"pair": name} | report), flush=True)


main()
