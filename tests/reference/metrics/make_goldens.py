"""Random sets of cases, and what pycocotools and plain numpy say of them. See README.md."""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

SCORE_THRESHOLD = 0.5
PAIRING_THRESHOLDS = (0.5, 0.75)
UNLIMITED = 1_000_000


# ---- Random cases -----------------------------------------------------------------------------------------------


def run_lengths(mask):
    """COCO's uncompressed run lengths of a boolean image, down the columns, beginning with zeros."""
    flat = mask.flatten(order="F")
    changes = np.flatnonzero(np.diff(np.concatenate([[False], flat]))) if flat.size else []
    ends = np.concatenate([changes, [flat.size]])
    return [int(run) for run in np.diff(np.concatenate([[0], ends]))]


def ellipse(width, height, center_x, center_y, radius_x, radius_y):
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    return ((x - center_x) / radius_x) ** 2 + ((y - center_y) / radius_y) ** 2 <= 1.0


def bounds(mask):
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    x, y = int(columns[0]), int(rows[0])
    return [x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y]


def region(label, box, mask=None, **more):
    made = {"label": label, "box": [float(number) for number in box], **more}
    if mask is not None:
        made["counts"] = run_lengths(mask)
    return made


def box_case(rng, labels, truths, findings, grid, step, crowd_share, score_digits):
    """Boxes on a grid of `grid` x `grid` steps; findings are truths moved a little, or anywhere."""
    size = int(grid * step)

    def anywhere():
        x, y = rng.integers(0, grid - 1, 2)
        return np.array([x, y, rng.integers(1, grid - x + 1), rng.integers(1, grid - y + 1)], dtype=float)

    def near(box):
        moved = box + rng.integers(-1, 2, 4)
        return np.array([max(moved[0], 0), max(moved[1], 0), max(moved[2], 1), max(moved[3], 1)])

    made_truths = []
    for _ in range(truths):
        label = str(rng.choice(labels))
        made_truths.append((label, anywhere(), bool(rng.random() < crowd_share)))
    made_findings = []
    for _ in range(findings):
        if made_truths and rng.random() < 0.7:
            label, box, _ = made_truths[rng.integers(len(made_truths))]
            label, box = (label if rng.random() < 0.9 else str(rng.choice(labels))), near(box)
        else:
            label, box = str(rng.choice(labels)), anywhere()
        made_findings.append((label, box, round(float(rng.random()), score_digits)))
    return {
        "width": size + 2,
        "height": size + 2,
        "truths": [region(label, box * step, crowd=crowd) for label, box, crowd in made_truths],
        "findings": [region(label, box * step, score=score) for label, box, score in made_findings],
    }


def mask_case(rng, labels, truths, findings, width, height, crowd_share, score_digits):
    """Ellipses that may overlap; findings are truths moved a little, or anywhere."""

    def anywhere():
        return np.array([rng.uniform(2, width - 2), rng.uniform(2, height - 2), *rng.uniform(1.5, 7.0, 2)])

    made_truths, made_findings, shapes = [], [], []
    for _ in range(truths):
        label, shape, crowd = str(rng.choice(labels)), anywhere(), bool(rng.random() < crowd_share)
        mask = ellipse(width, height, *shape)
        made_truths.append(region(label, bounds(mask), mask, crowd=crowd))
        shapes.append((label, shape))
    for _ in range(findings):
        label, shape = str(rng.choice(labels)), anywhere()
        if shapes and rng.random() < 0.7:
            label, shape = shapes[rng.integers(len(shapes))]
            shape = shape + rng.normal(0.0, 0.5, 4)
            shape[2:] = np.maximum(shape[2:], 1.2)
            if rng.random() < 0.1:
                label = str(rng.choice(labels))
        mask = ellipse(width, height, *shape)
        if mask.any():
            score = round(float(rng.random()), score_digits)
            made_findings.append(region(label, bounds(mask), mask, score=score))
    return {"width": width, "height": height, "truths": made_truths, "findings": made_findings}


def segment_case(rng, labels, objects, width, height):
    """Segments that do not overlap, as panoptic quality asks: a label map of truth, and one of findings."""
    truth_map, finding_map = np.zeros((height, width), int), np.zeros((height, width), int)
    truth_labels, finding_labels = [], []
    for _ in range(objects):
        shape = [rng.uniform(2, width - 2), rng.uniform(2, height - 2), *rng.uniform(2.0, 6.0, 2)]
        label = str(rng.choice(labels))
        if rng.random() < 0.85:
            truth_labels.append(label)
            truth_map[ellipse(width, height, *shape) & (truth_map == 0)] = len(truth_labels)
        if rng.random() < 0.85:
            moved = np.array(shape) + rng.normal(0.0, 0.4, 4)
            finding_labels.append(label if rng.random() < 0.9 else str(rng.choice(labels)))
            finding_map[ellipse(width, height, *moved) & (finding_map == 0)] = len(finding_labels)
    crowds = [label for label in labels if rng.random() < 0.3]
    truths, findings, free = [], [], truth_map == 0
    for number, label in enumerate(truth_labels, 1):
        if (truth_map == number).any():
            truths.append(region(label, bounds(truth_map == number), truth_map == number, crowd=False))
    for label in crowds:
        mask = ellipse(width, height, rng.uniform(5, width - 5), rng.uniform(5, height - 5), 8.0, 6.0) & free
        free &= ~mask
        if mask.any():
            truths.append(region(label, bounds(mask), mask, crowd=True))
    for number, label in enumerate(finding_labels, 1):
        if (finding_map == number).any():
            score = round(float(rng.random()), 2)
            mask = finding_map == number
            findings.append(region(label, bounds(mask), mask, score=min(1.0, score + 0.3)))
    return {"width": width, "height": height, "truths": truths, "findings": findings}


# ---- pycocotools ------------------------------------------------------------------------------------------------


def coco_pair(cases, labels, lowest_score=None):
    """The set as pycocotools' two objects; annotation ids are (case, index) counted up from 1."""
    categories = [{"id": number, "name": label} for number, label in enumerate(labels, 1)]
    images = [
        {"id": number, "width": case["width"], "height": case["height"]} for number, case in enumerate(cases, 1)
    ]

    def annotations(side):
        made, number = [], 0
        for image, case in enumerate(cases, 1):
            for index, item in enumerate(case[side]):
                number += 1
                if lowest_score is not None and item.get("score", 1.0) < lowest_score:
                    continue
                annotation = {
                    "id": number,
                    "index": index,
                    "image_id": image,
                    "category_id": labels.index(item["label"]) + 1,
                    "bbox": item["box"],
                    "area": item["box"][2] * item["box"][3],
                    "iscrowd": int(item.get("crowd", False)),
                }
                if "score" in item:
                    annotation["score"] = item["score"]
                if "counts" in item:
                    annotation["segmentation"] = {"size": [case["height"], case["width"]], "counts": item["counts"]}
                made.append(annotation)
        return made

    pair = []
    for side in ("truths", "findings"):
        coco = COCO()
        coco.dataset = {"images": images, "categories": categories, "annotations": annotations(side)}
        coco.createIndex()
        pair.append(coco)
    return pair


def coco_eval(cases, labels, iou_type, limit, lowest_score=None):
    truth, findings = coco_pair(cases, labels, lowest_score)
    evaluator = COCOeval(truth, findings, iou_type)
    evaluator.params.maxDets = [limit]
    evaluator.params.areaRng = evaluator.params.areaRng[:1]
    evaluator.params.areaRngLbl = evaluator.params.areaRngLbl[:1]
    evaluator.evaluate()
    evaluator.accumulate()
    return evaluator


def defined_mean(precision):
    """The mean as `COCOeval.summarize` takes it: -1 is no value."""
    precision = precision[precision > -1]
    return None if precision.size == 0 else float(precision.mean())


def average_precisions(cases, labels, iou_type):
    values = []
    for suffix, limit in (("", 100), ("_unlimited", UNLIMITED)):
        precision = coco_eval(cases, labels, iou_type, limit).eval["precision"][:, :, :, 0, 0]
        for name, thresholds in (("ap", slice(None)), ("ap50", slice(0, 1)), ("ap75", slice(5, 6))):
            values.append([name + suffix, None, defined_mean(precision[thresholds])])
            for place, label in enumerate(labels):
                values.append([name + suffix, label, defined_mean(precision[thresholds, :, place])])
    return values


def pairings(cases, labels, iou_type, threshold, lowest_score=None):
    """Of each case: for each finding the index of its truth or None, and whether it is ignored."""
    evaluator = coco_eval(cases, labels, iou_type, UNLIMITED, lowest_score)
    place = int(np.flatnonzero(np.isclose(evaluator.params.iouThrs, threshold))[0])
    made = [{"truth": [None] * len(case["findings"]), "ignored": []} for case in cases]
    counts = [0, 0, 0]
    for result in evaluator.evalImgs:
        if result is None:
            continue
        case = made[result["image_id"] - 1]
        for finding, truth, ignored in zip(result["dtIds"], result["dtMatches"][place], result["dtIgnore"][place]):
            index = evaluator.cocoDt.anns[finding]["index"]
            if truth > 0:
                case["truth"][index] = evaluator.cocoGt.anns[int(truth)]["index"]
            if ignored:
                case["ignored"].append(index)
            else:
                counts[0 if truth > 0 else 1] += 1
        counted = np.logical_not(result["gtIgnore"])
        counts[2] += int(np.count_nonzero(counted & (result["gtMatches"][place] == 0)))
    return made, counts


# ---- numpy ------------------------------------------------------------------------------------------------------


def pixels(item, case):
    values = np.repeat(np.arange(len(item["counts"])) % 2, item["counts"])
    return values.reshape((case["height"], case["width"]), order="F").astype(bool)


def foreground(cases, label):
    """Mean Dice and mean IoU of unions of masks; crowd pixels that no other truth covers count nowhere."""
    dices, ious = [], []
    for case in cases:
        truth, crowd, found = (np.zeros((case["height"], case["width"]), bool) for _ in range(3))
        for item in case["truths"]:
            if label in (None, item["label"]):
                (crowd if item["crowd"] else truth)[pixels(item, case)] = True
        for item in case["findings"]:
            if label in (None, item["label"]) and item["score"] >= SCORE_THRESHOLD:
                found[pixels(item, case)] = True
        found &= truth | ~crowd
        if truth.any() or found.any():
            both = np.count_nonzero(truth & found)
            dices.append(2 * both / (np.count_nonzero(truth) + np.count_nonzero(found)))
            ious.append(both / np.count_nonzero(truth | found))
    return [["dice", label, float(np.mean(dices)) if dices else None],
            ["foreground_iou", label, float(np.mean(ious)) if ious else None]]


def panoptic(cases, labels):
    """Section 4 of Kirillov et al. 2019, with its rule for group labels."""
    names = ("panoptic_quality", "segmentation_quality", "recognition_quality")
    values, by_class = [], []
    for label in labels:
        iou_sum, tp, fp, fn = 0.0, 0, 0, 0
        for case in cases:
            truths = [pixels(item, case) for item in case["truths"] if item["label"] == label and not item["crowd"]]
            groups = [pixels(item, case) for item in case["truths"] if item["label"] == label and item["crowd"]]
            findings = [
                pixels(item, case)
                for item in case["findings"]
                if item["label"] == label and item["score"] >= SCORE_THRESHOLD
            ]
            matched_truths, matched_findings = set(), set()
            for p, finding in enumerate(findings):
                for g, truth in enumerate(truths):
                    iou = np.count_nonzero(finding & truth) / np.count_nonzero(finding | truth)
                    if iou > 0.5:
                        assert p not in matched_findings and g not in matched_truths, "the match is unique"
                        matched_findings.add(p)
                        matched_truths.add(g)
                        iou_sum += iou
                        tp += 1
            fn += len(truths) - len(matched_truths)
            for p, finding in enumerate(findings):
                in_group = any(np.count_nonzero(finding & group) / np.count_nonzero(finding) > 0.5 for group in groups)
                if p not in matched_findings and not in_group:
                    fp += 1
        qualities = (
            iou_sum / (tp + fp / 2 + fn / 2) if tp + fp + fn else None,
            iou_sum / tp if tp else None,
            tp / (tp + fp / 2 + fn / 2) if tp + fp + fn else None,
        )
        by_class.append(qualities)
        values.extend([name, label, quality] for name, quality in zip(names, qualities))
    for place, name in enumerate(names):
        defined = [qualities[place] for qualities in by_class if qualities[place] is not None]
        values.append([name, None, float(np.mean(defined)) if defined else None])
    return values


# ---- Sets -------------------------------------------------------------------------------------------------------


def expectation(cases, labels, kind, segments):
    iou_type = {"box": "bbox", "mask": "segm"}[kind]
    values = average_precisions(cases, labels, iou_type)
    if kind == "mask":
        for label in [None, *labels]:
            values.extend(foreground(cases, label))
    if segments:
        values.extend(panoptic(cases, labels))
    at = []
    for threshold in PAIRING_THRESHOLDS:
        pairs, _ = pairings(cases, labels, iou_type, threshold)
        _, counts = pairings(cases, labels, iou_type, threshold, SCORE_THRESHOLD)
        at.append({"iou_threshold": threshold, "pairs": pairs, "counts": counts})
    return {"region": kind, "values": values, "at": at}


def random_sets(rng):
    classes = ["disk", "rod", "star"]
    empty = {"width": 20, "height": 20, "truths": [], "findings": []}

    for number in range(24):
        # Coarse boxes and one-digit scores: many pairs of equal IoU, on the thresholds, with equal scores.
        labels = classes[: 1 + number % 3]
        cases = [
            box_case(rng, labels, rng.integers(0, 7), rng.integers(0, 10), 6, 2.0, 0.15, 1)
            for _ in range(rng.integers(1, 5))
        ]
        yield f"coarse boxes {number}", cases, ["box"], False
    yield "fine boxes", [box_case(rng, classes, 12, 18, 60, 0.25, 0.1, 3) for _ in range(6)], ["box"], False
    # More than 100 findings of a class in a case.
    yield "crowded", [box_case(rng, ["disk"], 130, 170, 80, 0.5, 0.03, 2), empty,
                      box_case(rng, ["disk", "rod"], 90, 240, 80, 0.5, 0.0, 3)], ["box"], False

    for number in range(8):
        labels = classes[: 1 + number % 3]
        cases = [mask_case(rng, labels, rng.integers(0, 6), rng.integers(0, 8), 28, 23, 0.15, 1) for _ in range(3)]
        yield f"masks {number}", cases, ["box", "mask"], False
    for number in range(6):
        cases = [segment_case(rng, classes, rng.integers(0, 9), 36, 30) for _ in range(3)]
        yield f"segments {number}", cases, ["mask"], True

    lone = region("star", [1, 1, 5, 5], crowd=False)
    false_star = region("rod", [2, 2, 6, 6], score=0.9)
    hit = region("star", [1, 1, 5, 5], score=0.7)
    crowd = region("star", [0, 0, 18, 18], crowd=True)
    yield "no truth at all", [{**empty, "findings": [hit]}, empty], ["box"], False
    yield "no finding at all", [{**empty, "truths": [lone]}, empty], ["box"], False
    yield "a class with false positives only", [{**empty, "truths": [lone], "findings": [hit, false_star]}], ["box"], False
    yield "a crowd alone", [{**empty, "truths": [crowd], "findings": [hit, hit]}], ["box"], False
    # The first finding overlaps two truths equally and takes the last, which leaves the second without.
    between, second = region("star", [3, 0, 8, 8], score=0.9), region("star", [6, 0, 8, 8], score=0.8)
    twins = [region("star", [x, 0, 8, 8], crowd=False) for x in (1, 5)]
    yield "truths of equal overlap", [{**empty, "truths": twins, "findings": [between, second]}], ["box"], False
    yield "a truth before its crowd", [{**empty, "truths": [crowd, lone], "findings": [hit, hit]}], ["box"], False


def main():
    rng = np.random.default_rng(20261)
    lines = []
    for name, cases, kinds, segments in random_sets(rng):
        labels = sorted({item["label"] for case in cases for side in ("truths", "findings") for item in case[side]})
        with contextlib.redirect_stdout(io.StringIO()):
            expected = [expectation(cases, labels, kind, segments) for kind in kinds]
        made = {"name": name, "labels": labels, "cases": cases, "expected": expected}
        lines.append(json.dumps(made, separators=(",", ":")).replace(".0,", ",").replace(".0]", "]"))
    head = json.dumps({"score_threshold": SCORE_THRESHOLD})[1:-1]
    text = "{" + head + ', "sets": [\n' + ",\n".join(lines) + "\n]}\n"
    path = Path(__file__).with_name("goldens.json")
    path.write_text(text)
    print(f"{path.name}: {len(lines)} sets, {len(text):,} bytes")


if __name__ == "__main__":
    main()
