"""The examples of README.md and docs/ are executed: Python blocks in order, shell blocks as far as a test can."""

import contextlib
import doctest
import io
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"(<!-- needs R -->\n)?^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    text: str
    needs_r: bool


def blocks(page):
    return [Block(language, text, bool(r)) for r, language, text in _BLOCK.findall(page.read_text("utf-8"))]


def run_python_blocks(page, with_r):
    """Execute the page's Python in one namespace; a ``text`` block right after one is what it prints."""
    namespace = {"__name__": "__main__"}
    printed = None
    executed = 0
    for block in blocks(page):
        if block.language == "python" and block.needs_r and not with_r:
            printed = None
        elif block.language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(block.text, page.name, "exec"), namespace)
            printed = out.getvalue()
            executed += 1
        elif block.language == "text" and printed is not None:
            same = doctest.OutputChecker().check_output(block.text, printed, doctest.ELLIPSIS)
            assert same, f"{page.name} shows\n{block.text}\nbut it prints\n{printed}"
            printed = None
    return executed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_examples(page):
    shown = sum(block.language == "python" and not block.needs_r for block in blocks(page))
    assert run_python_blocks(page, with_r=False) == shown


PAGES_WITH_R = [page for page in PAGES if any(block.needs_r for block in blocks(page))]


@pytest.mark.needs_r
@pytest.mark.parametrize("page", PAGES_WITH_R, ids=lambda page: page.name)
def test_python_examples_with_r(page):
    shown = sum(block.language == "python" for block in blocks(page))
    assert run_python_blocks(page, with_r=True) == shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_shell_examples(page):
    """A make target exists and can be planned; any other command runs and succeeds."""
    for block in blocks(page):
        if block.language != "sh":
            continue
        for line in block.text.splitlines():
            command = shlex.split(line, comments=True)
            if not command:
                continue
            if command[0] == "make":
                command.insert(1, "--dry-run")
            else:
                command[0] = str(Path(sys.executable).with_name(command[0]))
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
