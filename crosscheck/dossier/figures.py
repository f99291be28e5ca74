"""The report's pictures, as SVG text: digits of agreement, and paired estimates with their intervals.

Drawn with matplotlib on figures of their own, so that nobody's pyplot state is touched; the same facts give the same
bytes. Colours are told apart by those who see fewer, and no statement hangs on a colour alone.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .results import Estimate, FitResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, BLUE, RED = "#1a1a1a", "#6b6b6b", "#0b5394", "#b3261e"
MOST = 15
NONE = "\N{EN DASH}"
FEW = 4
"""Digits below this are marked."""

ROWS_A_PICTURE = 36
"""Fits in one heat map, so that it stays on a page of paper."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be searched, and takes the page's font
    "svg.hashsalt": "crosscheck",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.6,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def dots(results: Sequence[FitResult], titles: dict[str, str], prefix: str) -> str:
    """Return a dot for each fit and quantity: digits of agreement along, quantities down."""
    with _style():
        keys = [key for key in titles if any(key in one.digits for one in results)]
        figure, axes = _figure(7.2, 0.9 + 0.24 * len(keys))
        for position, key in enumerate(keys):
            found = sorted(d for one in results if not math.isnan(d := one.digits.get(key, math.nan)))
            spread = [position + offset for offset in _stacked(found)]
            axes.plot(found, spread, "o", ms=5, mfc=BLUE, mec="white", mew=0.3)
        axes.set_yticks(range(len(keys)), [titles[key] for key in keys])
        axes.set_ylim(len(keys) - 0.4, -0.6)
        axes.set_xlim(0, MOST + 0.5)
        axes.set_xlabel(
            "digits of agreement with the reference (LRE, 15 at most); a dot is one fit, its worst value"
        )
        axes.grid(axis="x", color="#d9d9d9", lw=0.6)
        axes.set_axisbelow(True)
        return _svg(figure, prefix)


def _stacked(found: Sequence[float]) -> Iterator[float]:
    """Yield small offsets that keep dots of nearly the same place apart."""
    counts: dict[int, int] = {}
    for digits in found:
        place = round(digits * 4)
        counts[place] = counts.get(place, 0) + 1
        step = counts[place] // 2 * (1 if counts[place] % 2 else -1)
        yield max(-0.36, min(0.36, 0.09 * step))


def heat_maps(
    results: Sequence[FitResult], titles: dict[str, str], names: dict[str, str], prefix: str
) -> list[str]:
    """Return tables of digits, fits down and quantities along; several where fits are many."""
    pieces = [results[start : start + ROWS_A_PICTURE] for start in range(0, len(results), ROWS_A_PICTURE)]
    keys = [key for key in titles if any(key in one.digits for one in results)]
    return [
        _heat_map(piece, keys, titles, names, f"{prefix}-{number}") for number, piece in enumerate(pieces)
    ]


def _heat_map(
    results: Sequence[FitResult],
    keys: Sequence[str],
    titles: dict[str, str],
    names: dict[str, str],
    prefix: str,
) -> str:
    import numpy as np

    values = np.array([[one.digits.get(key, math.nan) for key in keys] for one in results])
    with _style():
        figure, axes = _figure(2.0 + 0.42 * len(keys), 1.1 + 0.24 * len(results))
        axes.pcolormesh(values, cmap="Blues", vmin=-3, vmax=30, edgecolors="white", linewidth=1)
        for (row, column), digits in np.ndenumerate(values):
            text = NONE if math.isnan(digits) else f"{int(digits)}"
            look: dict[str, Any] = {"color": RED, "weight": "bold"} if digits < FEW else {"color": INK}
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center_baseline", fontsize=7.5, **look)
        axes.set_xticks([position + 0.5 for position in range(len(keys))], [titles[key] for key in keys])
        axes.tick_params(axis="x", labelrotation=55, labeltop=True, labelbottom=False)
        for label in axes.get_xticklabels():
            label.set(horizontalalignment="left", rotation_mode="anchor")
        axes.set_yticks([row + 0.5 for row in range(len(results))], [names[one.fit] for one in results])
        axes.invert_yaxis()
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        return _svg(figure, prefix)


def paired(estimates: Sequence[Estimate], reference: str, candidate: str, prefix: str) -> str:
    """Return each fixed effect's estimate and interval on both sides, in the reference's standard errors."""
    with _style():
        figure, axes = _figure(7.2, 0.75 + 0.34 * len(estimates))
        for position, one in enumerate(estimates):
            for interval, offset, colour, filled in (
                (one.reference, -0.14, GREY, False),
                (one.candidate, 0.14, BLUE, True),
            ):
                if interval is None:
                    continue
                low, middle, high = (
                    (x - one.reference.estimate) / one.unit
                    for x in (interval.low, interval.estimate, interval.high)
                )
                axes.plot([low, high], [position + offset] * 2, "-", color=colour, lw=1.5)
                face = colour if filled else "white"
                axes.plot([middle], [position + offset], "o", ms=4.5, mfc=face, mec=colour, mew=1.1)
        axes.axvline(0, color="#bdbdbd", lw=0.7, zorder=0)
        axes.set_yticks(range(len(estimates)), [one.term for one in estimates])
        axes.set_ylim(len(estimates) - 0.5, -0.5)
        axes.set_xlabel(
            f"distance from {reference}'s estimate in its SEs; open: {reference}, filled: {candidate}"
        )
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        return _svg(figure, prefix)


def _style() -> Any:
    import matplotlib

    return matplotlib.rc_context(_STYLE)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _svg(figure: Figure, prefix: str) -> str:
    """Return a figure's SVG element, its ids under `prefix` so that several fit into one page."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = stream.getvalue()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = re.sub(r'(xlink:href="#|href="#|url\(#)(?!' + re.escape(prefix) + "-)", rf"\g<1>{prefix}-", text)
    return text.replace("DejaVu Sans", "Helvetica Neue', 'Arial', 'DejaVu Sans")
