"""Rows of a comparison as the report carries them, and estimates with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from scipy import stats

from ..answer import Answer
from ..compare import Comparison, Row, Verdict
from ..quantities import QUANTITIES
from .results import Estimate, Interval, Worst

QUANTITY = {quantity.key: quantity for quantity in QUANTITIES}
LEVEL = 0.95


def worst_of(rows: Sequence[Row], fit: str) -> Worst | None:
    """Return the row that fails most or, where none fails, is nearest to its limit."""
    if not rows:
        return None
    row = max(rows, key=_badness)
    quantity = QUANTITY[row.quantity]
    return Worst(
        fit,
        quantity.title,
        row.name,
        row.reference,
        row.candidate,
        row.difference,
        quantity.unit,
        row.digits,
        row.limit,
        row.strain,
        str(row.verdict),
        row.rule,
    )


def _badness(row: Row) -> tuple[bool, bool, bool, float, float]:
    """Order rows: failures, numbers before text, the common rule, then by how much of the tolerance they use."""
    return (not row.verdict.passes, not is_text(row), not row.rule, row.strain, -row.digits)


def is_text(row: Row) -> bool:
    """Whether a row is about text, e.g. a printed page."""
    return isinstance(row.reference, str) or isinstance(row.candidate, str)


def fewest_digits(rows: Sequence[Row]) -> float:
    """Return the fewest digits of agreement, NaN where no number is defined; what counts as 0 has none."""
    numbers = (row for row in rows if not is_text(row) and row.verdict is not Verdict.UNDEFINED)
    return min((row.digits for row in numbers if "count" not in row.rule), default=math.nan)


def digits_by_quantity(comparison: Comparison | None) -> dict[str, float]:
    """Return the fewest digits of agreement of each quantity that was compared."""
    if comparison is None:
        return {}
    found = {quantity.key: comparison.of(quantity.key) for quantity in comparison.quantities}
    return {key: fewest_digits(rows) for key, rows in found.items() if rows}


def estimates(reference: Answer | None, answer: Answer | None) -> Iterator[Estimate]:
    """Yield each fixed effect of the reference with its t interval on both sides."""
    if reference is None or reference.t_table is None:
        return
    theirs = intervals(answer) if answer is not None else {}
    errors = reference.t_table.column("Std.Error")
    for term, interval in intervals(reference).items():
        if errors[term] > 0:
            yield Estimate(term, errors[term], interval, theirs.get(term))


def intervals(answer: Answer) -> dict[str, Interval]:
    """Return the t interval of each fixed effect, the normal one where there are no degrees of freedom."""
    if answer.t_table is None:
        return {}
    columns = [answer.t_table.column(name) for name in ("Value", "Std.Error", "DF")]
    found = {}
    for term in answer.t_table.rows:
        value, error, df = (column.get(term, math.nan) for column in columns)
        upper = 0.5 + LEVEL / 2
        half = error * float(stats.t.ppf(upper, df) if df > 0 else stats.norm.ppf(upper))
        if math.isfinite(value) and math.isfinite(half):
            found[term] = Interval(value, value - half, value + half)
    return found
