"""Record R's answers to the ladder: ``python -m crosscheck.record``, or ``make record``.

Fits every model by REML and by ML with nlme's default control and with the tightened one, and writes one JSON
file each. All but the provenance is a function of the data and of R's arithmetic, so that running it again on
the same machine changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from . import data, recordfile
from .engines import NlmeEngine, answer_of
from .errors import CrosscheckError, EngineUnavailableError
from .ladder import ladder
from .spec import ModelSpec


def record(spec: ModelSpec, folder: Path | None = None) -> Path:
    """Fit one model on R both ways and store the answers.

    Raises
    ------
    EngineUnavailableError
        R, nlme or rpy2 is missing.
    CrosscheckError
        R stopped with an error.
    """
    engines = {"default": NlmeEngine(), "tight": NlmeEngine(tight=True)}
    if reason := engines["default"].why_not():
        raise EngineUnavailableError(reason)
    frame = data.load(spec.data)
    answers = {}
    for control, engine in engines.items():
        answer = answer_of(engine, spec, frame)
        if isinstance(answer, str):
            raise CrosscheckError(f"{spec.key}, {control} control: {answer}")
        if answer.about.problems:
            raise CrosscheckError(f"{spec.key}, {control} control can't be read: {answer.about.problems}")
        answers[control] = answer
    provenance = {**engines["default"].provenance(), "data sha256": data.checksum(spec.data)}
    return recordfile.write(spec, answers, provenance, folder)


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
