"""What the bridge adds to nlme's own time: ``python -m benchmarks.bridge_overhead`` (needs R; about two minutes).

The same model on the same data, called by rbridge from pandas, and typed into the same R on a frame that is there
already. The best of some repetitions each, so that other work on the machine counts little.
"""

import time

import numpy as np
import pandas as pd

import rbridge
from crosscheck import load_hsb
from rbridge import session


def best_of(calls, repetitions):
    """Return each call's best time; they take turns, so that other work on the machine meets all alike."""
    spent = [[] for _ in calls]
    for _ in range(repetitions):
        for call, times in zip(calls, spent, strict=True):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
    return [min(times) for times in spent]


def in_r(code):
    with session.locked() as ri:
        return ri.baseenv["eval"](ri.baseenv["parse"](text=ri.StrSexpVector([code])), envir=ri.globalenv)


def large(rows=1_000_000, groups=20_000):
    rng = np.random.default_rng(1)
    group = rng.integers(0, groups, rows)
    data = pd.DataFrame({"x": rng.normal(size=rows), "z": rng.normal(size=rows), "g": group})
    data["s"] = pd.Categorical.from_codes(rng.integers(0, 3, rows), ["u", "v", "w"])
    data["y"] = data["x"] + rng.normal(size=groups)[group] + rng.normal(size=rows)
    return data


def compare(name, data, fixed, random, repetitions):
    rbridge.lme(fixed, data.head(1000), random)  # R has started, nlme is loaded
    with session.locked() as ri:
        ri.globalenv["bench"] = rbridge.to_r(data)._handle.token
    typed = f"nlme::lme({fixed}, bench, {random})"
    through, own = best_of([lambda: rbridge.lme(fixed, data, random), lambda: in_r(typed)], repetitions)
    in_r("rm(bench)")
    extra = through - own
    print(
        f"{name}: {through:.4f} s through rbridge, {own:.4f} s in R itself: {extra * 1000:+.1f} ms, {extra / own:+.1%}"
    )


def main():
    hsb = load_hsb()[["mathach", "ses", "id"]]
    compare("HSB, 7185 x 3", hsb, "mathach ~ ses", "~ 1 | id", 60)
    compare("1e6 x 5", large(), "y ~ x + z + s", "~ 1 | g", 1)


if __name__ == "__main__":
    main()
