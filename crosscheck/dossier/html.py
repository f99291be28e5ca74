"""The report as one HTML page that needs nothing else: no file, no network, no script."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from .blocks import TONES, WORDS, Section, numbered, printable
from .chapters import verdict
from .document import Dossier, Heading


def html(dossier: Dossier, sections: Sequence[Section]) -> str:
    """Return the page; every text is escaped."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_resource),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        finalize=_finalized,
    )
    page = environment.get_template("report.html.j2")
    return page.render(
        heading=dossier.heading,
        about=about(dossier.heading, verdict(dossier)),
        sections=sections,
        number_of={section.id: number for number, _, section in numbered(sections)},
        tones=TONES,
        words=WORDS,
        css=_resource("report.css"),
        foot=_css_string(f"{dossier.heading.title}, {dossier.heading.date}"),
        version=dossier.version,
    )


def about(heading: Heading, verdict: str) -> tuple[tuple[str, str], ...]:
    """Return what stands under the title."""
    items = (
        ("Subject", ", ".join(heading.candidates)),
        ("Reference", heading.reference),
        ("Answers of R", "computed for this report" if heading.live else "as recorded"),
        ("Date", heading.date),
        ("Outcome", verdict),
        ("Prepared by", heading.author),
    )
    return tuple((name, text) for name, text in items if text)


def _finalized(value: object) -> object:
    """Return what is put into the page, of plain text what a page can carry."""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _css_string(text: str) -> str:
    """Return text as a string of CSS, with all but letters, digits and plain signs as their code points."""
    plain = frozenset(" .,:-_()")
    return '"' + "".join(c if c.isalnum() or c in plain else f"\\{ord(c):x} " for c in text) + '"'


def _resource(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
