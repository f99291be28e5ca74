"""The report as JUnit XML, which every build server reads: a suite for each qualification, candidate and fit."""

from __future__ import annotations

from xml.etree import ElementTree

from .blocks import printable
from .document import Check, Dossier
from .findings import described
from .results import FitResult, Outcome, Result


def junit(dossier: Dossier) -> str:
    """Return the document: a test case for each check, and for each requirement on each fit."""
    root = ElementTree.Element("testsuites", name=printable(dossier.heading.title))
    for name, checks in (("IQ", dossier.installation), ("OQ", dossier.operation)):
        suite = _suite(root, name, dossier.heading.date)
        for check in checks:
            _check(suite, name, check)
        _count(suite)
    for made in dossier.performance.fit_results:
        suite = _suite(root, f"PQ {made.candidate} {made.fit}", dossier.heading.date)
        _fit(suite, dossier, made)
        _count(suite)
    if not dossier.performance.fit_results:
        suite = _suite(root, "PQ", dossier.heading.date)
        _failed(_case(suite, "PQ", "something was compared"), "nothing was compared")
        _count(suite)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ElementTree.indent(root, " ")
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ElementTree.Element, name: str, date: str) -> ElementTree.Element:
    stamp = date if "T" in date else f"{date}T00:00:00"
    return ElementTree.SubElement(root, "testsuite", name=printable(name), timestamp=stamp, time="0")


def _case(suite: ElementTree.Element, group: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(
        suite, "testcase", classname=printable(group), name=printable(name), time="0"
    )


def _check(suite: ElementTree.Element, name: str, check: Check) -> None:
    case = _case(suite, name, f"{check.id} {check.title}")
    text = f"expected: {check.expected}\nfound: {check.found}"
    if check.outcome is Outcome.FAIL:
        _failed(case, check.found, text)
    elif check.outcome is Outcome.NOT_APPLICABLE:
        ElementTree.SubElement(case, "skipped", message=printable(check.found))
    else:
        ElementTree.SubElement(case, "system-out").text = printable(text)


def _fit(suite: ElementTree.Element, dossier: Dossier, made: FitResult) -> None:
    titles = {one.id: one.title for one in dossier.performance.requirements}
    for result in made.results:
        case = _case(
            suite, f"{made.candidate}.{made.fit}", f"{result.requirement} {titles[result.requirement]}"
        )
        _result(case, made, result)
    case = _case(suite, f"{made.candidate}.{made.fit}", "the fit as a whole")
    if made.outcome is Outcome.FAIL:
        _failed(case, made.cause, made.reason)
    elif made.outcome is Outcome.NOT_APPLICABLE:
        ElementTree.SubElement(case, "skipped", message=printable(f"{made.cause}: {made.reason}"))


def _result(case: ElementTree.Element, made: FitResult, result: Result) -> None:
    text = "\n".join(filter(None, (result.found, described(result.worst))))
    if result.outcome is Outcome.FAIL:
        _failed(case, f"{result.outside} of {result.values} values outside", text)
    elif result.outcome is Outcome.NOT_APPLICABLE:
        ElementTree.SubElement(case, "skipped", message=printable(result.found))
    elif result.outcome is Outcome.DEVIATION:
        said = f"deviation, explained: {made.cause}: {made.reason}\n{text}"
        ElementTree.SubElement(case, "system-out").text = printable(said)


def _failed(case: ElementTree.Element, message: str, text: str = "") -> None:
    ElementTree.SubElement(case, "failure", message=printable(message), type="disagreement").text = printable(
        text
    )


def _count(suite: ElementTree.Element) -> None:
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
