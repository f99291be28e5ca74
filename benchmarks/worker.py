"""Time one engine on one case, in a process of its own: ``python -m benchmarks.worker '{"case": 3, ...}'``.

Prints one line of JSON. Fits and ordinary regressions take turns, so that both meet the machine in the same states.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from benchmarks.cases import cases, frame
from benchmarks.engines import ENGINES, regression


def clock(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the processor and of the wall that a call takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.process_time() - cpu, time.perf_counter() - wall


def resident() -> int:
    """Bytes of memory in use."""
    return 1024 * _status("VmRSS")


def peak() -> int:
    """Bytes of memory in use at most, since :func:`forget_peak` where the system has that."""
    return 1024 * (_status("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def forget_peak() -> None:
    """Let the peak begin anew."""
    try:
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    except OSError:
        return


def _status(key: str) -> int:
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(key)), 0)


def measure(number: int, engine: str, repeats: int, budget: float) -> dict[str, object]:
    """What one engine takes for one case: lists of seconds, one a repeat, and bytes."""
    case, adapter = cases()[number], ENGINES[engine]
    importlib.import_module(adapter.module)
    yardstick = importlib.util.find_spec("formulaic") is not None
    small = cases()[0]
    adapter.fit(small, frame(small))  # what is imported or set up on first use is no part of a fit
    data = frame(case)
    if yardstick:
        regression(case, data)
    forget_peak()
    before = resident()
    answers: list[float | None] = []
    fits: list[tuple[float, float]] = []
    regressions: list[tuple[float, float]] = []
    peaks: list[int] = []
    started = time.perf_counter()
    while len(fits) < repeats and (not fits or time.perf_counter() - started < budget):
        fits.append(clock(lambda: answers.append(adapter.fit(case, data))))
        peaks.append(peak())
        if yardstick:
            regressions.append(clock(lambda: regression(case, data)))
    return {
        "log_lik": answers[0],
        "cpu": [cpu for cpu, _ in fits],
        "wall": [wall for _, wall in fits],
        "regression_cpu": [cpu for cpu, _ in regressions],
        "regression_wall": [wall for _, wall in regressions],
        "peak_bytes": peaks[0] - before,
        "frame_bytes": int(data.memory_usage(deep=False).sum()),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asked = json.loads(sys.argv[1])
    print(json.dumps(measure(**asked)))
