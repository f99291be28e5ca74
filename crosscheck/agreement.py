"""Assert that two fits agree, in a test of anyone's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .answer import Answer
from .compare import Comparison, compare
from .errors import UsageError
from .quantities import NUMBERS, QUANTITIES, Quantity

Tolerances = Mapping[str, tuple[float, str]]
"""By the quantity's key: the new limit, in the quantity's own units, and the reason for it."""


def assert_agree(
    expected: Any,
    found: Any,
    quantities: Iterable[str | Quantity] | None = None,
    *,
    tolerances: Tolerances | None = None,
) -> Comparison:
    """Assert that two fits agree in every quantity, each within its tolerance.

    Parameters
    ----------
    expected, found : Answer, or any object that answers the contract's names
        A fit of :mod:`rbridge` or :mod:`pyimpl`, an answer of an engine, or an object of your own that has
        ``t_table()``, ``var_corr()``, ``log_lik``, ... Units and names are taken from `expected`.
    quantities : iterable of str or Quantity, optional
        What to compare: keys of :data:`~crosscheck.quantities.QUANTITIES`, each of which then has to be there, or
        quantities of your own; by default all :data:`~crosscheck.quantities.NUMBERS`, so not the printed pages.
    tolerances : mapping, optional
        Other limits than the table's, each with its reason: ``{"log_lik": (1e-4, "it stops its EM there")}``.

    Returns
    -------
    Comparison
        With every value on both sides.

    Raises
    ------
    AssertionError
        They don't agree, or there was nothing to compare; the message is a table of what differs.
    UsageError
        A quantity is unknown, or a tolerance has no reason.

    Examples
    --------
    >>> from crosscheck import assert_agree, load_hsb
    >>> from pyimpl import lme
    >>> hsb = load_hsb()
    >>> fit = lme("mathach ~ ses", hsb, "~ 1 | id")
    >>> assert_agree(fit, lme("mathach ~ 1 + ses", hsb, "~ 1 | id")).agree
    True
    """
    __tracebackhide__ = True  # pytest shows the line of the test, not this one
    held = hold(expected, found, quantities, tolerances)
    if not held.agree:
        raise AssertionError(held.failure())
    return held.comparison


@dataclass(frozen=True, slots=True)
class Held:
    """What came of holding one fit to another.

    Attributes
    ----------
    comparison : Comparison
    lacking : tuple of str
        Quantities that were asked for by name and aren't there.
    tolerances : mapping
        The limits that were changed.
    """

    comparison: Comparison
    lacking: tuple[str, ...]
    tolerances: Tolerances

    @property
    def agree(self) -> bool:
        """Whether every value agrees, and everything that was asked for by name is there."""
        return self.comparison.agree and not self.lacking

    def failure(self) -> str:
        """Return what a failing test says: the table of what differs."""
        from .report import plain  # not needed by a test that passes
        from .report.differences import differences

        notes = [f"asked for by name, and not there: {', '.join(self.lacking)}"] if self.lacking else []
        notes += [f"{key} is held to {limit:g}: {why}" for key, (limit, why) in self.tolerances.items()]
        return "\n".join([plain.render(differences(self.comparison), 120), *notes])


def hold(
    expected: Any,
    found: Any,
    quantities: Iterable[str | Quantity] | None = None,
    tolerances: Tolerances | None = None,
) -> Held:
    """Compare two fits as :func:`assert_agree` does, and return what came of it."""
    named = tuple(quantities) if quantities is not None and not isinstance(quantities, str) else quantities
    asked = changed(chosen(named), tolerances or {})
    comparison = compare(_answer(expected, "expected"), _answer(found, "found"), asked)
    lacking = tuple(key for key in named or () if isinstance(key, str) and not comparison.of(key))
    return Held(comparison, lacking, dict(tolerances or {}))


def chosen(quantities: Iterable[str | Quantity] | None) -> tuple[Quantity, ...]:
    """Return quantities by their keys; all numbers by default."""
    if quantities is None:
        return NUMBERS
    if isinstance(quantities, str):
        raise UsageError(f"quantities is the text {quantities!r}; pass a list of keys, [{quantities!r}]")
    return tuple(q if isinstance(q, Quantity) else _known(q) for q in quantities)


def changed(quantities: tuple[Quantity, ...], tolerances: Tolerances) -> tuple[Quantity, ...]:
    """Return quantities with other limits, each for a stated reason."""
    limits = {key: _limit(key, change) for key, change in tolerances.items()}
    if unused := limits.keys() - {quantity.key for quantity in quantities}:
        raise UsageError(
            f"tolerances: {sorted(unused)} aren't compared; leave them out, or add them to quantities"
        )
    return tuple(
        replace(quantity, limit=limits[quantity.key][0], reason=limits[quantity.key][1])
        if quantity.key in limits
        else quantity
        for quantity in quantities
    )


def _known(key: str) -> Quantity:
    for quantity in QUANTITIES:
        if quantity.key == key:
            return quantity
    raise UsageError(f"no quantity {key!r}; known: {', '.join(quantity.key for quantity in QUANTITIES)}")


def _limit(key: str, change: Any) -> tuple[float, str]:
    _known(key)
    match change:
        case (float() | int() as limit, str(reason)) if reason.strip() and 0 <= limit < math.inf:
            return float(limit), reason
    raise UsageError(
        f"tolerances: {key} is {change!r}; give the limit and the reason for it, (1e-4, 'its EM stops there')"
    )


def _answer(fit: Any, role: str) -> Answer:
    """Read a fit; one that doesn't say which engine it is of goes by its package's name."""
    package = type(fit).__module__.partition(".")[0]
    return Answer.of(fit, engine=role if package in ("__main__", "builtins") else package)
