"""Run engines on cases, each pair in a process of its own, and compare their answers before a time counts."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cases import Case, cases, frame
from benchmarks.engines import ENGINES, R_ENGINES

ROOT = Path(__file__).parents[1]
# One thread everywhere: ratios then compare algorithms, not machines.
ONE_THREAD = {
    f"{library}_NUM_THREADS": "1"
    for library in ("OPENBLAS", "OMP", "MKL", "RAYON", "NUMEXPR", "VECLIB_MAXIMUM")
} | {"POLARS_MAX_THREADS": "1"}
# An answer whose log-likelihood is further than this below the best isn't one ...
SHORT = 0.01
# ... and pyimpl's has to be this near.
EXACT = 1e-6


@dataclass(frozen=True, slots=True)
class Timing:
    """What one engine took for one case.

    Attributes
    ----------
    state : str
        ``"ok"``, ``"absent"``, ``"no such model"``, ``"too slow"``, ``"not asked"`` (as it was too slow for less) or
        ``"failed"``.
    log_lik : float or None
    seconds, wall : float
        Median seconds, of all the process's threads together and on the wall.
    regression : float
        Median seconds of an ordinary regression on the case's data, over all engines' processes: an engine that leaves
        the memory in disorder slows down the one in its own.
    spread : float
        Interquartile range of the seconds over their median.
    peak_bytes, frame_bytes : int
        Memory used at most beyond what was used before the fit; the data.
    short : float
        How far the log-likelihood is below the best engine's.
    reason : str
        Of a failure.
    """

    case: str
    family: str
    engine: str
    state: str
    log_lik: float | None = None
    seconds: float = np.nan
    wall: float = np.nan
    regression: float = np.nan
    spread: float = np.nan
    peak_bytes: int = 0
    frame_bytes: int = 0
    short: float = 0.0
    reason: str = ""

    @property
    def regressions(self) -> float:
        """What the fit takes, in ordinary regressions."""
        return self.seconds / self.regression


@dataclass(frozen=True, slots=True)
class Settings:
    """How to measure: repeats, seconds that a process may take, another interpreter that has peers."""

    repeats: int = 7
    limit: float = 60.0
    peers: str | None = None


def run(numbers: Iterable[int], engines: Iterable[str], settings: Settings) -> Iterator[list[Timing]]:
    """Time the engines on the cases; one that was too slow for a case isn't asked for larger ones."""
    homes = {engine: _home(engine, settings.peers) for engine in ("regression", *engines)}
    too_slow: list[tuple[str, Case]] = []
    for number in numbers:
        case, row = cases()[number], []
        with tempfile.TemporaryDirectory() as folder:
            if any(homes[engine] for engine in R_ENGINES if engine in homes):
                _write(case, Path(folder))
            for engine, home in homes.items():
                if any(name == engine and _is_larger(case, known) for name, known in too_slow):
                    row.append(Timing(case.name, case.family, engine, "not asked"))
                    continue
                row.append(_time(number, case, engine, home, folder, settings))
                if row[-1].state == "too slow":
                    too_slow.append((engine, case))
        yield _compared(row)


def _is_larger(case: Case, known: Case) -> bool:
    """Whether a case has no fewer rows, groups, random effects and levels than another."""
    if case.is_plain != known.is_plain:
        return False
    if (
        not case.is_plain and case.rows * known.n_groups < known.rows * case.n_groups
    ):  # its groups are shorter
        return False
    sizes = [(each.rows, each.n_groups, each.random.count("x"), len(each.groups)) for each in (case, known)]
    return all(own >= other for own, other in zip(*sizes, strict=True))


def _compared(row: list[Timing]) -> list[Timing]:
    best = max((each.log_lik for each in row if each.log_lik is not None), default=np.nan)
    yardstick = float(np.nanmedian([each.regression for each in row]))
    return [
        replace(each, short=0.0 if each.log_lik is None else best - each.log_lik, regression=yardstick)
        for each in row
    ]


def _home(engine: str, peers: str | None) -> list[str] | None:
    """The command that runs an engine here, None where it isn't."""
    if engine in R_ENGINES:
        has = f"quit(status = !nzchar(system.file(package = '{engine}')))"
        found = shutil.which("Rscript")
        return [found] if found and subprocess.run([found, "--vanilla", "-e", has]).returncode == 0 else None
    for interpreter in filter(None, (sys.executable, peers)):
        test = f"import importlib.util as u, sys; sys.exit(u.find_spec({ENGINES[engine].module!r}) is None)"
        if subprocess.run([interpreter, "-c", test]).returncode == 0:
            return [interpreter]
    return None


def _write(case: Case, folder: Path) -> None:
    """A file for each column that the case uses, for R."""
    data = frame(case)
    texts = (case.fixed, case.random, case.correlation, case.weights)
    used = [name for name in data.columns if name in case.groups or any(name in text for text in texts)]
    for name in used:
        if name in case.groups or name == "s":
            (folder / f"{name}.txt").write_text("\n".join(data[name]) + "\n", "utf-8")
        else:
            data[name].to_numpy(float).tofile(folder / f"{name}.num")


def _time(
    number: int, case: Case, engine: str, home: list[str] | None, folder: str, settings: Settings
) -> Timing:
    blank = Timing(case.name, case.family, engine, "absent")
    if home is None:
        return blank
    budget = settings.limit / 6  # of its seconds; the rest is for imports and the data
    if engine == "lme4" and not case.is_plain:
        return replace(blank, state="no such model")
    if engine in R_ENGINES:
        model = [engine, case.fixed, case.random, "/".join(case.groups), str(case.reml).upper()]
        structures = [case.correlation or "NULL", case.weights or "NULL"]
        script = str(Path(__file__).with_name("engines.R"))
        command = [
            *home,
            "--vanilla",
            script,
            *model,
            str(settings.repeats),
            str(budget),
            folder,
            *structures,
        ]
    elif not ENGINES[engine].has(case):
        return replace(blank, state="no such model")
    else:
        asked = {"number": number, "engine": engine, "repeats": settings.repeats, "budget": budget}
        command = [*home, "-m", "benchmarks.worker", json.dumps(asked)]
    environment = {**os.environ, **ONE_THREAD}
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=settings.limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return replace(blank, state="too slow")
    if done.returncode:
        return replace(blank, state="failed", reason=_reason(done.stderr) or f"exit status {done.returncode}")
    return _read(blank, json.loads(done.stdout.strip().splitlines()[-1]))


def _reason(stderr: str) -> str:
    """The error in what a process wrote: R's begins with "Error", Python's is the last line."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip() and "Execution halted" not in line]
    first = next((k for k, line in enumerate(lines) if line.startswith("Error")), len(lines) - 1)
    return " ".join(lines[max(first, 0) :])[:200]


def _read(blank: Timing, found: dict[str, Any]) -> Timing:
    seconds = statistics.median(found["cpu"])
    quartiles = np.percentile(found["cpu"], [25, 75])
    yardstick = found.get("regression_cpu")
    return replace(
        blank,
        state="ok",
        log_lik=found["log_lik"],
        seconds=seconds,
        wall=statistics.median(found["wall"]),
        regression=statistics.median(yardstick) if yardstick else np.nan,
        spread=float(quartiles[1] - quartiles[0]) / seconds if seconds else np.nan,
        peak_bytes=found["peak_bytes"],
        frame_bytes=found["frame_bytes"],
    )


def import_seconds(module: str, repeats: int = 7) -> float:
    """The least CPU seconds of a new interpreter that imports a module."""
    program = f"import time, {module}; print(time.process_time())"
    environment = {**os.environ, **ONE_THREAD}
    runs = [
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, check=True
        )
        for _ in range(repeats)
    ]
    return min(float(run.stdout) for run in runs)
