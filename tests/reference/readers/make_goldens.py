"""Random cases with several readers, and what other implementations say of them. See README.md.

The cases are drawn from SplitMix64 here and in the test, so that only the expected values are stored.
"""

import itertools
import json
import math
import warnings
from fractions import Fraction
from pathlib import Path

import krippendorff
import numpy as np
import SimpleITK as sitk
from scipy.stats import beta
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

warnings.simplefilter("ignore")

RANKED, LABELLED, AREAS, STAPLES = 1400, 1100, 250, 80
WIDTH, HEIGHT = 10, 8
SCORE, IOU = 0.5, 0.3


class SplitMix:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    def below(self, bound):
        return (self.next() >> 33) % bound


def mean(values):
    """The mean of what is defined, or nothing."""
    values = [value for value in values if value is not None]
    return sum(values) / len(values) if values else None


def minus(a, b):
    return None if a is None or b is None else a - b


def stored(value):
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), 12)


# ---- Ordered lists ----------------------------------------------------------------------------------------------


def draw_groups(rng, classes):
    order = list(range(classes))
    for i in range(classes - 1, 0, -1):
        j = rng.below(i + 1)
        order[i], order[j] = order[j], order[i]
    groups = []
    for index, c in enumerate(order[: rng.below(classes + 1)]):
        if index == 0 or rng.below(3) > 0:
            groups.append([c])
        else:
            groups[-1].append(c)
    return groups


def draw_ranked(rng):
    classes = 2 + rng.below(6)
    readers = [draw_groups(rng, classes) for _ in range(rng.below(5))]
    kind = rng.below(5)
    prediction = None
    if kind in (0, 1):
        prediction = ("ranking", draw_groups(rng, classes))
    elif kind in (2, 3):
        prediction = ("scores", [rng.below(5) / 4 for _ in range(classes)])
    risks = [rng.below(3) for _ in range(classes)]
    return classes, readers, prediction, risks


def irn(readers, classes):
    shares = [Fraction(0)] * classes
    for groups in readers:
        for place, group in enumerate(groups):
            for c in group:
                shares[c] += Fraction(1, 1 + place)
    total = sum(shares)
    return [share / total for share in shares] if total else None


def padded(groups, classes):
    """Ranking of all classes and the group of each place, -1 for what is not listed."""
    ranking = [c for group in groups for c in group]
    places = [place for place, group in enumerate(groups) for _ in group]
    rest = [c for c in range(classes) if c not in ranking]
    return ranking + rest, places + [-1] * len(rest)


def partial_matrix(groups, classes):
    ranking, places = padded(groups, classes)
    matrix = np.zeros((classes, classes))
    for row, place in enumerate(places):
        tied = [c for c, other in zip(ranking, places) if other == place]
        matrix[row, tied] = 1 / len(tied)
    return matrix


def overlap_of_matrices(a, b, length):
    """trace[K T A (T B)^t] / L, as the paper has it."""
    n = len(a)
    if length == 0:
        return 0.0
    k = np.diag([(1.0 if i < length else 0.0) / (i + 1) for i in range(n)])
    t = np.tril(np.ones((n, n)))
    return float(np.trace(k @ t @ a @ (t @ b).T)) / length


def partial_average_overlap(a, b, classes, length, normalized=True):
    if not a or not b:
        return 0.0
    a, b = partial_matrix(a, classes), partial_matrix(b, classes)
    overlap = overlap_of_matrices(a, b, length)
    if not normalized or overlap <= 0:
        return overlap
    return overlap / math.sqrt(overlap_of_matrices(a, a, length) * overlap_of_matrices(b, b, length))


def average_overlap(a, b, length):
    return sum(len(set(a[:k]) & set(b[:k])) / k for k in range(1, length + 1)) / length if length else 0.0


def ranked_values(classes, readers, prediction, risks):
    lists = [groups for groups in readers if groups]
    shares = irn(lists, classes)
    groups = order = None
    if prediction is not None:
        kind, content = prediction
        if kind == "scores":
            groups = [[c] for c in sorted(range(classes), key=lambda c: (-content[c], c))]
        else:
            groups = content
        order = [c for group in groups for c in sorted(group)]
    values = []
    if shares is None or order is None:
        values += [None] * 7
    else:
        label = max(range(classes), key=lambda c: (shares[c], -c))
        values += [float(label in order[:k]) for k in (1, 3, 5)]
        values += [float(sum(shares[c] for c in order[:k])) for k in (1, 3, 5)]
        values.append(float(bool(order) and risks[order[0]] == risks[label]))
    flat = lambda groups: [c for group in groups for c in group]
    length = lambda groups: len(flat(groups))
    partial = lambda a, b: partial_average_overlap(a, b, classes, length(b))
    whole = model = None
    if order is not None:
        whole = mean(average_overlap(order, flat(r), length(r)) for r in lists)
        model = mean(partial(groups, r) for r in lists)
    between = mean(partial(a, b) for a, b in itertools.permutations(lists, 2))
    covered = []
    if len(lists) > 1:
        for index, r in enumerate(lists):
            others = irn(lists[:index] + lists[index + 1 :], classes)
            covered.append(float(any(others[c] == max(others) for c in flat(r))))
    values += [whole, model, between, minus(model, between), mean(covered)]
    return [stored(value) for value in values]


# ---- Classes ----------------------------------------------------------------------------------------------------


def draw_labelled(rng):
    classes, readers, everybody = 2 + rng.below(3), 2 + rng.below(3), rng.below(2) == 0
    only_one = rng.below(8) == 0
    cases = []
    for _ in range(1 + rng.below(7)):
        truth, given = rng.below(classes), []
        for _ in range(readers):
            there, wrong, other = rng.below(4) > 0, rng.below(3) == 0, rng.below(classes)
            label = 0 if only_one else other if wrong else truth
            given.append(label if there or everybody else None)
        model = rng.below(classes + 1)
        cases.append((given, None if model == classes else model))
    return classes, everybody, cases


def most(labels):
    counts = {c: labels.count(c) for c in labels}
    best = [c for c in counts if counts[c] == max(counts.values())]
    return best[0] if len(best) == 1 else None


def labelled_values(classes, everybody, cases):
    rated = [[c for c in given if c is not None] for given, _ in cases]
    pairs = [r for r in rated if len(r) > 1]
    agreement = mean(
        sum(a == b for a, b in itertools.permutations(r, 2)) / (len(r) * (len(r) - 1)) for r in pairs
    )
    kappas = [None, None]
    if everybody:
        table, _ = aggregate_raters(np.array([given for given, _ in cases]), n_cat=classes)
        kappas = [fleiss_kappa(table, method) for method in ("fleiss", "randolph")]
    elif pairs:
        every = [c for r in pairs for c in r]
        for index, chance in enumerate([sum((every.count(c) / len(every)) ** 2 for c in range(classes)), 1 / classes]):
            kappas[index] = (agreement - chance) / (1 - chance) if chance < 1 else None
    counts = np.array([[r.count(c) for c in range(classes)] for r in rated])
    alphas = []
    for level in ("nominal", "ordinal", "interval"):
        try:
            domain = list(range(1, classes + 1))
            alphas.append(krippendorff.alpha(value_counts=counts, value_domain=domain, level_of_measurement=level))
        except ValueError:
            alphas.append(None)
    by_case = []
    for r, (_, model) in zip(rated, cases):
        left_out = []
        for index, c in enumerate(r):
            truth = most(r[:index] + r[index + 1 :]) if len(r) > 1 else None
            if truth is not None:
                left_out.append((float(c == truth), None if model is None else float(model == truth)))
        truth = most(r) if r else None
        by_case.append(
            [
                None if model is None else mean(float(c == model) for c in r),
                None if model is None or truth is None else float(model == truth),
                mean(reader for reader, _ in left_out),
                mean(of_model for _, of_model in left_out),
                mean(minus(of_model, reader) for reader, of_model in left_out),
            ]
        )
    values = [agreement, *kappas, *alphas] + [mean(column) for column in zip(*by_case)]
    return [stored(value) for value in values]


# ---- Regions ----------------------------------------------------------------------------------------------------


def draw_rectangle(rng):
    x, y = rng.below(WIDTH), rng.below(HEIGHT)
    return x, y, 1 + rng.below(WIDTH - x), 1 + rng.below(HEIGHT - y)


def jittered(rng, rectangle):
    x, y, w, h = rectangle
    x = min(max(x + rng.below(3) - 1, 0), WIDTH - 1)
    y = min(max(y + rng.below(3) - 1, 0), HEIGHT - 1)
    w = min(max(w + rng.below(3) - 1, 1), WIDTH - x)
    h = min(max(h + rng.below(3) - 1, 1), HEIGHT - y)
    return x, y, w, h


def draw_side(rng, base):
    side = []
    for rectangle, label in base:
        if rng.below(4) > 0:
            side.append((jittered(rng, rectangle), label, (1 + rng.below(8)) / 8))
    if rng.below(4) == 0:
        side.append((draw_rectangle(rng), rng.below(2), (1 + rng.below(8)) / 8))
    return side


def draw_areas(rng):
    base = [(draw_rectangle(rng), rng.below(2)) for _ in range(rng.below(4))]
    readers = [draw_side(rng, base) for _ in range(rng.below(6))]
    model = draw_side(rng, base) if rng.below(6) > 0 else None
    return readers, model


def bitmap(side, classes):
    mask = np.zeros((HEIGHT, WIDTH), bool)
    for (x, y, w, h), label, _ in side:
        if label in classes:
            mask[y : y + h, x : x + w] = True
    return mask


def staple(masks):
    """Probabilities, sensitivities, specificities of SimpleITK; where it divides by 0, what all say."""
    share = np.mean(masks, axis=0)
    if share.mean() in (0.0, 1.0):
        return share, [1.0] * len(masks), [1.0] * len(masks)
    image_filter = sitk.STAPLEImageFilter()
    image_filter.SetForegroundValue(1)
    image = image_filter.Execute([sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in masks])
    return sitk.GetArrayFromImage(image), image_filter.GetSensitivity(), image_filter.GetSpecificity()


def majority(masks):
    return np.sum(masks, axis=0) * 2 > len(masks)


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum()) if (a | b).any() else 1.0


def iou(a, b):
    return (a & b).sum() / (a | b).sum() if (a | b).any() else 1.0


def placed(readers, model, consensus, measure):
    """The seven statistics of one case; see place.rs."""
    if not readers:
        return [None] * 7
    between = mean(measure(a, b) for a, b in itertools.combinations(readers, 2))
    others = []
    if len(readers) > 1:
        others = [consensus(readers[:r] + readers[r + 1 :]) for r in range(len(readers))]
    of_readers = [measure(reader, other) for reader, other in zip(readers, others)]
    if model is None:
        return [None, None, between, mean(of_readers), None, None, None]
    of_model = [measure(model, other) for other in others]
    both = [(r, m) for r, m in zip(of_readers, of_model) if r is not None and m is not None]
    return [
        mean(measure(model, reader) for reader in readers),
        measure(model, consensus(readers)),
        between,
        mean(of_readers),
        mean(of_model),
        mean(m - r for r, m in both),
        mean(0.5 if abs(m - r) < 1e-12 else float(m > r) for r, m in both),
    ]


def box_iou(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def pairs_of(a, b):
    """IoUs of the pairs of two sides' boxes: the best free pair first."""
    free = {(i, j) for i in range(len(a)) for j in range(len(b)) if a[i][1] == b[j][1]}
    found = []
    while True:
        best = max(free, key=lambda pair: (box_iou(a[pair[0]][0], b[pair[1]][0]), -pair[0], -pair[1]), default=None)
        if best is None or box_iou(a[best[0]][0], b[best[1]][0]) < IOU:
            return found
        found.append(box_iou(a[best[0]][0], b[best[1]][0]))
        free = {pair for pair in free if pair[0] != best[0] and pair[1] != best[1]}


def box_consensus(readers):
    consensus = []
    for label in (0, 1):
        marked = [(r, box) for r, side in enumerate(readers) for box, of, _ in side if of == label]
        groups = [{index} for index in range(len(marked))]
        links = [
            (-box_iou(marked[i][1], marked[j][1]), i, j) for i, j in itertools.combinations(range(len(marked)), 2)
        ]
        for _, i, j in sorted(links):
            one = next(group for group in groups if i in group)
            other = next(group for group in groups if j in group)
            fits = all(
                marked[x][0] != marked[y][0] and box_iou(marked[x][1], marked[y][1]) >= IOU for x in one for y in other
            )
            if one is not other and fits:
                groups.remove(other)
                one |= other
        for group in groups:
            if 2 * len(group) > len(readers):
                edges = [(x, y, x + w, y + h) for x, y, w, h in (marked[index][1] for index in group)]
                x0, y0, x1, y1 = (sum(column) / len(group) for column in zip(*edges))
                consensus.append(((x0, y0, x1 - x0, y1 - y0), label, 1.0))
    return consensus


def f1(a, b):
    return 2 * len(pairs_of(a, b)) / (len(a) + len(b)) if a or b else 1.0


def mean_pair_iou(a, b):
    return mean(pairs_of(a, b))


def areas_values(readers, model):
    model = None if model is None else [region for region in model if region[2] >= SCORE]
    masks, boxes = [], []
    for classes in ((0, 1), (0,)):
        of_readers = [bitmap(side, classes) for side in readers]
        of_model = None if model is None else bitmap(model, classes)
        for measure in (dice, iou):
            masks += placed(of_readers, of_model, majority, measure)
        for measure in (dice, iou):
            values = placed(of_readers, of_model, lambda masks: staple(masks)[0] >= 0.5, measure)
            masks += [values[place] for place in (1, 3, 4, 5, 6)]
        only = lambda side: [region for region in side if region[1] in classes]
        of_readers, of_model = [only(side) for side in readers], None if model is None else only(model)
        for measure in (f1, mean_pair_iou):
            boxes += placed(of_readers, of_model, box_consensus, measure)
    return [stored(value) for value in masks], [stored(value) for value in boxes]


def staple_values(rng):
    truth = [rng.below(3) == 0 for _ in range(30)]
    readers = [[t ^ (rng.below(6) == 0) for t in truth] for _ in range(1 + rng.below(6))]
    masks = [np.array(reader).reshape(5, 6) for reader in readers]
    probabilities, sensitivities, specificities = staple(masks)
    return [stored(value) for value in [*np.ravel(probabilities), *sensitivities, *specificities]]


# ---- Distributions ----------------------------------------------------------------------------------------------


def list_probability(theta, groups):
    """The Plackett-Luce probability of one list, over all orders within its groups."""
    total, left = 1.0, theta.sum(axis=-1)
    for group in groups:
        orders = 0.0
        for order in itertools.permutations(group):
            product, rest = 1.0, left
            for c in order:
                product = product * theta[..., c] / rest
                rest = np.maximum(rest - theta[..., c], 1e-300)
            orders = orders + product
        total = total * orders
        left = left - sum(theta[..., c] for c in group)
        left = np.maximum(left, 1e-300)
    return total


def posterior(readers, shapes, repetitions, steps=900):
    """Means, and probabilities to be the largest, of three shares, by a sum over the simplex."""
    i, j = np.meshgrid(np.arange(steps), np.arange(steps), indexing="ij")
    # Middles of both kinds of triangles of the grid.
    parts = []
    for offset, limit in ((1 / 3, steps - 1), (2 / 3, steps - 2)):
        keep = i + j <= limit
        a, b = (i[keep] + offset) / steps, (j[keep] + offset) / steps
        parts.append(np.stack([a, b, 1 - a - b], axis=-1))
    theta = np.concatenate(parts)
    weight = np.prod(theta ** (np.array(shapes) - 1.0), axis=-1)
    for groups in readers:
        weight = weight * list_probability(theta, groups) ** repetitions
    weight /= weight.sum()
    largest = np.argmax(theta, axis=-1)
    return [float(weight @ theta[:, c]) for c in range(3)], [float(weight[largest == c].sum()) for c in range(3)]


def posteriors():
    cases = [
        ("together", 3, [[[0], [1, 2]], [[1], [0], [2]]], 1, [1, 1, 1]),
        ("together", 3, [[[0], [1]], [[0, 1]], [[2], [0]]], 3, [1, 1, 1]),
        ("each", 3, [[[0, 1, 2]], [[2]], [[0, 2]]], 2, [1, 1, 1]),
        # The third share is that of two classes that nobody lists.
        ("together", 4, [[[0]], [[0], [1]], [[1, 0]]], 2, [1, 1, 1]),
        ("each", 4, [[[0]], [[0], [1]], [[1, 0]]], 2, [1, 1, 2]),
    ]
    found = []
    for unranked, classes, readers, repetitions, shapes in cases:
        means, largest = posterior(readers, shapes, repetitions)
        found.append(
            {
                "unranked": unranked,
                "classes": classes,
                "readers": readers,
                "repetitions": repetitions,
                "means": [round(value, 6) for value in means],
                "largest": [round(value, 6) for value in largest] if classes == 3 else None,
            }
        )
    return found


def dirichlets():
    """Two classes: the probability that the first is the likelier under probabilistic IRN."""
    found = []
    for readers, temperature in itertools.product(([[[0], [1]]], [[[0], [1]], [[1]]]), (1, 10, 50)):
        first, second = (float(share) * temperature + 0.01 for share in irn(readers, 2))
        found.append([readers, temperature, round(float(beta.sf(0.5, first, second)), 9)])
    return found


def main():
    rng = SplitMix(1)
    ranked = [ranked_values(*draw_ranked(rng)) for _ in range(RANKED)]
    rng = SplitMix(2)
    labelled = [labelled_values(*draw_labelled(rng)) for _ in range(LABELLED)]
    rng = SplitMix(3)
    areas = [areas_values(*draw_areas(rng)) for _ in range(AREAS)]
    rng = SplitMix(4)
    staples = [staple_values(rng) for _ in range(STAPLES)]
    goldens = {
        "ranked": ranked,
        "labelled": labelled,
        "masks": [masks for masks, _ in areas],
        "boxes": [boxes for _, boxes in areas],
        "staples": staples,
        "posteriors": posteriors(),
        "dirichlets": dirichlets(),
    }
    path = Path(__file__).parent / "goldens.json"
    path.write_text(json.dumps(goldens, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
