"""What pycocotools, supervision, scikit-learn and plain numpy say of sets drawn from seeds. See README.md."""

import contextlib
import io
import json
from pathlib import Path

import numpy as np

np.trapz = np.trapezoid  # supervision 0.25.1 calls it by its old name.

import supervision as sv
from podm.metrics import BoundingBox, MethodAveragePrecision, get_pascal_voc_metrics
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn.metrics import average_precision_score, roc_auc_score

SETS = 360
SIDES = [0, 1, 8, 16, 31, 32, 33, 64, 95, 96, 97, 160]
AREAS = [0.0, 1023.5, 1024.0, 1024.5, 9215.5, 9216.0, 9216.5, 1e10, 2e10]
THRESHOLDS = np.linspace(0.5, 0.95, 10)


class SplitMix:
    """Steele, Lea and Flood, OOPSLA 2014; the test draws the same numbers."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) % 2**64
        z = self.state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        return z ^ (z >> 31)

    def below(self, end):
        return self.next() % end


def draw_set(index):
    """Cases with `truths` and `findings`; a fifth of the sets is crowded, half of the others is fine-grained."""
    rng = SplitMix(index)
    crowded, fine = index % 5 == 4, index % 2 == 1
    classes = 1 if crowded else 1 + rng.below(3)
    grain = 64 if fine else 1

    def place():
        return rng.below(12 * 8 * grain) / grain if fine else float(rng.below(12) * 8)

    def side():
        return float(SIDES[rng.below(len(SIDES))])

    def score():
        return rng.below(2**40) / 2**40 if index % 4 == 1 else (rng.below(8) + 1) / 8

    cases = []
    for _ in range(1 if crowded else 1 + rng.below(4)):
        truths, findings = [], []
        for _ in range(rng.below(40) if crowded else rng.below(6)):
            truth = {"label": rng.below(classes), "box": [place(), place(), side(), side()]}
            if fine:
                truth["box"][2] += rng.below(64) / 64
            truth["crowd"] = rng.below(8) == 0
            truth["area"] = AREAS[rng.below(len(AREAS))] if rng.below(4) == 0 else None
            truths.append(truth)
        for _ in range(130 if crowded else rng.below(9)):
            if truths and rng.below(3) > 0:
                near = truths[rng.below(len(truths))]
                x, y, width, height = near["box"]
                step = (1 + rng.below(200)) / 64 if fine else 2.0
                box = [
                    x + (rng.below(5) - 2.0) * step,
                    y + (rng.below(5) - 2.0) * step,
                    max(width + (rng.below(3) - 1.0) * 2.0 * step, 0.0),
                    height,
                ]
                label = rng.below(classes) if rng.below(8) == 0 else near["label"]
            else:
                box, label = [place(), place(), side(), side()], rng.below(classes)
            findings.append({"label": label, "box": box, "score": score()})
        cases.append({"truths": truths, "findings": findings, "patient": rng.below(3)})
    return classes, cases


# ---- pycocotools ------------------------------------------------------------------------------------------------


def coco(cases, classes):
    """Of all classes and of each the twelve numbers of `summarize`, then ap, ap50 and ap75 without a limit."""
    pair = []
    for side in ("truths", "findings"):
        annotations = []
        for image, case in enumerate(cases, 1):
            for item in case[side]:
                box_area = item["box"][2] * item["box"][3]
                annotations.append({
                    "id": len(annotations) + 1, "image_id": image, "category_id": item["label"], "bbox": item["box"],
                    "area": box_area if item.get("area") is None else item["area"],
                    "iscrowd": int(item.get("crowd", False)), "score": item.get("score", 0.0),
                })
        made = COCO()
        made.dataset = {
            "images": [{"id": image} for image in range(1, len(cases) + 1)],
            "categories": [{"id": label} for label in range(classes)],
            "annotations": annotations,
        }
        made.createIndex()
        pair.append(made)
    values = []
    for labels in [None, *([label] for label in range(classes))]:
        evaluator = COCOeval(*pair, "bbox")
        if labels is not None:
            evaluator.params.catIds = labels
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
        twelve = [None if value == -1 else float(value) for value in evaluator.stats]
        evaluator.params.maxDets = [1, 10, 1_000_000]
        evaluator.evaluate()
        evaluator.accumulate()
        precision = evaluator.eval["precision"][:, :, :, 0, 2]
        for part in (precision, precision[:1], precision[5:6]):
            part = part[part > -1]
            twelve.append(float(part.mean()) if part.size else None)
        values.append(twelve)
    return values


# ---- Pascal VOC -------------------------------------------------------------------------------------------------


def overlap(a, b, extra):
    """IoU of two boxes [x, y, width, height]; `extra` is 1 where the upper edges are pixels of the box."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]) + extra
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]) + extra
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] + extra) * (box[3] + extra) for box in (a, b)]
    return width * height / (areas[0] + areas[1] - width * height)


def nearest_rows(cases, label, extra, admits):
    """(score, 1 or 0) of each finding that counts, from the highest score down, and the number of truths."""
    rows, truths = [], 0
    ranked = [(case, finding) for case in cases for finding in case["findings"] if finding["label"] == label]
    taken = set()
    for case, finding in sorted(ranked, key=lambda pair: -pair[1]["score"]):
        best, nearest = 0.0, None
        for index, truth in enumerate(case["truths"]):
            iou = overlap(finding["box"], truth["box"], extra)
            if truth["label"] == label and iou > best:
                best, nearest = iou, index
        if nearest is not None and admits(best):
            if case["truths"][nearest]["crowd"]:
                continue
            rows.append((finding["score"], int((id(case), nearest) not in taken)))
            taken.add((id(case), nearest))
        else:
            rows.append((finding["score"], 0))
    for case in cases:
        truths += sum(truth["label"] == label and not truth["crowd"] for truth in case["truths"])
    return rows, truths


def voc_precisions(rows, truths):
    """VOCevaldet.m of the 2007 devkit, and VOCap.m of the later ones."""
    if truths == 0:
        return None, None
    hits = np.array([hit for _, hit in rows])
    found = np.cumsum(hits)
    recall, precision = found / truths, found / np.arange(1, len(rows) + 1)
    eleven = 0.0
    for step in range(11):
        reached = precision[recall >= step * 0.1]
        eleven += (reached.max() if reached.size else 0.0) / 11
    mrec, mpre = np.concatenate([[0], recall, [1]]), np.concatenate([[0], precision, [0]])
    mpre = np.maximum.accumulate(mpre[::-1])[::-1]
    return float(eleven), float(np.sum(np.diff(mrec) * mpre[1:]))


def defined_mean(values):
    values = [value for value in values if value is not None]
    return float(np.mean(values)) if values else None


def with_mean(by_class):
    """Of each number the mean over the classes that have it, then the classes."""
    return [[defined_mean(column) for column in zip(*by_class)], *(list(row) for row in by_class)]


def voc(cases, classes, extra):
    by_class = [voc_precisions(*nearest_rows(cases, label, extra, lambda iou: iou >= 0.5)) for label in range(classes)]
    if extra == 0:
        check_with_podm(cases, classes, by_class)
    return with_mean(by_class)


def check_with_podm(cases, classes, by_class):
    """Another program's numbers, where no truth is difficult and no box is empty."""
    items = [item for case in cases for side in ("truths", "findings") for item in case[side]]
    if any(item.get("crowd") or item["box"][2] * item["box"][3] == 0 for item in items):
        return
    sides = []
    for side in ("truths", "findings"):
        sides.append([])
        for image, case in enumerate(cases):
            for item in case[side]:
                x, y, width, height = item["box"]
                edges = (x, y, x + width, y + height)
                sides[-1].append(BoundingBox.of_bbox(image, item["label"], *edges, item.get("score")))
    for place, method in enumerate(
        (MethodAveragePrecision.ElevenPointsInterpolation, MethodAveragePrecision.AllPointsInterpolation)
    ):
        for label, made in get_pascal_voc_metrics(*sides, 0.5, method).items():
            expected = by_class[label][place]
            # podm gives no number to a class without findings, and its eleven recalls are numpy.linspace's.
            if expected is not None and made.num_detection:
                assert abs(made.ap - expected) < 1e-12, (made.ap, expected)
                check_with_podm.compared += 1


check_with_podm.compared = 0


# ---- supervision ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def stable_sort(order=lambda keys: np.lexsort((np.arange(len(keys)), keys))):
    """supervision sorts by score with an unstable sort; here equal scores keep their order, or take another one."""
    original = np.argsort
    np.argsort = lambda keys, **_: order(keys)
    try:
        yield
    finally:
        np.argsort = original


def supervision(cases, classes):
    """map50_95, map50, map75 of all and of each class; in the order of the list, in the best and in the worst."""

    def edges(item):
        x, y, width, height = item["box"]
        return [x, y, x + width, y + height, item["label"]]

    truths = [np.array([edges(truth) for truth in case["truths"]]).reshape(-1, 5) for case in cases]
    findings = [
        np.array([[*edges(finding), finding["score"]] for finding in case["findings"]]).reshape(-1, 6)
        for case in cases
    ]
    present = sorted({truth["label"] for case in cases for truth in case["truths"]})

    def of_classes(by_threshold):
        made = [[0.0] * 3]
        if len(by_threshold):
            made = [[by_threshold.mean(), by_threshold[:, 0].mean(), by_threshold[:, 5].mean()]]
        rows = dict(zip(present, by_threshold))
        for label in range(classes):
            row = rows.get(label)
            made.append([None] * 3 if row is None else [row.mean(), row[0], row[5]])
        return [[None if value is None else float(value) for value in row] for row in made]

    whole = sv.MeanAveragePrecision
    with stable_sort():
        made = whole.from_tensors(findings, truths)
    listed = of_classes(made.per_class_ap50_95)
    assert np.allclose(listed[0], [made.map50_95, made.map50, made.map75])

    # The order among equal scores that is best differs from threshold to threshold.
    bounds = []
    for sign in (-1, 1):
        columns = []
        for threshold in range(10):
            original = whole._average_precisions_per_class

            def ordered(matches, confidence, prediction_labels, truth_labels):
                hits = matches[:, threshold]
                order = lambda keys: np.lexsort((np.arange(len(keys)), sign * hits, keys))
                with stable_sort(order):
                    return original(matches[:, [threshold]], confidence, prediction_labels, truth_labels)

            whole._average_precisions_per_class = staticmethod(ordered)
            stats = []

            def only_this(*concatenated):
                stats.append(ordered(*concatenated))
                return np.zeros((1, 10))

            whole._average_precisions_per_class = staticmethod(only_this)
            with stable_sort():
                whole.from_tensors(findings, truths)
            whole._average_precisions_per_class = staticmethod(original)
            if stats:
                columns.append(stats[0][:, 0])
        bounds.append(of_classes(np.array(columns).T if columns else np.zeros((0, 10))))
    return [a + b + c for a, b, c in zip(listed, *bounds)]


# ---- medicaldetectiontoolkit ------------------------------------------------------------------------------------


def medicaldetectiontoolkit(cases, classes):
    """AP of regions; AUROC and AP of patients: evaluator.py, with a stable sort and crowds left out."""
    by_class = []
    for label in range(classes):
        rows, truths = nearest_rows(cases, label, 0, lambda iou: iou > 0.1)
        ap = None
        if truths:
            hits = np.array([hit for score, hit in rows if score > 0.1], int)
            found = np.cumsum(hits)
            precision = found / np.arange(1, len(hits) + 1)
            precision = np.maximum.accumulate(precision[::-1])[::-1]
            places = np.searchsorted(found / truths, np.linspace(0, 1, 101), side="left")
            ap = float(np.mean([precision[place] if place < len(hits) else 0.0 for place in places]))
        patients = {}
        for case in cases:
            rows, truths = nearest_rows([case], label, 0, lambda iou: iou > 0.1)
            scores = [score for score, _ in rows] + [0.0] * (truths - sum(hit for _, hit in rows))
            patient = patients.setdefault(case["patient"], [False, []])
            patient[0] |= truths > 0
            patient[1] += scores
        present = [present for present, _ in patients.values()]
        scores = [max(scores, default=0.0) for _, scores in patients.values()]
        auroc = float(roc_auc_score(present, scores)) if len(set(present)) > 1 else None
        by_class.append((ap, auroc, float(average_precision_score(present, scores)) if any(present) else None))
    return with_mean(by_class)


def rounded(value):
    if isinstance(value, list):
        return [rounded(entry) for entry in value]
    return value if value is None else float(f"{value:.12g}")


def main():
    lines = []
    for index in range(SETS):
        classes, cases = draw_set(index)
        with contextlib.redirect_stdout(io.StringIO()):
            expected = {
                "coco": coco(cases, classes),
                "voc": voc(cases, classes, 1),
                "voc_edges": voc(cases, classes, 0),
                "mdt": medicaldetectiontoolkit(cases, classes),
            }
            # On the coarse grid many overlaps are equal, and supervision's order among them is that of an unstable sort.
            if index % 2 == 1:
                expected["supervision"] = supervision(cases, classes)
        if classes == 1:
            expected = {name: values[:1] for name, values in expected.items()}
        lines.append(json.dumps(rounded_all(expected), separators=(",", ":")).replace(".0,", ",").replace(".0]", "]"))
    text = "[\n" + ",\n".join(lines) + "\n]\n"
    path = Path(__file__).with_name("goldens.json")
    path.write_text(text)
    print(f"{path.name}: {SETS} sets, {len(text):,} bytes; {check_with_podm.compared} numbers agree with podm")


def rounded_all(expected):
    return {name: rounded(values) for name, values in expected.items()}


if __name__ == "__main__":
    main()
