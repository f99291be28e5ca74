"""What the bridge adds to nlme's own time: ``python -m benchmarks.bridge_overhead`` (needs R; about two minutes).

The same model on the same data, called by rbridge from pandas, and typed into the same R on a frame that is there
already. The two take turns, in processor time, so that other work on the machine meets both alike and counts little;
what is told is the median of the differences between neighbours, and the quartiles.
"""

import time

import numpy as np
import pandas as pd

import rbridge
from crosscheck import load_hsb
from rbridge import session


def turns(calls, repetitions):
    """Return each call's processor times, shape (repetitions, calls)."""
    spent = np.empty((repetitions, len(calls)))
    for k in range(repetitions):
        for j, call in enumerate(calls):
            start = time.process_time()
            call()
            spent[k, j] = time.process_time() - start
    return spent


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
    spent = turns([lambda: rbridge.lme(fixed, data, random), lambda: in_r(typed)], repetitions)
    in_r("rm(bench)")
    own, extra = np.median(spent[:, 1]), spent[:, 0] - spent[:, 1]
    low, middle, high = np.percentile(extra, [25, 50, 75])
    print(
        f"{name}: {own:.4f} s in R itself, {middle * 1000:+.1f} ms more through rbridge "
        f"(quartiles {low * 1000:+.1f}, {high * 1000:+.1f}), {middle / own:+.1%}"
    )


def main():
    hsb = load_hsb()[["mathach", "ses", "id"]]
    compare("HSB, 7185 x 3", hsb, "mathach ~ ses", "~ 1 | id", 60)
    compare("1e6 x 5", large(), "y ~ x + z + s", "~ 1 | g", 2)


if __name__ == "__main__":
    main()
