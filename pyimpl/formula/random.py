"""The ``random`` argument: everything that nlme accepts for it as text, taken apart level by level."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pyimpl.errors import ArgumentError, FormulaError
from pyimpl.formula.constants import Value, constant_value
from pyimpl.formula.deparse import shortened
from pyimpl.formula.formula import Formula, formula_from
from pyimpl.formula.matrices import Rows, constant_matrix
from pyimpl.formula.nodes import Argument, Binary, Call, Constant, Expr, Name, Unary, strip_parens
from pyimpl.formula.parser import parse_expression
from pyimpl.formula.structure import check_structure

PD_CLASSES = ("pdLogChol", "pdSymm", "pdDiag", "pdIdent", "pdCompSymm", "pdNatural", "pdBlocked")
"""nlme's classes of random-effects covariance matrices."""

StartingValue = tuple[float, ...] | Rows
"""Parameters of a structure, or the rows of its matrix."""

_ARGUMENT = "random"


@dataclass(frozen=True, slots=True)
class RandomPart:
    """Random effects with one covariance structure.

    Attributes
    ----------
    structure : str
        R's class name, such as ``pdDiag``.
    formula : Formula
        One-sided, without groups.
    value : tuple of float, tuple of such rows, or None
        The starting values given: parameters as in ``pdDiag(c(1, 2), ~ x)``, or a matrix as in
        ``pdDiag(diag(2), ~ x)``.
    """

    structure: str
    formula: Formula
    value: StartingValue | None = None


@dataclass(frozen=True, slots=True)
class RandomLevel:
    """The random effects of one level of grouping.

    Attributes
    ----------
    group : str
        The grouping factor.
    structure : str
        R's class name; ``pdLogChol`` for a bare formula.
    formula : Formula
        One-sided, without groups. For ``pdBlocked`` that of the first block: read `blocks` there.
    value : tuple of float, tuple of such rows, or None
        The starting values given, see :class:`RandomPart`.
    blocks : tuple of RandomPart
        The blocks of a ``pdBlocked``, in order; empty otherwise.
    """

    group: str
    structure: str
    formula: Formula
    value: StartingValue | None = None
    blocks: tuple[RandomPart, ...] = ()


def parse_random(
    random: object, fixed: Formula | None, groups: tuple[str, ...] = ()
) -> tuple[RandomLevel, ...]:
    """Take the argument ``random`` of ``lme`` apart.

    Parameters
    ----------
    random : str, mapping, or a structure object
        ``"~ ses | id"``; ``"~ 1 | school/child"`` (the same effects at each level);
        ``{"school": "~ x", "child": pdDiag("~ x")}`` or ``"list(school = ~ x, child = pdDiag(~ x))"``, the
        outermost level first. An object counts as text when its attribute ``r_syntax`` is True; its ``str()``
        is then R syntax.
    fixed : Formula or None
        The fixed effects: with `groups` a missing `random` means their right side, as pdSymm, at each level.
    groups : tuple of str
        The grouping factors of grouped data, outermost first, which `random` need not name again.

    Returns
    -------
    tuple of RandomLevel
        One for each level of grouping, outermost first.

    Raises
    ------
    ArgumentError
        When `random` is missing where the data don't know their groups, or of a type that can't be used.
    FormulaError
        When its text is not what nlme accepts.
    """
    if random is None:
        levels = _default(fixed, groups)
    elif isinstance(random, Mapping):
        levels = _from_mapping(random)
    else:
        levels = _from_text(r_text(random), groups)
    names = [level.group for level in levels]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise FormulaError(f"random: the group {twice!r} is named twice; give all its effects in one formula")
    return levels


def _default(fixed: Formula | None, groups: tuple[str, ...]) -> tuple[RandomLevel, ...]:
    """The right side of the fixed effects at each level of grouping."""
    if fixed is None or not groups:
        names = fixed.right_variables[:1] if fixed is not None else ()
        raise ArgumentError(
            f"random: the grouping is missing; write random='~ {names[0] if names else 1} | group' "
            "with the name of the column that holds the groups"
        )
    return tuple(RandomLevel(group, "pdSymm", fixed.as_effects()) for group in groups)


def r_text(value: object) -> str:
    """Return `value` as R syntax: text as it is, and ``str()`` of an object whose ``r_syntax`` is True."""
    if isinstance(value, str):
        return str(value)
    if getattr(value, "r_syntax", False) is True and not isinstance(value, type):
        return str(value)
    raise ArgumentError(
        f"random: a value of type {type(value).__name__} can't be used; give a formula such as '~ ses | id', "
        "a dict such as {'id': 'pdDiag(~ ses)'}, or a structure such as pdDiag('~ ses')"
    )


def _from_mapping(random: Mapping[object, object]) -> tuple[RandomLevel, ...]:
    if not random:
        raise ArgumentError("random: the dict is empty; name at least one group, as in {'id': '~ ses'}")
    levels = []
    for group, value in random.items():
        if not isinstance(group, str) or not group:
            raise ArgumentError(f"random: the group {group!r} must be the name of a column, as text")
        levels.append(_level(group, parse_expression(r_text(value), _ARGUMENT)))
    return tuple(levels)


def _from_text(text: str, groups: tuple[str, ...]) -> tuple[RandomLevel, ...]:
    expr = strip_parens(parse_expression(text, _ARGUMENT))
    if isinstance(expr, Call) and expr.function == "list":
        return _from_list(expr, groups)
    if isinstance(expr, Call):
        check_structure(expr, _ARGUMENT)
        if not groups:
            raise FormulaError(
                f"random: `{shortened(expr)}` names no group; write {{'group': {shortened(expr)!r}}} "
                "with the name of the column that holds the groups"
            )
        return tuple(_level(group, expr) for group in groups)
    return _grouped(expr, groups)


def _from_list(call: Call, groups: tuple[str, ...]) -> tuple[RandomLevel, ...]:
    if not call.arguments:
        raise FormulaError("random: the list is empty; name at least one group, as in list(id = ~ ses)")
    nameless = all(one.name is None for one in call.arguments)
    if len(call.arguments) == 1 and nameless:
        whole = strip_parens(call.arguments[0].value)
        if groups and isinstance(whole, Call):
            return tuple(_level(group, whole) for group in groups)
        return _grouped(whole, groups)
    if nameless and len(call.arguments) == len(groups):
        return tuple(_level(group, one.value) for group, one in zip(groups, call.arguments, strict=True))
    levels = []
    for one in call.arguments:
        if one.name is None:
            raise FormulaError(
                f"random: `{shortened(one.value)}` in the list has no group; write list(group = ...)"
            )
        levels.append(_level(one.name, one.value))
    return tuple(levels)


def _grouped(expr: Expr, known: tuple[str, ...]) -> tuple[RandomLevel, ...]:
    """Take ``~ effects | a/b`` apart into one level for each of its groups, or else of those `known`."""
    formula = _one_sided(expr)
    groups = formula.groups or known
    if not groups:
        raise FormulaError(
            f"random: {formula.text!r} names no group; write '{formula.text} | group' "
            "with the name of the column that holds the groups"
        )
    effects = replace(formula, groups=())
    return tuple(RandomLevel(group, "pdLogChol", effects) for group in groups)


def _level(group: str, expr: Expr) -> RandomLevel:
    """Read the effects of one named group: a formula or a pdMat call."""
    expr = strip_parens(expr)
    if not isinstance(expr, Call):
        return RandomLevel(group, "pdLogChol", _ungrouped(expr, group))
    check_structure(expr, _ARGUMENT)
    if expr.function == "pdBlocked":
        blocks = _blocks(expr, group)
        return RandomLevel(group, "pdBlocked", blocks[0].formula, None, blocks)
    part = _part(expr, group)
    return RandomLevel(group, part.structure, part.formula, part.value)


def _part(call: Call, group: str) -> RandomPart:
    """Read ``pdXxx(form)``, ``pdXxx(value, form)`` and their named spellings."""
    if call.function not in PD_CLASSES:
        raise FormulaError(
            f"random: `{call.function[:40]}` is not a covariance structure; choose one of {', '.join(PD_CLASSES)}"
        )
    if call.function == "pdBlocked":
        raise FormulaError(
            "random: a pdBlocked can't be a block of another pdBlocked; list the blocks singly"
        )
    given = _matched(call, ("value", "form"))
    form, value = given.get("form"), given.get("value")
    if form is None:
        form, value = value, None
    if form is None or not _is_formula(form):
        raise FormulaError(
            f"random: `{shortened(call)}` has no formula; write {call.function}(~ 1) or {call.function}(~ x)"
        )
    return RandomPart(call.function, _ungrouped(form, group), _starting_values(value, call))


def _blocks(call: Call, group: str) -> tuple[RandomPart, ...]:
    """Read ``pdBlocked(list(~ 1, pdIdent(~ x - 1)), pdClass = "pdSymm")``."""
    given = _matched(call, ("value", "pdClass"))
    listed = given.get("value")
    if not isinstance(listed, Call) or listed.function != "list" or not listed.arguments:
        raise FormulaError(
            f"random: `{shortened(call)}` needs a list of blocks; write pdBlocked(list(~ 1, pdIdent(~ x - 1)))"
        )
    classes = _block_classes(given.get("pdClass"), len(listed.arguments))
    blocks = []
    for one, structure in zip(listed.arguments, classes, strict=True):
        element = strip_parens(one.value)
        if isinstance(element, Call):
            blocks.append(_part(element, group))
        else:
            blocks.append(RandomPart(structure, _ungrouped(element, group)))
    return tuple(blocks)


def _block_classes(expr: Expr | None, count: int) -> tuple[str, ...]:
    """Return the class of each block that is a bare formula; nlme's default is pdSymm."""
    value: Value = "pdSymm" if expr is None else constant_value(expr, "random: pdClass of pdBlocked")
    names = value if isinstance(value, tuple) else (value,) * count
    known = tuple(name for name in names if isinstance(name, str) and name in PD_CLASSES[:-1])
    if len(known) != count:
        raise FormulaError(
            f"random: pdClass of pdBlocked must be one class, or one for each of its {count} blocks, "
            f"of {', '.join(PD_CLASSES[:-1])}"
        )
    return known


def _matched(call: Call, known: tuple[str, ...]) -> dict[str, Expr]:
    """Return the arguments of a pdMat call by name, positional ones in the order of `known`."""
    given: dict[str, Expr] = {}
    for one in call.arguments:
        name = one.name or next((candidate for candidate in known if _is_free(candidate, call, given)), "")
        if name not in known or name in given:
            problem = f"`{name[:40]}` is not an argument of" if name else "too many arguments in"
            raise FormulaError(
                f"random: {problem} `{shortened(call)}`; {call.function}() takes {' and '.join(known)}"
            )
        given[name] = one.value
    return given


def _is_free(name: str, call: Call, given: Mapping[str, Expr]) -> bool:
    return name not in given and all(other.name != name for other in call.arguments)


def _starting_values(expr: Expr | None, call: Call) -> StartingValue | None:
    where = f"random: the starting values in `{shortened(call)}`"
    if expr is None or expr == Constant("NULL"):
        return None
    matrix = constant_matrix(expr, where)
    if matrix is not None:
        return matrix
    value = constant_value(expr, where)
    several = value if isinstance(value, tuple) else (value,)
    found = tuple(one for one in several if isinstance(one, float) and math.isfinite(one))
    if len(found) < len(several):
        raise FormulaError(f"{where} must be numbers, as in c(1, 2), or a matrix such as diag(2)")
    return found


def _is_formula(expr: Expr) -> bool:
    return (
        isinstance(strip_parens(expr), (Unary, Binary)) and getattr(strip_parens(expr), "operator", "") == "~"
    )


def _one_sided(expr: Expr) -> Formula:
    if isinstance(expr, (Name, Argument)) or not _is_formula(expr):
        raise FormulaError(
            f"random: `{shortened(expr)}` is not a formula; write '~ ses | id', or {{'id': 'pdDiag(~ ses)'}}"
        )
    formula = formula_from(expr, _ARGUMENT)
    if formula.response is not None:
        raise FormulaError(
            f"random: {formula.text!r} has a left side; write a one-sided formula, '~ x | group'"
        )
    if formula.terms.offsets:
        raise FormulaError(f"random: `{shortened(formula.terms.offsets[0])}` belongs in the fixed effects")
    if formula.has_dot:
        raise FormulaError(f"random: `.` in {formula.text!r} is not supported; write the columns out")
    return formula


def _ungrouped(expr: Expr, group: str) -> Formula:
    formula = _one_sided(strip_parens(expr))
    if formula.groups:
        raise FormulaError(
            f"random: the effects of {group!r} name a group again in {formula.text!r}; "
            f"write '{formula.text_without_groups}'"
        )
    return formula
