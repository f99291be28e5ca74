"""A dossier in all its forms, into a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from ..errors import CrosscheckError, UsageError
from .blocks import Picture, Section, numbered
from .chapters import chapters
from .document import Dossier
from .html import html
from .junit import junit
from .machine import to_json
from .markdown import PICTURES, markdown

NEEDED = {"jinja2": "jinja2", "matplotlib": "matplotlib", "packaging": "packaging"}
"""What a report is made with, beyond what the package needs anyhow: modules and what to install for them."""


def require_extras() -> None:
    """Refuse to begin where the report couldn't be written in the end.

    Raises
    ------
    CrosscheckError
        A package of the extra ``report`` isn't installed.
    """
    missing = [package for module, package in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise CrosscheckError(
            f"crosscheck report needs {' and '.join(missing)}: pip install 'lmebridge[report]'"
        )


def prepare(folder: Path) -> None:
    """Make the folder, and refuse one that can't be written into before anything is fitted.

    Raises
    ------
    UsageError
        It is a file, or may not be made or written into.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UsageError(f"--out {folder}: that is a file; name a folder") from None
    except OSError as error:
        raise UsageError(f"--out {folder}: the folder can't be made: {error.strerror or error}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"--out {folder}: the folder can't be written into; name another")


def write(dossier: Dossier, folder: Path) -> tuple[Path, ...]:
    """Write ``report.html``, ``.md``, ``.json``, ``.xml`` and the pictures; return their paths, HTML first.

    Raises
    ------
    CrosscheckError
        One can't be written, e.g. because the disk is full.
    """
    sections = chapters(dossier)
    forms = {
        "report.html": html(dossier, sections),
        "report.md": markdown(dossier, sections),
        "report.json": to_json(dossier),
        "report.xml": junit(dossier),
    }
    pictures = {f"{PICTURES}/{one.name}.svg": _alone(one.svg) for one in _pictures(sections)}
    paths = []
    try:
        (folder / PICTURES).mkdir(exist_ok=True)
        for name, text in (forms | pictures).items():
            path = folder / name
            path.write_text(text, encoding="utf-8")
            paths.append(path)
    except OSError as error:
        raise CrosscheckError(f"the report can't be written: {error.strerror or error}") from error
    return tuple(paths)


def _pictures(sections: Sequence[Section]) -> Iterator[Picture]:
    for _, _, section in numbered(sections):
        yield from (block for block in section.blocks if isinstance(block, Picture))


def _alone(svg: str) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?>\n{svg}\n'
