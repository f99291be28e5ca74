"""Engines by name, and engines that misbehave."""

from __future__ import annotations

import sys
import warnings

import pytest

from crosscheck import ModelSpec, Verdict, compare, engine, known_engines, ladder, load_hsb
from crosscheck.engines import NlmeEngine, RecordedEngine, answer_of, registry, why_not
from crosscheck.errors import EngineUnavailableError, UsageError

SPEC = ladder(["empty"], ["REML"])[0]


def test_the_houses_engines_are_known():
    assert {"nlme", "nlme-tight", "nlme-converged", "pyimpl", "recorded"} <= set(known_engines())
    for name in known_engines():
        assert engine(name).name == name


def test_an_unknown_engine_lists_the_known():
    with pytest.raises(UsageError, match="no engine 'nmle'; known: pyimpl, nlme"):
        engine("nmle")


class Points:
    """Stands for an entry point of another package."""

    def __init__(self, made):
        self.name, self.value, self.made = "mine", "my_package:Mine", made

    def load(self):
        if isinstance(self.made, Exception):
            raise self.made
        return self.made


def offer(monkeypatch, made):
    def entry_points(*, group, name=None):
        assert group == "crosscheck.engines"
        return [Points(made)] if name in (None, "mine") else []

    monkeypatch.setattr(registry, "entry_points", entry_points)


def test_another_packages_engine_is_found(monkeypatch):
    class Mine:
        name = "mine"

    offer(monkeypatch, Mine)
    assert known_engines()[-1] == "mine"
    assert isinstance(engine("mine"), Mine)


def test_another_packages_engine_that_cannot_be_loaded_says_whose(monkeypatch):
    offer(monkeypatch, ImportError("no module named torch"))
    with pytest.raises(EngineUnavailableError, match=r"'mine' \(my_package:Mine\).*torch"):
        engine("mine")


MINE = """
class Mine:
    name = "mine"
    def fit(self, spec, data): return None
class Nameless: pass
class Broken:
    def __init__(self): raise OSError("no licence")
"""


def test_a_class_of_any_module_is_an_engine(monkeypatch, tmp_path):
    (tmp_path / "my_engines.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    assert engine("my_engines:Mine").name == "mine"
    with pytest.raises(UsageError, match="'my_engines:Nameless' is no engine: it needs a name and fit"):
        engine("my_engines:Nameless")
    for wrong, why in {
        "my_engines:Broken": "OSError: no licence",
        "my_engines:Other": "AttributeError: .*'Other'",
        "no_such_module:Mine": "ModuleNotFoundError",
        ":Mine": "ValueError",
    }.items():
        with pytest.raises(EngineUnavailableError, match=why):
            engine(wrong)


def test_an_engine_that_raises_gives_one_line():
    class Broken:
        name = "broken"

        def fit(self, spec, data):
            raise FloatingPointError("diverged\nafter 3 steps")

    assert answer_of(Broken(), SPEC, load_hsb()) == "FloatingPointError: diverged after 3 steps"
    assert why_not(Broken()) == ""


@pytest.mark.parametrize(("made", "kind"), [(None, "NoneType"), ({}, "dict"), (1.0, "float")])
def test_what_is_no_fit_gives_one_line(made, kind):
    class Forgetful:
        name = "forgetful"

        def fit(self, spec, data):
            return made

    expected = f"fit() returned {kind}, which isn't a fit: it has no t_table()"
    assert answer_of(Forgetful(), SPEC, load_hsb()) == expected


def test_an_engine_cannot_spoil_the_data_of_the_next(fit):
    class Spoiler:
        name = "spoiler"

        def fit(self, spec, data):
            data["mathach"] = 0.0
            warnings.warn("not shown", UserWarning, stacklevel=1)
            return fit

    data = load_hsb()
    answer = answer_of(Spoiler(), SPEC, data)
    assert answer.about.engine == "spoiler"
    assert data["mathach"].std() > 1


def test_recorded_answers_carry_their_provenance():
    answer = RecordedEngine("converged").fit(SPEC, load_hsb())
    assert answer.about.engine == "recorded-converged"
    assert {"R", "nlme", "os", "BLAS", "data sha256"} <= set(answer.about.provenance)


@pytest.mark.parametrize("control", ["tight", "default"])
def test_records_without_fitted_values_can_be_held_to(control):
    early, converged = (RecordedEngine(c).fit(SPEC, load_hsb()) for c in (control, "converged"))
    comparison = compare(early, converged)
    assert not any(row.quantity == "fitted" for row in comparison.rows)
    assert "fitted" in comparison.not_compared
    assert {row.verdict for row in compare(converged, early).of("fitted")} == {Verdict.MISSING}


def test_only_the_model_that_was_recorded_is_answered():
    other = ModelSpec("empty", "mathach ~ ses", "~ 1 | id")
    assert "records another model" in answer_of(RecordedEngine(), other, load_hsb())


def test_the_controls_go_as_far_as_they_say():
    assert NlmeEngine().controls(SPEC) == {}
    assert NlmeEngine("tight").controls(SPEC)["rel.tol"] == 1e-13
    assert NlmeEngine("converged").controls(SPEC)["msMaxIter"] == 0


@pytest.mark.parametrize("bad", [{"method": "reml"}, {"options": {"weight": "x"}}])
def test_a_spec_refuses_what_lme_does_not_take(bad):
    with pytest.raises(UsageError, match=r"REML|weight"):
        ModelSpec("m", "y ~ x", "~ 1 | g", **bad)


def test_the_ladder_by_name_and_method():
    assert [spec.key for spec in ladder(["means"])] == ["hsb-means-reml", "hsb-means-ml"]
    assert len(ladder()) == 12
    with pytest.raises(UsageError, match="no model 'mean'; known: empty, means"):
        ladder(["mean"])
