"""The forms are read again: HTML as a browser reads it, Markdown, JSON against its schema, JUnit XML."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from importlib.resources import files
from xml.etree import ElementTree

import html5lib
import jsonschema
import pytest

from crosscheck.dossier import Outcome, chapters, write
from crosscheck.dossier.blocks import Section, numbered
from crosscheck.dossier.html import html
from crosscheck.dossier.junit import junit
from crosscheck.dossier.markdown import markdown

FORMS = ("report.html", "report.md", "report.json", "report.xml")


@pytest.fixture(scope="module", params=["passing", "failing"])
def written(request, tmp_path_factory):
    dossier = request.getfixturevalue(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    write(dossier, folder)
    return dossier, folder


def text_of(written, name):
    return (written[1] / name).read_text("utf-8")


@pytest.fixture(scope="module")
def page(written):
    """The page as a tree, read strictly: an error of the parser is an error of the test."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(text_of(written, "report.html").replace("\x00", "\ufffd"))


def test_the_page_needs_nothing_else(page, written):
    assert not list(page.iter("script")) and not list(page.iter("link")) and not list(page.iter("iframe"))
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        for name, value in element.attrib.items():
            assert not str(name).lower().startswith("on"), f"{element.tag} has {name}"
            if str(name).split("}")[-1] in ("href", "src"):
                assert value.startswith("#"), f"{element.tag} refers to {value}"
    text = text_of(written, "report.html")
    assert "@import" not in text
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", text))
    policy = next(one for one in page.iter("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert policy.get("content").startswith("default-src 'none'")


def test_ids_are_unique_and_links_lead_to_them(page):
    ids = Counter(element.get("id") for element in page.iter() if element.get("id"))
    assert [id for id, count in ids.items() if count > 1] == []
    links = [element.get("href")[1:] for element in page.iter("a")]
    assert len(links) > 20
    assert set(links) <= ids.keys()


def test_headings_and_tables_are_marked_up(page, written):
    levels = [int(element.tag[1]) for element in page.iter() if re.fullmatch(r"h[1-6]", str(element.tag))]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    tables = list(page.iter("table"))
    captions = ["".join(one.itertext()) for one in page.iter("caption")]
    assert len(captions) == len(tables) - 1  # the lines to sign aren't a table of facts
    assert [int(re.match(r"Table (\d+)\. ", text)[1]) for text in captions] == list(
        range(1, len(captions) + 1)
    )
    for table in tables:
        width = len(next(iter(table.iter("thead"))).findall("tr/th"))
        assert all(one.get("scope") == "col" for one in table.findall("thead/tr/th"))
        for row in table.findall("tbody/tr"):
            assert len(row) == width
            assert row[0].tag == "th" and row[0].get("scope") == "row"
    html = next(page.iter("html")) if page.tag != "html" else page
    assert html.get("lang") == "en"


def test_pictures_say_what_they_show(page):
    pictures = [one for one in page.iter() if one.get("role") == "img"]
    assert len(pictures) >= 4
    assert all(len(one.get("aria-label")) > 40 for one in pictures)
    assert len(list(page.iter("figcaption"))) == len(pictures)


def test_what_scrolls_can_be_reached_by_keyboard(page):
    boxes = [one for one in page.iter("div") if "scroll" in (one.get("class") or "").split()]
    assert boxes and all(one.get("tabindex") == "0" and one.get("aria-label") for one in boxes)
    inside = {id(table) for box in boxes for table in box.iter("table")}
    assert all(id(table) in inside for table in page.iter("table"))


def test_hostile_text_stays_text(failing):
    sections = chapters.chapters(failing)
    page = html(failing, sections)
    assert "<script>" not in page and "&lt;script&gt;alert(1)" in page
    style = page[page.index("<style>") : page.index("</style>")]
    assert "alert" not in style or "<" not in style[style.index("--running-foot") :]
    assert "<script>" not in markdown(failing, sections).replace("\\<script\\>", "")
    ElementTree.fromstring(junit(failing))  # no character that XML can't carry


def test_every_chapter_is_there(page, written):
    titles = ["".join(one.itertext()).strip() for one in page.iter("h2")]
    assert [re.sub(r"^\d+\s+", "", title) for title in titles] == [
        *("Contents", "Summary", "Scope and intended use", "Environment", "Installation qualification (IQ)"),
        *("Operational qualification (OQ)", "Requirements and tolerances", "Performance qualification (PQ)"),
        *("Deviations", "How to repeat this report", "Approval", "Appendix: every fit"),
    ]  # fmt: skip
    words = "".join(page.itertext())
    assert "crosscheck report --out here" in words
    assert "Signature" in words


def test_all_forms_have_the_same_verdict(written, page):
    dossier, _ = written
    good = dossier.outcome is not Outcome.FAIL
    plain = json.loads(text_of(written, "report.json"))
    assert plain["outcome"] == str(dossier.outcome)
    assert plain["parts"]["PQ"] == ("pass" if good else "fail")
    root = ElementTree.fromstring(text_of(written, "report.xml"))
    assert (root.get("failures") == "0") is good
    word = "**Pass**" if good else "**FAIL**"
    assert word in text_of(written, "report.md")
    banner = next(one for one in page.iter("p") if "banner" in (one.get("class") or ""))
    assert "".join(banner.itertext()).startswith("Pass" if good else "FAIL")


def test_json_follows_its_schema(written):
    schema = json.loads(files("crosscheck.dossier").joinpath("report.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    plain = json.loads(text_of(written, "report.json"), parse_constant=lambda name: pytest.fail(name))
    jsonschema.Draft202012Validator(schema).validate(plain)
    broken = plain | {"outcome": "excellent"}
    assert not jsonschema.Draft202012Validator(schema).is_valid(broken)


def test_junit_counts_are_those_of_its_cases(written):
    dossier, _ = written
    root = ElementTree.fromstring(text_of(written, "report.xml"))
    assert root.tag == "testsuites"
    for suite in root:
        assert suite.tag == "testsuite" and suite.get("errors") == "0"
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", suite.get("timestamp"))
        names = [(case.get("classname"), case.get("name")) for case in suite]
        assert len(set(names)) == len(names) and all(all(name) for name in names)
        assert {part.tag for case in suite for part in case} <= {"failure", "skipped", "system-out"}
    assert int(root.get("tests")) == sum(int(suite.get("tests")) for suite in root)
    fits = [suite for suite in root if suite.get("name").startswith("PQ ")]
    assert len(fits) == len(dossier.performance.fit_results)


def test_junit_names_what_failed(failing):
    root = ElementTree.fromstring(junit(failing))
    failed = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]
    assert failed == [
        "R-VAR-03 Residual standard deviation",
        "the fit as a whole",
        "R-RUN-01 A complete answer to every model",
        "the fit as a whole",
    ]
    text = next(case for case in root.iter("testcase") if case.get("name").startswith("R-VAR-03")
                and case.find("failure") is not None).find("failure")  # fmt: skip
    assert text.get("message") == "1 of 1 values outside" and "limit 1.0e-05" in text.text


def test_markdown_tables_are_whole(written):
    lines = text_of(written, "report.md").splitlines()
    width = 0
    for line in lines:
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not (width and cells) or cells == width, line
        width = cells
    for target in re.findall(r"\]\((pictures/[^)]*)\)", "\n".join(lines)):
        ElementTree.fromstring((written[1] / target).read_text("utf-8"))


def test_the_same_facts_give_the_same_bytes(written, tmp_path):
    dossier, folder = written
    paths = write(dossier, tmp_path)
    assert [path.name for path in paths[:4]] == list(FORMS)
    for path in paths:
        again = path.relative_to(tmp_path)
        assert path.read_bytes() == (folder / again).read_bytes(), str(again)


def test_sections_are_numbered_in_depth():
    inner = Section("b", "B", (), (Section("c", "C"),))
    found = [(number, depth) for number, depth, _ in numbered([Section("a", "A"), inner])]
    assert found == [("1", 1), ("2", 1), ("2.1", 2)]


def test_the_summary_counts(failing):
    summary = chapters._summary(failing)
    (points,) = [block for block in summary.blocks if hasattr(block, "texts")]
    assert points.texts[0].startswith("2 fits, ")
    assert points.texts[1] == "2 deviations: 0 explained, 2 held against the candidate."
    candidates = next(block for block in summary.blocks if getattr(block, "title", "") == "Candidates")
    assert [row[-2].text for row in candidates.rows] == ["none", "R-RUN-01, R-VAR-03"]
    assert [row[-1].text for row in candidates.rows] == ["Pass", "FAIL"]
    assert (
        chapters.verdict(failing) == "right meets every requirement; wrong does not meet every requirement."
    )
