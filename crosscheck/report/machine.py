"""A study as plain data for machines: every number in full, with the tolerances and where all comes from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..compare import Comparison, Row
from ..judge import Judged
from ..published import PUBLISHED
from ..quantities import QUANTITIES
from ..study import Checked, ModelCheck, Study
from .published import reading, rounded, unexplained

MAX_FAILURES = 20
"""How many failing values of a long quantity are listed without ``verbose``."""


def study_to_dict(study: Study, *, verbose: bool = False) -> dict[str, Any]:
    """Return a study as data that JSON can carry; numbers that aren't finite become null.

    Parameters
    ----------
    study : Study
    verbose : bool
        Every fitted value, too; without it a long quantity is given by its worst value and their count.
    """
    tolerances = {
        q.key: {"title": q.title, "limit": q.limit, "unit": q.unit, "reason": q.reason} for q in QUANTITIES
    }
    return {
        "agree": study.agree and not unexplained(study),
        "r": "live" if study.live else "recorded",
        "why_recorded": study.why_recorded,
        "tolerances": tolerances,
        "models": [model_to_dict(check, verbose) for check in study.checks],
        "published": [
            _figure(check, position)
            for check in study.checks
            if check.spec.method == "REML" and check.reference is not None
            for position, figure in enumerate(PUBLISHED)
            if figure.model == check.spec.name
        ],
    }


def judged_to_dict(judged: Sequence[Judged], *, live: bool, verbose: bool = False) -> dict[str, Any]:
    """Return the book's verdicts as data that JSON can carry, as :func:`study_to_dict` does a study."""
    return {
        "agree": bool(judged) and all(one.agree for one in judged),
        "r": "live" if live else "recorded",
        "models": [
            {
                "calls": [str(call) for call in one.case.calls],
                "agree": one.agree,
                "numbers_agree": one.numbers_agree,
                "pages_identical": one.same_pages,
                "other_pages": list(one.other_pages),
                "reason": one.reason,
                "different_by_definition": bool(one.definition),
                "log_lik_above_r": _number(one.gain),
                "candidate": one.candidate.engine,
                **{key: value for key, value in model_to_dict(one.check, verbose).items() if key != "agree"},
            }
            for one in judged
        ],
    }


def model_to_dict(check: ModelCheck, verbose: bool) -> dict[str, Any]:
    """Return one model of a study as data that JSON can carry."""
    reference = check.reference
    return {
        "model": check.spec.to_dict() | {"title": check.spec.title, "note": check.spec.note},
        "agree": check.agree,
        "error": check.error,
        "reference": dict(reference.about.provenance) | {"engine": reference.about.engine}
        if reference
        else None,
        "candidates": [_candidate(candidate, verbose) for candidate in check.candidates],
        "r_itself": [_candidate(made, verbose) for made in check.own],
        "drift_from_recorded": comparison_to_dict(check.drift, False) if check.drift else None,
        "optimum": [
            {
                "engine": c.engine,
                "log_lik_reported": _number(c.reported),
                "log_lik_dense": _number(c.log_lik),
                "distance_in_se": _number(c.distance),
                "log_lik_left": _number(c.shortfall),
            }
            for c in check.certificates
        ],
    }


def _candidate(candidate: Checked, verbose: bool) -> dict[str, Any]:
    answer = candidate.answer
    return {
        "engine": candidate.engine,
        "agree": candidate.agree,
        "error": candidate.error,
        "provenance": dict(answer.about.provenance) if answer else {},
        "warnings": list(answer.about.warnings) if answer else [],
        "problems": dict(answer.about.problems) if answer else {},
        "comparison": comparison_to_dict(candidate.comparison, verbose) if candidate.comparison else None,
    }


def comparison_to_dict(comparison: Comparison, verbose: bool) -> dict[str, Any]:
    """Return a comparison as data that JSON can carry; a long quantity by its worst value unless `verbose`."""
    rows: list[dict[str, Any]] = []
    for quantity in comparison.quantities:
        found = comparison.of(quantity.key)
        if quantity.show == "worst" and not verbose:
            worst = comparison.worst(quantity.key)
            failing = [row for row in found if not row.verdict.passes and row is not worst]
            shown = [row for row in (worst, *failing[:MAX_FAILURES]) if row is not None]
            rows += [_row(row) | {"worst_of": len(found)} for row in shown]
        else:
            rows += [_row(row) for row in found]
    return {
        "reference": comparison.reference,
        "candidate": comparison.candidate,
        "agree": comparison.agree,
        "singular": comparison.singular,
        "values": len(comparison.rows),
        "failures": len(comparison.failures),
        "not_compared": list(comparison.not_compared),
        "rows": rows,
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "quantity": row.quantity,
        "name": row.name,
        "reference": _number(row.reference),
        "candidate": _number(row.candidate),
        "difference": _number(row.difference),
        "digits": _number(row.digits),
        "limit": row.limit,
        "verdict": row.verdict.value,
        **({"rule": row.rule} if row.rule else {}),
    }


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _figure(check: ModelCheck, position: int) -> dict[str, Any]:
    figure = PUBLISHED[position]
    assert check.reference is not None
    today = reading(figure, check.reference)
    return {
        "model": figure.model,
        "source": check.spec.note,
        "figure": figure.label,
        "printed": figure.printed,
        "r_today": _number(today),
        "candidates": {c.engine: _number(reading(figure, c.answer)) for c in check.candidates if c.answer},
        "same_to_printed_digits": today is not None and rounded(today, figure.printed) == figure.printed,
        "remark": figure.remark,
    }
