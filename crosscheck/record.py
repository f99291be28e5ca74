"""Record R's answers: ``python -m crosscheck.record``, or ``make record``.

Fits every model of the ladder, by REML and by ML, and every model of the book, as far as each control makes nlme
go, and writes one JSON file each. All but the provenance is a function of the data and of R's arithmetic: running it
again on the same machine changes nothing. It takes some minutes, most of it nlme's EM algorithm on its way to
convergence, and nlminb on its way to nowhere.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from . import data, recordfile
from .answer import Answer
from .best import best
from .book import book
from .engines import NlmeEngine, answer_of
from .errors import CrosscheckError, EngineUnavailableError
from .ladder import ladder
from .own.fingerprint import fingerprint
from .spec import ModelSpec


def record(
    spec: ModelSpec,
    folder: Path | None = None,
    frame: pd.DataFrame | None = None,
    source: Mapping[str, Any] | None = None,
) -> Path:
    """Fit one model on R under each of its controls and store the answers; an error is an answer, too.

    Parameters
    ----------
    spec : ModelSpec
    folder : Path, optional
        Where to; by default into the fixtures.
    frame : DataFrame, optional
        Data of one's own, if they aren't those that the model names; the record keeps their fingerprint.
    source : mapping, optional
        Where data of one's own come from, kept on the record.

    Raises
    ------
    EngineUnavailableError
        R, nlme or rpy2 is missing.
    CrosscheckError
        R gave no answer at all, or one that can't be read.
    """
    engines = {control: NlmeEngine(control) for control in spec.controls}
    if reason := engines["default"].why_not():
        raise EngineUnavailableError(reason)
    rows = data.load(spec.data) if frame is None else frame
    answers: dict[str, Answer | str] = {c: answer_of(engine, spec, rows) for c, engine in engines.items()}
    for control, answer in answers.items():
        if isinstance(answer, Answer) and answer.about.problems:
            raise CrosscheckError(f"{spec.key}, {control} control can't be read: {answer.about.problems}")
    furthest = best(answers, fixed_point=spec.goes_by_fitted)
    if furthest is None:
        raise CrosscheckError(f"{spec.key}: R gives no answer: {answers}")
    controls: dict[str, Mapping[str, Any]] = {c: engine.controls(spec) for c, engine in engines.items()}
    checksum = data.checksum(spec.data) if frame is None else fingerprint(frame)
    provenance = {**engines["default"].provenance(), "data sha256": checksum}
    return recordfile.write(spec, answers, controls, provenance, folder, furthest, source)


def main(argv: Sequence[str] | None = None) -> int:
    """Record the studies; return 0, or 1 if R can't be reached or a model has no answer."""
    parser = argparse.ArgumentParser(prog="python -m crosscheck.record", description="Record R's answers.")
    parser.add_argument("--study", choices=["hsb", "book"], help="only this study")
    parser.add_argument("--model", action="append", default=[], metavar="NAME", help="only this model of it")
    parser.add_argument("--folder", type=Path, help="write here instead of into the fixtures")
    options = parser.parse_args(argv)
    if options.model and options.study is None:
        options.study = "hsb"
    try:
        for spec in _specs(options.study, options.model):
            print(record(spec, options.folder).name, flush=True)
    except CrosscheckError as error:
        print(f"crosscheck.record: {error}", file=sys.stderr)
        return 1
    return 0


def _specs(study: str | None, names: Sequence[str]) -> list[ModelSpec]:
    """Return the models of one study, or of all."""
    of_ladder = ladder(names) if study in (None, "hsb") else ()
    of_book = book(names) if study in (None, "book") else ()
    return [*of_ladder, *(case.spec for case in of_book)]


if __name__ == "__main__":
    sys.exit(main())
