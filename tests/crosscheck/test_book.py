"""Every lme call that comes with nlme: both sides, every quantity and every page.

From R's recorded answers always, and live where R is.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crosscheck import cli
from crosscheck.book import book, calls
from crosscheck.commands import options
from crosscheck.data import checksum, fixtures, load
from crosscheck.engines import RecordedEngine, answer_of, engine
from crosscheck.errors import UsageError
from crosscheck.judge import judge, same_words
from crosscheck.recordfile import path_of, read
from crosscheck.reference import log_likelihood
from crosscheck.reference.design import dense_model
from crosscheck.reference.referee import objective_of, variances_of
from crosscheck.report import book_page

ROOT = Path(__file__).resolve().parents[2]
CASES = book()
MODELS = [pytest.param(case, id=case.spec.name) for case in CASES]
LONG = {"ch04-fm1Wafer", "ch04-fm2Wafer", "ch04-fm3Wafer", "ch04-fm4Wafer"}  # nlme takes 2 to 70 s for each
MEANINGFUL = {"ch01", "ch04"}  # live in every run; the other chapters live among the slow tests
OTHER_PAGES = {
    "ch01-fm4Stool",
    "ch04-fm1Assay",
    "ch04-fm1IGF.lme",
    "ch04-fm1Wafer",
    "ch04-fm2IGF.lme",
    "ch04-fm3Wafer",
    "ch04-fm4Wafer",
    "tests-sigma-fixed-etc-t1.fix.REML.lme",
    "tests-sigma-fixed-etc-t6.fix.REML.lme",
    "tests-sigma-fixed-etc-t7.fix.ML.lme",
    "tests-sigma-fixed-etc-t7.fix.REML.lme",
    "tests-update-unnamed",
}
STRUCTURED = {case.spec.name for case in CASES if case.spec.options.keys() & {"correlation", "weights"}}
DEFINED_OTHERWISE = {name for name in OTHER_PAGES if name.startswith("tests-sigma") and "REML" in name}


@pytest.fixture(scope="module")
def verdicts():
    """Return the verdicts on pyimpl from R's records, by the model's name."""
    return {one.case.spec.name: one for one in judge(CASES, [engine("pyimpl")], live=False)}


@pytest.mark.parametrize("case", MODELS)
def test_pyimpl_gives_rs_recorded_answer(case, verdicts):
    one = verdicts[case.spec.name]
    assert one.agree, f"{one.candidate.error} {one.comparison} {one.other_pages}"
    check_pages(one)
    compared = {row.quantity for row in one.comparison.rows}
    assert {
        "coefficient",
        "std_dev",
        "log_lik",
        "ranef",
        "fitted",
        "fit",
        "summary",
        "var_corr",
        "anova",
    } <= compared
    assert one.comparison.problems == () and one.comparison.not_compared == ()


def check_pages(one):
    """The last digits of R's pages of structured models are its finite differences' and may be any machine's."""
    if one.case.spec.name not in STRUCTURED:
        assert one.same_pages == (one.case.spec.name not in OTHER_PAGES), one.reason
    assert bool(one.definition) == (one.case.spec.name in DEFINED_OTHERWISE)


def test_no_likelihood_is_below_any_that_r_reached(verdicts):
    held = [one for one in verdicts.values() if not one.definition]
    assert min(one.gain for one in held if not one.case.spec.goes_by_fitted) > -1e-9
    assert min(one.gain for one in held) > -1e-8  # near a fixed point R's may be higher


def test_where_the_optimum_is_regular_twelve_digits_agree(verdicts):
    held_to_em = [
        one
        for one in verdicts.values()
        if one.is_regular and one.check.reference.about.engine == "recorded-converged" and not one.definition
    ]
    assert len(held_to_em) == 60
    for one in held_to_em:
        for quantity in ("log_lik", "sigma", "std_dev", "corr", "ranef", "fitted"):
            assert all(row.digits > 11.5 for row in one.comparison.of(quantity) if row.verdict == "agree"), (
                one.case.spec.name
            )


def test_every_call_is_a_case():
    covered = [str(call) for case in CASES for call in case.calls]
    assert len(calls()) == 166 and len(CASES) == 92 and len(STRUCTURED) == 20
    assert sorted(covered) == sorted(map(str, calls()))
    assert len({case.spec.key for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", MODELS)
def test_records_are_of_these_data(case):
    plain = json.loads(path_of(case.spec).read_text())
    assert plain["provenance"]["data sha256"] == checksum(case.spec.data)
    assert set(case.spec.controls) <= set(plain)


def test_nothing_else_is_recorded():
    folder = fixtures() / "book" / "recorded"
    assert {path.name for path in folder.iterdir()} == {f"{case.spec.key}.json" for case in CASES}


def test_the_documentations_page_is_what_the_command_writes(verdicts):
    """The digits in the table may be one off: machines differ in their rounding."""
    written = (ROOT / "docs" / "book.md").read_text().splitlines()
    now = book_page(list(verdicts.values())).splitlines()
    assert len(now) == len(written), "run `crosscheck book --recorded --markdown > docs/book.md`"
    for line, expected in zip(now, written, strict=True):
        cells, others = line.split(" | "), expected.split(" | ")
        assert len(cells) == len(others)
        for cell, other in zip(cells, others, strict=True):
            near = cell.isdigit() and other.isdigit() and abs(int(cell) - int(other)) <= 1
            assert near or cell == other, f"{line}\nin docs/book.md:\n{expected}"


def test_the_closed_form_of_the_balanced_assay_says_who_is_right():
    """REML's estimates of a balanced layout are those of its analysis of variance."""
    (case,) = book(["ch04-fm1Assay"])
    frame = load("Assay")
    table = frame.pivot(index="Block", columns=["sample", "dilut"], values="logDens").to_numpy()
    cells = table.reshape(2, 6, 5)
    rest = cells - cells.mean(axis=0)
    block = rest.mean(axis=(1, 2), keepdims=True)
    sample, dilut = rest.mean(axis=2, keepdims=True) - block, rest.mean(axis=1, keepdims=True) - block
    error = ((rest - block - sample - dilut) ** 2).sum() / 20
    squares = 30 * (block**2).sum(), (sample**2).sum() * 5 / 5, (dilut**2).sum() * 6 / 4
    expected = np.sqrt(
        [
            (squares[0] - squares[1] - squares[2] + error) / 30,
            (squares[1] - error) / 5,
            (squares[2] - error) / 6,
        ]
    )

    def error_of(answer):
        return np.abs(answer.levels[0].std_dev.values[[0, 1, 7], 0] / expected - 1).max()

    assert error_of(answer_of(engine("pyimpl"), case.spec, frame)) < 1e-12
    assert 1e-8 < error_of(read(case.spec, "tight")) < 1e-7
    assert error_of(read(case.spec, "converged")) > 0.1  # nlme's EM doesn't reach the optimum of a pdBlocked


def dense(spec):
    """Return the dense model; None where its terms or options are beyond the reference evaluator."""
    try:
        return dense_model(spec, load(spec.data))
    except UsageError:
        return None


DENSE = [(case.spec, model) for case in CASES if (model := dense(case.spec)) is not None]


def test_every_model_has_a_dense_likelihood():
    assert len(DENSE) == len(CASES)


@pytest.mark.parametrize(("spec", "model"), [pytest.param(*pair, id=pair[0].name) for pair in DENSE])
def test_the_reported_likelihood_is_that_of_the_definition(spec, model, verdicts):
    """So that a gain on R, at a singular optimum too, is a real one."""
    answer = verdicts[spec.name].candidate.answer
    psis = [level.cov.values for level in answer.levels]
    variances = variances_of(answer, answer)
    within = objective_of(model, answer).parameters.within.at(variances.corr, variances.var)
    assert log_likelihood(model.problem, psis, answer.sigma, within) == pytest.approx(
        answer.scalars["log_lik"], rel=1e-12, abs=1e-9
    )


class Spoilt:
    """An engine that gives R's best recorded answer, spoilt."""

    name = "spoilt"
    prints_r_pages = True

    def __init__(self, spoil, control="converged"):
        self.spoil, self.control = spoil, control

    def fit(self, spec, data):
        return self.spoil(RecordedEngine(self.control).fit(spec, data))


def page(key, old, new):
    def spoil(answer):
        assert old in answer.pages[key]
        return replace(answer, pages={**answer.pages, key: answer.pages[key].replace(old, new)})

    return spoil


def lower(answer):
    scalars = {**answer.scalars, "log_lik": answer.scalars["log_lik"] - 2e-6}
    return replace(answer, scalars=scalars)


@pytest.mark.parametrize(
    ("name", "control", "spoil", "numbers"),
    [
        ("ch01-fm1Rail.lme", "converged", page("summary", "10.17104", "10.17105"), True),
        ("ch01-fm1Rail.lme", "converged", page("anova", "p-value", "P-value"), True),
        ("ch04-fm2IGF.lme", "tight", page("summary", "Residual", "residual"), True),
        ("ch04-fm2IGF.lme", "tight", lower, False),
    ],
)
def test_what_nothing_explains_is_a_disagreement(name, control, spoil, numbers):
    (right,) = judge(book([name]), [Spoilt(lambda answer: answer, control)], live=False)
    (wrong,) = judge(book([name]), [Spoilt(spoil, control)], live=False)
    assert right.agree and right.same_pages
    assert not wrong.agree and wrong.numbers_agree is numbers


def test_an_engine_that_raises_disagrees():
    def fail(answer):
        raise RuntimeError("no fit")

    (one,) = judge(book(["ch01-fm1Rail.lmeML"]), [Spoilt(fail)], live=False)
    assert not one.agree and "no fit" in one.candidate.error


def test_pages_of_the_same_words_differ_in_numbers_alone():
    assert same_words("StdDev: 1.6e-06 0.005", "StdDev:       0 0.005")
    assert same_words("p <.0001", "p 0.0123")
    assert same_words("x 2.497864e-06 0", "x 0.000000 NaN")  # the correlation of what doesn't vary
    assert not same_words("StdDev: 1 2", "StdDev: 1")
    assert not same_words("StdDev: 1", "Variance: 1")


def test_models_by_the_beginning_of_their_names():
    assert {case.spec.name.split("-")[0] for case in book(["ch01", "mlbook"])} == {"ch01", "mlbook"}
    assert [case.spec.name for case in book(["ch01-fm1Rail.lme"])] == ["ch01-fm1Rail.lme"]
    assert len(book(["ch01-fm1Rail"])) == 2
    with pytest.raises(
        UsageError, match="no model of the book begins with 'ch9'; they begin with ch01, ch02"
    ):
        book(["ch9"])


class TestCommand:
    @pytest.fixture(autouse=True)
    def wide(self, monkeypatch):
        monkeypatch.setenv("COLUMNS", "100")

    def test_one_line_a_model_and_one_of_verdict(self, capsys):
        assert cli.main(["book", "--recorded", "--plain", "--only", "ch02"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert sum(line.startswith("ch02-") and line.endswith("  agree") for line in lines) == 7
        assert lines[-1].startswith("AGREE: pyimpl and R (recorded): 7 models (8 calls), ")
        assert lines[-1].endswith("; pages identical in 7 of 7")
        assert max(map(len, lines[:-1])) <= 100

    def test_json(self, capsys):
        assert cli.main(["book", "--recorded", "--json", "--only", "ch04-fm2IGF"]) == 0
        report = json.loads(capsys.readouterr().out)
        (model,) = report["models"]
        assert report["agree"] and model["numbers_agree"] and not model["pages_identical"]
        assert model["reason"].startswith("singular: ") and len(model["calls"]) == 4

    def test_disagreement_is_shown_and_is_exit_status_1(self, monkeypatch, capsys):
        monkeypatch.setattr(options, "engine", lambda name, timeout: Spoilt(lower))
        assert cli.main(["book", "--recorded", "--plain", "--only", "ch01-fm1Oats"]) == 1
        out = capsys.readouterr().out
        assert out.splitlines()[-1] == "DISAGREE: spoilt and R (recorded): 1 of 1 models"
        assert "logLik" in out and "DIFFER" in out

    def test_an_unknown_name_is_a_usage_error(self, capsys):
        assert cli.main(["book", "--recorded", "--only", "ch9"]) == 2
        assert "no model of the book begins with 'ch9'" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.needs_r
def test_the_calls_are_those_that_the_scripts_make(tmp_path):
    script = fixtures() / "book" / "extract_calls.R"
    subprocess.run(
        ["Rscript", "--vanilla", script, "calls.json"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=300,
    )
    assert (tmp_path / "calls.json").read_bytes() == (fixtures() / "book" / "calls.json").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["calls.json"]


LIVE = [
    pytest.param(
        case,
        id=case.spec.name,
        marks=[]
        if case.spec.name.split("-")[0] in MEANINGFUL and case.spec.name not in LONG
        else [pytest.mark.slow],
    )
    for case in CASES
]


@pytest.mark.needs_r
@pytest.mark.parametrize("case", LIVE)
def test_pyimpl_gives_rs_live_answer(case):
    (one,) = judge([case], [engine("pyimpl")], live=True)
    assert one.agree, f"{one.check.error} {one.candidate.error} {one.comparison} {one.other_pages}"
    check_pages(one)
