"""One's own model on one's own data: R, the candidates, the third opinion, and a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .engines import TIMEOUT, Engine, why_not
from .engines import engine as engine_called
from .errors import EngineUnavailableError, UsageError
from .own.outcome import Outcome
from .spec import ModelSpec

if TYPE_CHECKING:  # the study brings the reference evaluator and formulaic along: imported when a run begins
    import pandas as pd

    from .attribution import Opinion
    from .own.prepare import Factors
    from .study import ModelCheck

MOST_ROWS = 2000
"""Rows in one outermost group up to which the third opinion is asked: it writes down the covariance matrix of them."""


@dataclass(frozen=True, slots=True)
class Run(Outcome):
    """What came of one run; its ``str()`` is the report."""

    def __str__(self) -> str:
        from .report import plain
        from .report.own import own_report

        return plain.render(own_report(self), 100)


def run(
    fixed: str,
    random: str | Mapping[str, str],
    data: Any,
    *,
    method: str = "REML",
    engines: Sequence[str | Engine] = ("nlme", "pyimpl"),
    factors: Factors = (),
    records: str | Path | None = None,
    name: str = "model",
    em_steps: int = 5000,
    timeout: float = TIMEOUT,
    progress: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> Run:
    """Fit a model on several engines, compare the answers, and say who is right.

    Parameters
    ----------
    fixed, random, method
        As for ``lme``.
    data : DataFrame, or path
        Of pandas, polars or Arrow, or a file as :func:`~crosscheck.own.read_data` takes it. Text becomes factors,
        sorted by code point, on every side.
    engines : sequence of str or Engine
        The reference, then those that are held to it: names, ``module:Class``, or engines. ``nlme`` as the reference
        is R as far as it can be made to go (:class:`~crosscheck.engines.NlmeEngine`).
    factors : iterable of str, or mapping
        Columns of numbers that are names; a mapping gives the levels in order.
    records : path, optional
        A folder where R's answers were recorded: R isn't run, and its answer is that.
    name : str
        What the model is called in reports and records.
    em_steps : int
        How many steps nlme's EM algorithm is given to converge.
    timeout : float
        Seconds that a fit of an engine that isn't lmebridge's own may take, if it is given by name.
    progress : callable
        Told what is being done.
    **options
        ``correlation``, ``weights``, ``contrasts``, ``control``, ``subset``, ``na_action``, as for ``lme``.

    Returns
    -------
    Run
        Its ``agree`` is the verdict, its ``str()`` the report.

    Raises
    ------
    UsageError
        An argument, or a column, can't be used.
    EngineUnavailableError
        An engine can't run here.
    NotRecordedError
        Nothing is recorded for this model and these data.

    Examples
    --------
    >>> import crosscheck
    >>> hsb = crosscheck.load_hsb()
    >>> crosscheck.run("mathach ~ ses", "~ 1 | id", hsb, engines=["pyimpl", "pyimpl"]).agree
    True
    """
    from .own import fingerprint, own_model, prepare
    from .own.prepare import name_of
    from .own.references import live_references, recorded_references
    from .study import check_model

    if isinstance(engines, str) or len(engines) < 2:
        raise UsageError(f"engines is {engines!r}; name the reference and at least one candidate")
    spec = own_model(
        fixed, random, method=method, name=name, data=name_of(data), em_steps=em_steps, **options
    )
    prepared = prepare(data, spec, factors)
    candidates = [engine_called(one, timeout) if isinstance(one, str) else one for one in engines[1:]]
    for candidate in candidates:
        if reason := why_not(candidate):
            raise EngineUnavailableError(
                f"engine {candidate.name!r} can't run here: {' '.join(reason.split())}"
            )
    references = (
        live_references(spec, engines[0])
        if records is None
        else recorded_references(spec, prepared.frame, Path(records))
    )
    small = largest_group(spec, prepared.frame) <= MOST_ROWS
    check = check_model(spec, prepared.frame, references, candidates, progress=progress, certificates=small)
    opinions = _opinions(check, prepared.frame, progress) if small else ()
    source = "live" if records is None else "recorded"
    return Run(check, prepared, opinions, fingerprint(prepared.frame), source)


def _opinions(check: ModelCheck, frame: pd.DataFrame, progress: Callable[[str], None]) -> tuple[Opinion, ...]:
    from .attribution import opinions

    progress(f"{check.spec.name}, {check.spec.method}: who is right")
    return opinions(check, frame)


def largest_group(spec: ModelSpec, frame: pd.DataFrame) -> int:
    """Return how many rows the largest outermost group has; all of them where the groups can't be told."""
    text = spec.random if isinstance(spec.random, str) else f"| {next(iter(spec.random))}"
    outermost = text.partition("|")[2].partition("/")[0].strip(" `")
    return int(frame[outermost].value_counts().max()) if outermost in frame.columns else len(frame)
