"""What a row is called in a report, and what its verdict looks like."""

from __future__ import annotations

from ..compare import Row, Verdict
from ..quantities import Quantity
from .blocks import Cell, Tone

_WHAT = {
    "coefficient": "value",
    "n_obs": "N",
    "fixef": "fixef",
    "ranef": "BLUP",
    "var_cov": "cov",
    "corr_params": "par",
    "var_params": "par",
    "summary": "page",
    "var_corr": "page",
}
_VERDICTS: dict[Verdict, tuple[str, Tone]] = {
    Verdict.AGREE: ("agree", "good"),
    Verdict.UNDEFINED: ("undef.", "dim"),
    Verdict.DIFFER: ("DIFFER", "bad"),
    Verdict.MISSING: ("MISSING", "bad"),
    Verdict.EXTRA: ("EXTRA", "bad"),
    Verdict.NOT_A_NUMBER: ("NaN", "bad"),
}
NAME_WIDTH = 21


def what(quantity: Quantity) -> str:
    """Return the short name of a quantity: "SE", "sd", ..."""
    return _WHAT.get(quantity.key, quantity.title)


def name(row: Row, quantity: Quantity, of_how_many: int) -> str:
    """Return which value of a quantity a row is; of a long list, that it is the worst of so many."""
    if quantity.key in ("summary", "var_corr"):
        return {"summary": "summary(fit)", "var_corr": "VarCorr(fit)"}[quantity.key]
    if quantity.show == "worst" and of_how_many > 1:
        return f"worst of {of_how_many}"
    return shortened(row.name)


def shortened(text: str, width: int = NAME_WIDTH) -> str:
    """Return a name cut to the width of its column."""
    return text if len(text) <= width else text[: width - 2] + ".."


def verdict(row: Row) -> Cell:
    """Return a row's verdict as a cell."""
    text, tone = _VERDICTS[row.verdict]
    return Cell(text, tone)
