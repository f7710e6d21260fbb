"""Writes sets.json: what monai, medpy, surface-distance, scikit-image, SimpleITK, scipy and numpy say of random sets of cases.

Every set is drawn anew from its number (draw.py; crates/metrics/tests/all/masks.rs draws alike). null: NaN, infinite, an
exception. Values are in the order of KEYS.
"""

import json
import math
import pathlib
import warnings

import numpy as np
import scipy.ndimage
import scipy.optimize

np.Inf, np.NaN = np.inf, np.nan
scipy.ndimage.filters = scipy.ndimage.morphology = scipy.ndimage

import medpy.metric.binary as medpy  # noqa: E402
import monai.metrics as monai  # noqa: E402
import SimpleITK as sitk  # noqa: E402
import surface_distance as deepmind  # noqa: E402
import torch  # noqa: E402
from skimage.measure import label  # noqa: E402

from draw import SPACINGS, Draw  # noqa: E402

SETS = 400
TOLERANCE = 2.0
warnings.filterwarnings("ignore")
np.seterr(all="ignore")


def draw_set(seed):
    """Cases of one size with disjoint instances: (spacing, truth masks, found masks, scores)."""
    draw = Draw(1_000_000 + seed)
    size = (3 + draw.below(14), 3 + draw.below(14), 1)
    cases = []
    for _ in range(1 + draw.below(4)):
        spacing = (SPACINGS[draw.below(4)], SPACINGS[draw.below(4)])
        sides = []
        for _ in range(2):
            taken = np.zeros(size[::-1], bool)
            masks = []
            for _ in range(draw.below(4)):
                mask = draw.mask(size) & ~taken
                taken |= mask
                if mask.any():
                    masks.append(mask[0])
            sides.append(masks)
        # Half of the time what was found is what is there, frayed.
        if draw.below(2) == 0:
            taken = np.zeros(size[::-1], bool)
            frayed = []
            for mask in sides[0]:
                mask = mask[None].copy()
                draw.flip(mask)
                mask &= ~taken
                taken |= mask
                if mask.any():
                    frayed.append(mask[0])
            sides[1] = frayed
        cases.append((spacing, sides[0], sides[1], [(40 + draw.below(60)) / 100 for _ in sides[1]]))
    return (size[0], size[1]), cases


def union(masks, shape):
    return np.any(np.stack([np.zeros(shape, bool), *masks]), 0)


def mean(values):
    values = [v for v in values if v is not None and not (isinstance(v, float) and math.isnan(v))]
    return float(np.mean(values)) if values else math.nan


def strict(values):
    return math.nan if any(v is None for v in values) else mean(values)


def sitk_overlap(found, truth):
    f = sitk.LabelOverlapMeasuresImageFilter()
    f.Execute(sitk.GetImageFromArray(found.astype(np.uint8)), sitk.GetImageFromArray(truth.astype(np.uint8)))
    return f


def sensitivity(found, truth):
    if not truth.any():
        return math.nan
    # Where nothing was found SimpleITK 2.5.7 answers with -1.8e308.
    return 1 - sitk_overlap(found, truth).GetFalseNegativeError() if found.any() else 0.0


def boundary(mask, distance):
    padded = np.pad(mask, 1)
    inner = scipy.ndimage.binary_erosion(padded, np.ones((3, 3)), iterations=distance)[1:-1, 1:-1]
    return mask & ~inner


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def aji(truths, found):
    both = total = 0
    used = set()
    for t in truths:
        best = max(range(len(found)), key=lambda j: iou(t, found[j]), default=None)
        if best is None or not (t & found[best]).any():
            total += t.sum()
            continue
        both += (t & found[best]).sum()
        total += (t | found[best]).sum()
        used.add(best)
    total += sum(f.sum() for j, f in enumerate(found) if j not in used)
    return both / total if total else math.nan


def aji_plus(truths, found):
    both = total = 0
    table = np.array([[iou(t, f) for f in found] for t in truths]).reshape(len(truths), len(found))
    rows, columns = scipy.optimize.linear_sum_assignment(-table)
    pairs = [(r, c) for r, c in zip(rows, columns) if table[r, c] > 0]
    for r, c in pairs:
        both += (truths[r] & found[c]).sum()
        total += (truths[r] | found[c]).sum()
    total += sum(t.sum() for r, t in enumerate(truths) if r not in {p[0] for p in pairs})
    total += sum(f.sum() for c, f in enumerate(found) if c not in {p[1] for p in pairs})
    return both / total if total else math.nan


def dsb(truths, found):
    if not truths and not found:
        return math.nan
    table = np.array([[iou(t, f) for f in found] for t in truths]).reshape(len(truths), len(found))
    scores = []
    for step in range(10):
        matches = table > 0.5 + step * 0.05
        tp = (matches.sum(1) > 0).sum()
        scores.append(tp / (len(truths) + len(found) - tp))
    return float(np.mean(scores))


def components(cases, shape, connectivity):
    truths = hits = founds = touching = 0
    dice = 0.0
    for _, truth, found, _ in cases:
        t, f = label(union(truth, shape), connectivity=connectivity), label(union(found, shape), connectivity=connectivity)
        truths += t.max()
        founds += f.max()
        hit = [np.unique(f[(t == i) & (f > 0)]) for i in range(1, t.max() + 1)]
        hits += sum(len(h) > 0 for h in hit)
        touching += len(set(np.concatenate(hit).tolist())) if hit else 0
        for i, h in enumerate(hit):
            part = np.isin(f, h)
            dice += 2 * (part & (t == i + 1)).sum() / (part.sum() + (t == i + 1).sum())
    s = hits / truths if truths else math.nan
    p = touching / founds if founds else math.nan
    d = truths + founds - touching
    return [s, p, dice / d if d else math.nan]


def of_set(seed):
    (width, height), drawn = draw_set(seed)
    shape = (height, width)
    cases = [(s, t, [f for f, score in zip(fs, scores) if score >= 0.5], scores) for s, t, fs, scores in drawn]
    pairs = [(spacing[::-1], union(found, shape), union(truth, shape)) for spacing, truth, found, _ in cases]
    v = {}
    both = [(f & t).sum() for _, f, t in pairs]
    v["pixel_sensitivity"] = mean([sensitivity(f, t) for _, f, t in pairs])
    v["pixel_specificity"] = mean([(~f & ~t).sum() / (~t).sum() if (~t).any() else math.nan for _, f, t in pairs])
    v["pixel_precision"] = mean([b / f.sum() if f.any() else math.nan for b, (_, f, t) in zip(both, pairs)])
    v["relative_volume_difference"] = mean([(f.sum() - float(t.sum())) / t.sum() if t.any() else math.nan for _, f, t in pairs])
    v["relative_volume_error"] = mean([abs(f.sum() - float(t.sum())) / t.sum() if t.any() else math.nan for _, f, t in pairs])
    v["volume_error"] = mean([abs(f.sum() - float(t.sum())) * s[0] * s[1] if (f | t).any() else math.nan for s, f, t in pairs])
    distance = max(1, int(round(0.02 * math.hypot(*shape))))
    v["boundary_iou"] = mean([iou(boundary(f, distance), boundary(t, distance)) if (f | t).any() else math.nan for _, f, t in pairs])

    def tensors(m):
        return torch.from_numpy(m)[None, None].float()

    metrics = {
        "monai_hd": monai.HausdorffDistanceMetric(include_background=True),
        "monai_hd95": monai.HausdorffDistanceMetric(include_background=True, percentile=95),
        "monai_asd": monai.SurfaceDistanceMetric(include_background=True),
        "monai_assd": monai.SurfaceDistanceMetric(include_background=True, symmetric=True),
        "monai_nsd": monai.SurfaceDiceMetric([TOLERANCE], include_background=True),
    }
    for name, metric in metrics.items():
        for s, f, t in pairs:
            metric(tensors(f), tensors(t), spacing=list(s))
        value = metric.aggregate().item()
        # MONAI says 0 where every case is NaN.
        nothing = all(math.isnan(x) for x in metric.get_buffer().flatten().tolist())
        v[name] = math.nan if nothing else value
    for name, f in (("hd", medpy.hd), ("hd95", medpy.hd95), ("asd", medpy.asd), ("assd", medpy.assd)):
        v["medpy_" + name] = strict([f(a, b, s) if a.any() and b.any() else None for s, a, b in pairs])
    v["upl_sfda_dice"] = mean([(2 * b + 1e-7) / (f.sum() + t.sum() + 1e-7) for b, (_, f, t) in zip(both, pairs)])
    v["upl_sfda_assd"] = strict([medpy.assd(a, b) if a.any() and b.any() else None for _, a, b in pairs])
    v["upl_sfda_hd95"] = strict([medpy.hd95(a, b) if a.any() and b.any() else None for _, a, b in pairs])
    surfaces = [deepmind.compute_surface_distances(t, f, s) for s, f, t in pairs]
    v["surface_distance_hd95"] = float(np.mean([deepmind.compute_robust_hausdorff(d, 95) for d in surfaces]))
    averages = [deepmind.compute_average_surface_distance(d) for d in surfaces]
    v["surface_distance_truth_to_found"] = mean([float(a[0]) for a in averages])
    v["surface_distance_found_to_truth"] = mean([float(a[1]) for a in averages])
    v["surface_distance_nsd"] = mean([float(deepmind.compute_surface_dice_at_tolerance(d, TOLERANCE)) for d in surfaces])
    dices = [2 * b / (f.sum() + t.sum()) if (f | t).any() else 1.0 for b, (_, f, t) in zip(both, pairs)]
    v["flair_dice"] = v["unetplusplus_dice"] = mean(dices)
    v["mgca_dice"] = mean([d if t.any() else float(not f.any()) for d, (_, f, t) in zip(dices, pairs)])
    v["unetplusplus_iou"] = float(np.mean([iou(f, t) for _, f, t in pairs]))
    ious = []
    for _, truth, found, scores in drawn:
        t = union(truth, shape)
        p = np.zeros(shape)
        for f, s in zip(found, scores):
            p[f] = np.maximum(p[f], s)
        ious.append(np.mean([mean([float(iou(a, b)) for a, b in ((p > x, t), (~(p > x), ~t))]) for x in np.arange(0.5, 1, 0.05)]))
    v["unetplusplus_mean_iou"] = mean([float(x) for x in ious])
    present = [(d, float(iou(f, t))) for d, (_, f, t) in zip(dices, pairs) if t.any()]
    v["unibiomed_dice"] = sum(p[0] for p in present) / (len(present) + 1e-6) if present else math.nan
    v["unibiomed_iou"] = sum(p[1] for p in present) / (len(present) + 1e-6) if present else math.nan
    v["medsam_dsc"] = mean([p[0] for p in present])
    slabs = []
    for d, (_, f, t) in zip(dices, pairs):
        if t.any():
            s = deepmind.compute_surface_distances(t[..., None], f[..., None], (1, 1, 1)) if d > 0.2 else None
            slabs.append(float(deepmind.compute_surface_dice_at_tolerance(s, 2.0)) if s else 0.0)
    v["medsam_nsd"] = mean(slabs)
    v["aji"] = mean([float(aji(t, f)) for _, t, f, _ in cases])
    v["aji_plus"] = mean([float(aji_plus(t, f)) for _, t, f, _ in cases])
    v["dsb2018_score"] = mean([dsb(t, f) for _, t, f, _ in cases])
    for prefix, connectivity in (("", 2), ("face_", 1)):
        s, p, d = components(cases, shape, connectivity)
        v[f"{prefix}component_sensitivity"], v[f"{prefix}component_precision"], v[f"{prefix}component_dice"] = s, p, d
    # All cases as one patient, 3 mm apart, in voxels where the cases' spacings differ.
    f3, t3 = (np.stack([p[i] for p in pairs]) for i in (1, 2))
    same = len({p[0] for p in pairs}) == 1
    v["patient_dice"] = 2 * (f3 & t3).sum() / (f3.sum() + t3.sum()) if (f3 | t3).any() else math.nan
    ok = same and f3.any() and t3.any()
    along = (3.0, *pairs[0][0])
    v["patient_hd"] = medpy.hd(f3, t3, along) if ok else math.nan
    v["patient_assd"] = medpy.assd(f3, t3, along) if ok else math.nan
    t = label(t3, connectivity=3)
    v["patient_component_sensitivity"] = len(np.unique(t[f3 & t3])) / t.max() if t.max() else math.nan
    return v


sets = [of_set(seed) for seed in range(SETS)]
keys = list(sets[0])
rows = [[float(f"{v[k]:.11g}") if math.isfinite(v[k]) else None for k in keys] for v in sets]
text = json.dumps({"keys": keys}, separators=(",", ":"))[:-1] + ',"sets":[\n'
text += ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]}\n"
pathlib.Path(__file__).with_name("sets.json").write_text(text)
