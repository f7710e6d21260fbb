"""Random tables of classes, and what the reference packages say of them. See README.md.

The tables themselves are not stored: the Rust test draws the same ones from the same generator.
"""

import importlib.util
import json
import math
import warnings
from pathlib import Path

import numpy as np
import torch
from MLstatkit import Delong_test
from netcal.metrics import ACE, ECE, MCE
from sklearn import metrics as sk
from torchmetrics.functional.classification import binary_calibration_error, multiclass_calibration_error



def risk_coverage():
    """torch-uncertainty's module alone: the package itself wants its training tools, which need more packages."""
    package = Path(importlib.util.find_spec("torch_uncertainty").origin).parent
    path = package / "metrics" / "classification" / "risk_coverage.py"
    spec = importlib.util.spec_from_file_location("risk_coverage", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.AURC, module.AUGRC


AURC, AUGRC = risk_coverage()

warnings.filterwarnings("ignore")
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

# So many tables share one number a metric: the sum of the values, each times its place in the block from 1.
BLOCK = 6
TABLES = 240
BINS = 16
NAN = float("nan")


class SplitMix64:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & (2**64 - 1)
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & (2**64 - 1)
        return z ^ (z >> 31)

    def below(self, n):
        return (self.next() >> 32) % n


def attempt(function):
    """A number, or NaN where the reference refuses."""
    try:
        return float(function())
    except (ValueError, ZeroDivisionError, IndexError, AssertionError):
        return NAN


def mean_defined(values):
    values = [value for value in values if not math.isnan(value)]
    return float(np.mean(values)) if values else NAN


def auroc(truth, scores):
    truth = np.asarray(truth)
    return attempt(lambda: sk.roc_auc_score(truth, scores)) if 0 < truth.sum() < len(truth) else NAN


# ---- Calibration and selective prediction -------------------------------------------------------------------------


def calibration(confidence, hits):
    hits = np.asarray(hits).astype(int)

    def equal_mass():
        # netcal refuses equal quantiles, and moves confidences of 0 and 1 a little, but not the edges that lie there.
        edges = np.quantile(confidence, np.linspace(0, 1, 5))
        edges[0], edges[-1] = 0, 1
        if np.any(np.diff(edges) <= 1e-9):
            return {}
        value = attempt(lambda: ECE(bins=4, equal_intervals=False).measure(confidence, hits))
        return {} if math.isnan(value) else {"netcal_equal_mass_4": value}

    return equal_mass() | {
        "expected_calibration_error": attempt(lambda: ECE(bins=BINS).measure(confidence, hits)),
        "maximum_calibration_error": attempt(lambda: MCE(bins=BINS).measure(confidence, hits)),
        "average_calibration_error": attempt(lambda: ACE(bins=BINS).measure(confidence, hits)),
    }


def murphy(pairs, n):
    """Reliability, resolution, uncertainty and the rest, each summed over `pairs` of scores and truths."""
    sums = np.zeros(4)
    for scores, truth in pairs:
        truth = np.asarray(truth).astype(float)
        bins = np.minimum((scores * BINS).astype(int), BINS - 1)
        rate = truth.mean()
        for b in np.unique(bins):
            inside = bins == b
            p, o = scores[inside].mean(), truth[inside].mean()
            sums[0] += inside.sum() * (p - o) ** 2
            sums[1] += inside.sum() * (o - rate) ** 2
        sums[2] += n * rate * (1 - rate)
        sums[3] += ((scores - truth) ** 2).sum()
    sums[3] -= sums[0] - sums[1] + sums[2]
    return dict(zip(["brier_reliability", "brier_resolution", "brier_uncertainty", "brier_within_bins"], (sums / n).tolist()))


def selective(confidence, errors):
    """The mean over the orders of equally confident rows: errors come evenly within each run."""
    confidence, errors = np.asarray(confidence), np.asarray(errors).astype(float)
    n = len(errors)
    if n == 0:
        return {"aurc": NAN, "augrc": NAN, "excess_aurc": NAN}
    even = errors.copy()
    for value in np.unique(confidence):
        even[confidence == value] = errors[confidence == value].mean()
    k = np.arange(1, n + 1)
    cumulative = np.cumsum(even[np.argsort(-confidence, kind="stable")])
    best = np.cumsum(np.sort(errors))
    return {
        "aurc": (cumulative / k).mean(),
        "augrc": (cumulative / n).mean(),
        "excess_aurc": (cumulative / k).mean() - (best / k).mean(),
    }


def torch_metric(metric, probabilities, truth):
    metric = metric()
    metric.update(torch.tensor(probabilities), torch.tensor(truth))
    return float(metric.compute())


# ---- Several classes ----------------------------------------------------------------------------------------------


def draw_multiclass(rng):
    n, classes = 2 + rng.below(12), 3 + rng.below(3)
    occurring, scored = 1 + rng.below(classes), []
    truth, answered = [], []
    for _ in range(n):
        truth.append(rng.below(occurring))
        raw = [1 + rng.below(6) for _ in range(classes)]
        # Half of the rows lean to their truth.
        if rng.below(2) == 0:
            raw[truth[-1]] += 4
        answered.append(rng.below(8) != 0)
        scored.append([value / sum(raw) for value in raw])
    return classes, np.array(truth), np.array(scored), np.array(answered)


def multiclass(rng):
    c, y, all_scores, answered = draw_multiclass(rng)
    labels = list(range(c))
    predicted = np.where(answered, all_scores.argmax(1), -1)
    present = sorted((set(y) | set(predicted)) - {-1})
    both = len(set(y)) > 1 and len(set(predicted)) > 1
    of = dict(y_true=y, y_pred=predicted)
    values = {
        "accuracy": sk.accuracy_score(y, predicted),
        "balanced_accuracy": sk.balanced_accuracy_score(y, predicted),
        "f1_micro": sk.f1_score(**of, labels=labels, average="micro", zero_division=NAN),
        "f1_macro": sk.f1_score(**of, labels=labels, average="macro", zero_division=NAN),
        "f1_weighted": sk.f1_score(**of, labels=labels, average="weighted", zero_division=0),
        "precision_macro": sk.precision_score(**of, labels=labels, average="macro", zero_division=NAN),
        "matthews_correlation": sk.matthews_corrcoef(y, predicted) if both else NAN,
        "scikit_learn_matthews_correlation": sk.matthews_corrcoef(y, predicted),
        "scikit_learn_precision_macro": sk.precision_score(**of, labels=present, average="macro", zero_division=0),
        "scikit_learn_recall_macro": sk.recall_score(**of, labels=present, average="macro", zero_division=0),
        "scikit_learn_f1_macro": sk.f1_score(**of, labels=present, average="macro", zero_division=0),
        "scikit_learn_f1_weighted": sk.f1_score(**of, labels=labels, average="weighted", zero_division=0),
        "isight_accuracy": sk.accuracy_score(y, predicted),
        "isight_balanced_accuracy": sk.balanced_accuracy_score(y, predicted),
        "isight_weighted_f1": sk.f1_score(**of, labels=labels, average="weighted", zero_division=0),
    }
    for label in (0, c - 1):
        is_true, is_predicted = y == label, predicted == label
        pair = (is_true, is_predicted)
        values[f"sensitivity/{label}"] = sk.recall_score(*pair, zero_division=NAN)
        values[f"specificity/{label}"] = sk.recall_score(*pair, pos_label=False, zero_division=NAN)
        values[f"positive_predictive_value/{label}"] = sk.precision_score(*pair, zero_division=NAN)
        values[f"negative_predictive_value/{label}"] = sk.precision_score(*pair, pos_label=False, zero_division=NAN)
        values[f"class_f1/{label}"] = sk.f1_score(*pair, zero_division=NAN)
        values[f"scikit_learn_precision/{label}"] = sk.precision_score(*pair, zero_division=0)
        values[f"scikit_learn_recall/{label}"] = sk.recall_score(*pair, zero_division=0)
        values[f"scikit_learn_f1/{label}"] = sk.f1_score(*pair, zero_division=0)

    y, p, predicted = y[answered], all_scores[answered], predicted[answered]
    n = len(y)
    if n == 0:
        return values
    values["cohen_kappa"] = attempt(lambda: sk.cohen_kappa_score(y, predicted))
    for weights in ("linear", "quadratic"):
        values[f"cohen_kappa_{weights}"] = attempt(
            lambda: sk.cohen_kappa_score(y, predicted, labels=labels, weights=weights)
        )
        values[f"scikit_learn_cohen_kappa_{weights}"] = attempt(
            lambda: sk.cohen_kappa_score(y, predicted, weights=weights)
        )

    areas = [auroc(y == label, p[:, label]) for label in labels]
    truths = [int((y == label).sum()) for label in labels]
    precisions = [sk.average_precision_score(y == label, p[:, label]) if truths[label] else NAN for label in labels]
    counted = [(area, count) for area, count in zip(areas, truths) if not math.isnan(area)]
    weighted = sum(area * count for area, count in counted) / sum(count for _, count in counted) if counted else NAN
    values["auroc_macro"] = mean_defined(areas)
    values["auroc_weighted"] = weighted
    values["average_precision_macro"] = mean_defined(precisions)
    values["xplainer_auroc_macro"] = float(np.mean([area for area, count in zip(areas, truths) if count]))
    for label in (0, c - 1):
        values[f"auroc/{label}"] = areas[label]
        values[f"class_average_precision/{label}"] = precisions[label]
        values[f"scikit_learn_average_precision/{label}"] = float(sk.average_precision_score(y == label, p[:, label]))
    for average in ("macro", "weighted"):
        values[f"scikit_learn_auroc_{average}"] = attempt(
            lambda: sk.roc_auc_score(y, p, multi_class="ovr", labels=labels, average=average)
        )
    indicator = (y[:, None] == np.arange(c)[None, :]).astype(int)
    values["scikit_learn_average_precision_macro"] = float(sk.average_precision_score(indicator, p, average="macro"))

    ranks = np.argsort(-p, axis=1, kind="stable")
    for k in (1, 2, 3):
        values[f"top_{k}_accuracy"] = float(np.mean([y[row] in ranks[row, :k] for row in range(n)]))
        values[f"scikit_learn_top_{k}_accuracy"] = attempt(lambda: sk.top_k_accuracy_score(y, p, k=k, labels=labels))

    confidence, hits = p.max(1), predicted == y
    values |= calibration(confidence, hits)
    values |= murphy([(p[:, label], y == label) for label in labels], n)
    values["brier_score"] = sk.brier_score_loss(y, p, labels=labels)
    values["negative_log_likelihood"] = sk.log_loss(y, p, labels=labels)
    for norm, name in (("l1", "expected"), ("max", "maximum")):
        values[f"torchmetrics_{name}_calibration_error"] = float(
            multiclass_calibration_error(torch.tensor(p), torch.tensor(y), c, n_bins=BINS, norm=norm)
        )
    values |= selective(confidence, ~hits)
    values["torch_uncertainty_aurc"] = torch_metric(AURC, p, y)
    values["torch_uncertainty_augrc"] = torch_metric(AUGRC, p, y)

    # FLAIR, by its definitions: three decimals each.
    found = sorted(set(y) | set(predicted))
    table = sk.confusion_matrix(y, predicted).astype(float)
    true = sorted(set(y))
    with np.errstate(all="ignore"):
        values["flair_aca"] = np.round(np.mean(np.diag(table / table.sum(1, keepdims=True))), 3)
        values["flair_kappa"] = np.round(attempt(lambda: sk.cohen_kappa_score(y, predicted, weights="quadratic")), 3)
        values["flair_f1"] = np.mean([np.round(sk.f1_score(y == i, predicted == i), 3) for i in true])
        values["flair_auc"] = np.mean([np.round(areas[i], 3) for i in true])
        values["flair_sensitivity"] = np.mean([np.round(sk.recall_score(y == i, predicted == i), 3) for i in true])
        values["flair_specificity"] = np.mean(
            [np.round(sk.recall_score(y == i, predicted == i, pos_label=False, zero_division=NAN), 3) for i in true]
        )
    assert len(found) == len(table)
    return values


# ---- Yes and no ---------------------------------------------------------------------------------------------------


def binary(rng):
    n, kind, steps = 1 + rng.below(14), rng.below(8), 4 << rng.below(4)
    y, p = [], []
    for _ in range(n):
        y.append([1, 0][kind] if kind < 2 else rng.below(2))
        p.append(rng.below(steps + 1) / steps)
        if y[-1] == 1 and rng.below(2) == 0:
            p[-1] = 0.5 + p[-1] / 2
    y, p = np.array(y), np.array(p)
    predicted = (p >= 0.5).astype(int)
    pair = (y, predicted)
    both = len(set(y)) > 1 and len(set(predicted)) > 1
    values = {
        "accuracy": sk.accuracy_score(*pair),
        "balanced_accuracy": sk.balanced_accuracy_score(*pair),
        "f1_macro": sk.f1_score(*pair, labels=[0, 1], average="macro", zero_division=NAN),
        "matthews_correlation": sk.matthews_corrcoef(*pair) if both else NAN,
        "cohen_kappa": attempt(lambda: sk.cohen_kappa_score(*pair)),
        "sensitivity": sk.recall_score(*pair, zero_division=NAN),
        "specificity": sk.recall_score(*pair, pos_label=0, zero_division=NAN),
        "positive_predictive_value": sk.precision_score(*pair, zero_division=NAN),
        "negative_predictive_value": sk.precision_score(*pair, pos_label=0, zero_division=NAN),
        "class_f1": sk.f1_score(*pair, zero_division=NAN),
        "scikit_learn_f1": sk.f1_score(*pair, zero_division=0),
        "auroc": auroc(y, p),
        "class_average_precision": sk.average_precision_score(y, p) if y.any() else NAN,
        "scikit_learn_average_precision": sk.average_precision_score(y, p),
        "brier_score": sk.brier_score_loss(y, p, labels=[0, 1]),
        "negative_log_likelihood": sk.log_loss(y, p, labels=[0, 1]),
        "torch_uncertainty_aurc": torch_metric(AURC, p, y),
        "torch_uncertainty_augrc": torch_metric(AUGRC, p, y),
    }
    for norm, name in (("l1", "expected"), ("max", "maximum")):
        values[f"torchmetrics_{name}_calibration_error"] = float(
            binary_calibration_error(torch.tensor(p), torch.tensor(y), n_bins=BINS, norm=norm)
        )
    values |= calibration(p, y)
    values |= murphy([(p, y)], n)
    values |= selective(np.maximum(p, 1 - p), predicted != y)
    return values


# ---- Sets of labels -----------------------------------------------------------------------------------------------


def multilabel(rng):
    n, c = 1 + rng.below(10), 2 + rng.below(3)
    density = 1 + rng.below(4)
    y = np.zeros((n, c), dtype=int)
    p = np.zeros((n, c))
    for row in range(n):
        for label in range(c):
            y[row, label] = int(rng.below(4) < density)
            p[row, label] = rng.below(9) / 8
    predicted = (p >= 0.5).astype(int)
    of = dict(y_true=y, y_pred=predicted)
    areas = [auroc(y[:, label], p[:, label]) for label in range(c)]
    truths = y.sum(0).tolist()
    precisions = [sk.average_precision_score(y[:, i], p[:, i]) if truths[i] else NAN for i in range(c)]
    counted = [(area, count) for area, count in zip(areas, truths) if not math.isnan(area)]
    return {
        "accuracy": sk.accuracy_score(y, predicted),
        "hamming_loss": sk.hamming_loss(y, predicted),
        "f1_micro": sk.f1_score(**of, average="micro", zero_division=NAN),
        "f1_macro": sk.f1_score(**of, average="macro", zero_division=NAN),
        "f1_weighted": sk.f1_score(**of, average="weighted", zero_division=NAN) if y.any() else NAN,
        "precision_macro": sk.precision_score(**of, average="macro", zero_division=NAN),
        "scikit_learn_f1_macro": sk.f1_score(**of, average="macro", zero_division=0),
        "scikit_learn_precision_macro": sk.precision_score(**of, average="macro", zero_division=0),
        "scikit_learn_recall_macro": sk.recall_score(**of, average="macro", zero_division=0),
        "scikit_learn_f1_weighted": sk.f1_score(**of, average="weighted", zero_division=0),
        "auroc_macro": mean_defined(areas),
        "auroc_weighted": sum(a * b for a, b in counted) / sum(b for _, b in counted) if counted else NAN,
        "average_precision_macro": mean_defined(precisions),
        "scikit_learn_auroc_macro": attempt(lambda: sk.roc_auc_score(y, p, average="macro")),
        "scikit_learn_average_precision_macro": float(
            np.mean([sk.average_precision_score(y[:, i], p[:, i]) for i in range(c)])
        ),
        "xplainer_auroc_macro": float(np.mean([a for a, b in zip(areas, truths) if b])) if y.any() else NAN,
        "auroc/0": areas[0],
        "class_f1/0": sk.f1_score(y[:, 0], predicted[:, 0], zero_division=NAN),
        "brier_score/0": sk.brier_score_loss(y[:, 0], p[:, 0], labels=[0, 1]),
    }


# ---- Differentials and abstention ---------------------------------------------------------------------------------


def differential(rng):
    n, c = 1 + rng.below(6), 4 + rng.below(4)
    truth, scores, shares, abstentions, undecided = [], [], [], [], []
    for _ in range(n):
        truth.append(rng.below(c))
        lists = []
        for _ in range(2):
            raw = [rng.below(5) * rng.below(2) for _ in range(c)]
            lists.append([value / max(1, sum(raw)) for value in raw])
        scores.append(lists[0])
        shares.append(lists[1])
        abstentions.append(rng.below(9) / 8)
        undecided.append(rng.below(9) / 8)
    truth, scores, shares = np.array(truth), np.array(scores), np.array(shares)
    severe = np.arange(c) % 3 == 0
    inside, given = scores > 0.01, shares > 0.01
    order = np.argsort(scores, axis=1, kind="stable")[:, ::-1]
    named = inside[np.arange(n), truth]

    def ratio(part, whole):
        return part.sum(1) / np.maximum(1, whole.sum(1))

    def f1(p, r):
        return 2 * p * r / (p + r + 1e-10)

    recall, precision = ratio(inside & given, given), ratio(inside & given, inside)
    out_of, kept = ratio(severe & ~given & ~inside, severe & ~given), ratio(severe & given & inside, severe & given)
    a, u = np.array(abstentions), np.array(undecided)
    model = np.concatenate([scores * (1 - a)[:, None], a[:, None]], axis=1)
    people = np.concatenate([shares, u[:, None]], axis=1)
    values = {
        "gtpa": named.mean(),
        "ddr": recall.mean(),
        "ddp": precision.mean(),
        "ddf1": f1(precision, recall).mean(),
        "dsp": out_of.mean(),
        "dsr": kept.mean(),
        "dsf1": f1(out_of, kept).mean(),
        "hellinger_distance": np.mean(np.linalg.norm(np.sqrt(model) - np.sqrt(people), axis=1) / np.sqrt(2)),
    }
    for k in (1, 3, 5):
        values[f"gtpa_at_{k}"] = np.mean(named & (order[:, :k] == truth[:, None]).any(1))
    return values


# ---- Variances ---------------------------------------------------------------------------------------------------


def delong(rng):
    n, steps = 6 + rng.below(20), 2 + rng.below(30)
    y = [0, 0, 1, 1] + [rng.below(2) for _ in range(n - 4)]
    first, second = [], []
    for truth in y:
        first.append((rng.below(steps + 1) + truth) / steps)
        second.append((rng.below(steps + 1) + 2 * truth) / steps)
    z, p, ci_a, ci_b, auc_a, auc_b, info = Delong_test(y, first, second, n_boot=2, random_state=0)
    by_formula = info["method"] == "delong"
    return {
        "first": auc_a,
        "second": auc_b,
        "low": ci_a[0],
        "high": ci_a[1],
        "variance": info["var_diff"],
        "z": z if by_formula else NAN,
        "p": p if by_formula else NAN,
    }


def packed(draw, tables, seed):
    """For each block and metric: which values are missing, which are no number, and the weighted sum of the others."""
    blocks = []
    rng = SplitMix64(seed)
    for _ in range(tables // BLOCK):
        drawn = [draw(rng) for _ in range(BLOCK)]
        block = {}
        for name in sorted({name for values in drawn for name in values}):
            missing, undefined, total = 0, 0, 0.0
            for place, values in enumerate(drawn):
                value = values.get(name)
                if value is None:
                    missing |= 1 << place
                elif math.isnan(value):
                    undefined |= 1 << place
                else:
                    total += (place + 1) * float(value)
            block[name] = [missing, undefined, float(f"{total:.13g}")]
        blocks.append(block)
    names = sorted({name for block in blocks for name in block})
    everything = (1 << BLOCK) - 1
    return {"names": names, "blocks": [[block.get(name, [everything, 0, 0]) for name in names] for block in blocks]}


def main():
    goldens = {
        "multiclass": packed(multiclass, TABLES, 1),
        "binary": packed(binary, 2 * TABLES, 2),
        "multilabel": packed(multilabel, TABLES, 3),
        "differential": packed(differential, 3 * TABLES, 4),
        "delong": packed(delong, 3 * TABLES, 5),
    }
    text = json.dumps(goldens, separators=(",", ":"))
    Path(__file__).with_name("goldens.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
