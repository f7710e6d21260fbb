"""Random maps beside their truth, and what other implementations say of them.

The maps themselves are not stored: the tests draw them from the same generator. `goldens.json` holds one list of
numbers a map, in the order of `COLUMNS`, and null where there is no number.

    python -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python make_goldens.py
"""

import json
import warnings
from pathlib import Path

import numpy as np
import torch
from skimage.metrics import mean_squared_error, structural_similarity
from sklearn.metrics import jaccard_score, roc_auc_score
from torcheval.metrics.functional import binary_binned_auroc
from torchmetrics.functional.image import structural_similarity_index_measure

warnings.filterwarnings("ignore")
MAPS = 1500
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5)
TOLERANCE = 3
LARGEST = float(np.finfo(np.float32).max)
MASK = (1 << 64) - 1


class SplitMix64:
    """Steele et al., OOPSLA 2014."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n):
        return self.next() % n

    def unit(self):
        return (self.next() >> 11) / 2**53


def draw_map(rng, width, height):
    style, margin = rng.below(6), rng.below(12)
    constant = rng.below(5) / 4
    values = np.empty((height, width))
    for y in range(height):
        for x in range(width):
            if style in (0, 1):
                value = rng.unit()
            elif style == 2:
                value = rng.below(9) / 8
            elif style == 3:
                value = constant
            elif style == 4:
                value = rng.unit() * 2 - 1
            else:
                value = rng.below(3) / 2
            values[y, x] = np.nan if x < margin and margin < 4 else value
    return values


def draw(seed):
    rng = SplitMix64(seed)
    width, height = 1 + rng.below(18), 1 + rng.below(18)
    values = draw_map(rng, width, height)
    boxes = [
        (rng.below(width), rng.below(height), 1 + rng.below(width), 1 + rng.below(height)) for _ in range(rng.below(4))
    ]
    truth = draw_map(rng, width, height)
    fixations = [(rng.unit() * (width + 1), rng.unit() * (height + 1)) for _ in range(rng.below(6))]
    return values, boxes, truth, fixations


# ---- Regions ----------------------------------------------------------------------------------------------------


def region_of(values, boxes):
    region = np.zeros(values.shape, dtype=bool)
    for x, y, width, height in boxes:
        region[y : y + height, x : x + width] = True
    return region


def first_peak_inside(values, region):
    return None if not region.any() or np.isnan(values).all() else float(region.flat[np.nanargmax(values)])


def argmax_inside(values, region):
    return None if not region.any() else float(region.flat[np.argmax(values)])


def pointing_game(values, region):
    if not region.any() or np.isnan(values).all():
        return None
    row, column = np.unravel_index(np.nanargmax(values), values.shape)
    rows, columns = np.nonzero(region)
    return float(((rows - row) ** 2 + (columns - column) ** 2).min() < TOLERANCE**2)


def contrast(values, region, ddof, absolute):
    inside, outside = values[region], values[~region]
    inside, outside = inside[~np.isnan(inside)], outside[~np.isnan(outside)]
    if not region.any() or len(inside) <= ddof or len(outside) <= ddof:
        return None
    difference, variance = inside.mean() - outside.mean(), inside.var(ddof=ddof) + outside.var(ddof=ddof)
    if variance == 0:
        return None
    return (abs(difference) if absolute else difference) / np.sqrt(variance)


def mean_iou(values, region):
    if not region.any():
        return None
    return np.mean([jaccard_score(region.ravel(), (values > threshold).ravel()) for threshold in THRESHOLDS])


def auroc(values, region):
    known = ~np.isnan(values)
    if not region[known].any() or region[known].all():
        return None
    return roc_auc_score(region[known], values[known])


def energy(values, region):
    positive = np.where(values > 0, values, 0)
    return None if not region.any() or positive.sum() == 0 else positive[region].sum() / positive.sum()


def ldm_contrast(values, boxes, absolute):
    if not boxes:
        return None
    values, ratios = torch.tensor(values), []
    for x, y, width, height in boxes:
        inside = values[y : y + height, x : x + width].clone()
        values[y : y + height, x : x + width] = float("nan")

        def spread(of):
            mean = torch.nanmean(of)
            return mean, torch.nanmean((of - mean) ** 2)

        (mean_in, variance_in), (mean_out, variance_out) = spread(inside), spread(values)
        difference = mean_in - mean_out
        ratio = (difference.abs() if absolute else difference) / torch.sqrt(variance_in + variance_out)
        ratios.append(torch.nan_to_num(ratio, posinf=LARGEST, neginf=-LARGEST).item())
    return sum(ratios) / len(ratios)


def binned_auroc(values, region):
    if not region.any():
        return None
    return binary_binned_auroc(torch.tensor(values).flatten(), torch.tensor(region).long().flatten(), threshold=5)[
        0
    ].item()


# ---- Maps -------------------------------------------------------------------------------------------------------


def paired(values, truth):
    known = ~np.isnan(values) & ~np.isnan(truth)
    return values[known], truth[known]


def kl_divergence(values, truth):
    p, q = (np.maximum(part, 0) for part in paired(values, truth))
    if p.sum() == 0 or q.sum() == 0:
        return None
    p, q, eps = p / p.sum(), q / q.sum(), np.finfo(float).eps
    return np.sum(q * np.log(eps + q / (p + eps)))


def correlation(values, truth):
    p, q = paired(values, truth)
    return None if len(p) == 0 or np.ptp(p) == 0 or np.ptp(q) == 0 else np.corrcoef(p, q)[0, 1]


def similarity(values, truth):
    p, q = paired(values, truth)
    if len(p) == 0 or np.ptp(p) == 0 or np.ptp(q) == 0:
        return None
    p, q = ((part - part.min()) / np.ptp(part) for part in (p, q))
    return np.minimum(p / p.sum(), q / q.sum()).sum()


def squared_error(values, truth):
    p, q = paired(values, truth)
    return None if len(p) == 0 else mean_squared_error(p, q)


def ssim(values, truth):
    if min(values.shape) < 7:
        return None
    known = ~np.isnan(values) & ~np.isnan(truth)
    if known.all():
        return structural_similarity(values, truth, data_range=1.0)
    _, full = structural_similarity(np.nan_to_num(values), np.nan_to_num(truth), data_range=1.0, full=True)
    windows = [
        full[y, x]
        for y in range(3, values.shape[0] - 3)
        for x in range(3, values.shape[1] - 3)
        if known[y - 3 : y + 4, x - 3 : x + 4].all()
    ]
    return np.mean(windows) if windows else None


def i_ai(values, truth):
    values, truth = np.nan_to_num(values), np.nan_to_num(truth)
    truth = truth * 0 if np.ptp(truth) == 0 else truth / truth.max() if truth.max() != 0 else None
    if truth is None or values.max() == 0:
        return None, None
    values = values / values.max()
    similarity = None
    if min(values.shape) > 5:
        maps = (torch.tensor(part)[None, None] for part in (values, truth))
        similarity = structural_similarity_index_measure(*maps, data_range=1.0).item()
    return mean_squared_error(values, truth), similarity


# ---- Fixations --------------------------------------------------------------------------------------------------


def fixated(values, fixations):
    height, width = values.shape
    pixels = [(int(y), int(x)) for x, y in fixations if x < width and y < height]
    return [pixel for pixel in pixels if not np.isnan(values[pixel])]


def scanpath(values, fixations):
    pixels = fixated(values, fixations)
    known = values[~np.isnan(values)]
    if not pixels or np.ptp(known) == 0:
        return None
    return np.mean([(values[pixel] - known.mean()) / known.std() for pixel in pixels])


def auc_judd(values, fixations):
    pixels = sorted(set(fixated(values, fixations)))
    known = values[~np.isnan(values)]
    if not pixels or len(pixels) == len(known):
        return None
    hits = np.array([values[pixel] for pixel in pixels])
    true_rate, false_rate = [0.0], [0.0]
    for threshold in sorted(set(hits), reverse=True):
        above, found = (known >= threshold).sum(), (hits >= threshold).sum()
        true_rate.append(found / len(hits))
        false_rate.append((above - found) / (len(known) - len(hits)))
    return np.trapezoid(true_rate + [1.0], false_rate + [1.0])


def expected(values, boxes, truth, fixations):
    region = region_of(values, boxes)
    error, structure = i_ai(values, truth)
    return {
        "hit_rate": first_peak_inside(values, region),
        "cnr": contrast(values, region, 0, False),
        "absolute_cnr": contrast(values, region, 0, True),
        "cnr_unbiased": contrast(values, region, 1, False),
        "absolute_cnr_unbiased": contrast(values, region, 1, True),
        "heatmap_miou": mean_iou(values, region),
        "heatmap_auroc": auroc(values, region),
        "energy_inside": energy(values, region),
        "kl_divergence": kl_divergence(values, truth),
        "map_correlation": correlation(values, truth),
        "map_similarity": similarity(values, truth),
        "map_mse": squared_error(values, truth),
        "map_ssim": ssim(values, truth),
        "nss": scanpath(values, fixations),
        "auc_judd": auc_judd(values, fixations),
        "pointing_game": pointing_game(values, region),
        "chexlocalize_hit_rate": argmax_inside(values, region),
        "ldm_absolute_cnr": ldm_contrast(values, boxes, True),
        "ldm_cnr": ldm_contrast(values, boxes, False),
        "ldm_auroc": binned_auroc(values, region),
        "i_ai_mse": error,
        "i_ai_ssim": structure,
    }


def short(number):
    return None if number is None else float(f"{number:.12g}")


def main():
    rows = [expected(*draw(seed)) for seed in range(MAPS)]
    columns = list(rows[0])
    goldens = {"columns": columns, "rows": [[short(row[column]) for column in columns] for row in rows]}
    text = json.dumps(goldens, separators=(",", ":")).replace(".0,", ",").replace(".0]", "]").replace("null", "null")
    Path(__file__).with_name("goldens.json").write_text(text + "\n")
    for column, values in zip(columns, zip(*goldens["rows"])):
        print(column, sum(value is not None for value in values))


if __name__ == "__main__":
    main()
