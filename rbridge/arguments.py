"""What the caller wrote, checked and made plain, before any of it reaches R."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from rbridge.errors import ArgumentError, DataError, FormulaError
from rbridge.foreign import plain_values

Control = Mapping[str, bool | int | float | str]

MAX_TEXT: Final = 20_000  # characters of a formula; R's parser and deparser recurse

#: The control under which nlme's optimum is good to about 1e-8 in a standard deviation instead of 1e-6: the
#: optimiser's own tolerances at their floor, more EM steps, more iterations. ``sing.tol`` must be tightened
#: with ``rel.tol``, or nlminb reports "singular convergence"; ``returnObject`` keeps the fit where its line
#: search can make no further progress.
TIGHT_CONTROL: Final[Control] = MappingProxyType(
    {
        "rel.tol": 1e-13,
        "sing.tol": 1e-20,
        "x.tol": 1e-10,
        "niterEM": 200,
        "msMaxIter": 500,
        "msMaxEval": 2000,
        "returnObject": True,
    }
)

# formals(lmeControl), then what lme hands on to nlminb and to optim; each with what R takes there.
_FLAGS: Final = frozenset({"msVerbose", "returnObject", "gradHess", "apVar", "natural", "allow.n.lt.q"})
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "opt": ("nlminb", "optim"),
        "optimMethod": ("BFGS", "Nelder-Mead", "CG", "L-BFGS-B", "SANN", "Brent"),
    }
)
_NUMBERS: Final = frozenset(
    {
        *(
            "maxIter",
            "msMaxIter",
            "tolerance",
            "niterEM",
            "msMaxEval",
            "msTol",
            ".relStep",
            "minAbsParApVar",
            "sigma",
        ),
        *(
            "abs.tol",
            "rel.tol",
            "x.tol",
            "xf.tol",
            "step.min",
            "step.max",
            "sing.tol",
            "scale.init",
            "diff.g",
        ),
        *(
            "fnscale",
            "parscale",
            "ndeps",
            "abstol",
            "reltol",
            "alpha",
            "beta",
            "gamma",
            "REPORT",
            "type",
            "lmm",
        ),
        *("factr", "pgtol", "temp", "tmax"),
    }
)
_CONTRASTS: Final = ("contr.treatment", "contr.sum", "contr.helmert", "contr.poly", "contr.SAS")


@dataclass(frozen=True, slots=True)
class Request:
    """A checked call: texts still to be parsed by R, and settings in R's own names.

    Attributes
    ----------
    texts
        Formula, structures and subset as R text; ``random`` may be a dict of texts, outermost level first.
    keep
        The rows that a boolean ``subset`` keeps, shape (n,), or None.
    more
        Further settings of one kind of model.
    """

    texts: Mapping[str, str | Mapping[str, str]]
    method: Literal["REML", "ML"]
    na_action: Literal["fail", "omit", "exclude"]
    control: Control = field(default_factory=dict)
    contrasts: Mapping[str, str] = field(default_factory=dict)
    keep: np.ndarray | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def settings(self, data_name: str) -> dict[str, Any]:
        """Return what is no text as the R list that ``rb_fit`` takes."""
        return {
            "method": self.method,
            "na_action": self.na_action,
            "data_name": data_name,
            "control": self.control,
            "contrasts": self.contrasts,
            **self.more,
        }


def check_text(value: Any, argument: str) -> str:
    """Return R syntax as text: a string, or an object whose ``str()`` is R syntax.

    Raises
    ------
    ArgumentError
        It is of a type that can't be R syntax.
    FormulaError
        It is ``fixed`` and no text, or is empty, too long, or holds characters that R's parser can't take.
    """
    text = _as_text(value, argument)
    if not text.strip():
        raise FormulaError(f"{argument} is empty; write a formula, such as 'y ~ x'")
    if len(text) > MAX_TEXT:
        raise FormulaError(f"{argument} has {len(text)} characters; at most {MAX_TEXT} are allowed")
    if "\0" in text:
        raise FormulaError(f"{argument} holds a NUL character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise FormulaError(f"{argument} isn't valid Unicode") from None
    return text


def _as_text(text: Any, argument: str) -> str:
    if isinstance(text, str):
        return str(text)
    plain = type(text).__module__.partition(".")[0] in ("builtins", "numpy", "pandas")
    if text is None or plain:
        if argument == "fixed":
            raise FormulaError(f"fixed must be a formula as a string, such as 'y ~ x', not {_kind(text)}")
        raise ArgumentError(
            f"{argument} must be R syntax as a string, such as '~ x | group', not {_kind(text)}"
        )
    try:
        return str(text)
    except Exception as error:
        raise ArgumentError(f"{argument}: str() of {_kind(text)} failed: {error!r}") from error


def check_random(random: Any) -> str | dict[str, str]:
    """Return ``random`` as text, or as a dict of texts by grouping column."""
    if random is None:
        raise ArgumentError(
            "random is missing: write the random effects and their group, such as '~ 1 | group'"
        )
    if not isinstance(random, Mapping):
        return check_text(random, "random")
    if not random:
        raise ArgumentError("random is an empty dict: write {'group': '~ 1'}")
    texts = {}
    for group, text in random.items():
        if not isinstance(group, str) or not group:
            raise ArgumentError(f"random: a group must be named by its column, a string, not {shown(group)}")
        check_text(group, "random")
        texts[group] = check_text(text, f"random[{group!r}]")
    return texts


def check_choice(value: Any, argument: str, choices: tuple[str, ...]) -> str:
    """Return ``value`` if it is one of the choices."""
    if isinstance(value, str) and value in choices:
        return str(value)
    listed = ", ".join(repr(choice) for choice in choices)
    raise ArgumentError(f"{argument} must be one of {listed}, not {shown(value)}")


def check_control(control: Any) -> dict[str, bool | int | float | str]:
    """Check names and values of ``control`` against lmeControl's; ``rel_tol`` is taken for ``rel.tol``."""
    if control is None:
        return {}
    if not isinstance(control, Mapping):
        raise ArgumentError(f"control must be a dict of lmeControl's arguments, not {_kind(control)}")
    known = {*_FLAGS, *_CHOICES, *_NUMBERS}
    checked: dict[str, bool | int | float | str] = {}
    for key, value in control.items():
        name = key if key in known else key.replace("_", ".") if isinstance(key, str) else key
        if name not in known:
            close = get_close_matches(str(key), known, n=1)
            mend = (
                f"; did you mean {close[0]!r}?" if close else f"; lmeControl has {', '.join(sorted(known))}"
            )
            raise ArgumentError(f"control: {shown(key)} is not an argument of lmeControl{mend}")
        if name in checked:
            raise ArgumentError(f"control names {name!r} twice")
        checked[name] = _control_value(name, value)
    return checked


def _control_value(name: str, value: Any) -> bool | int | float | str:
    if isinstance(value, np.generic):
        value = value.item()
    if name in _FLAGS:
        if isinstance(value, bool):
            return value
        raise ArgumentError(f"control: {name!r} must be True or False, not {shown(value)}")
    if name in _CHOICES:
        return check_choice(value, f"control: {name!r}", _CHOICES[name])
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(float_or_nan(value)):
        raise ArgumentError(f"control: {name!r} must be one finite number, not {shown(value)}")
    return float(value)


def float_or_nan(value: int | float) -> float:
    """Return a number as float; one too large for that is NaN."""
    try:
        return float(value)
    except OverflowError:
        return float("nan")


def check_contrasts(contrasts: Any) -> dict[str, str]:
    """Check that ``contrasts`` maps column names to R's contrast functions."""
    if contrasts is None:
        return {}
    if not isinstance(contrasts, Mapping):
        raise ArgumentError(
            f"contrasts must be a dict such as {{'sex': 'contr.sum'}}, not {_kind(contrasts)}"
        )
    for column in contrasts:
        if not isinstance(column, str):
            raise ArgumentError(f"contrasts: a column is named by a string, not {_kind(column)}")
    return {
        column: check_choice(name, f"contrasts[{column!r}]", _CONTRASTS) for column, name in contrasts.items()
    }


def check_subset(subset: Any, data: pd.DataFrame) -> tuple[str | None, np.ndarray | None]:
    """Return ``subset`` as R text, or as a boolean array of shape (n,), False where it is missing."""
    if subset is None:
        return None, None
    if isinstance(subset, str):
        return check_text(subset, "subset"), None
    values = _subset_values(plain_values(subset), data)
    if len(values) != len(data):
        raise ArgumentError(f"subset has {len(values)} values for {len(data)} rows")
    if not pd.api.types.is_bool_dtype(values.dtype):
        if pd.api.types.infer_dtype(values, skipna=True) not in ("boolean", "empty"):
            raise ArgumentError(f"subset must hold True and False, not {values.dtype}")
    keep = (
        np.array([value is True for value in values.tolist()])
        if values.isna().any()
        else values.to_numpy(bool)
    )
    if not keep.any():
        raise DataError("subset keeps no row")
    return None, keep


def _subset_values(subset: Any, data: pd.DataFrame) -> pd.Series:
    if isinstance(subset, pd.Series):
        if subset.index.equals(data.index):
            return subset
        if not subset.index.is_unique or not data.index.isin(subset.index).all():
            raise ArgumentError(
                "subset is a Series whose index doesn't cover the data's; align it, or give an array"
            )
        return subset.reindex(data.index)
    array = isinstance(subset, np.ndarray) and subset.ndim == 1
    if array or isinstance(subset, list | tuple | pd.api.extensions.ExtensionArray):
        return pd.Series(subset)
    raise ArgumentError("subset must be R text such as \"sex == 'F'\", or one True or False for each row")


def _kind(value: Any) -> str:
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def shown(value: Any) -> str:
    """Return a value as an error message shows it: on one line, and not long."""
    try:
        text = repr(value)
    except Exception:
        return _kind(value)
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def check_flag(value: Any, argument: str) -> bool:
    """Return ``value`` if it is True or False."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise ArgumentError(f"{argument} must be True or False, not {shown(value)}")


def check_whole(value: Any, argument: str, least: int = 0) -> int:
    """Return ``value`` if it is a whole number that R can hold."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and least <= value < 2**31:
        return int(value)
    raise ArgumentError(f"{argument} must be a whole number from {least} on, not {shown(value)}")


def check_number(value: Any, argument: str) -> float:
    """Return ``value`` if it is one finite number."""
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if number and np.isfinite(float_or_nan(value)):
        return float(value)
    raise ArgumentError(f"{argument} must be a finite number, not {shown(value)}")
