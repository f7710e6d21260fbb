"""Random measurements beside their truth, and what other implementations say of them.

The measurements themselves are not stored: the tests draw them from the same generator. `goldens.json` holds for each
set the values of `COLUMNS` by convention, of the whole set and of the set in which every case stands as often as its
weight says; null where there is no number.

    python -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python make_goldens.py
"""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pingouin
from scipy import stats
from sklearn import metrics

warnings.filterwarnings("ignore")
SETS = 600
MASK = (1 << 64) - 1
KINDS = ("number", "angle", "direction", "size", "point", "box")


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


def draw(seed):
    """Kind, rows of (truth, prediction or None), weights."""
    rng = SplitMix64(seed)
    kind = KINDS[rng.below(6)]
    count, style = rng.below(14), rng.below(4)
    numbers = {"size": 2, "point": 2, "box": 4}.get(kind, 1)

    def number():
        if kind in ("angle", "direction"):
            return rng.unit() * 360 if style < 2 else float(rng.below(9) * 45)
        if kind == "box":
            return rng.unit() if style < 2 else rng.below(5) / 4
        if style == 0:
            return rng.unit() * 20
        if style == 1:
            return 5 + rng.unit()
        if style == 2:
            return float(rng.below(5))
        return 3.0

    rows = []
    for _ in range(count):
        truth = [number() for _ in range(numbers)]
        near, read = rng.below(2), rng.below(8)
        noise = [rng.unit() * 2 - 1 for _ in range(numbers)]
        other = [number() for _ in range(numbers)]
        predicted = [t + n for t, n in zip(truth, noise)] if near == 1 and style != 3 else other
        rows.append((truth, predicted if read > 0 else None))
    return kind, rows, [rng.below(4) for _ in range(count)]


def none_if_nan(number):
    return None if number is None or not np.isfinite(number) else float(number)


def wrapped(difference, period):
    """The shorter way round, by a formula of its own."""
    return (difference + period / 2) % period - period / 2


def agreement(predicted, truth):
    names = ("lower_limit_of_agreement", "upper_limit_of_agreement", "icc_2_1", "icc_3_1", "pearson_r", "spearman_rho")
    made = dict.fromkeys(names)
    if len(truth) < 2:
        return made
    difference = predicted - truth
    center, spread = difference.mean(), 1.96 * difference.std(ddof=1)
    made["lower_limit_of_agreement"], made["upper_limit_of_agreement"] = center - spread, center + spread
    if np.ptp(np.concatenate([predicted, truth])) > 0:
        if len(truth) >= 5:
            table = pd.DataFrame({
                "target": list(range(len(truth))) * 2,
                "rater": ["a"] * len(truth) + ["b"] * len(truth),
                "rating": np.concatenate([predicted, truth]),
            })
            icc = pingouin.intraclass_corr(table, "target", "rater", "rating").set_index("Type")["ICC"]
            made["icc_2_1"], made["icc_3_1"] = (
                float(icc[next(name for name in icc.index if name in names)]) for names in (("ICC2", "ICC(A,1)"), ("ICC3", "ICC(C,1)"))
            )
        else:  # pingouin wants five; the same by Shrout and Fleiss' table.
            ratings = np.stack([predicted, truth], axis=1)
            n, grand = len(truth), ratings.mean()
            between = 2 * ((ratings.mean(axis=1) - grand) ** 2).sum() / (n - 1)
            series = n * ((ratings.mean(axis=0) - grand) ** 2).sum()
            rest = ((ratings - grand) ** 2).sum() - between * (n - 1) - series
            # What is left of a difference of equal numbers is rounding.
            rest = rest / (n - 1) if rest > 1e-12 * ((ratings - grand) ** 2).sum() else 0.0
            low = between + rest + 2 * (series - rest) / n
            made["icc_2_1"] = (between - rest) / low if low > 1e-12 else None
            made["icc_3_1"] = (between - rest) / (between + rest) if between + rest > 1e-12 else None
    if np.ptp(predicted) > 0 and np.ptp(truth) > 0:
        made["pearson_r"] = stats.pearsonr(predicted, truth).statistic
        made["spearman_rho"] = stats.spearmanr(predicted, truth).statistic
    return made


def default(kind, rows):
    period = {"angle": 360, "direction": 180}.get(kind)
    read = [(np.array(truth), np.array(predicted)) for truth, predicted in rows if predicted is not None]
    difference = np.array([predicted - truth for truth, predicted in read]).reshape(len(read), len(rows[0][0]) if rows else 1)
    if period:
        difference = wrapped(difference, period)
    made = {"measured_rate": len(read) / len(rows) if rows else None}
    if kind == "box":
        return made
    if kind == "point":
        distance = np.hypot(difference[:, 0] * 0.5, difference[:, 1] * 0.25) if read else np.array([])
        made["mean_radial_error"] = distance.mean() if read else None
        made["median_radial_error"] = np.median(distance) if read else None
        for name, limit in (("2", 2), ("2_5", 2.5), ("3", 3), ("4", 4)):
            made[f"success_detection_rate_{name}"] = (distance <= limit).sum() / len(rows) if rows else None
        return made
    errors = np.abs(difference)
    zeros = np.zeros_like(errors)
    made["mean_absolute_error"] = metrics.mean_absolute_error(zeros, errors) if read else None
    made["root_mean_squared_error"] = np.sqrt(metrics.mean_squared_error(zeros, errors)) if read else None
    made["median_absolute_error"] = metrics.median_absolute_error(zeros[:, 0], errors.mean(axis=1)) if read else None
    # Exactly half way round is one way or the other.
    ambiguous = period and (np.abs(errors - period / 2) < 1e-6).any()
    made["bias"] = "skip" if ambiguous else difference.mean() if read else None
    if kind != "size":
        truths = np.array([truth[0] for truth, _ in read])
        found = agreement(truths + difference[:, 0] if read else truths, truths)
        made.update(dict.fromkeys(found, "skip") if ambiguous else found)
    nonzero = [all(number != 0 for number in truth) for truth, _ in rows]
    relative = [
        (error / np.array(truth)).mean()
        for error, (truth, _) in zip(errors, read)
        if all(number != 0 for number in truth)
    ]
    made["mean_relative_error"] = np.mean(relative) if relative else None
    for step in range(1, 11):
        below = sum(error < step / 10 for error in relative)
        made[f"relative_error_below_{step * 10}"] = below / sum(nonzero) if any(nonzero) else None
    return made


def medvision(kind, rows):
    if kind == "point":
        return {}
    single = kind in ("number", "angle", "direction")
    read = [
        None if predicted is None or (single and predicted[0] < 0) else (np.array(truth), np.array(predicted))
        for truth, predicted in rows
    ]
    fine = [pair for pair in read if pair is not None]
    made = {
        "medvision_success_rate": len(fine) / len(rows) if rows else None,
        "medvision_mae": np.mean([np.abs(p - t).mean() for t, p in fine]) if fine else None,
    }
    if kind == "box":
        names = ("iou", "f1", "precision", "recall")
        scores = np.array([(0, 0, 0, 0) if pair is None else overlap(*pair) for pair in read]).reshape(-1, 4)
        for index, name in enumerate(names):
            made[f"medvision_{name}"] = scores[:, index].mean() if rows else None
        for step in range(5, 10):
            made[f"medvision_iou_{step * 10}"] = (scores[:, 0] >= step / 10).mean() if rows else None
        return made
    relative = np.array([(np.abs(p - t) / (t + 1e-15)).mean() for t, p in fine])
    made["medvision_mre"] = relative.mean() if fine else None
    for step in range(1, 11):
        made[f"medvision_mre_below_{step * 10}"] = (relative < step / 10).sum() / len(rows) if rows else None
    return made


def overlap(truth, predicted):
    sides = []
    for low, high in ((0, 2), (1, 3)):
        t, p = sorted(truth[[low, high]]), sorted(predicted[[low, high]])
        sides.append((min(t[1], p[1]) - max(t[0], p[0]), t[1] - t[0], p[1] - p[0]))
    (common_x, truth_x, predicted_x), (common_y, truth_y, predicted_y) = sides
    if common_x <= 0 or common_y <= 0:
        return 0, 0, 0, 0
    common, truth, predicted = common_x * common_y, truth_x * truth_y, predicted_x * predicted_y
    return common / (truth + predicted - common), 2 * common / (truth + predicted), common / predicted, common / truth


def short(number):
    return number if isinstance(number, str) else None if none_if_nan(number) is None else float(f"{number:.12g}")


def main():
    columns, sets = [], []
    for seed in range(SETS):
        kind, rows, weights = draw(seed)
        repeated = [row for row, weight in zip(rows, weights) for _ in range(weight)]
        pair = [{**default(kind, part), **medvision(kind, part)} for part in (rows, repeated)]
        columns.extend(name for name in pair[0] if name not in columns)
        sets.append([{columns.index(name): short(number) for name, number in part.items()} for part in pair])
    # As lists of two: the place of the metric, its number.
    lists = [[[list(part), list(part.values())] for part in pair] for pair in sets]
    shapes = []
    for pair in lists:
        for part in pair:
            if part[0] not in shapes:
                shapes.append(part[0])
            part[0] = shapes.index(part[0])
    goldens = {"columns": columns, "shapes": shapes, "sets": lists}
    text = json.dumps(goldens, separators=(",", ":")).replace(".0,", ",").replace(".0]", "]")
    Path(__file__).with_name("goldens.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
