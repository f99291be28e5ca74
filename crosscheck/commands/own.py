"""The options by which ``crosscheck run`` and ``crosscheck record`` name one's own data and model."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from ..errors import UsageError
from ..own import read_data

_DELIMITERS = {"tab": "\t", r"\t": "\t"}


def add_data_and_model(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add the options; without `required` one's own model is one thing that may be asked for."""
    data = parser.add_argument_group("the data")
    data.add_argument(
        "--data",
        required=required,
        metavar="FILE",
        help=".csv, .tsv, .parquet, .rds (of R's saveRDS, read by R)",
    )
    data.add_argument("--delimiter", metavar="CHAR", help="of a CSV file: ',' if not given, or ';', tab, ...")
    data.add_argument(
        "--decimal", default=".", metavar="CHAR", help="decimal mark of a CSV file (default: '.')"
    )
    data.add_argument(
        "--factor",
        action="append",
        default=[],
        metavar="COLUMN[=A,B,...]",
        help="take a column of numbers as a factor, or give a factor's levels in order, the reference first; "
        "text is one anyway, its levels sorted by code point",
    )
    model = parser.add_argument_group("the model, in R's notation")
    model.add_argument("--fixed", required=required, metavar="FORMULA", help="'y ~ x'")
    model.add_argument(
        "--random",
        required=required,
        metavar="FORMULA",
        help="'~ x | g', or 'list(g = pdDiag(~ x), h = ~ 1)'",
    )
    model.add_argument("--method", choices=["REML", "ML"], default="REML", help="(default: REML)")
    model.add_argument("--correlation", metavar="CALL", help="'corAR1(form = ~ t | g)'")
    model.add_argument("--weights", metavar="CALL", help="'varIdent(form = ~ 1 | sex)'")
    model.add_argument("--subset", metavar="CONDITION", help="'age > 8'")
    model.add_argument(
        "--na-action",
        choices=["fail", "omit", "exclude"],
        default="fail",
        help="what to do about missing values: refuse them (default), or leave their rows out",
    )
    model.add_argument("--name", default="model", help="what reports and records call it (default: model)")
    model.add_argument(
        "--em-steps", type=int, default=5000, metavar="N", help="steps of nlme's EM algorithm (default: 5000)"
    )


def data_of(options: argparse.Namespace) -> Any:
    """Return the frame that the options name."""
    delimiter = _DELIMITERS.get(options.delimiter, options.delimiter)
    if delimiter is not None and len(delimiter) != 1:
        raise UsageError(f"--delimiter is {options.delimiter!r}; give one character, or tab")
    return read_data(options.data, delimiter=delimiter, decimal=options.decimal)


def factors_of(options: argparse.Namespace) -> dict[str, Sequence[str] | None]:
    """Return the columns to be taken as factors, with their levels where they are given."""
    factors: dict[str, Sequence[str] | None] = {}
    for text in options.factor:
        column, _, levels = text.partition("=")
        factors[column] = levels.split(",") if levels else None
    return factors


def model_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of :func:`~crosscheck.own.own_model`."""
    return {
        "fixed": options.fixed,
        "random": options.random,
        "method": options.method,
        "name": options.name,
        "em_steps": options.em_steps,
        "correlation": options.correlation,
        "weights": options.weights,
        "subset": options.subset,
        "na_action": None if options.na_action == "fail" else options.na_action,
    }
