"""How far R is from the optimum, measured: what the tolerances rest on.

``python -m crosscheck.tolerances`` measures every recorded answer of R's, over the book and High School & Beyond,
against the certified optimum of the reference evaluator, in the units in which a quantity's tolerance is given, and
writes ``fixtures/tolerances.json``; ``docs/tolerances.md`` is made of that and of the tables in
:mod:`crosscheck.quantities`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, Literal

from . import data as data_sets
from .answer import Answer
from .best import best
from .book import book
from .compare import Comparison, Verdict, compare
from .confounded import confounded_level
from .errors import CrosscheckError
from .ladder import ladder
from .quantities import FIXED_POINT_LIMITS, NUMBERS, SINGULAR_LIMITS, Quantity
from .recordfile import read
from .reference import Referee
from .spec import ModelSpec

Kind = Literal["regular", "singular", "iterated"]
KINDS: Mapping[Kind, str] = {
    "regular": "regular: one optimum, inside the parameters' range",
    "singular": "singular: a variance of 0, or random effects that are multiples of each other",
    "iterated": "iterated: variances that go by fitted values",
}
OTHER_CRITERION = "tests-sigma-fixed-etc-"
"""With a known sigma nlme maximises something else by REML: no measure of how near it comes to an optimum."""

Measured = dict[str, dict[str, dict[str, list[Any]]]]


def limit_of(quantity: Quantity, kind: Kind) -> float:
    """Return a quantity's tolerance for a kind of fit."""
    if kind == "singular":
        return SINGULAR_LIMITS.get(quantity.key, quantity.limit)
    if kind == "iterated":
        return max(quantity.limit, FIXED_POINT_LIMITS.get(quantity.key, 0.0))
    return quantity.limit


def models() -> list[ModelSpec]:
    """Return the models that are measured."""
    specs = [*ladder(), *(case.spec for case in book())]
    return [spec for spec in specs if not (spec.name.startswith(OTHER_CRITERION) and spec.method == "REML")]


def measure(specs: Iterable[ModelSpec]) -> Measured:
    """Return, by kind of fit, quantity and R's fit: the number of models, the median, the worst, and its model."""
    found: dict[str, dict[str, dict[str, list[tuple[float, str]]]]] = {}
    for spec in specs:
        for kind, which, comparison in _of_model(spec):
            for quantity in comparison.quantities:
                worst = _worst(comparison, quantity.key)
                if worst is not None and quantity.limit:
                    by_fit = found.setdefault(kind, {}).setdefault(quantity.key, {})
                    by_fit.setdefault(which, []).append((worst, spec.key))
    return {
        kind: {
            key: {which: _summary(values) for which, values in by_fit.items()} for key, by_fit in of.items()
        }
        for kind, of in found.items()
    }


def _of_model(spec: ModelSpec) -> list[tuple[Kind, str, Comparison]]:
    rs: dict[str, Answer] = {}
    for control in ("converged", "tight", "default"):
        try:
            rs[control] = read(spec, control)
        except CrosscheckError:
            continue
    furthest = best(rs, fixed_point=spec.goes_by_fitted)
    if furthest is None or confounded_level(rs[furthest]) is not None:
        return []
    others = [answer for control, answer in rs.items() if control != furthest]
    referee = Referee.of(spec, data_sets.load(spec.data), [rs[furthest], *others])
    if not referee.optimum.certified:
        return []
    certified = referee.certified
    kept = {"best": rs[furthest]} | ({"default": rs["default"]} if "default" in rs else {})
    made: list[tuple[Kind, str, Comparison]] = []
    for which, answer in kept.items():
        held = compare(certified, answer)
        kind: Kind = "singular" if held.singular else "iterated" if spec.goes_by_fitted else "regular"
        made.append((kind, which, held))
    return made


def _worst(comparison: Comparison, key: str) -> float | None:
    rows = [row for row in comparison.of(key) if row.verdict is not Verdict.UNDEFINED]
    sizes = [
        abs(row.difference) for row in rows if row.difference == row.difference and "as 0" not in row.rule
    ]
    return max(sizes, default=None)


def _summary(values: list[tuple[float, str]]) -> list[Any]:
    worst, where = max(values)
    return [len(values), median(value for value, _ in values), worst, where]


def stored() -> Measured:
    """Return what was measured last."""
    made: Measured = json.loads(_path().read_text(encoding="utf-8"))
    return made


def page(measured: Measured) -> str:
    """Return the page of the documentation."""
    lines = [_HEAD]
    for kind, title in KINDS.items():
        lines += [f"\n## {title[0].upper()}{title[1:]}\n", _line(_TITLES), _line(["---"] * len(_TITLES))]
        of = measured.get(kind, {})
        for quantity in NUMBERS:
            by_fit = of.get(quantity.key, {})
            cells = [_cell(by_fit.get(which)) for which in ("best", "default")]
            limit = limit_of(quantity, kind)
            shown = f"{limit:g} {quantity.unit}".strip() if limit else "identical"
            lines.append(_line([quantity.title, shown, *cells, _reason(quantity, kind)]))
    return "\n".join(lines) + "\n"


_TITLES = ["quantity", "tolerance", "R's best: median, worst", "R as called: median, worst", "reason"]
_HEAD = """\
# Tolerances

Made by `python -m crosscheck.tolerances`. A candidate agrees where it is within the tolerance of R's best answer. The
tolerances are R's doing, not the candidates': beside each stands how far R's own answers are from the certified
optimum of the likelihood, over the recorded models of the book and of High School & Beyond, in the same units: median,
worst (how many models; the worst one's name). *R's best* is the one that candidates are held to: nlme made to go on
until it converges, where it does. *R as called* is nlme by its defaults.

For regular fits a tolerance leaves R's best about one decimal digit of room. At a singular optimum it sometimes leaves
none: there R's best itself is short, and the reference evaluator decides who is right ([engines.md](engines.md)).
Where the cell is empty, nothing was recorded to measure: fitted values are kept of R's best only.

The limits stand in [crosscheck/quantities.py](../crosscheck/quantities.py), and a test holds this page to them:
loosening one is a change that shows here, beside what was measured."""


def _reason(quantity: Quantity, kind: Kind) -> str:
    if limit_of(quantity, kind) == quantity.limit:
        return quantity.reason
    if kind == "singular":
        return "nlme's default fits, since tightening doesn't help at a singular optimum"
    return "nlme's iteration between variances and fitted values ends short of its fixed point"


def _cell(found: list[Any] | None) -> str:
    return f"{found[1]:.0e}, {found[2]:.0e} ({found[0]}; {found[3]})" if found else "-"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _path() -> Path:
    return data_sets.fixtures() / "tolerances.json"


def main() -> int:
    """Measure, store, and print the page."""
    measured = measure(models())
    _path().write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    print(page(measured), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
