"""What the data say of themselves: their name, and their groups."""

from __future__ import annotations

import keyword
from typing import Any, Final

import pandas as pd

from rbridge.errors import ArgumentError


def data_name(data: pd.DataFrame) -> str:
    """Return what the page calls the data: ``data.attrs["name"]`` if R could call it so, else "data"."""
    name = data.attrs.get("name", "data")
    return name if isinstance(name, str) and _is_r_name(name) else "data"


_R_WORDS: Final = frozenset(
    {
        *(
            "if",
            "else",
            "repeat",
            "while",
            "function",
            "for",
            "next",
            "break",
            "in",
            "TRUE",
            "FALSE",
            "NULL",
            "Inf",
        ),
        *("NaN", "NA", "NA_integer_", "NA_real_", "NA_character_", "NA_complex_"),
    }
)


def _is_r_name(name: str) -> bool:
    """Say whether R's parser reads the ASCII text as a plain name."""
    if not name or not name.isascii() or len(name) > 100 or name in _R_WORDS:
        return False
    plain = name.replace(".", "_")
    if name[0] == "_" or (name[0] == "." and name[1:2].isdigit()) or name.startswith(".."):
        return False
    return plain.isidentifier() or keyword.iskeyword(plain)


def grouped_random(fixed: str, random: Any, data: pd.DataFrame) -> Any:
    """Return the random effects with the data's own groups, where ``random`` names none.

    As in R, data that are grouped (``data.attrs["formula"]`` is such as ``"distance ~ age | Subject"``) say by what;
    without ``random``, each level has the effects of ``fixed``'s right side, under a general covariance (pdSymm).
    """
    formula = data.attrs.get("formula")
    if not isinstance(formula, str) or "|" not in formula:
        return random
    groups = [name.strip().strip("`") for name in formula.rpartition("|")[2].split("/")]
    if random is None:
        return dict.fromkeys(groups, f"pdSymm(~ {fixed.partition('~')[2].strip()})")
    if isinstance(random, str) and "|" not in random and random.lstrip().startswith(("~", "pd")):
        return dict.fromkeys(groups, random)
    return random


def primary_covariate(data: pd.DataFrame) -> str | None:
    """Return the covariate that grouped data are plotted against, or None."""
    formula = data.attrs.get("formula")
    if not isinstance(formula, str) or "|" not in formula:
        return None
    covariate = formula.rpartition("|")[0].partition("~")[2].strip()
    return f"~ {covariate}" if covariate not in ("", "1") else None


def from_grouped(formula: Any, data: Any, argument: str) -> tuple[Any, Any]:
    """Return formula and data where grouped data stand for both, as in R: their display formula with its groups.

    Anything else is returned as it is.
    """
    if data is not None or not isinstance(formula, pd.DataFrame):
        return formula, data
    display = formula.attrs.get("formula")
    if not isinstance(display, str) or "|" not in display:
        raise ArgumentError(
            f"{argument} is a frame that knows no groups; write a formula, or pass such as rbridge.r_data gives"
        )
    return display, formula


def with_groups(formula: str, data: pd.DataFrame) -> str:
    """Return a formula with the groups that the data know, if it has none of its own."""
    display = data.attrs.get("formula")
    if "|" in formula or not isinstance(display, str) or "|" not in display:
        return formula
    return f"{formula} | {display.rpartition('|')[2].strip()}"
