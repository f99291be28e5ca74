"""The measurements as text, and as a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.cases import Case
from benchmarks.run import SHORT, Timing

WIDTH = 12
# The pictures: what is on the horizontal axis, which cases are shown, where.
_PANELS: tuple[tuple[str, Callable[[Case], bool], Callable[[Case], int]], ...] = (
    ("rows, 10 a group", lambda case: case.family == "rows", lambda case: case.rows),
    ("groups of 1e6 rows", lambda case: case.rows == 1_000_000, lambda case: case.n_groups),
    ("random effects", lambda case: case.family == "effects", lambda case: 1 + case.random.count("x")),
)


def header(engines: Sequence[str]) -> str:
    first = f"{'':40}{'regression':>{WIDTH}}" + "".join(f"{engine:>{WIDTH}}" for engine in engines)
    second = f"{'':40}{'ms':>{WIDTH}}" + f"{'regressions':>{WIDTH}}" * bool(engines)
    return f"{first}{'pyimpl MB':>{WIDTH}}{'data MB':>{WIDTH}}\n{second}"


def line(row: Sequence[Timing], engines: Sequence[str], limit: float) -> str:
    """One case: what a fit takes in ordinary regressions."""
    by_engine = {each.engine: each for each in row}
    regression = by_engine["regression"]
    cells = [f"{1e3 * regression.regression:.1f}"]
    cells += [cell(by_engine[engine], limit / regression.regression) for engine in engines]
    own = by_engine.get("pyimpl", regression)
    cells += [f"{each / 1e6:.0f}" for each in (own.peak_bytes, own.frame_bytes)]
    return f"{regression.case:40}" + "".join(f"{text:>{WIDTH}}" for text in cells)


def cell(timing: Timing, limit: float) -> str:
    """A ratio; in brackets where the answer falls short of the best, ``-`` where there is no such model."""
    if timing.state == "too slow":
        return f">{limit:,.0f}"
    if timing.state != "ok":
        return {"failed": "failed", "absent": "", "not asked": ".."}.get(timing.state, "-")
    text = f"{timing.regressions:,.1f}" if timing.regressions < 1000 else f"{timing.regressions:,.0f}"
    return f"({text})" if timing.short > SHORT else text


def notes(rows: Sequence[Sequence[Timing]], limit: float) -> list[str]:
    """What the marks in the table mean, where there are any."""
    timings = [each for row in rows for each in row]
    found = []
    if any(each.state == "too slow" for each in timings):
        found = [
            f"> N: not finished after {limit:.0f} s; ..: not asked, as it was too slow for a smaller case"
        ]
    for each in timings:
        if each.short > SHORT:
            found.append(f"({each.engine}, {each.case}: log-likelihood {each.short:.2g} below the best)")
        if each.state == "failed":
            found.append(f"{each.engine}, {each.case}: {each.reason}")
    absent = sorted({t.engine for t in timings if t.state == "absent"})
    return found + ([f"not installed here: {', '.join(absent)}"] if absent else [])


def plot(rows: Sequence[Sequence[Timing]], cases: Sequence[Case], engines: Sequence[str], file: Path) -> None:
    """Regressions a fit, against rows, groups and random effects, on logarithmic scales."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4), layout="constrained")
    panels = figure.subplots(1, len(_PANELS), sharey=True)
    for panel, (label, shown, size) in zip(panels, _PANELS, strict=True):
        of_family = sorted(
            ((case, row) for case, row in zip(cases, rows, strict=True) if shown(case)),
            key=lambda one: size(one[0]),
        )
        for k, engine in enumerate(engines):
            points = [
                (size(case), each.regressions)
                for case, row in of_family
                for each in row
                if each.engine == engine and each.state == "ok" and each.short <= SHORT
            ]
            if points:
                width = 3 if engine == "pyimpl" else 1
                panel.plot(
                    *zip(*points, strict=True), marker="o", color=f"C{k}", label=engine, linewidth=width
                )
        panel.axhline(3, color="grey", linestyle=":")
        panel.set(xlabel=label, yscale="log", xscale="linear" if label == "random effects" else "log")
    panels[0].set_ylabel("ordinary regressions a fit")
    drawn = [zip(*panel.get_legend_handles_labels(), strict=True) for panel in panels]
    handles = {label: handle for each in drawn for handle, label in each}
    figure.legend(handles.values(), handles.keys(), loc="outside right center")
    figure.savefig(file)
