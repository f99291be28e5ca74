"""crosscheck run, record and drift: one's own model on one's own data, with R, without, and when R has moved."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import crosscheck
from crosscheck import cli
from crosscheck.drift import drift_between
from crosscheck.engines import NlmeEngine, PyimplEngine
from crosscheck.errors import EngineUnavailableError, NotRecordedError, RecordError, UsageError
from crosscheck.own import own_model, prepare, read_data
from crosscheck.own.records import records_in
from crosscheck.recordfile import read

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "fixtures" / "book" / "data" / "Orthodont.csv"
RECORDS = ROOT / "docs" / "validation" / "records"
MODEL = [
    "--data",
    str(DATA),
    "--fixed",
    "distance ~ age * Sex",
    "--random",
    "~ age | Subject",
    "--name",
    "growth",
]
RECORDED = ["run", *MODEL, "--recorded", str(RECORDS)]


@pytest.fixture(autouse=True)
def hundred_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def no_r(monkeypatch):
    monkeypatch.setattr(
        NlmeEngine, "why_not", lambda self: "R isn't found. Mend: apt-get install r-base-core"
    )


@pytest.fixture(scope="module")
def growth():
    return read_data(DATA)


class Spoilt(PyimplEngine):
    """pyimpl with an answer that is changed on the way."""

    name = "spoilt"

    def __init__(self, spoil):
        self.spoil = spoil

    def fit(self, spec, data):
        return self.spoil(crosscheck.Answer.of(super().fit(spec, data), engine=self.name))


def larger_sigma(answer):
    return replace(answer, scalars={**answer.scalars, "sigma": answer.sigma * 1.001})


def raises(answer):
    raise FloatingPointError("diverged")


def test_a_candidate_is_held_to_the_record_without_r(no_r, capsys):
    assert cli.main([*RECORDED, "--plain"]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert "data Orthodont: 108 rows, columns distance, age, Subject, Sex" in lines
    assert "Sex: Female, Male; the reference level is Female" in lines
    assert "R: RECORDED, not run now" in lines
    assert lines[-1].startswith("AGREE: pyimpl and recorded-converged (recorded): 328 values, the worst at ")
    assert max(map(len, lines)) <= 100


def test_json_has_the_data_the_model_and_the_verdict(no_r, capsys):
    assert cli.main([*RECORDED, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["agree"] is True and made["reference"] == "recorded"
    assert made["data"]["rows"] == 108 and made["data"]["levels"] == {"Sex": ["Female", "Male"]}
    record = json.loads((RECORDS / "growth.json").read_text("utf-8"))
    assert made["data"]["sha256"] == record["provenance"]["data sha256"]
    assert made["model"]["candidates"][0]["comparison"]["failures"] == 0
    assert made["opinions"] == [
        {"engine": "pyimpl", "passes": True, "cause": "agrees", "reason": "", "findings": []}
    ]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [(larger_sigma, "sigma: wrong: "), (raises, "raised an error: FloatingPointError: diverged")],
)
def test_a_wrong_candidate_is_named_and_why(growth, spoil, said):
    made = crosscheck.run(
        "distance ~ age * Sex",
        "~ age | Subject",
        growth,
        engines=["nlme", "pyimpl", Spoilt(spoil)],
        records=RECORDS,
        name="growth",
    )
    assert not made.agree
    assert [one.passes for one in made.opinions] == [True, False]
    text = str(made)
    assert said in text and "\n\nDISAGREE: pyimpl, spoilt and recorded-converged (recorded): " in text


def test_an_engine_that_hangs_is_a_verdict(no_r, tmp_path, monkeypatch, capsys):
    (tmp_path / "hangs.py").write_text(
        "import time\nclass Hangs:\n    name = 'hangs'\n    def fit(self, spec, data): time.sleep(600)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert cli.main([*RECORDED, "--engines", "nlme,hangs:Hangs", "--timeout", "5", "--plain"]) == 1
    out = capsys.readouterr().out
    assert "hangs: timed out" in out and "DISAGREE: hangs and recorded-converged" in out


def test_any_engine_can_be_the_reference(growth):
    made = crosscheck.run("distance ~ age", "~ 1 | Subject", growth, engines=[PyimplEngine(), "pyimpl"])
    assert made.agree and made.source == "live"
    table = str(made).partition("== model, REML")[2].splitlines()[2]
    assert table.split()[:2] == ["pyimpl", "pyimpl"]
    assert "nlme" not in str(made)


def test_where_r_stopped_short_the_candidate_is_right(growth):
    class Short(PyimplEngine):
        """An engine that stops early, as the reference."""

        name = "short"

        def fit(self, spec, data):
            made = crosscheck.Answer.of(super().fit(spec, data), engine=self.name)
            return replace(made, scalars={**made.scalars, "sigma": made.sigma * (1 + 1e-4)})

    made = crosscheck.run("distance ~ age", "~ 1 | Subject", growth, engines=[Short(), "pyimpl"])
    assert made.agree and not made.check.agree
    assert "AGREE: pyimpl and short (live): 1 of " in str(made) and "differ, for the reasons above" in str(
        made
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["--data", "no.csv"], "data: there is no file 'no.csv'"),
        (["--fixed", "distance ~ aeg"], "fixed: the data have no column 'aeg'; did you mean 'age'?"),
        (["--random", "~ age"], "random is '~ age', which names no groups"),
        (["--delimiter", ";"], "its columns seem to be separated by ','"),
        (["--delimiter", ";;"], "--delimiter is ';;'; give one character, or tab"),
        (["--engines", "nlme"], "name the reference and at least one candidate"),
        (["--engines", "nlme,pymipl"], "no engine 'pymipl'; known: pyimpl"),
        (["--name", "other"], "nothing is recorded for other; `crosscheck record --folder"),
        (["--fixed", "distance ~ age"], "growth.json records another model"),
        (["--factor", "age"], "growth.json is of other data"),
        (["--em-steps", "0"], "em_steps is 0; give 1 or more"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_status_2(capsys, changes, message):
    assert cli.main([*RECORDED, *changes]) == 2
    error = capsys.readouterr().err
    assert error.startswith("crosscheck: ") and message in error and error.count("\n") == 1


def test_without_r_or_record_it_says_what_is_missing(no_r, capsys, growth):
    assert cli.main(["run", *MODEL]) == 2
    assert "engine 'nlme' can't run here: R isn't found. Mend: apt-get" in capsys.readouterr().err
    with pytest.raises(EngineUnavailableError):
        crosscheck.run("distance ~ age", "~ 1 | Subject", growth)


def test_missing_values_are_refused_or_left_out(tmp_path, capsys):
    lines = DATA.read_text("utf-8").splitlines()
    path = tmp_path / "holes.csv"
    path.write_text(
        "\n".join([lines[0], *("NA" + line[line.index(",") :] for line in lines[1:3]), *lines[3:]])
    )
    asked = ["run", "--data", str(path), "--fixed", "distance ~ age", "--random", "~ 1 | Subject"]
    asked += ["--engines", "pyimpl,pyimpl", "--plain"]
    assert cli.main(asked) == 2
    assert "data: missing values in distance (2); pass na_action 'omit'" in capsys.readouterr().err
    assert cli.main([*asked, "--na-action", "omit"]) == 0
    assert "missing values, whose rows are left out: distance 2" in capsys.readouterr().out


def test_records_that_are_broken_are_refused(tmp_path):
    with pytest.raises(NotRecordedError, match="there are no records in"):
        records_in(tmp_path)
    (tmp_path / "growth.json").write_text("{")
    with pytest.raises(RecordError, match=r"growth\.json isn't a record of a model"):
        records_in(tmp_path)
    record = json.loads((RECORDS / "growth.json").read_text("utf-8"))
    (tmp_path / "growth.json").write_text(json.dumps(record | {"data": {"file": ""}}))
    (kept,) = records_in(tmp_path)
    assert kept.spec == replace(
        own_model("distance ~ age * Sex", "~ age | Subject", name="growth"), data="Orthodont"
    )
    with pytest.raises(NotRecordedError, match="was recorded by a program that has the data"):
        kept.data()
    changed = tmp_path / "Orthodont.csv"
    changed.write_text(DATA.read_text("utf-8").replace("26,", "27,", 1))
    (tmp_path / "growth.json").write_text(json.dumps(record | {"data": {"file": changed.name}}))
    with pytest.raises(NotRecordedError, match=r"Orthodont\.csv has changed since growth\.json was recorded"):
        records_in(tmp_path)[0].data()


class TestDrift:
    SPEC = own_model("distance ~ age * Sex", "~ age | Subject", name="growth", data="Orthodont")

    @pytest.fixture
    def answers(self):
        return {control: read(self.SPEC, control, folder=RECORDS) for control in self.SPEC.controls}

    def newer(self, answers, held=lambda answer: answer, early=lambda answer: answer):
        """The answers of another R."""
        other = dict(next(iter(answers.values())).about.provenance) | {"R": "5.0.0"}
        return {
            control: replace(change(answer), about=replace(answer.about, provenance=other))
            for control, answer in answers.items()
            for change in [held if control == "converged" else early]
        }

    def test_nothing_moved(self, answers):
        found = drift_between(self.SPEC, answers, self.newer(answers))
        assert found.agree and not found.moved and found.held == "converged"
        assert found.versions == {"R": ("4.2.2", "5.0.0")}

    def test_what_moved_is_named_with_its_digits_and_the_versions(self, answers):
        from crosscheck.report import plain
        from crosscheck.report.drift import drift_report

        found = drift_between(self.SPEC, answers, self.newer(answers, held=larger_sigma))
        assert not found.agree and found.moved == ("converged",)
        text = plain.render(drift_report([found]), 100)
        assert "growth  converged     328      1  3.0  sigma  MOVED" in text
        assert "R: 4.2.2 then, 5.0.0 now" in text
        assert text.splitlines()[-1] == (
            "DRIFT: 1 of 1 record of R 4.2.2 with nlme 3.1-162; R 5.0.0 with nlme 3.1-162 says otherwise"
        )

    def test_early_stops_may_vary(self, answers):
        found = drift_between(self.SPEC, answers, self.newer(answers, early=larger_sigma))
        assert found.agree and set(found.moved) == {"default", "tight"}

    def test_an_error_where_an_answer_was_is_drift(self, answers):
        found = drift_between(self.SPEC, answers, {**answers, "converged": "RError: singular"})
        assert not found.agree
        assert found.errors == {"converged": "then an answer; now the error 'RError: singular'"}


@pytest.mark.needs_r
class TestLive:
    def test_today_s_r_gives_the_recorded_answer(self, capsys):
        assert cli.main(["drift", str(RECORDS), "--plain"]) == 0
        assert "NO DRIFT: 3 records of R 4" in capsys.readouterr().out.splitlines()[-1]

    def test_a_record_is_made_tampered_with_and_found_out(self, tmp_path, capsys, monkeypatch):
        shutil.copy(DATA, tmp_path / "growth.csv")
        monkeypatch.chdir(tmp_path)
        model = [
            "--data",
            "growth.csv",
            "--fixed",
            "distance ~ age",
            "--random",
            "~ 1 | Subject",
            "--name",
            "line",
        ]
        assert cli.main(["record", *model, "--folder", "kept", "--factor", "Sex=Male,Female"]) == 0
        assert capsys.readouterr().out == f"kept{os.sep}line.json\n"
        assert cli.main(["run", *model, "--recorded", "kept", "--plain"]) == 0
        assert cli.main(["record", *model, "--fixed", "distance ~ 1", "--folder", "kept"]) == 2
        assert "line.json records another model; choose another name" in capsys.readouterr().err
        path = tmp_path / "kept" / "line.json"
        record = json.loads(path.read_text("utf-8"))
        record["converged"]["t_table"]["values"]["Std.Error"][1] *= 1.01
        path.write_text(json.dumps(record))
        assert cli.main(["drift", "kept", "--json"]) == 1
        made = json.loads(capsys.readouterr().out)
        (one,) = made["records"]
        assert made["agree"] is False and one["moved"] == ["converged"] and one["held_to"] == "converged"
        rows = [row for row in one["comparisons"]["converged"]["rows"] if row["verdict"] != "agree"]
        assert {(row["quantity"], row["name"]) for row in rows} == {("std_error", "age")}
        assert rows[0]["digits"] == pytest.approx(2.0, abs=0.01)
        assert cli.main(["drift", "kept", "--model", "no"]) == 2

    def test_records_of_programs_are_left_out_beside_others(self, tmp_path, capsys):
        for name in ("growth", "line-ML"):
            record = json.loads((RECORDS / f"{name}.json").read_text("utf-8"))
            record["data"]["file"] = str(DATA) if name == "growth" else ""
            (tmp_path / f"{name}.json").write_text(json.dumps(record))
        assert cli.main(["drift", str(tmp_path), "--plain"]) == 0
        said = capsys.readouterr()
        assert "NO DRIFT: 1 record" in said.out
        assert said.err.count("\n") == 1 and "left out: line-ML.json was recorded by a program" in said.err
        assert cli.main(["drift", str(tmp_path), "--model", "line-ML"]) == 2

    def test_a_model_with_a_structure_is_run_on_r(self, growth):
        made = crosscheck.run(
            "distance ~ age",
            "~ 1 | Subject",
            growth,
            engines=["nlme", "nlme"],
            weights="varIdent(form = ~ 1 | Sex)",
        )
        assert made.check.spec.controls == ("tight", "default")
        assert made.check.reference.structure["var"].rows

    def test_at_a_singular_optimum_r_s_page_is_explained(self):
        rng = np.random.default_rng(2)
        y, x = rng.normal(size=(2, 60))  # nothing varies between the groups: R stops at sds of 1e-6, not at 0
        data = pd.DataFrame({"y": y, "x": x, "g": np.repeat(list("abcdefghij"), 6)})
        made = crosscheck.run("y ~ x", "~ x | g", data)
        pages = {row.quantity for row in made.check.candidates[0].comparison.failures}
        assert made.agree and pages == {"fit", "summary", "var_corr"}
        assert made.opinions[0].cause == "R stopped short"

    def test_the_projects_own_records_can_be_asked_for(self, capsys):
        assert cli.main(["drift", "--model", "empty", "--plain"]) == 0
        assert "hsb-empty-reml  converged" in capsys.readouterr().out


def test_drift_without_r_is_refused(no_r, capsys):
    assert cli.main(["drift", str(RECORDS)]) == 2
    assert "R can't be reached: R isn't found" in capsys.readouterr().err
    assert cli.main(["record", *MODEL, "--folder", "kept"]) == 2


def test_a_name_that_is_no_file_s_is_refused(tmp_path, growth):
    from crosscheck.own.records import Source, record_own

    spec = own_model("distance ~ age", "~ 1 | Subject", name="../up")
    with pytest.raises(UsageError, match=r"name is '\.\./up'; a record is called by letters"):
        record_own(spec, prepare(growth, spec), tmp_path, Source())
