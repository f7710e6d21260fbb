"""Times hotcoco and this project's evaluation in turn, on the same boxes and the same machine.

    cargo build --release -p groundglass-metrics --example bench_boxes
    python bench/metrics/hotcoco_bench.py target/release/examples/bench_boxes [rounds]

Needs hotcoco 1.3.0. Prints one JSON object: median milliseconds of each, and the largest difference between the
twelve numbers. Loading counts on neither side; hotcoco's time is evaluate + accumulate + summarize.
"""

import contextlib
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import hotcoco

NAMES = ["ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large"]
NAMES += ["ar1", "ar10", "ar100", "ar_small", "ar_medium", "ar_large"]


def main():
    program, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7
    times, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "write", folder], check=True)
        truths = hotcoco.COCO(str(Path(folder) / "truths.json"))
        findings = truths.loadRes(str(Path(folder) / "findings.json"))
        for _ in range(rounds):
            evaluator = hotcoco.COCOeval(truths, findings, "bbox")
            start = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                evaluator.evaluate()
                evaluator.accumulate()
                evaluator.summarize()
            times.append((time.perf_counter() - start) * 1e3)
            ours.append(json.loads(subprocess.run([program, "3"], check=True, capture_output=True).stdout))
    median = lambda key: statistics.median(result[key] for result in ours)
    difference = max(abs(ours[-1]["values"][name] - stat) for name, stat in zip(NAMES, evaluator.stats))
    evaluation, bootstrap, reference = median("evaluation_ms"), median("bootstrap_ms"), statistics.median(times)
    print(json.dumps({
        "hotcoco": hotcoco.__version__,
        "threads": ours[-1]["threads"],
        "hotcoco_ms": round(reference, 1),
        "evaluation_ms": round(evaluation, 1),
        "evaluation_to_hotcoco": round(evaluation / reference, 3),
        "bootstrap_1000_ms": round(bootstrap, 1),
        "bootstrap_to_evaluation": round(bootstrap / evaluation, 1),
        "bootstrap_to_hotcoco_evaluation": round(bootstrap / reference, 1),
        "largest_difference": difference,
    }))


if __name__ == "__main__":
    main()
