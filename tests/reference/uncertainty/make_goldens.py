"""Random cases with the intervals and p-values that scipy and statsmodels give for them.

The resamples are those of `crates/metrics`: ChaCha8 is written out here from its definition (Bernstein 2008), and
scipy draws its indices from it, so that both look at the same resamples and must agree to the last digits.
"""

import json
import warnings
from pathlib import Path

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

QUARTERS = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)]
DIAGONALS = [(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]


def rotated(x, by):
    return (x << np.uint32(by)) | (x >> np.uint32(32 - by))


def block(seed, purpose, streams, counter):
    """One block of 16 words for every stream: an array of 16 x streams."""
    state = np.zeros((16, len(streams)), np.uint32)
    state[:4] = np.array([[0x61707865], [0x3320646E], [0x79622D32], [0x6B206574]], np.uint32)
    state[4], state[5], state[12], state[14] = seed, purpose, counter, streams
    x = state.copy()
    for _ in range(4):
        for a, b, c, d in QUARTERS + DIAGONALS:
            for p, q, r, by in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)]:
                x[p] += x[q]
                x[r] = rotated(x[r] ^ x[p], by)
    return x + state


def words(seed, purpose, streams, count):
    blocks = [block(seed, purpose, np.arange(streams), counter) for counter in range(-(-count // 16))]
    return np.concatenate(blocks).T


def draws(seed, resamples, clusters):
    """Indices of the clusters drawn, one row a resample."""
    excess = (2**32 - clusters) % clusters
    rows = words(seed, 0, resamples, clusters + 32)
    out = np.zeros((resamples, clusters), np.int64)
    for row, of_row in zip(rows, out):
        products = (int(word) * clusters for word in row)
        taken = (product >> 32 for product in products if product % 2**32 >= excess)
        of_row[:] = [next(taken) for _ in range(clusters)]
    return out


class Drawn(np.random.Generator):
    """A generator whose integers are the given indices."""

    def __init__(self, indices):
        super().__init__(np.random.PCG64(0))
        self.indices = indices

    def integers(self, low, high=None, size=None, **_):
        assert size == self.indices.shape and low == 0
        return self.indices


def clusters_of(patients):
    """Members of each cluster, in the order of their first cases; -1 stands alone."""
    members, places = [], {}
    for case, patient in enumerate(patients):
        if patient >= 0 and patient in places:
            members[places[patient]].append(case)
        else:
            places[patient] = len(members)
            members.append([case])
    return members


def sums(values, members):
    return np.array([sum(values[case] for case in cluster) for cluster in members], float)


def mean_of(values, members):
    total, count = sums(values, members), sums([1] * len(values), members)
    return lambda i, axis=-1: total[i].sum(axis=axis) / count[i].sum(axis=axis)


def median_of(values, members):
    def median(i, axis=-1):
        flat = i.reshape(-1, i.shape[-1])
        rows = [np.median(np.concatenate([[values[case] for case in members[k]] for k in row])) for row in flat]
        return np.array(rows).reshape(i.shape[:-1])

    return median


def interval(statistic, members, indices, level, method):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = stats.bootstrap(
            (np.arange(len(members)),), statistic, vectorized=True, n_resamples=len(indices),
            confidence_level=level, method=method, rng=Drawn(indices),
        )
    ends = [float(found.confidence_interval.low), float(found.confidence_interval.high)]
    return (None if np.isnan(ends).any() else ends), found.bootstrap_distribution


def bootstrap_cases(random):
    cases = []
    for index in range(160):
        n = int(random.integers(3, 26))
        # Multiples of 1/64: sums are exact whatever their order.
        spread = int(random.integers(1, 65)) if index % 16 else 1
        values = (random.integers(0, spread, n) / 64).tolist()
        other = (random.integers(0, 65, n) / 64).tolist()
        patients = random.integers(-1, max(2, n // 2), n).tolist() if index % 3 else [-1] * n
        members = clusters_of(patients)
        if len(members) < 2:
            continue
        seed, resamples = int(random.integers(0, 2**32)), int(random.integers(100, 300))
        level = float(random.choice([0.5, 0.8, 0.9, 0.95, 0.99]))
        indices = draws(seed, resamples, len(members))
        case = {"values": [int(v * 64) for v in values], "other": [int(v * 64) for v in other], "patients": patients,
                "seed": seed, "resamples": resamples, "level": level}
        case["mean"] = [interval(mean_of(values, members), members, indices, level, m)[0] for m in ("percentile", "BCa")]
        case["median"] = [interval(median_of(values, members), members, indices, level, m)[0] for m in ("percentile", "BCa")]
        difference = (np.array(values) - np.array(other)).tolist()
        ends, replicates = interval(mean_of(difference, members), members, indices, level, "percentile")
        rarer = min((replicates <= 1e-12).sum(), (replicates >= -1e-12).sum())
        p_bootstrap = min(1.0, 2 * (1 + rarer) / (1 + resamples))
        case["difference"] = ends + [float(p_bootstrap)]
        case["permutation"] = permutation(values, other, members, seed, resamples)
        cases.append(case)
    return cases


def permutation(a, b, members, seed, most):
    """p of the mean's difference: all swaps by scipy where they are at most `most`, else those of the streams."""
    a, b, n = sums(a, members), sums(b, members), len(a)
    if 2 ** len(members) <= most:
        found = stats.permutation_test((a, b), lambda a, b, axis=-1: (a - b).sum(axis=axis) / n, vectorized=True,
                                       permutation_type="samples", n_resamples=np.inf)
        return float(found.pvalue)
    bits = words(seed, 1, most, -(-len(members) // 32))
    signs = np.array([[1 - 2 * (int(row[k // 32]) >> (k % 32) & 1) for k in range(len(members))] for row in bits])
    swapped = np.abs((signs * (a - b)).sum(axis=1))
    return float((1 + (swapped >= abs((a - b).sum()) - 1e-9).sum()) / (1 + most))


def mcnemar_cases(random):
    pairs = {(0, 0), (0, 1), (1, 0), (1, 1), (5, 5), (0, 40), (300, 250), (3000, 3100)}
    pairs |= {tuple(int(x) for x in random.integers(0, 40, 2)) for _ in range(300)}
    cases = []
    for b, c in sorted(pairs):
        table = [[10, b], [c, 10]]
        exact = mcnemar(table, exact=True).pvalue
        # 0/0 without a case that differs; see the documentation for equal counts.
        corrected = mcnemar(table, exact=False, correction=True).pvalue if b != c else None
        cases.append([b, c, float(exact), None if corrected is None else float(corrected)])
    return cases


def multiple_cases(random):
    cases = []
    for _ in range(60):
        p = random.random(int(random.integers(1, 20))) ** int(random.integers(1, 6))
        # Ties.
        p = np.round(p, int(random.integers(1, 5)))
        cases.append([p.tolist()] + [multipletests(p, method=m)[1].tolist() for m in ("holm", "fdr_bh")])
    return cases


def main():
    random = np.random.default_rng(20240611)
    goldens = {
        "bootstrap": bootstrap_cases(random),
        "mcnemar": mcnemar_cases(random),
        "multiple": multiple_cases(random),
    }
    path = Path(__file__).with_name("goldens.json")
    path.write_text(json.dumps(goldens, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
