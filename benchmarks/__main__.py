"""Time whole calls, from formula and frame to result, in ordinary regressions of the same data.

Every engine runs in a process of its own, on one thread. Times are of the processor, so that what else the machine
does matters less; a fit is counted in those of formulaic and least squares on the same frame, which take turns with it.
Answers are compared by log-likelihood before a time counts. Packages that aren't installed don't take part; PEERS, an
interpreter of another environment, may have them.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.cases import Case, cases
from benchmarks.engines import ENGINES, R_ENGINES
from benchmarks.run import EXACT, Settings, Timing, import_seconds, run
from benchmarks.table import header, line, notes, plot

PEERS = ("lme-python", "mixedlm-rs", "mixedlm", "lme4", "nlme", "statsmodels", "gpboost")


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small data, three repeats")
    parser.add_argument(
        "--rows", type=float, default=1e6, metavar="N", help="the largest data (up to 1e7; default 1e6)"
    )
    parser.add_argument(
        "--family", action="append", help="only HSB, rows, groups, effects, levels, ML or structures"
    )
    parser.add_argument(
        "--engines", default=",".join(("pyimpl", *PEERS)), help="comma-separated (default: all)"
    )
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument(
        "--limit", type=float, default=20, metavar="SECONDS", help="that an engine may take for a case"
    )
    parser.add_argument("--peers", metavar="PYTHON", help="another interpreter that has peers")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw them there (needs matplotlib)")
    given = parser.parse_args()
    given.engines = [name for name in given.engines.split(",") if name]
    unknown = [name for name in given.engines if name not in (*ENGINES, *R_ENGINES)]
    if unknown:
        parser.error(f"--engines: {unknown[0]!r} is unknown; known are {', '.join((*ENGINES, *R_ENGINES))}")
    if given.quick:
        given.rows, given.repeats = min(given.rows, 1e4), min(given.repeats, 3)
    return given


def chosen(given: argparse.Namespace) -> list[int]:
    return [
        number
        for number, case in enumerate(cases())
        if case.rows <= given.rows and (not given.family or case.family in given.family)
    ]


def failures(rows: list[list[Timing]]) -> list[str]:
    """Where pyimpl has no answer, or not the best."""
    own = [each for row in rows for each in row if each.engine == "pyimpl"]
    return [
        f"pyimpl, {each.case}: {each.state} {each.reason}, log-likelihood {each.short:.1e} below the best"
        for each in own
        if each.state not in ("ok", "too slow", "not asked") or each.short > EXACT
    ]


def main() -> int:
    given = options()
    numbers = chosen(given)
    settings = Settings(given.repeats, given.limit, given.peers)
    imports = {module: import_seconds(module) for module in ("pandas", "pyimpl")}
    print(f"import pyimpl / import pandas: {imports['pyimpl'] / imports['pandas']:.2f}\n")
    print(header(given.engines))
    rows: list[list[Timing]] = []
    for row in run(numbers, given.engines, settings):
        rows.append(row)
        print(line(row, given.engines, given.limit), flush=True)
    print("", *notes(rows, given.limit), sep="\n")
    drawn: list[Case] = [cases()[number] for number in numbers]
    if given.json:
        machine = {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "import_seconds": imports,
        }
        timings = [{**asdict(each), "regressions": each.regressions} for row in rows for each in row]
        numbers_only = [
            {k: None if v != v else v for k, v in each.items()} for each in timings
        ]  # JSON has no NaN
        text = json.dumps({**machine, "timings": numbers_only}, indent=1)
        given.json.write_text(text + "\n", "utf-8")
    if given.plot:
        plot(rows, drawn, given.engines, given.plot)
    wrong = failures(rows)
    print(*wrong, sep="\n", file=sys.stderr, end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
