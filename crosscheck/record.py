"""Record R's answers to the ladder: ``python -m crosscheck.record``, or ``make record``.

Fits every model by REML and by ML as far as each control makes nlme go, and writes one JSON file each. All but
the provenance is a function of the data and of R's arithmetic: running it again on the same machine changes
nothing. It takes about a minute, most of it nlme's EM algorithm on its way to convergence.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import data, recordfile
from .answer import Answer
from .engines import CONTROLS, NlmeEngine, answer_of
from .errors import CrosscheckError, EngineUnavailableError
from .ladder import ladder
from .spec import ModelSpec


def record(spec: ModelSpec, folder: Path | None = None) -> Path:
    """Fit one model on R under every control and store the answers.

    Raises
    ------
    EngineUnavailableError
        R, nlme or rpy2 is missing.
    CrosscheckError
        R stopped with an error.
    """
    engines = {control: NlmeEngine(control) for control in CONTROLS}
    if reason := engines["default"].why_not():
        raise EngineUnavailableError(reason)
    frame = data.load(spec.data)
    answers: dict[str, Answer] = {}
    for control, engine in engines.items():
        answer = answer_of(engine, spec, frame)
        if isinstance(answer, str):
            raise CrosscheckError(f"{spec.key}, {control} control: {answer}")
        if answer.about.problems:
            raise CrosscheckError(f"{spec.key}, {control} control can't be read: {answer.about.problems}")
        answers[control] = answer
    controls: dict[str, Mapping[str, Any]] = {c: engine.controls(spec) for c, engine in engines.items()}
    provenance = {**engines["default"].provenance(), "data sha256": data.checksum(spec.data)}
    return recordfile.write(spec, answers, controls, provenance, folder)


def main(argv: Sequence[str] | None = None) -> int:
    """Record the ladder; return 0, or 1 if R can't be reached or a fit fails."""
    parser = argparse.ArgumentParser(prog="python -m crosscheck.record", description="Record R's answers.")
    parser.add_argument("--model", action="append", default=[], metavar="NAME", help="only this model")
    parser.add_argument("--folder", type=Path, help="write here instead of into the fixtures")
    options = parser.parse_args(argv)
    try:
        for spec in ladder(options.model):
            print(record(spec, options.folder).name)
    except CrosscheckError as error:
        print(f"crosscheck.record: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
