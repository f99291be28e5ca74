"""The pytest plugin: what a project's own tests see of it, with R, without, and with several processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import crosscheck.attribution
import crosscheck.report.differences
import crosscheck.testing  # what the tests inside import stays imported for those outside  # noqa: F401
import rbridge

QUICK = "-p no:randomly -p no:hypothesispytest -p no:unraisableexception"
"""Options of the tests inside: these plugins are of no use there and take longer than the tests."""

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "docs" / "validation" / "records" / "growth.json"
HEAD = f"""
from crosscheck.own import read_data
DATA = read_data({str(ROOT / "fixtures/book/data/Orthodont.csv")!r})
"""
GROWTH = (
    HEAD
    + """
def test_growth(crosscheck):
    found = crosscheck("distance ~ age * Sex", "~ age | Subject", DATA, name="growth")
    assert len(found.rows) > 300
"""
)
CARELESS = """
import pyimpl

class Careless:
    name = "careless"
    def fit(self, spec, data):
        return pyimpl.lme(spec.fixed, data, spec.random, method="ML")

class Modest:
    name = "modest"
    def cannot(self, spec): return "it has no slopes"
    def fit(self, spec, data): raise AssertionError("never asked")

class Failing:
    name = "failing"
    def fit(self, spec, data):
        raise RuntimeError("no convergence")
"""


@pytest.fixture
def project(pytester, monkeypatch):
    """A project with a test of growth and two engines of its own, in a working directory of its own."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    pytester.makepyfile(test_growth=GROWTH, my_engines=CARELESS)
    pytester.makeini(f"[pytest]\naddopts = {QUICK}\n")
    return pytester


@pytest.fixture
def recorded(project):
    """The same, with R's answer as recorded among this project's tests."""
    folder = project.path / "crosscheck-records"
    folder.mkdir()
    (folder / "growth.json").write_text(RECORD.read_text("utf-8"), "utf-8")
    return project


@pytest.fixture
def no_r(monkeypatch):
    there = rbridge.Availability(False, "R isn't found.\n  Mend: apt-get install r-base-core")
    monkeypatch.setattr(rbridge, "available", lambda: there)


def test_importing_the_plugin_imports_nothing_heavy():
    program = (
        "import pytest, sys; before = set(sys.modules); import pytest_crosscheck\n"
        "print({name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{'pytest_crosscheck'}"


def test_a_project_without_fits_imports_neither_pandas_nor_r(pytester):
    pytester.makepyfile(
        """
        import sys
        def test_nothing():
            assert not {"pandas", "crosscheck", "rbridge", "rpy2", "numpy"} & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess(*QUICK.split()).assert_outcomes(passed=1)


class TestFixture:
    def test_recorded_answers_do_without_r(self, recorded, no_r):
        result = recorded.runpytest("--recorded")
        result.assert_outcomes(passed=1)

    def test_a_disagreement_shows_the_table_and_the_line_of_the_test(self, recorded, no_r):
        result = recorded.runpytest("--recorded", "--engine", "my_engines:Careless")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            [
                '>   *crosscheck("distance ~ age * Sex"*',
                "E*careless against recorded-converged: 32? values compared, * differ*",
                "E*== What differs",
                "E*expected *found *difference *LRE *limit *of what *verdict*",
                "E*sd *Subject: age *1.0e-05 *relative *DIFFER",
                "E*Who is right, by the reference evaluator:",
                "E*careless: wrong: it says 'ML', and R 'REML'",
            ]
        )
        assert "crosscheck/testing.py" not in result.stdout.str()  # no frame of ours

    def test_several_engines_are_tested_each(self, recorded, no_r):
        result = recorded.runpytest(
            "--recorded", "--engine", "pyimpl", "--engine", "my_engines:Failing", "-v"
        )
        result.assert_outcomes(passed=1, failed=1)
        result.stdout.fnmatch_lines(
            ["*test_growth[[]pyimpl[]] PASSED*", "*failing gave no answer *RuntimeError: no convergence*"]
        )

    def test_what_an_engine_declares_that_it_cannot_do_is_skipped(self, recorded, no_r):
        result = recorded.runpytest("--recorded", "--engine", "my_engines:Modest", "-rs")
        result.assert_outcomes(skipped=1)
        result.stdout.fnmatch_lines(["SKIPPED *not a model for modest: it has no slopes"])

    def test_the_engine_can_be_set_in_the_ini_file(self, recorded, no_r):
        recorded.makeini(f"[pytest]\naddopts = {QUICK}\ncrosscheck_engine = my_engines:Failing\n")
        recorded.runpytest("--recorded").assert_outcomes(failed=1)

    def test_without_r_and_records_a_test_is_skipped_and_counted(self, project, no_r):
        result = project.runpytest()
        result.assert_outcomes(skipped=1)
        result.stdout.fnmatch_lines(
            ["*tests that need R*", "0 ran in R, 1 were skipped: R can't be reached (R isn't found. Mend: *"]
        )

    @pytest.mark.parametrize("how", [["--live"], ["--needs-r=fail"], ["--crosscheck-record"]])
    def test_where_r_is_demanded_its_absence_fails(self, project, no_r, how):
        result = project.runpytest(*how)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*needs R: R can't be reached (R isn't found. Mend: apt-get*"])

    def test_without_r_the_records_are_used(self, recorded, no_r):
        recorded.runpytest().assert_outcomes(passed=1)
        recorded.runpytest("--live").assert_outcomes(failed=1)

    def test_a_record_of_other_data_is_no_reference(self, recorded, no_r):
        recorded.makepyfile(test_growth=GROWTH.replace("Orthodont.csv')", "Orthodont.csv').iloc[4:]"))
        result = recorded.runpytest("--recorded")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*NotRecordedError: *growth.json is of other data (*"])

    def test_nothing_recorded_says_how(self, project, no_r):
        result = project.runpytest("--recorded")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*NotRecordedError: nothing is recorded for growth*"])

    def test_live_and_recorded_are_one_or_the_other(self, project):
        result = project.runpytest("--live", "--recorded")
        assert result.ret == pytest.ExitCode.USAGE_ERROR

    def test_a_project_s_own_option_is_left_alone(self, recorded, no_r):
        recorded.makeconftest(
            "def pytest_addoption(parser):\n    parser.addoption('--engine', default='postgres')\n"
        )
        recorded.makepyfile(
            test_own="def test_own(request): assert request.config.getoption('--engine') == 'mysql'\n"
        )
        result = recorded.runpytest("--recorded", "--engine=mysql", "--crosscheck-engine=my_engines:Failing")
        result.assert_outcomes(passed=1, failed=1)


class TestMarker:
    TESTS = """
        import pytest
        @pytest.mark.needs_r
        def test_in_r():
            import rbridge
            assert rbridge.available()
        @pytest.mark.needs_r
        def test_again(): pass
        def test_without(): pass
    """

    def test_without_r_it_skips_with_the_reason_and_counts(self, pytester, no_r):
        pytester.makepyfile(self.TESTS)
        result = pytester.runpytest(*QUICK.split(), "-rs", "--strict-markers")
        result.assert_outcomes(passed=1, skipped=2)
        result.stdout.fnmatch_lines(
            [
                "*tests that need R*",
                "0 ran in R, 2 were skipped: R isn't found. Mend: apt-get install r-base-core",
            ]
        )

    def test_or_fails_where_that_is_asked_for(self, pytester, no_r):
        pytester.makepyfile(self.TESTS)
        pytester.runpytest(*QUICK.split(), "--needs-r=fail").assert_outcomes(passed=1, errors=2)

    def test_several_processes_are_counted_together(self, pytester):
        pytest.importorskip("xdist")
        pytester.makeconftest(
            """
            import rbridge
            rbridge.available = lambda: rbridge.Availability(False, "R isn't found")
            """
        )
        pytester.makepyfile(self.TESTS)
        result = pytester.runpytest_subprocess(*QUICK.split(), "-n", "2")
        result.assert_outcomes(passed=1, skipped=2)
        result.stdout.fnmatch_lines(["*tests that need R*", "0 ran in R, 2 were skipped: R isn't found"])

    @pytest.mark.needs_r
    @pytest.mark.slow
    @pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "two processes"])
    def test_with_r_it_runs_and_counts(self, pytester, workers):
        pytest.importorskip("xdist")
        pytester.makepyfile(self.TESTS)
        result = pytester.runpytest_subprocess(*QUICK.split(), *workers)
        result.assert_outcomes(passed=3)
        result.stdout.fnmatch_lines(["*tests that need R*", "2 ran in R * with nlme *, none skipped"])


def test_answers_that_are_not_equal_show_what_differs(recorded, no_r):
    recorded.makepyfile(
        test_growth=HEAD
        + """
from crosscheck import Answer
import pyimpl

def answer(method):
    return Answer.of(pyimpl.lme("distance ~ age", DATA, "~ 1 | Subject", method=method), engine=method)

def test_equal():
    assert answer("ML") == answer("REML")
"""
    )
    result = recorded.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*the two answers are the same", "E*REML against ML: * values compared, *"])


@pytest.mark.needs_r
def test_records_are_made_by_the_tests_and_held_to_r(project):
    project.makepyfile(test_growth=GROWTH.replace(', name="growth"', ""))
    result = project.runpytest("--crosscheck-record")  # in this process: the marker has started R here
    result.assert_outcomes(passed=1)
    (made,) = (project.path / "crosscheck-records").glob("*.json")
    assert made.name.startswith("test_growth-")
    text = made.read_text("utf-8")
    project.runpytest("--recorded").assert_outcomes(passed=1)
    made.write_text(
        text.replace('"sigma": 1.31', '"sigma": 1.32'), "utf-8"
    )  # all of R's answers, tampered with
    assert made.read_text("utf-8") != text
    result = project.runpytest("--live")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*DriftWarning: drift: *", "*DIFFER: sigma: expected 1.32*"])
    result = project.runpytest("--recorded")  # the third opinion: pyimpl is right, and "R" isn't
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*ExplainedWarning: *", "*sigma: R stopped short: *"])


@pytest.fixture(autouse=True)
def _no_engines_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another test may have imported a module of the same name."""
    monkeypatch.delitem(__import__("sys").modules, "my_engines", raising=False)
