"""Recorded answers: one readable JSON file for each model and method, numbers with 17 significant digits.

A file holds the model, where its numbers come from, and R's answers under each control that R was given
(:class:`~crosscheck.engines.NlmeEngine` says which), with the arguments of ``lmeControl`` beside them. The
fitted values, by far the longest, are those of one answer only, the one that candidates are held to. Where R stopped
with an error, that is its answer.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .answer import Answer
from .data import fixtures
from .errors import NotRecordedError, RecordedFailureError, RecordError
from .spec import ModelSpec

WIDTH = 110


def path_of(spec: ModelSpec, folder: Path | None = None) -> Path:
    """Return where the answers to `spec` are recorded."""
    return (folder or fixtures() / spec.study / "recorded") / f"{spec.key}.json"


def write(
    spec: ModelSpec,
    answers: Mapping[str, Answer | str],
    controls: Mapping[str, Mapping[str, Any]],
    provenance: Mapping[str, str],
    folder: Path | None = None,
    with_fitted: str = "converged",
    source: Mapping[str, Any] | None = None,
) -> Path:
    """Store R's answers to `spec`, by the names of the controls, with the arguments those stand for.

    An answer that is text is the error that R stopped with. Only that to `with_fitted` keeps its fitted values.
    `source` says where data of one's own are, and how they are read.
    """
    path = path_of(spec, folder)
    plain = {"model": spec.to_dict(), "provenance": dict(provenance)}
    plain |= {"data": dict(source)} if source is not None else {}
    for control, answer in answers.items():
        plain[control] = {"control": dict(controls[control]), **_stored(answer, control == with_fitted)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_json(plain) + "\n", encoding="utf-8")
    return path


def _stored(answer: Answer | str, with_fitted: bool) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"error": answer}
    return (answer if with_fitted else replace(answer, fitted=None)).to_dict()


def read(spec: ModelSpec, control: str, engine: str = "recorded", folder: Path | None = None) -> Answer:
    """Return R's recorded answer to `spec` under a control, as the answer of `engine`.

    Raises
    ------
    NotRecordedError
        There is no record, or it is of another model than `spec` says.
    RecordedFailureError
        R stopped with an error, which is its answer.
    RecordError
        The file isn't a record.
    """
    path = path_of(spec, folder)
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotRecordedError(f"nothing is recorded for {spec.key}; {_mend(folder)}") from None
    except ValueError as error:
        raise RecordError(f"{path.name} is not a record: {error}") from error
    try:
        if plain["model"] != json.loads(json.dumps(spec.to_dict())):
            raise NotRecordedError(f"{path.name} records another model: {plain['model']}; {_mend(folder)}")
        if "error" in plain[control]:
            raise RecordedFailureError(plain[control]["error"])
        return Answer.of_dict(plain[control], engine=engine, provenance=plain["provenance"])
    except (KeyError, TypeError, AttributeError) as error:
        raise RecordError(f"{path.name} is not a record: {type(error).__name__} {error}") from error


def _mend(folder: Path | None) -> str:
    how = "`make record`" if folder is None else f"`crosscheck record --folder {folder}`"
    return f"{how} records R's answers"


def to_json(plain: Any) -> str:
    """Return JSON with short values on one line, long lists wrapped, floats with 17 significant digits."""
    return "\n".join(_lines(plain, 0))


def _lines(value: Any, indent: int) -> list[str]:
    flat = _flat(value)
    if len(flat) + indent <= WIDTH - 10 or not isinstance(value, Mapping | list):
        return [flat]
    inner = " " * (indent + 1)
    if isinstance(value, Mapping):
        lines = ["{"]
        for name, item in value.items():
            first, *rest = _lines(item, indent + 1)
            lines += [f"{inner}{json.dumps(str(name))}: {first}", *rest]
            lines[-1] += ","
        return [*lines[:-1], lines[-1].removesuffix(","), " " * indent + "}"]
    if all(map(_is_short, value)):
        body = (inner + line for line in _wrapped([_flat(item) for item in value], WIDTH - indent))
        return ["[", *body, " " * indent + "]"]
    lines = ["["]
    for item in value:
        first, *rest = _lines(item, indent + 1)
        lines += [inner + first, *rest]
        lines[-1] += ","
    return [*lines[:-1], lines[-1].removesuffix(","), " " * indent + "]"]


def _is_short(item: Any) -> bool:
    """Whether many such items may share a line: numbers and names, but not the lines of a page."""
    return not isinstance(item, Mapping | list) and " " not in str(item)


def _wrapped(items: Sequence[str], width: int) -> Iterator[str]:
    line = ""
    for position, item in enumerate(items):
        piece = item + ("," if position < len(items) - 1 else "")
        if line and len(line) + len(piece) > width:
            yield line
            line = ""
        line += piece
    yield line


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(k))}: {_flat(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flat, value)) + "]"
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    if math.isnan(value):
        return "null"
    if math.isinf(value):
        return "1e999" if value > 0 else "-1e999"
    return format(value, ".17g")
