"""Dense matrices of a model, built by formulaic and by none of the engines' own code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import formulaic
import numpy as np
import pandas as pd

from ..errors import UsageError
from ..spec import ModelSpec
from .likelihood import Floats, Grouping, Problem
from .rows import used_rows
from .structure import KINDS, Block, Kind
from .within import WithinModel

_TERMS = re.compile(r"[\w.\s+*:()^-]*")
"""Names, numbers, operators and brackets only ..."""
_CALL = re.compile(r"([\w.]+)\s*\(")
_FUNCTIONS = {"I": None, "sin": np.sin, "cos": np.cos, "exp": np.exp, "log": np.log, "sqrt": np.sqrt}
"""... and of functions these only, so that nothing that formulaic is handed can run code."""
_FACTORS = ("factor", "ordered")
"""R's, around the name of a column."""
_CONTRASTS = ("contr.treatment", "contr.helmert", "contr.sum", "contr.poly")
_STRUCTURE = re.compile(r"(?:(pd\w+)\s*\(\s*)?(~(?:[^(),]|\([^()]*\))*)")
"""The blocks of a structure, as in ``pdBlocked(list(~ 1, pdIdent(~ z - 1), pdDiag(~ I(x^2) - 1)))``."""


@dataclass(frozen=True, slots=True)
class DenseModel:
    """A model as the reference evaluator sees it.

    Attributes
    ----------
    problem : Problem
    forms : tuple of tuple of Block
        The form of the random effects' covariance matrix of each level.
    within : WithinModel
        The residuals' correlation structure and variance function.
    known_sigma : float or None
        Sigma where the model fixes it.
    terms : tuple of str
        The columns of X, by the names that R gives them where formulaic's say as much.
    effects : tuple of tuple of str
        Those of each level's Z.
    groups : tuple of str
        The grouping factors, outermost first.
    """

    problem: Problem
    forms: tuple[tuple[Block, ...], ...]
    within: WithinModel
    known_sigma: float | None
    terms: tuple[str, ...]
    effects: tuple[tuple[str, ...], ...]
    groups: tuple[str, ...]


def dense_problem(spec: ModelSpec, data: pd.DataFrame) -> Problem:
    """Return the dense matrices of a model; see :func:`dense_model`."""
    return dense_model(spec, data).problem


def dense_model(spec: ModelSpec, data: pd.DataFrame) -> DenseModel:
    """Return a model whose terms are columns, factors, some functions of them and interactions.

    Raises
    ------
    UsageError
        The model has a term, structure or option that this builder doesn't know.
    """
    unknown = set(spec.options) - {"contrasts", "subset", "na_action", "control", "correlation", "weights"}
    if unknown:
        raise UsageError(f"the reference evaluator doesn't know the options {sorted(unknown)}")
    frame = used_rows(spec, data)
    contrasts = _contrasts_of(spec, frame)
    response, right = (part.strip() for part in spec.fixed.split("~"))
    X = _columns(right, frame, contrasts)
    levels: list[Grouping] = []
    forms, effects, groups = [], [], []
    for names, pieces in structures(spec):
        columns = [_columns(terms, frame, contrasts) for _, terms in pieces]
        Z = np.hstack([made.to_numpy(dtype=float) for made in columns])
        form = tuple(Block(kind, made.shape[1]) for (kind, _), made in zip(pieces, columns, strict=True))
        for name in names:
            levels.append(_grouping(Z, frame[name], levels[-1] if levels else None))
            forms.append(form)
            groups.append(name)
            here = " ".join(terms for _, terms in pieces)
            effects.append(tuple(_as_r(column, frame, here) for made in columns for column in made.columns))
    y = _response(response, frame)
    rows = tuple(map(str, frame.index))
    problem = Problem(y, X.to_numpy(dtype=float), tuple(levels), spec.method, rows)
    within = WithinModel.of(spec.options.get("correlation"), spec.options.get("weights"), problem, frame)
    sigma = dict(spec.options.get("control", {})).get("sigma")
    known = float(sigma) if sigma else None
    terms = tuple(_as_r(column, frame, right) for column in X.columns)
    return DenseModel(problem, tuple(forms), within, known, terms, tuple(effects), tuple(groups))


def structures(spec: ModelSpec) -> list[tuple[list[str], list[tuple[Kind, str]]]]:
    """Return the grouping factors that share a structure, and its blocks as form and terms, outermost first.

    Raises
    ------
    UsageError
        The structure isn't known here.
    """
    found = []
    random = {"": spec.random} if isinstance(spec.random, str) else spec.random
    for group, structure in random.items():
        formula, _, bar = structure.partition("|")
        pieces = [(kind or "pdLogChol", terms) for kind, terms in _STRUCTURE.findall(formula)]
        named = [kind for kind in re.findall(r"\bpd\w+", formula) if kind != "pdBlocked"]
        given = [kind for kind, _ in _STRUCTURE.findall(formula) if kind]
        if not pieces or named != given or not set(given) <= KINDS.keys():
            raise UsageError(f"the reference evaluator doesn't know the structure {structure!r}")
        names = [one.strip(" )") for one in (bar or group).split("/")]
        found.append((names, [(KINDS[kind], terms.replace("~", "", 1)) for kind, terms in pieces]))
    return found


def _grouping(Z: Floats, column: pd.Series, outer: Grouping | None) -> Grouping:
    """Return one level, its groups within those of the level outside."""
    labels = [_label(value) for value in column]
    if outer is not None:
        labels = [f"{outer.labels[code]}/{label}" for code, label in zip(outer.codes, labels, strict=True)]
    codes, known = pd.factorize(pd.Series(labels, dtype=object), sort=True)
    return Grouping(Z, np.asarray(codes, dtype=np.intp), tuple(known))


def _label(value: object) -> str:
    """Return a group's name; 1224.0 is called 1224."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _response(formula: str, frame: pd.DataFrame) -> Floats:
    if formula in frame:
        return frame[formula].to_numpy(dtype=float)
    return _columns(f"{formula} - 1", frame, {}).to_numpy(dtype=float)[:, 0]


def _contrasts_of(spec: ModelSpec, frame: pd.DataFrame) -> dict[str, str]:
    """Return each factor's contrasts where they aren't treatment contrasts: polynomials for an ordered one."""
    ordered = [name for name in frame if getattr(frame[name].dtype, "ordered", False)]
    asked = spec.options.get("contrasts", {})
    if not isinstance(asked, Mapping) or not set(asked.values()) <= set(_CONTRASTS):
        raise UsageError(f"the reference evaluator doesn't know the contrasts {asked!r}")
    return {str(name): "contr.poly" for name in ordered} | dict(asked)


def _columns(terms: str, data: pd.DataFrame, contrasts: Mapping[str, str]) -> pd.DataFrame:
    """Return the columns of a formula's right-hand side."""
    allowed = {*_FUNCTIONS, *_FACTORS}
    known = set(_CALL.findall(terms)) <= allowed and not re.search(r"\)\s*\(", terms)
    if not known or not _TERMS.fullmatch(terms):
        raise UsageError(f"the reference evaluator knows plain terms only, not {terms.strip()!r}")
    data, contrasts = data.copy(), dict(contrasts)
    for kind, name in re.findall(r"\b(factor|ordered)\s*\(\s*([\w.]+)\s*\)", terms):
        column = data[name] = pd.Categorical(data[name], ordered=kind == "ordered")
        if column.ordered:
            contrasts.setdefault(name, "contr.poly")
    formula = re.sub(r"\b(?:factor|ordered)\s*\(\s*([\w.]+)\s*\)", r"\1", terms.strip())
    formula = formula.replace("^", "**")
    formula = re.sub(r"(?<![\w.])[A-Za-z]\w*(?:\.\w+)+", r"`\g<0>`", formula)  # IQ.ver.cen is a name in R
    for name, contrast in contrasts.items():
        quoted = f"`{name}`" if "." in name else name
        coded = f"C({quoted}, {contrast})"
        formula = re.sub(rf"(?<![\w.`]){re.escape(quoted)}(?![\w.`(])", coded, formula)
    context: dict[str, Any] = {
        name: function for name, function in _FUNCTIONS.items() if function is not None
    }
    context["pi"] = np.pi
    try:
        return pd.DataFrame(formulaic.model_matrix(formula or "1", data, context=context))
    except Exception as error:  # formulaic's own, of many kinds: the evaluator can't say, and says so
        raise UsageError(f"the reference evaluator can't build {terms.strip()!r}: {error}") from error


def _as_r(column: str, data: pd.DataFrame, formula: str) -> str:
    """Return a column's name as R has it: ``sector[T.Catholic]:x`` is ``sectorCatholic:x``.

    R writes the factors of an interaction in the order in which the formula first has them.
    """
    if column == "Intercept":
        return "(Intercept)"
    parts = sorted(str(column).split(":"), key=lambda part: _first_place(part, formula))
    return ":".join(_part_as_r(part, data, formula) for part in parts)


def _first_place(part: str, formula: str) -> int:
    """Return where the formula first has the variable of a part."""
    names = re.findall(r"[A-Za-z][\w.]*", part.split("[")[0])
    found = [
        place.start()
        for name in names
        if name not in {"C", *_FUNCTIONS}
        and (place := re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.(])", formula))
    ]
    return min(found, default=len(formula))


def _part_as_r(part: str, data: pd.DataFrame, formula: str) -> str:
    def contrast(found: re.Match[str]) -> str:
        column, kind, level = found.groups()
        made = re.search(rf"\b(?:factor|ordered)\(\s*{re.escape(column)}\s*\)", formula)
        name = made[0].replace(" ", "") if made else column
        if kind not in ("H", "S"):
            return f"{name}{level}"
        levels = [str(one) for one in pd.Categorical(data[column]).categories]
        return f"{name}{levels.index(level) + (kind == 'S')}"  # R numbers the columns of these

    name = re.sub(r"(?:C\()?`?([\w.]+)`?(?:, contr\.\w+\))?\[(?:([TSH])\.)?([^\]]*)\]", contrast, part)
    return name.replace("`", "").replace(" ** ", "^")
