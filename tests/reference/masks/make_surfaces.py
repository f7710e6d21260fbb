"""Writes surfaces.json: distances between surfaces of small random masks by MONAI, surface-distance, medpy and SimpleITK.

null stands for infinity, NaN and an exception. Every case is drawn anew from its number (draw.py).
"""

import json
import math
import pathlib
import warnings

import numpy as np
import scipy.ndimage

# surface-distance 0.1 uses names that numpy 2 and scipy 1.15 no longer have.
np.Inf, np.NaN = np.inf, np.nan
scipy.ndimage.filters = scipy.ndimage.morphology = scipy.ndimage

import medpy.metric.binary as medpy  # noqa: E402
import monai.metrics as monai  # noqa: E402
import SimpleITK as sitk  # noqa: E402
import surface_distance as deepmind  # noqa: E402
import torch  # noqa: E402

from draw import Draw  # noqa: E402

CASES = 2000
warnings.filterwarnings("ignore")
np.seterr(all="ignore")


def number(value):
    value = float(value)
    return float(f"{value:.12g}") if math.isfinite(value) else None


def of_case(seed):
    dimensions, size, spacing, first, second, tolerance = Draw(seed).surface_case()
    a, b = (m[0] if dimensions == 2 else m for m in (first, second))
    along = spacing[:dimensions][::-1]
    both = a.any() and b.any()
    # medpy: from the first (result) to the second (reference).
    row = [number(f(a, b, along)) if both else None for f in (medpy.hd, medpy.hd95, medpy.assd, medpy.asd)]
    ta, tb = (torch.from_numpy(m)[None, None].float() for m in (a, b))
    options = {"include_background": True, "spacing": list(along)}
    hd = monai.compute_hausdorff_distance(ta, tb, **options).item()
    assert not both or abs(hd - row[0]) < 1e-5, (hd, row)
    assert both or not math.isfinite(hd)
    asd = monai.compute_average_surface_distance(ta, tb, symmetric=False, **options).item()
    assert not both or abs(asd - row[3]) < 1e-5
    assd = monai.compute_average_surface_distance(ta, tb, symmetric=True, **options).item()
    assert not both or abs(assd - row[2]) < 1e-5
    row.append(number(monai.compute_hausdorff_distance(ta, tb, percentile=95, **options)))
    row.append(number(monai.compute_surface_dice(ta, tb, [tolerance], **options)))
    d = deepmind.compute_surface_distances(a, b, along)
    row += [number(deepmind.compute_robust_hausdorff(d, percent)) for percent in (100, 95)]
    row += [number(v) for v in deepmind.compute_average_surface_distance(d)]
    row.append(number(deepmind.compute_surface_dice_at_tolerance(d, tolerance)))
    # SimpleITK: of all pixels, not of the borders. Its answer for an empty image is an exception or infinity.
    if both:
        images = [sitk.GetImageFromArray(m.astype(np.uint8)) for m in (a, b)]
        for image in images:
            image.SetSpacing(spacing[:dimensions])
        itk = sitk.HausdorffDistanceImageFilter()
        itk.Execute(*images)
        row.append(number(itk.GetHausdorffDistance()))
    else:
        row.append(None)
    return row


rows = [of_case(seed) for seed in range(CASES)]
text = "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n"
pathlib.Path(__file__).with_name("surfaces.json").write_text(text)
