"""The names in the text of a formula or a structure: what may be columns, found without evaluating anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..spec import ModelSpec

CONSTANTS = frozenset({"pi", "TRUE", "FALSE", "T", "F", "NULL", "NA", "NaN", "Inf", "LETTERS", "letters"})
"""Names that R knows; they are columns only where there are such."""

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|%[^%]*%")
_NAME = re.compile(
    r"`(?P<ticked>[^`]+)`|(?<![\w.])(?P<plain>[^\W\d_.][\w.]*|\.(?:[^\W\d][\w.]*)?)(?P<after>\s*\(|\s*=(?!=))?"
)


def names_in(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names in `text` that stand for columns, and those that may: the names of arguments and constants.

    Names of functions are left out, as in ``pdDiag(~ I(x^2))``, and so are texts, as in ``metric = "manhattan"``.
    """
    sure: set[str] = set()
    maybe: set[str] = set()
    for match in _NAME.finditer(_QUOTED.sub(" ", text)):
        name, after = match["plain"], (match["after"] or "").strip()
        if match["ticked"]:
            sure.add(match["ticked"])
        elif after == "(" or name == ".":
            continue
        elif after == "=" or name in CONSTANTS:
            maybe.add(name)
        else:
            sure.add(name)
    return frozenset(sure), frozenset(maybe)


def takes_every_column(spec: ModelSpec) -> bool:
    """Whether a dot in the fixed effects stands for all other columns, as in ``y ~ .``."""
    return any(match["plain"] == "." for match in _NAME.finditer(_QUOTED.sub(" ", spec.fixed)))


def arguments_of(spec: ModelSpec) -> Mapping[str, tuple[str, ...]]:
    """Return the texts of a model that can name columns, by the argument they are in."""
    texts: dict[str, tuple[str, ...]] = {"fixed": (spec.fixed,), "random": tuple(_texts(spec.random))}
    for name in ("correlation", "weights", "subset"):
        value = spec.options.get(name)
        if isinstance(value, str):
            texts[name] = (value,)
    return texts


def _texts(random: Any) -> Iterable[str]:
    if isinstance(random, Mapping):
        for group, structure in random.items():
            yield f"`{group}`"
            yield str(structure)
    else:
        yield str(random)
