"""``crosscheck report``: what it writes, its exit status, and one line where it can't."""

from __future__ import annotations

import json
import os
import sys

import pytest

from crosscheck import cli
from crosscheck.commands import report

from .conftest import Right, Wrong

RAIL = ["report", "--recorded", "--models", "ch01-fm1Rail.lme", "--date", "2026-11-23"]


def use(monkeypatch, *engines):
    monkeypatch.setattr(report, "candidates", lambda names, timeout: list(engines))


def test_four_forms_and_a_line(tmp_path, capsys):
    folder = tmp_path / "new" / "folder"
    assert cli.main([*RAIL, "--out", str(folder), "--author", "A. Auditor", "--purpose", "Trial 1"]) == 0
    assert {"report.html", "report.md", "report.json", "report.xml", "pictures"} == set(os.listdir(folder))
    first, second = capsys.readouterr().out.splitlines()
    assert first == "PASS: pyimpl against R's nlme::lme: IQ pass, OQ pass, PQ pass"
    assert second.startswith(str(folder / "report.html"))
    plain = json.loads((folder / "report.json").read_text("utf-8"))
    assert plain["heading"]["purpose"] == "Trial 1"
    assert plain["heading"]["command"] == (
        f"crosscheck report --out {folder} --models ch01-fm1Rail.lme --recorded --purpose 'Trial 1' "
        "--author 'A. Auditor' --date 2026-11-23"
    )
    assert [file["name"] for file in plain["files"]] == ["Rail", "ch01-fm1Rail.lme.json"]


def test_a_candidate_that_is_wrong_is_exit_status_1(tmp_path, capsys, monkeypatch):
    use(monkeypatch, Right(), Wrong())
    assert cli.main([*RAIL, "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().out.startswith(
        "FAIL: right, wrong against R's nlme::lme: IQ pass, OQ pass, PQ fail"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--models", "nosuch"], "no model 'nosuch'; known: hsb (empty, means,"),
        (["--engines", "nosuch"], "no engine 'nosuch'; known: pyimpl"),
        (["--date", "monday"], "--date 'monday' is no date"),
        (["--data", "mine.csv", "--fixed", "y ~ x"], "--data asks for --random, too"),
        (["--data", "mine.csv", "--fixed", "y ~ x", "--random", "~ 1 | g"], "--recorded with --data asks for"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_line_and_nothing_is_written(tmp_path, capsys, arguments, said):
    folder = tmp_path / "out"
    assert cli.main([*RAIL, "--out", str(folder), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not folder.exists()


def test_a_file_is_no_folder(tmp_path, capsys):
    path = tmp_path / "file"
    path.write_text("mine", "utf-8")
    assert cli.main([*RAIL, "--out", str(path)]) == 2
    assert "that is a file; name a folder" in capsys.readouterr().err
    assert path.read_text("utf-8") == "mine"


def test_a_folder_that_cannot_be_made_or_written_into(tmp_path, capsys, monkeypatch):
    assert cli.main([*RAIL, "--out", "/dev/null/x"]) == 2
    assert "/dev/null/x: the folder can't be made" in capsys.readouterr().err
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert cli.main([*RAIL, "--out", str(tmp_path)]) == 2
    assert "can't be written into" in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_an_error(tmp_path, capsys):
    (tmp_path / "report.html").symlink_to("/dev/full")
    assert cli.main([*RAIL, "--out", str(tmp_path)]) == 2
    assert "the report can't be written: No space left" in capsys.readouterr().err


def test_without_the_extra_it_says_how_to_get_it(tmp_path, capsys, monkeypatch):
    from crosscheck.dossier import folder

    monkeypatch.setattr(folder, "find_spec", lambda name: None if name == "jinja2" else object())
    assert cli.main([*RAIL, "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error == "crosscheck: crosscheck report needs jinja2: pip install 'lmebridge[report]'\n"
    assert not (tmp_path / "out").exists()


def test_names_come_with_commas_or_by_several_options():
    specs = report.chosen(["empty", "ch01-fm1Rail.lme", "empty"])
    assert [spec.key for spec in specs] == ["hsb-empty-reml", "hsb-empty-ml", "ch01-fm1Rail.lme"]
    assert report._names(["a,b", " c "]) == ["a", "b", "c"]
    assert len(report.chosen(["hsb"])) == 12


def test_importing_the_command_loads_no_drawing():
    import subprocess

    code = "import sys, crosscheck.cli; print(sorted({'matplotlib', 'jinja2', 'rpy2'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.needs_r
def test_ones_own_data_and_model_live(tmp_path, capsys):
    from crosscheck.data import load

    path = tmp_path / "mine.csv"
    load("Rail").to_csv(path, index=False)
    own = ["--data", str(path), "--fixed", "travel ~ 1", "--random", "~ 1 | Rail", "--name", "rails"]
    assert cli.main(["report", "--out", str(tmp_path / "out"), *own, "--factor", "Rail"]) == 0, (
        capsys.readouterr()
    )
    plain = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert [one["key"] for one in plain["performance"]["fits"]] == ["rails"]
    assert plain["heading"]["live"] is True
    assert f"--data {path} --factor Rail --fixed 'travel ~ 1'" in plain["heading"]["command"]
    assert any(check["id"] == "IQ-R-nlme" for check in plain["installation"])
