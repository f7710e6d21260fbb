"""Random sets of cases, and what the packages of the field say of them. See README.md.

The sets are drawn from SplitMix64, which the test draws from too, so that only the numbers are stored.
"""

import contextlib
import io
import itertools
import json
import math
import warnings
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from monai.metrics import compute_fp_tp_probs, compute_froc_curve_data, compute_froc_score
from picai_eval import evaluate as picai_evaluate
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn.metrics import precision_recall_curve, roc_auc_score, roc_curve
from supervision.metrics.detection import ConfusionMatrix as SupervisionConfusion
from tidecv import TIDE, Data
from ultralytics.utils.metrics import ConfusionMatrix as UltralyticsConfusion

warnings.simplefilter("ignore")

SETS = 900
SIZE = 32
LABELS = ["a", "b"]
SCORE_THRESHOLD = 0.5
SEVEN = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8]
NAMES = [
    "froc_score", "sensitivity_at_1_8_fp_per_image", "sensitivity_at_2_fp_per_image", "luna16_cpm", "monai_froc_score",
    "nndetection_froc_iou10", "nndetection_froc_iou50", "nndetection_macro_froc_iou10", "nndetection_macro_froc_iou50",
    "best_f1", "best_f1_threshold", "patient_sensitivity", "patient_specificity", "patient_auroc", "image_auroc",
    "picai_lesion_ap", "picai_patient_auroc", "picai_score",
    "tide_ap50", "tide_delta_classification", "tide_delta_localization", "tide_delta_both", "tide_delta_duplicate",
    "tide_delta_background", "tide_delta_missed", "tide_delta_false_positive", "tide_delta_false_negative",
    "tide_classification_errors", "tide_localization_errors", "tide_both_errors", "tide_duplicate_errors",
    "tide_background_errors", "tide_missed_errors",
]  # fmt: skip


# ---- Random sets ------------------------------------------------------------------------------------------------


class SplitMix64:
    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return (z ^ (z >> 31)) % limit


def touch(a, b):
    return a[0] <= b[0] + b[2] and b[0] <= a[0] + a[2] and a[1] <= b[1] + b[3] and b[1] <= a[1] + a[3]


def draw(seed):
    """Kind 0: one class, regions of one side apart; 1: two classes, crowds, coarse scores; 2: two classes, fine scores."""
    rng, kind = SplitMix64(seed), seed % 3

    def anywhere():
        return [rng.below(20), rng.below(20), 2 + rng.below(8), 2 + rng.below(8)]

    def label():
        return 0 if kind == 0 else rng.below(2)

    def score():
        return (1 + rng.below(1023)) / 1024 if kind == 2 else (1 + rng.below(16)) / 16

    images = []
    for _ in range(1 + rng.below(4)):
        patient = rng.below(4)
        truths = []
        for _ in range(rng.below(4)):
            box, of = anywhere(), label()
            crowd = kind == 1 and rng.below(6) == 0
            if kind != 0 or not any(touch(box, other["box"]) for other in truths):
                truths.append({"label": of, "box": box, "crowd": crowd})
        findings = []
        for _ in range(rng.below(7)):
            if truths and rng.below(4) != 0:
                truth = truths[rng.below(len(truths))]
                x, y, width, height = truth["box"]
                box = [
                    max(x + rng.below(5) - 2, 0), max(y + rng.below(5) - 2, 0),
                    max(width + rng.below(3) - 1, 1), max(height + rng.below(3) - 1, 1),
                ]  # fmt: skip
                of = truth["label"] if rng.below(5) != 0 else label()
            else:
                box, of = anywhere(), label()
            value = score()
            if kind != 0 or not any(touch(box, other["box"]) for other in findings):
                findings.append({"label": of, "box": box, "score": value})
        images.append({"truths": truths, "findings": findings, "patient": patient})
    # Where each side knows one label and they differ, the labels are taken for the same class.
    of_truths = {truth["label"] for image in images for truth in image["truths"]}
    of_findings = {finding["label"] for image in images for finding in image["findings"]}
    if len(of_truths) == 1 and len(of_findings) == 1 and of_truths != of_findings:
        for image in images:
            for finding in image["findings"]:
                finding["label"] = next(iter(of_truths))
    return kind, images


# ---- pycocotools' pairing -----------------------------------------------------------------------------------------


def coco_pairs(images, by_class, least_score=None):
    """For each IoU 0.1 and 0.5: rows (image, label, finding, score, truth or None, ignored) of every finding."""
    truths, findings, truth_of, finding_of = [], [], {}, {}
    for number, image in enumerate(images):
        for index, truth in enumerate(image["truths"]):
            truth_of[len(truths) + 1] = index
            truths.append(dict(id=len(truths) + 1, image_id=number, category_id=truth["label"] if by_class else 0,
                               bbox=truth["box"], area=truth["box"][2] * truth["box"][3], iscrowd=int(truth["crowd"])))
        for index, finding in enumerate(image["findings"]):
            if least_score is None or finding["score"] >= least_score:
                finding_of[len(findings) + 1] = (number, index)
                findings.append(dict(id=len(findings) + 1, image_id=number, score=finding["score"],
                                     category_id=finding["label"] if by_class else 0, bbox=finding["box"],
                                     area=finding["box"][2] * finding["box"][3], iscrowd=0))
    categories = [dict(id=0, name="a"), dict(id=1, name="b")]
    sides = []
    with contextlib.redirect_stdout(io.StringIO()):
        for annotations in (truths, findings):
            side = COCO()
            side.dataset = dict(images=[dict(id=number) for number in range(len(images))], annotations=annotations,
                                categories=categories)
            side.createIndex()
            sides.append(side)
        evaluation = COCOeval(*sides, "bbox")
        evaluation.params.iouThrs = np.array([0.1, 0.5])
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.params.maxDets = [100]
        evaluation.evaluate()
    rows = ([], [])
    for result in filter(None, evaluation.evalImgs):
        for place in range(2):
            for column, identity in enumerate(result["dtIds"]):
                number, index = finding_of[identity]
                truth = int(result["dtMatches"][place, column])
                rows[place].append((number, images[number]["findings"][index]["label"], index,
                                    float(result["dtScores"][column]), truth_of[truth] if truth else None,
                                    bool(result["dtIgnore"][place, column])))
    return rows


# ---- Families -----------------------------------------------------------------------------------------------------


def number(value):
    return None if value is None or not math.isfinite(value) else float(f"{float(value):.12g}")


def free_response(hits, scores, images, truths):
    """False positives per image and sensitivities, as nnDetection and LUNA16 make them from scikit-learn's ROC curve."""
    if len(hits) == 0:
        return np.zeros(2), np.zeros(2)
    matched = sum(hits)
    fpr, tpr, _ = roc_curve(hits, scores)
    wrong = np.zeros(len(fpr)) if matched == len(hits) else fpr * (len(hits) - matched) / images
    return wrong, (tpr * matched) / truths


def froc(images, rows):
    truths = sum(not truth["crowd"] for image in images for truth in image["truths"])
    if truths == 0:
        return [None] * 3
    rows = [row for row in rows if not row[5]]
    curve = free_response([row[4] is not None for row in rows], [row[3] for row in rows], len(images), truths)
    at = np.nan_to_num(np.interp(SEVEN, *curve))
    return [at.mean(), at[0], at[4]]


def nndetection(images, rows):
    def score(label):
        wanted = [row for row in rows if not row[5] and label in (None, row[1])]
        truths = sum(
            not truth["crowd"] and label in (None, truth["label"]) for image in images for truth in image["truths"]
        )
        if truths == 0:
            return 0.0 if wanted or label is None else None
        curve = free_response([row[4] is not None for row in wanted], [row[3] for row in wanted], len(images), truths)
        return np.interp(SEVEN, *curve).mean()

    classes = [value for value in (score(label) for label in range(2)) if value is not None]
    return score(None), sum(classes) / len(classes) if classes else None


def holds(box, x, y):
    return box[0] <= x < box[0] + box[2] and box[1] <= y < box[1] + box[3]


def center(finding):
    x, y, width, height = finding["box"]
    return x + width / 2, y + height / 2


def luna16(images):
    """The official script's rule, with the centre inside the truth's box for the distance below the radius."""
    hits, scores, truths = [], [], 0
    for image in images:
        left = set(range(len(image["findings"])))
        for truth in image["truths"]:
            inside = [
                index
                for index, finding in enumerate(image["findings"])
                if finding["label"] == truth["label"] and holds(truth["box"], *center(finding))
            ]
            left -= set(inside)
            if not truth["crowd"]:
                truths += 1
                if inside:
                    hits.append(1)
                    scores.append(max(image["findings"][index]["score"] for index in inside))
        hits += [0] * len(left)
        scores += [image["findings"][index]["score"] for index in left]
    if truths == 0:
        return None
    return np.nan_to_num(np.interp(SEVEN, *free_response(hits, scores, len(images), truths))).mean()


def monai(images):
    false, true, targets = [], [], 0
    for image in images:
        for label in range(2):
            truths = [truth for truth in image["truths"] if truth["label"] == label]
            findings = [finding for finding in image["findings"] if finding["label"] == label]
            if not truths and not findings:
                continue
            painted = np.zeros((SIZE, SIZE), dtype=int)
            for index, truth in enumerate(truths):
                x, y, width, height = truth["box"]
                painted[y : y + height, x : x + width] = index + 1
            # A truth that others cover is still a target of the package as long as a later one is visible.
            centers = np.array([center(finding) for finding in findings]).reshape(-1, 2)
            wrong, right, count = compute_fp_tp_probs(
                probs=np.array([finding["score"] for finding in findings], dtype=np.float32), y_coord=centers[:, 1],
                x_coord=centers[:, 0], evaluation_mask=painted,
                labels_to_exclude=[index + 1 for index, truth in enumerate(truths) if truth["crowd"]],
            )  # fmt: skip
            false += list(wrong)
            true += list(right)
            targets += count
    if targets == 0:
        return None
    curve = compute_froc_curve_data(np.array(false), np.array(true), targets, len(images))
    return compute_froc_score(*curve)


def best_f1(images, rows):
    truths = sum(not truth["crowd"] for image in images for truth in image["truths"])
    rows = [row for row in rows if not row[5]]
    if truths == 0:
        return None, None
    if not rows:
        return 0.0, None
    hits, scores = [row[4] is not None for row in rows], np.array([row[3] for row in rows])
    precision, _, thresholds = precision_recall_curve(hits, scores)
    best = (-1, None)
    for share, threshold in zip(precision, thresholds):
        called = int((scores >= threshold).sum())
        best = max(best, (Fraction(2 * round(share * called), called + truths), float(threshold)))
    return float(best[0]), best[1]


def area(positive, scores):
    return roc_auc_score(positive, scores) if len(set(positive)) == 2 else None


def patients(images):
    groups = {}
    for index, image in enumerate(images):
        name = index + 100 if image["patient"] == 3 else image["patient"]
        groups.setdefault(name, []).append(image)

    def judged(group):
        scores = [finding["score"] for image in group for finding in image["findings"]]
        return any(image["truths"] for image in group), max(scores, default=-1.0)

    by_patient = [judged(group) for group in groups.values()]
    by_image = [judged([image]) for image in images]
    sick = [score >= SCORE_THRESHOLD for positive, score in by_patient if positive]
    well = [score < SCORE_THRESHOLD for positive, score in by_patient if not positive]
    return [
        np.mean(sick) if sick else None, np.mean(well) if well else None,
        area(*zip(*by_patient)), area(*zip(*by_image)),
    ]  # fmt: skip


def picai(images):
    maps, labels = [], []
    for image in images:
        found, true = np.zeros((1, SIZE, SIZE), dtype=np.float32), np.zeros((1, SIZE, SIZE), dtype=np.int32)
        for finding in image["findings"]:
            x, y, width, height = finding["box"]
            found[0, y : y + height, x : x + width] = finding["score"]
        for truth in image["truths"]:
            x, y, width, height = truth["box"]
            true[0, y : y + height, x : x + width] = 1
        maps.append(found)
        labels.append(true)
        if not decided(image):
            return None
    if not any(image["truths"] or image["findings"] for image in images):
        return [None, None, None]
    metrics = picai_evaluate(maps, labels, num_parallel_calls=1)
    return [metrics.AP, metrics.auroc, metrics.score]


def iou(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    return Fraction(shared, a[2] * a[3] + b[2] * b[3] - shared)


def decided(image):
    """Whether all best pairings of lesions and candidates leave the same scores paired."""
    truths, findings = image["truths"], image["findings"]
    overlaps = [[iou(truth["box"], finding["box"]) for finding in findings] for truth in truths]
    best, outcomes = (0, 0), set()
    for choice in itertools.product([None, *range(len(findings))], repeat=len(truths)):
        chosen = [(row, column) for row, column in enumerate(choice) if column is not None]
        if len({column for _, column in chosen}) < len(chosen):
            continue
        if any(overlaps[row][column] < Fraction(1, 10) for row, column in chosen):
            continue
        value = (len(chosen), sum(overlaps[row][column] for row, column in chosen))
        if value > best:
            best, outcomes = value, set()
        if value == best:
            outcomes.add(tuple(sorted(findings[column]["score"] for _, column in chosen)))
    return len(outcomes) <= 1


def tide(images):
    truths, findings = Data("truths"), Data("findings")
    for place, image in enumerate(images):
        truths.add_image(place, str(place))
        for truth in image["truths"]:
            box = [float(edge) for edge in truth["box"]]
            (truths.add_ignore_region if truth["crowd"] else truths.add_ground_truth)(place, truth["label"], box)
        for finding in image["findings"]:
            box = [float(edge) for edge in finding["box"]]
            findings.add_detection(place, finding["label"], finding["score"], box)
    try:
        run = TIDE().evaluate(truths, findings, mode=TIDE.BOX)
    except ZeroDivisionError:
        return [None] * 9 + ["unknown"] * 6
    numbers = [run.ap]
    for error in TIDE._error_types:
        try:
            numbers.append(run.fix_main_errors(error_types=[error])[error])
        except ZeroDivisionError:
            numbers.append(None)
    try:
        special = run.fix_special_errors()
        numbers += [special[error] for error in TIDE._special_error_types]
    except ZeroDivisionError:
        numbers += ["unknown", None]
    counts = run.count_errors()
    shares = [value / 100 if isinstance(value, (int, float)) else value for value in numbers]
    return shares + [counts[error] for error in TIDE._error_types]


def coco_confusion(images):
    """pycocotools, all of one category: each finding takes the free truth of any class with the highest IoU."""
    table = np.zeros((3, 3), dtype=int)
    rows = coco_pairs(images, by_class=False, least_score=SCORE_THRESHOLD)[1]
    found = {(row[0], row[4]): row for row in rows if row[4] is not None and not row[5]}
    for place, image in enumerate(images):
        for index, truth in enumerate(image["truths"]):
            if not truth["crowd"]:
                table[truth["label"], found[place, index][1] if (place, index) in found else 2] += 1
    for row in rows:
        if row[4] is None:
            table[2, row[1]] += 1
    return table


def package_confusions(images):
    """supervision's and ultralytics' tables; None where equal IoU leave their order to the sort."""
    predictions, targets = [], []
    for image in images:
        found = [[x, y, x + w, y + h, item["label"], item["score"]]
                 for item in image["findings"] for x, y, w, h in [item["box"]]]  # fmt: skip
        true = [[x, y, x + w, y + h, item["label"]] for item in image["truths"] for x, y, w, h in [item["box"]]]
        predictions.append(np.array(found, dtype=float).reshape(-1, 6))
        targets.append(np.array(true, dtype=float).reshape(-1, 5))
        values = [
            iou(truth["box"], finding["box"])
            for truth in image["truths"]
            for finding in image["findings"]
            if finding["score"] > SCORE_THRESHOLD
        ]
        admitted = Counter(value for value in values if value > Fraction(1, 2))
        if any(count > 1 for count in admitted.values()):
            return None, None
    one = SupervisionConfusion.from_tensors(predictions, targets, LABELS, SCORE_THRESHOLD, 0.5).matrix
    other = UltralyticsConfusion(nc=2, conf=SCORE_THRESHOLD, iou_thres=0.5)
    for found, true in zip(predictions, targets):
        rows = torch.tensor(found[:, [0, 1, 2, 3, 5, 4]])
        other.process_batch(rows, torch.tensor(true[:, :4]), torch.tensor(true[:, 4]))
    return one.astype(int), other.matrix.T.astype(int)


def golden(seed):
    kind, images = draw(seed)
    at10, at50 = coco_pairs(images, by_class=True)
    pooled10, macro10 = nndetection(images, at10)
    pooled50, macro50 = nndetection(images, at50)
    values = froc(images, at50) + [luna16(images), monai(images), pooled10, pooled50, macro10, macro50]
    values += [*best_f1(images, at50), *patients(images)]
    lesions = picai(images) if kind == 0 else None
    values += ["unknown"] * 3 if lesions is None else lesions
    values += tide(images)
    assert len(values) == len(NAMES)
    values = ["?" if value == "unknown" else number(value) for value in values]
    tables = [coco_confusion(images), *(package_confusions(images) if kind != 1 else (None, None))]
    return values, [None if table is None else [int(cell) for cell in table.ravel()] for table in tables]


def main():
    made = [golden(seed) for seed in range(SETS)]
    goldens = {"names": NAMES, "values": [values for values, _ in made], "tables": [tables for _, tables in made]}
    text = json.dumps(goldens, separators=(",", ":"))
    Path(__file__).with_name("goldens.json").write_text(text.replace(".0,", ",") + "\n")


if __name__ == "__main__":
    main()
