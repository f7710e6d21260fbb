"""Random sets of boxes with what the grounding systems' own metrics make of them. See README.md.

    python make_goldens.py /path/to/a/checkout/of/ProstaTD
"""
# needs: a clone of https://github.com/yik-leung/ProstaTD at 2f8ab6a: cargo xtask reference grounding -- CLONE

import contextlib
import io
import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
import rodeo.rodeo
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy.optimize import linear_sum_assignment

FULL, SUMS = 60, 1500
LABELS = ["a,x,p", "a,y,p", "b,x,q", "b,y,p"]
PARTS = [[0, 0, 0], [0, 1, 0], [1, 0, 1], [1, 1, 0]]
SIZE = 32
MASK64 = (1 << 64) - 1

warnings.filterwarnings("ignore")
# What the packages need to run beside today's numpy and scikit-learn; neither changes a number.
np.trapz = np.trapezoid
mcc = rodeo.rodeo.matthews_corrcoef
rodeo.rodeo.matthews_corrcoef = lambda a, b: np.float64(mcc(a, b))


class SplitMix64:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK64
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK64
        return z ^ (z >> 31)

    def below(self, n):
        return self.next() % n


def draw_box(rng, flat):
    x, y = rng.below(64), rng.below(64)
    w, h = rng.below(40), rng.below(40)
    least = 0 if flat else 1
    return [x / 4, y / 4, max(w, least) / 4, max(h, least) / 4]


def draw_set(seed):
    """Cases of (video, truths, findings), each region (label, xywh, score)."""
    rng = SplitMix64(seed)
    labels = [1, 2, 4][rng.below(3)]
    flat = rng.below(5) == 0
    cases, drawn = [], 0
    for _ in range(1 + rng.below(6)):
        video = rng.below(3)
        truths = [(rng.below(labels), draw_box(rng, flat), 1.0) for _ in range(rng.below(4))]
        findings = []
        for _ in range(rng.below(6)):
            label, box = rng.below(labels), draw_box(rng, flat)
            if truths and rng.below(4) > 0:
                of, near, _ = truths[rng.below(len(truths))]
                shift = [(rng.below(9) - 4.0) / 4 for _ in range(2)]
                box = [near[0] + shift[0], near[1] + shift[1], near[2], near[3]]
                if rng.below(3) > 0:
                    label = of
            drawn += 1
            findings.append((label, box, (rng.below(997) * 1000 + drawn) / 1e6))
        cases.append((video, truths, findings))
    of_truths = {t[0] for c in cases for t in c[1]}
    of_findings = {f[0] for c in cases for f in c[2]}
    if len(of_truths) == 1 and len(of_findings) == 1:
        # Two labels that differ, one on each side, are read as one.
        (label,) = of_truths
        cases = [(v, t, [(label, b, s) for _, b, s in f]) for v, t, f in cases]
    return cases


def edges(box):
    x, y, w, h = box
    return np.array([x, y, x + w, y + h])


def area(b):
    return max(b[2] - b[0], 0) * max(b[3] - b[1], 0)


def shared(a, b):
    return max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)


def iou(a, b):
    union = area(a) + area(b) - shared(a, b)
    return shared(a, b) / union if union > 0 else 0.0


def giou(a, b):
    hull = area([min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])])
    union = area(a) + area(b) - shared(a, b)
    return iou(a, b) - (hull - union) / hull if hull > 0 else 0.0


def matrix(of, findings, truths):
    return np.array([[of(edges(f[1]), edges(t[1])) for t in truths] for f in findings]).reshape(
        len(findings), len(truths)
    )


def mean(values):
    values = list(values)
    return float(np.mean(values)) if values else None


def phrases(cases):
    for _, truths, findings in cases:
        for label in range(len(LABELS)):
            of_label = [t for t in truths if t[0] == label]
            if of_label:
                yield of_label, [f for f in findings if f[0] == label]


def raster(boxes):
    grid = np.zeros((160, 160), bool)
    for b in boxes:
        x0, y0, x1, y1 = (int(round(4 * v)) + 16 for v in edges(b[1]))
        grid[y0:y1, x0:x1] = True
    return grid


def grounding(cases):
    best, unions, gious = [], [], []
    for truths, findings in phrases(cases):
        ious = matrix(iou, findings, truths)
        of_truth = np.zeros(len(truths))
        rows, columns = linear_sum_assignment(-ious)
        of_truth[columns] = ious[rows, columns]
        best.extend(of_truth)
        a, b = raster(findings), raster(truths)
        unions.append((a & b).sum() / (a | b).sum() if (a | b).any() else 0.0)
        g = matrix(giou, findings, truths)
        gious.extend(g[linear_sum_assignment(-g)])
    best = np.array(best)
    shares = [mean(best >= t) for t in (0.5, 0.3, 0.1)]
    return [mean(best), *shares, mean(unions)], [mean(gious)]


def umedground(cases):
    ious = []
    for truths, findings in phrases(cases):
        truth = edges(truths[0][1]) / SIZE
        if not truth.any():
            continue
        if not findings:
            ious.append(0.0)
            continue
        # The 1e-16 that is added to the union there is nothing in its 32-bit numbers, but for 0 / 0.
        ious.append(iou(np.clip(edges(findings[0][1]) / SIZE, 0, 1), truth))
    ious = np.array(ious)
    return [mean(ious), *(mean(ious >= t) for t in (0.5, 0.3, 0.1))]


def medrega(cases):
    first, pairs, targets = [], [], 0
    shares = {0.5: [], 0.75: []}
    for _, truths, findings in cases:
        if not truths:
            continue
        ious = matrix(iou, findings, truths)
        if not findings:
            first.append(0.0)
        elif len(findings) > len(truths):
            first.append(max(ious[:, 0]))
        else:
            first.append(ious[0, 0])
        rows, columns = linear_sum_assignment(1 - ious)
        matched = ious[rows, columns]
        pairs.extend(matched)
        targets += len(truths)
        for threshold, of_threshold in shares.items():
            correct = (matched >= threshold).sum()
            p = correct / len(truths)
            r = correct / len(findings) if findings else 0.0
            of_threshold.append([p, r, 2 * p * r / (p + r) if p + r else 0.0])
    first = np.array(first)
    out = [mean(first), *(mean(first > t) for t in (0.25, 0.5, 0.75))]
    for of_threshold in shares.values():
        out += [float(v) for v in np.mean(of_threshold, axis=0)] if of_threshold else [None] * 3
    return out + [mean(pairs), sum(pairs) / targets if targets else None]


def medvision(cases):
    rows, errors = [], []
    for truths, findings in phrases(cases):
        if not findings:
            rows.append([0.0] * 5)
            continue
        a, b = edges(findings[0][1]), edges(truths[0][1])
        errors.append(np.abs(a - b).mean() / SIZE)
        both = shared(a, b)
        if both > 0:
            rows.append([iou(a, b), 2 * both / (area(a) + area(b)), both / area(a), both / area(b), 1.0])
        else:
            rows.append([0.0] * 4 + [1.0])
    rows = np.array(rows).reshape(-1, 5)
    means = [mean(rows[:, k]) for k in range(4)]
    return [*means, mean(errors), mean(rows[:, 4]), *(mean(rows[:, 0] >= k / 10) for k in range(5, 10))]


def greedy(m):
    paired = []
    while m.size > 0 and np.max(m) > 0:
        row, column = np.unravel_index(np.argmax(m), m.shape)
        paired.append(m[row, column])
        m = np.delete(np.delete(m, row, axis=0), column, axis=1)
    return np.mean(paired) if paired else 0.0


def unibiomed(cases):
    def dice(a, b):
        total = area(a) + area(b)
        return 2 * shared(a, b) / total if total else 0.0

    return [mean(greedy(matrix(of, f, t)) for _, t, f in cases) for of in (iou, dice)]


def rodeo_of(cases):
    """Over all, and by class; None where the package cannot."""
    regions = [r for _, t, f in cases for r in t + f]
    names = sorted({r[0] for r in regions})
    if len(names) < 2 or any(0 in r[1][2:] for r in regions):
        return None, None
    arrays = lambda rs: np.array([[*b, names.index(label)] for label, b, _ in rs], float).reshape(-1, 5)
    predictions, targets = [arrays(f) for _, _, f in cases], [arrays(t) for _, t, _ in cases]
    keys = ["localization", "shape_matching", "classification", "total"]

    def run(per_class):
        metric = rodeo.RoDeO(class_names=[str(n) for n in names], return_per_class=per_class)
        metric.add(predictions, targets)
        return metric.compute()

    overall = [float(run(False)[f"RoDeO/{k}"]) for k in keys]
    try:
        by_class = run(True)
    except ValueError:
        return overall, None
    number = lambda v: None if math.isnan(v) else float(v)
    return overall, {LABELS[n]: [number(by_class[f"RoDeO/{n}/{k}"]) for k in keys] for n in names}


def convolve_level(*arguments, **named):
    """numpy.convolve with what is as high as the highest but for rounding set equal to it."""
    smooth = convolve(*arguments, **named)
    smooth[smooth >= smooth.max() - 1e-12] = smooth.max()
    return smooth


convolve = np.convolve


def ivtd(cases, detection):
    """None where rounding alone decides at which of several equally good scores precision and recall are read off."""
    plain = ivtd_once(cases, detection)
    np.convolve = convolve_level
    level = ivtd_once(cases, detection)
    np.convolve = convolve
    return plain if plain == level else None


def ivtd_once(cases, detection):
    metric = detection(num_class=4, num_tool=2, num_verb=2, num_target=2)
    videos = list(dict.fromkeys(video for video, _, _ in cases))
    # Truths have rising confidences, so that their order (all equal in real data) does not depend on the sort.
    row = lambda r, score: [r[0], PARTS[r[0]][0], score, PARTS[r[0]][1], PARTS[r[0]][2], *r[1]]
    for video in videos:
        frames = [(t, f) for v, t, f in cases if v == video]
        metric.update(
            [[row(r, 0.5 + k / 100) for k, r in enumerate(t)] for t, _ in frames],
            [[row(r, r[2]) for r in f] for _, f in frames],
        )
        metric.video_end()
    number = lambda v: None if math.isnan(v) else float(v)
    out = []
    keys = ["mAP", "mAP_5095", "mAR_5095", "mPre", "mRec", "mF1"]
    shares = ["lm", "plm", "ids", "idm", "mil", "fp", "fn"]
    associations = []
    for component in ["ivt", "i", "v", "t"]:
        for compute in (metric.compute_video_AP, metric.compute_global_AP):
            result = compute(component=component)
            out += [number(result[k]) for k in keys]
            if component == "ivt":
                associations += [number(result[k]) for k in shares]
    return out + associations


def mgca(cases):
    if any(0 in r[1][2:] for _, t, f in cases for r in t + f):
        return None
    # What torchmetrics hands to pycocotools.
    images, truths_of, findings_of = [], [], []
    for index, (_, truths, findings) in enumerate(cases):
        sure = [f for f in findings if f[2] >= 0.5]
        if not truths or not sure:
            continue
        images.append({"id": index + 1})
        for label, box, _ in truths:
            common = {"image_id": index + 1, "category_id": label + 1, "bbox": box, "area": box[2] * box[3]}
            truths_of.append({**common, "id": len(truths_of) + 1, "iscrowd": 0})
        for label, box, score in sure:
            findings_of.append({"image_id": index + 1, "category_id": label + 1, "bbox": box, "score": score})
    if not images:
        return [None]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        categories = [{"id": k + 1} for k in range(len(LABELS))]
        truth.dataset = {"info": {}, "images": images, "annotations": truths_of, "categories": categories}
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(findings_of), "bbox")
        evaluation.params.iouThrs = np.array([0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75])
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, 2]
    return [mean(precision[precision > -1])]


def main():
    sys.path.insert(0, str(Path(sys.argv[1]) / "ivtdmetrics"))
    from ivtdmetrics.detection import Detection

    def values(seed):
        cases = draw_set(seed)
        of_grounding, of_giou = grounding(cases)
        of_rodeo, by_class = rodeo_of(cases)
        of_all = {
            "grounding": of_grounding,
            "giou": of_giou,
            "umedground": umedground(cases),
            "medrega": medrega(cases),
            "medvision": medvision(cases),
            "unibiomed": unibiomed(cases),
            "rodeo": of_rodeo,
            "ivtdmetrics": ivtd(cases, Detection),
            "mgca": mgca(cases),
        }
        return of_all, by_class

    rounded = lambda v: None if v is None else round(v, 12)

    def checksum(of_family):
        """Weighted by place, so that swapped values show; an undefined one counts as 2."""
        if of_family is None:
            return None
        return round(sum((place + 1) * (2.0 if v is None else v) for place, v in enumerate(of_family)), 9)

    full, sums = [], []
    for seed in range(FULL + SUMS):
        of_all, by_class = values(seed)
        if seed < FULL:
            entry = {k: None if v is None else [rounded(x) for x in v] for k, v in of_all.items()}
            entry["rodeo_by_class"] = by_class and {k: [rounded(x) for x in v] for k, v in by_class.items()}
            full.append(entry)
        else:
            sums.append([checksum(v) for v in of_all.values()])
        if seed % 100 == 0:
            print(seed, file=sys.stderr)
    goldens = {"families": list(of_all), "full": full, "sums": sums}
    text = json.dumps(goldens, separators=(",", ":"))
    Path(__file__).with_name("goldens.json").write_text(text + "\n")
    print(len(text), file=sys.stderr)


main()
