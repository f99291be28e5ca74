"""``crosscheck fuzz`` and ``crosscheck replay``: reports, files, exit statuses, bad input."""

from __future__ import annotations

import builtins
import json
import sys

import numpy as np
import pandas as pd
import pytest

from crosscheck import ModelSpec
from crosscheck.cli import main
from crosscheck.engines import PyimplEngine, answer_of
from crosscheck.fuzz import Case, write_case

BROKEN = '''
import dataclasses
from crosscheck.engines import PyimplEngine, answer_of

class Broken:
    """Wrong wherever there is an answer."""

    name = "broken"

    def fit(self, spec, data):
        answer = answer_of(PyimplEngine(), spec, data)
        if isinstance(answer, str):
            raise ValueError(answer)
        return dataclasses.replace(answer, scalars={**answer.scalars, "aic": answer.scalars["aic"] + 1})
'''


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def case(here):
    rng = np.random.default_rng(3)
    a = np.repeat(np.arange(6), 4)
    data = pd.DataFrame({"y": rng.normal(size=6)[a] + rng.normal(size=24), "a": [f"a{k}" for k in a]})
    spec = ModelSpec("fuzz", "y ~ 1", "~ 1 | a")
    answer = answer_of(PyimplEngine(), spec, data)
    write_case(Case(spec, data, "WRONG", "as it was", answers={"nlme": answer}), here / "case.json")
    return "case.json"


def test_what_is_found_is_written_reported_and_replayed(here, capsys, monkeypatch):
    (here / "mine.py").write_text(BROKEN)
    monkeypatch.syspath_prepend(str(here))
    hunt = ["fuzz", "--n", "6", "--seed", "1", "--engines", "pyimpl,mine:Broken", "--models", "plain",
            "--failures", "1", "--shrink", "2", "--out", "found"]  # fmt: skip
    assert main([*hunt, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert not found["passed"] and found["unexplained"] == 1
    (failure,) = found["failures"]
    assert [str(path) for path in sorted((here / "found").iterdir())] == [str(here / failure["case"])]
    assert main(["replay", failure["case"], "--plain"]) == 1
    page = capsys.readouterr().out
    assert "WRONG" in page and failure["model"]["fixed"] in page
    assert main(["replay", failure["case"], "--engine", "pyimpl", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["now"]["explained"]


def test_a_hunt_ends_with_one_line_of_verdict(here, capsys):
    (here / "same.py").write_text(BROKEN.replace("+ 1}", "+ 0}"))
    sys.path.insert(0, str(here))
    try:
        asked = [
            "fuzz",
            "--n",
            "3",
            "--seed",
            "4",
            "--engines",
            "pyimpl,same:Broken",
            "--models",
            "plain",
            "--plain",
        ]
        assert main(asked) == 0
    finally:
        sys.path.remove(str(here))
    lines = capsys.readouterr().out.strip().splitlines()
    assert lines[-1] == "EXPLAINED: same:Broken and pyimpl, seed 4: 3 random designs, nothing unexplained"
    assert not (here / "crosscheck-cases").exists()


def test_a_case_is_replayed_with_the_answers_in_it(case, capsys):
    assert main(["replay", case, "--recorded", "--plain"]) == 0
    page = capsys.readouterr().out
    assert "as it was" in page and "agree" in page


@pytest.mark.needs_r
def test_a_case_is_replayed_live(case, capsys):
    assert main(["replay", case, "--live", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["now"]["cause"].startswith("agree")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["replay", "none.json"], "can't be read"),
        (["fuzz", "--engines", "nlme"], "at least one candidate"),
        (["fuzz", "--engines", "pyimpl,unheard-of"], "no engine 'unheard-of'"),
    ],
)
def test_bad_input_is_one_line(here, capsys, arguments, message):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.strip().splitlines()) == 1


@pytest.mark.parametrize("option", [["--n", "0"], ["--seed", "-1"], ["--time", "0"], ["--n", "x"]])
def test_numbers_out_of_range_are_refused(here, capsys, option):
    with pytest.raises(SystemExit, match="2"):
        main(["fuzz", *option])


def test_without_hypothesis_the_mend_is_named(here, capsys, monkeypatch):
    monkeypatch.setattr("crosscheck.commands.fuzz.find_spec", lambda name: None)
    assert main(["fuzz", "--n", "1"]) == 2
    assert "pip install 'lmebridge[fuzz]'" in capsys.readouterr().err


def test_a_replay_needs_no_hypothesis(case, monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("hypothesis"):
            raise ImportError(name)
        return real(name, *rest, **more)

    for name in [name for name in sys.modules if name.startswith("crosscheck.fuzz")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["replay", case, "--recorded"]) == 0
