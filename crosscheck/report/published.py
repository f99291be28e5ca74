"""The book's figures beside today's, to the digits they were printed with."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from .. import data
from ..answer import Answer
from ..published import PUBLISHED, PublishedFigure
from ..reference import dense_problem
from ..reference.rounding import best_within
from ..study import ModelCheck, Study
from .blocks import Block, Cell, Column, Lines, Table


def published_blocks(study: Study) -> list[Block]:
    """Return the table of published figures and what is to be said of those that today's answers don't give."""
    checks = {check.spec.name: check for check in study.checks if check.spec.method == "REML"}
    figures = [figure for figure in PUBLISHED if figure.model in checks and checks[figure.model].reference]
    if not figures:
        return []
    engines = list(dict.fromkeys(c.engine for check in checks.values() for c in check.candidates))
    rows: list[tuple[Cell, ...]] = []
    for position, figure in enumerate(figures):
        if position and figures[position - 1].model != figure.model:
            rows.append(())
        rows.append(_row(figure, checks[figure.model], engines))
    columns = (
        Column("R&B 2002", "left"),
        Column("figure", "left"),
        Column("printed"),
        Column("R today"),
        *(Column(f"{engine} today") for engine in engines),
        Column("to the printed digits", "left"),
    )
    title = "Raudenbush & Bryk's published figures (REML)"
    differing = [figure for figure in figures if figure.remark]
    explained = _explanations([checks[name] for name in dict.fromkeys(f.model for f in differing)])
    return [Table(title, columns, tuple(rows)), *explained]


def unexplained(study: Study) -> tuple[PublishedFigure, ...]:
    """Return the figures that R's answer doesn't round to and that nothing is known about."""
    found = []
    for check in study.checks:
        if check.spec.method == "REML" and check.reference is not None:
            for figure in PUBLISHED:
                if figure.model == check.spec.name and not figure.remark:
                    today = reading(figure, check.reference)
                    if today is None or rounded(today, figure.printed) != figure.printed:
                        found.append(figure)
    return tuple(found)


def reading(figure: PublishedFigure, answer: Answer) -> float | None:
    """Return an answer's value for a figure, or None where the answer doesn't say."""
    if figure.quantity == "variance":
        if figure.name == "Residual":
            return answer.sigma**2
        grid = answer.levels[0].std_dev if answer.levels else None
        spread = grid.column("std_dev").get(figure.name) if grid is not None else None
        return None if spread is None else spread**2
    column = {"fixef": "Value", "std_error": "Std.Error"}[figure.quantity]
    return answer.t_table.column(column).get(figure.name) if answer.t_table is not None else None


def rounded(number: float, printed: str) -> str:
    """Return a number with the decimals of a printed one."""
    return str(Decimal(number).quantize(Decimal(printed), ROUND_HALF_EVEN))


def _row(figure: PublishedFigure, check: ModelCheck, engines: Sequence[str]) -> tuple[Cell, ...]:
    assert check.reference is not None  # its figures were chosen by that
    candidates = {c.engine: c.answer for c in check.candidates}
    answers = [check.reference, *(candidates.get(engine) for engine in engines)]
    values = [reading(figure, answer) if answer is not None else None for answer in answers]
    same = all(value is not None and rounded(value, figure.printed) == figure.printed for value in values)
    if same:
        remark = Cell("the same", "good")
    elif figure.remark:
        remark = Cell(f"differs: {figure.remark}", "warn")
    else:
        remark = Cell("DIFFERS, unexplained", "bad")
    today = [Cell("-" if v is None else rounded(v, figure.printed + "00")) for v in values]
    table = check.spec.note.removeprefix("R&B ")
    return (Cell(table), Cell(figure.label), Cell(figure.printed), *today, remark)


def _explanations(checks: Sequence[ModelCheck]) -> list[Block]:
    """Say, for each model with a figure that differs, how far below the optimum the printed variances are."""
    lines = []
    for check in checks:
        figures = {f.name: f for f in PUBLISHED if f.model == check.spec.name and f.quantity == "variance"}
        terms = [name for name in figures if name != "Residual"]
        problem = dense_problem(check.spec, data.load(check.spec.data))
        best = best_within(problem, [_interval(figures[t]) for t in terms], _interval(figures["Residual"]))
        assert check.reference is not None
        below = check.reference.scalars["log_lik"] - best
        lines.append(
            Cell(
                f"{check.spec.note.removeprefix('R&B ')}: no covariance gives the printed variances a "
                f"log-likelihood nearer than {below:.2g} to today's optimum: the published run stopped "
                "short of it."
            )
        )
    return [Lines(tuple(lines))] if lines else []


def _interval(figure: PublishedFigure) -> tuple[float, float]:
    """Return what a printed figure may have been before it was rounded."""
    centre, half = float(figure.printed), 0.5 * 10.0 ** int(Decimal(figure.printed).as_tuple().exponent)
    return centre - half, centre + half
