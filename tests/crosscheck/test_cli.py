"""The command: what it prints, that it fits a terminal, and its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crosscheck import cli
from crosscheck.commands import options, output
from crosscheck.engines import NlmeEngine, RecordedEngine
from crosscheck.errors import EngineUnavailableError

ONE = ["hsb", "--recorded", "--model", "empty", "--method", "REML"]


@pytest.fixture(autouse=True)
def hundred_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")


class Candidate:
    """An engine that gives R's recorded answer, or spoils it."""

    name = "mine"
    prints_r_pages = True

    def __init__(self, spoil=lambda answer: answer):
        self.spoil = spoil

    def fit(self, spec, data):
        return self.spoil(RecordedEngine("converged").fit(spec, data))


def with_candidate(monkeypatch, candidate):
    monkeypatch.setattr(options, "engine", lambda name, timeout: candidate)


def test_agreement_prints_every_quantity_and_ends_with_one_line_of_verdict(capsys):
    assert cli.main([*ONE, "--plain"]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    for what in "value SE DF t p sd sigma logLik AIC BIC BLUP fitted page".split():
        assert any(what in line.split() and "agree" in line for line in lines), what
    assert lines[-1].startswith("AGREE: pyimpl and R (recorded): 1 fit, ")
    assert "R: RECORDED, not run now; the answers of R 4." in out
    assert max(map(len, lines)) <= 100


def test_the_whole_report_fits_100_columns(capsys):
    assert cli.main(["hsb", "--recorded", "--method", "REML", "--plain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    assert sum(line.startswith("== ") for line in lines) == 12
    text = "\n".join(lines)
    assert "Every number printed in 2010 is what R and pyimpl print today" in text
    assert "differs: the published run stopped short" in text
    assert "it gives the sd of id: cses as 0.3179917" in " ".join(text.split())
    assert "DIFFER" not in text


def test_rich_shows_the_same_words(capsys):
    assert cli.main([*ONE, "--plain"]) == 0
    plain = capsys.readouterr().out
    assert cli.main(ONE) == 0
    rich = capsys.readouterr().out
    drop = str.maketrans("", "", "─-=")
    assert plain.translate(drop).split() == rich.translate(drop).split()
    assert max(map(len, rich.splitlines())) <= 100


def test_without_rich_it_is_plain(monkeypatch, capsys):
    monkeypatch.setattr(output, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "rich", None)
    assert cli.main(ONE) == 0
    assert "== Empty model, R&B Table 4.2, REML" in capsys.readouterr().out


def test_brief_leaves_out_models_that_agree(capsys):
    assert cli.main([*ONE, "--plain", "--brief"]) == 0
    out = capsys.readouterr().out
    assert "== Empty model" not in out
    assert "by quantity" in out


def test_verbose_shows_every_blup_and_every_reason(capsys):
    assert cli.main([*ONE, "--plain", "--verbose", "--brief"]) == 0
    out = capsys.readouterr().out
    assert "nobody reads a coefficient finer than its SE" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 100
    assert cli.main([*ONE, "--plain", "--verbose"]) == 0
    assert sum("BLUP" in line.split() for line in capsys.readouterr().out.splitlines()) == 160


def test_json_has_every_number_in_full(capsys):
    assert cli.main([*ONE, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["agree"] is True and report["r"] == "recorded"
    (model,) = report["models"]
    assert model["model"]["fixed"] == "mathach ~ 1"
    (candidate,) = model["candidates"]
    rows = {(row["quantity"], row["name"]): row for row in candidate["comparison"]["rows"]}
    assert rows["log_lik", ""]["reference"] == -23558.396741774715
    assert [row["worst_of"] for row in rows.values() if row["quantity"] == "ranef"] == [160]
    assert report["tolerances"]["coefficient"]["limit"] == 1e-5
    assert len(report["published"]) == 4
    assert {made["engine"] for made in model["r_itself"]} == {"recorded-tight", "recorded"}
    assert model["optimum"][0]["distance_in_se"] < 1e-7


def test_disagreement_is_shown_and_is_exit_status_1(monkeypatch, capsys):
    from dataclasses import replace

    def spoil(answer):
        return replace(answer, scalars={**answer.scalars, "sigma": answer.sigma * 1.001})

    with_candidate(monkeypatch, Candidate(spoil))
    assert cli.main([*ONE, "--plain", "--brief"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any("sigma" in line and line.endswith("DIFFER") for line in lines)
    assert lines[-1] == "DISAGREE: mine and R (recorded): 1 of 1 fits, 1 of 14,550 values"
    assert cli.main([*ONE, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["agree"] is False


def failing(answer):
    raise RuntimeError("did not converge")


@pytest.mark.parametrize("spoil", [failing, lambda answer: None, lambda answer: float("nan")])
@pytest.mark.parametrize("form", ["--plain", "--json", "--brief"])
def test_an_engine_that_fails_is_a_verdict_and_not_a_crash(monkeypatch, capsys, spoil, form):
    with_candidate(monkeypatch, Candidate(spoil))
    assert cli.main([*ONE, form]) == 1
    out = capsys.readouterr().out
    if form == "--json":
        assert json.loads(out)["agree"] is False
    else:
        assert out.splitlines()[-1].startswith("DISAGREE: mine")
    if spoil is failing:
        assert "RuntimeError: did not converge" in out


def test_figures_that_nothing_explains_are_a_failure(monkeypatch, capsys):
    from crosscheck.report import published

    figure = published.PublishedFigure("empty", "tau00", "variance", "(Intercept)", "8.60")
    monkeypatch.setattr(published, "PUBLISHED", (figure,))
    assert cli.main([*ONE, "--plain"]) == 1
    assert "empty: tau00 isn't what was published, 8.60" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["hsb", "--model", "emtpy"], "no model 'emtpy'; known: empty"),
        (["hsb", "--recorded", "--engine", "R"], "no engine 'R'; known: pyimpl"),
    ],
)
def test_usage_errors_are_one_line_and_exit_status_2(arguments, message, capsys):
    assert cli.main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


@pytest.mark.parametrize("arguments", [["hsb", "--bogus"], ["hsb", "--live", "--recorded"], ["hbs"]])
def test_argparse_errors_are_exit_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    assert stop.value.code == 2


@pytest.mark.parametrize("form", [["--plain"], []])
def test_a_reader_who_leaves_early_is_no_disagreement(form):
    command = [sys.executable, "-m", "crosscheck.cli", *ONE, *form]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("form", [["--plain"], [], ["--json"]])
def test_a_full_disk_is_one_line_and_exit_status_2(form):
    command = [sys.executable, "-m", "crosscheck.cli", *ONE, *form]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "crosscheck: the report can't be written: No space left on device\n"


def test_no_command_prints_help(capsys):
    assert cli.main([]) == 2
    assert "hsb" in capsys.readouterr().out


class TestWithoutR:
    @pytest.fixture(autouse=True)
    def no_r(self, monkeypatch):
        monkeypatch.setattr(
            NlmeEngine, "why_not", lambda self: "R isn't found. Mend: apt-get install r-base-core"
        )

    def test_the_recorded_answers_are_used_and_the_mend_is_named(self, capsys):
        assert cli.main(["hsb", "--model", "empty", "--method", "REML", "--plain", "--brief"]) == 0
        out = capsys.readouterr().out
        assert "R: RECORDED, not run now" in out
        assert "R can't be run here: R isn't found. Mend: apt-get install r-base-core" in out

    def test_live_is_refused(self, capsys):
        assert cli.main(["hsb", "--live"]) == 2
        assert "--live asks for R" in capsys.readouterr().err

    def test_an_r_engine_as_candidate_is_refused(self, capsys):
        assert cli.main([*ONE, "--engine", "nlme"]) == 2
        assert "engine 'nlme' can't run here" in capsys.readouterr().err

    def test_recording_is_refused(self, capsys, tmp_path):
        from crosscheck import record

        assert record.main(["--folder", str(tmp_path)]) == 1
        assert "R isn't found" in capsys.readouterr().err
        with pytest.raises(EngineUnavailableError):
            record.record(record.ladder(["empty"])[0], tmp_path)


@pytest.mark.needs_r
def test_live_says_so(capsys):
    assert cli.main(["hsb", "--live", "--model", "empty", "--method", "REML", "--plain"]) == 0
    out = capsys.readouterr().out
    assert "R: live, R " in out
    assert "its recorded answers agree with 1 of 1 of today's" in " ".join(out.split())
    assert "AGREE: pyimpl and R (live)" in out.splitlines()[-1]


@pytest.mark.needs_r
def test_recording_twice_gives_the_same_bytes(tmp_path, capsys):
    from crosscheck import record

    for folder in ("a", "b"):
        assert record.main(["--model", "empty", "--folder", str(tmp_path / folder)]) == 0
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["hsb-empty-ml.json", "hsb-empty-reml.json"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
