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
    **dict.fromkeys(("fit", "summary", "var_corr", "anova"), "page"),
}
_PAGES = {
    "fit": "print(fit)",
    "summary": "summary(fit)",
    "var_corr": "VarCorr(fit)",
    "anova": "anova(fit)",
}
_VERDICTS: dict[Verdict, tuple[str, Tone]] = {
    Verdict.AGREE: ("agree", "good"),
    Verdict.UNDEFINED: ("undef.", "dim"),
    Verdict.DIFFER: ("DIFFER", "bad"),
    Verdict.MISSING: ("MISSING", "bad"),
    Verdict.EXTRA: ("EXTRA", "bad"),
    Verdict.NOT_A_NUMBER: ("NaN", "bad"),
    Verdict.UNCONFIRMED: ("HIGHER", "bad"),
}
_ENGINES = {
    f"{side}{control}": called
    for side in ("nlme", "recorded")
    for control, called in {
        "-converged": "R",
        "-tight": "R tight",
        "": "R default",
        "-symm": "R pdSymm",
    }.items()
}
NAME_WIDTH = 21


def what(quantity: Quantity) -> str:
    """Return the short name of a quantity: "SE", "sd", ..."""
    return _WHAT.get(quantity.key, quantity.title)


def name(row: Row, quantity: Quantity, of_how_many: int = 0) -> str:
    """Return which value of a quantity a row is, or that it is the worst of so many."""
    if quantity.key in _PAGES:
        return _PAGES[quantity.key]
    if of_how_many:
        return f"worst of {of_how_many}" if of_how_many > 1 else ""
    return shortened(row.name)


def shortened(text: str, width: int = NAME_WIDTH) -> str:
    """Return a name cut to the width of its column."""
    return text if len(text) <= width else text[: width - 2] + ".."


def verdict(row: Row) -> Cell:
    """Return a row's verdict as a cell."""
    text, tone = _VERDICTS[row.verdict]
    return Cell(text, tone)


def engine(name: str) -> str:
    """Return what a report calls an engine; those of R by how far R was made to go."""
    return _ENGINES.get(name, name)


def reference(name: str) -> str:
    """Return what the column of the reference is called: R, however far it was made to go, or another engine."""
    return "R" if name in _ENGINES else name


def column_of(name: str) -> str:
    """Return the title of a narrow column for one of R's engines."""
    return {"R tight": "tight", "R default": "dflt"}.get(engine(name), name)
