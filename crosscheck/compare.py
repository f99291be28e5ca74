"""Compare two answers, quantity by quantity and name by name.

Names are compared as sets: a value that only one side has, a value that isn't a number, and a comparison of
nothing at all each get a verdict of their own, so that none of them can pass. A quantity that the reference
lacks altogether isn't compared, and the comparison says so; one that the candidate lacks is missing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pandas as pd

from .answer import Answer
from .confounded import RULE as CONFOUNDED
from .confounded import confounded_level, unidentified, with_total_for_sigma
from .quantities import NUMBERS, SINGULAR_LIMITS, Quantity
from .readings import Value
from .singular import is_negligible, is_singular, names_without_spread, undefined_correlations

MAX_GAIN = 0.1
"""At a singular optimum a log-likelihood up to this much higher is accepted without further evidence.

nlme, tightened, stopped 1.4e-2 short in the worst of 40 small random designs; with room, that is 0.1. What is
higher still may as well be a wrong likelihood, which only the reference evaluator can tell.
"""

ALWAYS_DEFINED = frozenset({"n_obs", "n_groups", "sigma", "log_lik", "aic", "bic"})
"""What every fit has a number for; the rest can be undefined on both sides, e.g. p where DF is 0."""

OF_SOME_MODELS = frozenset({"corr", "corr_params", "var_params"})
"""What a model needn't have: where the reference has none, a candidate that has some fitted another model."""

MAX_DIGITS = 15.0
"""LRE is capped here, as in the NIST StRD: double precision carries no more."""


class Verdict(StrEnum):
    """What a row says; only the first two pass."""

    AGREE = "agree"
    UNDEFINED = (
        "undefined"  # on both sides: p where DF is 0, the correlation of what doesn't vary, a free split
    )
    DIFFER = "DIFFER"
    MISSING = "MISSING"
    EXTRA = "EXTRA"
    NOT_A_NUMBER = "NOT A NUMBER"
    UNCONFIRMED = "UNCONFIRMED"  # a log-likelihood higher than any early stop of nlme's explains

    @property
    def passes(self) -> bool:
        """Whether the row is no reason to fail."""
        return self in (Verdict.AGREE, Verdict.UNDEFINED)


@dataclass(frozen=True, slots=True)
class Row:
    """One value of one quantity on both sides.

    Attributes
    ----------
    quantity, name : str
        The quantity's key, and which of its values.
    reference, candidate : float, str or None
        None where that side doesn't have it.
    difference : float
        Candidate minus reference, in the quantity's units; NaN for text.
    digits : float
        LRE, the digits of agreement: -log10 of the relative error, from 0 to 15.
    limit : float
        The largest difference, in units, that counts as agreement.
    verdict : Verdict
    rule : str
        The special rule that was applied, if any.
    """

    quantity: str
    name: str
    reference: Value | None
    candidate: Value | None
    difference: float
    digits: float
    limit: float
    verdict: Verdict
    rule: str = ""

    @property
    def strain(self) -> float:
        """How much of the tolerance is used: 1 is the limit, infinite where nothing can be measured."""
        if self.verdict is Verdict.UNDEFINED or self.difference == 0:
            return 0.0
        if math.isnan(self.difference):
            return 0.0 if self.verdict.passes else math.inf
        strain = abs(self.difference) / self.limit if self.limit else math.inf
        return min(strain, 1.0) if self.verdict.passes else strain


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of comparing a candidate's answer with a reference's.

    Attributes
    ----------
    reference, candidate : str
        The engines' names.
    rows : tuple of Row
    quantities : tuple of Quantity
        What was compared, in order.
    singular : bool
        Whether the rules of a singular optimum were applied.
    problems : tuple of str
        What couldn't be read off the candidate, and why.
    not_compared : tuple of str
        Titles of the quantities that the candidate has and the reference doesn't: nothing to hold them against.
    """

    reference: str
    candidate: str
    rows: tuple[Row, ...]
    quantities: tuple[Quantity, ...]
    singular: bool = False
    problems: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()

    @property
    def agree(self) -> bool:
        """Whether every row passes; a comparison without a single value agrees on nothing."""
        return bool(self.rows) and all(row.verdict.passes for row in self.rows)

    @property
    def failures(self) -> tuple[Row, ...]:
        """The rows that don't pass."""
        return tuple(row for row in self.rows if not row.verdict.passes)

    def of(self, quantity: str) -> tuple[Row, ...]:
        """Return the rows of one quantity."""
        return tuple(row for row in self.rows if row.quantity == quantity)

    def worst(self, quantity: str | None = None) -> Row | None:
        """Return the row, of one quantity or of all, that is closest to failing or fails most."""
        rows = self.rows if quantity is None else self.of(quantity)
        return max(rows, key=lambda row: (not row.verdict.passes, row.strain, -row.digits), default=None)

    def to_frame(self) -> pd.DataFrame:
        """Return the rows as a data frame."""
        fields = ("quantity", "name", "reference", "candidate", "difference", "digits", "limit", "rule")
        records = [
            {name: getattr(row, name) for name in fields} | {"verdict": str(row.verdict)} for row in self.rows
        ]
        return pd.DataFrame.from_records(records, columns=[*fields, "verdict"])

    def __str__(self) -> str:
        if not self.rows:
            return f"{self.candidate} against {self.reference}: nothing to compare, which is a failure"
        failures = self.failures
        head = f"{self.candidate} against {self.reference}: {len(self.rows)} values, "
        head += f"{len(failures)} don't agree" if failures else "all agree"
        lines = [_line(row) for row in failures[:20]]
        if len(failures) > 20:
            lines.append(f"  ... and {len(failures) - 20} more")
        lines += [f"  could not be read: {problem}" for problem in self.problems]
        if self.not_compared:
            lines.append(
                f"  not compared, {self.reference} doesn't have them: {', '.join(self.not_compared)}"
            )
        if not self.agree:
            lines += [_line(row) + "  (for the difference in objective)" for row in self.of("log_lik")]
        return "\n".join([head, *lines])


def compare(reference: Any, candidate: Any, quantities: Iterable[Quantity] = NUMBERS) -> Comparison:
    """Compare a candidate's fit with a reference's.

    Parameters
    ----------
    reference, candidate : Answer, or any object that answers the contract's names
        The reference is what is right, e.g. R's tightened fit; units and names are taken from it.
    quantities : iterable of Quantity
        What to compare; :data:`~crosscheck.quantities.QUANTITIES` has the printed pages too.

    Returns
    -------
    Comparison
        Its ``agree`` says whether everything is within tolerance, its ``str()`` what isn't.

    Notes
    -----
    ``coef()`` and ``residuals()`` aren't compared: they are sums and differences of what is. Neither is what
    only repeats something: variances have to be the squares of the standard deviations, the Residual row
    sigma, and correlations symmetric, or they count as not readable.
    """
    expected, found = Answer.of(reference, engine="reference"), Answer.of(candidate, engine="candidate")
    asked = tuple(quantities)
    beyond = tuple(quantity for quantity in asked if _is_beyond(quantity, expected, found))
    compared = tuple(quantity for quantity in asked if quantity not in beyond)
    singular = is_singular(expected) or is_singular(found)
    rows = [row for quantity in compared for row in _rows(quantity, expected, found, singular)]
    problems = tuple(f"{what}: {why}" for what, why in found.about.problems.items())
    return Comparison(
        expected.about.engine,
        found.about.engine,
        tuple(rows),
        compared,
        singular,
        problems,
        tuple(quantity.title for quantity in beyond),
    )


def lre(reference: float, candidate: float, floor: float = 0.0) -> float:
    """Return the digits to which `candidate` agrees with `reference`, from 0 to 15.

    The log relative error of the NIST StRD, -log10(abs(c - r) / abs(r)); the log absolute error if r is 0.
    Where abs(r) is below `floor`, the error is relative to that instead.
    """
    if candidate == reference:
        return MAX_DIGITS
    error = abs(candidate - reference) / (max(abs(reference), floor) or 1.0)
    if not math.isfinite(error):
        return 0.0
    return min(MAX_DIGITS, max(0.0, -math.log10(error))) if error > 0 else MAX_DIGITS


def _is_beyond(quantity: Quantity, expected: Answer, found: Answer) -> bool:
    """Whether the reference lacks a quantity altogether, as records lack the fitted values of early stops."""
    return quantity.key not in OF_SOME_MODELS and not quantity.read(expected) and bool(quantity.read(found))


def _rows(quantity: Quantity, expected: Answer, found: Answer, singular: bool) -> Iterator[Row]:
    if confounded_level(expected) is not None and confounded_level(found) is not None:
        yield from _confounded_rows(quantity, expected, found)
        return
    ours, theirs, units = quantity.read(expected), quantity.read(found), quantity.units(expected)
    limit = max(SINGULAR_LIMITS.get(quantity.key, 0.0), quantity.limit) if singular else quantity.limit
    nothing = _nothing(quantity, expected, found) if singular else frozenset()
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        unit = units.get(name, 1.0)
        row = _row(quantity, name, ours.get(name), theirs.get(name), unit, 1.0 if name in nothing else limit)
        if name in nothing:
            row = replace(row, rule="singular: sds below 1e-3 of sigma count as that")
        elif singular:
            row = _at_singular_optimum(row, expected, found)
        yield row


def _confounded_rows(quantity: Quantity, expected: Answer, found: Answer) -> Iterator[Row]:
    """Yield the rows of a model whose innermost variance can't be told from sigma's: their sum is compared."""
    ours, theirs, units = quantity.read(expected), quantity.read(found), quantity.units(expected)
    if quantity.key == "sigma":
        ours, theirs = with_total_for_sigma(ours, expected), with_total_for_sigma(theirs, found)
    free = unidentified(quantity, expected) if quantity.key != "sigma" else frozenset()
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        row = _row(quantity, name, ours.get(name), theirs.get(name), units.get(name, 1.0), quantity.limit)
        there = row.reference is not None and row.candidate is not None
        if name in free and there:
            row = replace(row, verdict=Verdict.UNDEFINED, rule=CONFOUNDED)
        elif quantity.key == "sigma":
            row = replace(row, rule=CONFOUNDED)
        yield row


def _nothing(quantity: Quantity, expected: Answer, found: Answer) -> frozenset[str]:
    """Return the names of what belongs to effects without spread on either side: it is within one unit of 0."""
    if quantity.key not in ("var_cov", "ranef"):
        return frozenset()
    return names_without_spread(expected) & names_without_spread(found)


def _row(
    quantity: Quantity, name: str, reference: Value | None, candidate: Value | None, unit: float, limit: float
) -> Row:
    def row(verdict: Verdict, difference: float = math.nan, digits: float = 0.0) -> Row:
        return Row(quantity.key, name, reference, candidate, difference, digits, limit, verdict)

    if candidate is None:
        return row(Verdict.MISSING)
    if reference is None:
        return row(Verdict.EXTRA)
    if isinstance(reference, str) or isinstance(candidate, str):
        same = reference == candidate
        return row(Verdict.AGREE if same else Verdict.DIFFER, digits=MAX_DIGITS if same else 0.0)
    if not (math.isfinite(reference) and math.isfinite(candidate)):
        same = reference == candidate or (math.isnan(reference) and math.isnan(candidate))
        undefined = same and quantity.key not in ALWAYS_DEFINED
        return row(Verdict.UNDEFINED if undefined else Verdict.NOT_A_NUMBER)
    difference = candidate - reference
    if difference:
        difference /= unit or 1.0
    verdict = Verdict.AGREE if abs(difference) <= limit else Verdict.DIFFER
    return row(verdict, difference, lre(reference, candidate, unit if quantity.floor else 0.0))


def _at_singular_optimum(row: Row, expected: Answer, found: Answer) -> Row:
    """Return the row as the rules of a singular optimum have it.

    nlme stops short at such an optimum, so a log-likelihood up to `MAX_GAIN` higher is no
    error (AIC and BIC must follow it),
    standard deviations below 1e-3 sigma are all 0, and an effect without variance has no correlation.
    """
    if row.quantity == "corr":
        undefined = undefined_correlations(expected) & undefined_correlations(found)
        rule = "singular: an effect without variance has no correlation"
        return replace(row, verdict=Verdict.UNDEFINED, rule=rule) if row.name in undefined else row
    if not isinstance(row.reference, float) or not isinstance(row.candidate, float):
        return row
    if row.quantity == "std_dev":
        zeros = is_negligible(row.reference, expected) and is_negligible(row.candidate, found)
        rule = "singular: below 1e-3 of sigma counts as 0"
        return replace(row, verdict=Verdict.AGREE, rule=rule) if zeros else row
    if row.quantity in ("log_lik", "aic", "bic"):
        gain = found.scalars.get("log_lik", math.nan) - expected.scalars.get("log_lik", math.nan)
        if gain > 0:
            return _at_higher_likelihood(row, row.candidate - row.reference, gain)
    return replace(row, rule="singular: limits of nlme's default fits")


def _at_higher_likelihood(row: Row, change: float, gain: float) -> Row:
    """Return the row of logLik, AIC or BIC where the candidate's logLik is higher: up to a bound no error."""
    explained = gain if row.quantity == "log_lik" else -2 * gain
    if not abs(change - explained) <= row.limit:
        return replace(row, verdict=Verdict.DIFFER, rule="singular: has to follow the log-likelihood")
    if gain > MAX_GAIN:
        rule = f"singular: more than {MAX_GAIN:g} higher; confirm with the reference likelihood"
        return replace(row, verdict=Verdict.UNCONFIRMED, rule=rule)
    return replace(
        row, verdict=Verdict.AGREE, rule=f"singular: a likelihood up to {MAX_GAIN:g} higher is no error"
    )


def _line(row: Row) -> str:
    title = " ".join(filter(None, (row.quantity, row.name)))
    if isinstance(row.reference, str) or isinstance(row.candidate, str):
        return f"  {row.verdict}: {title}"
    why = f" ({row.rule})" if row.verdict is Verdict.UNCONFIRMED else ""
    return (
        f"  {row.verdict}: {title}: expected {row.reference!r}, found {row.candidate!r}, "
        f"difference {row.difference:.3g} (limit {row.limit:g}), {row.digits:.1f} digits{why}"
    )
