"""Answers: what is read off a fit, what is noted when it can't be, and that storing loses nothing."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crosscheck import Answer, ModelSpec
from crosscheck.errors import NotRecordedError, RecordedFailureError, RecordError
from crosscheck.grid import Grid
from crosscheck.recordfile import path_of, read, to_json, write

SPEC = ModelSpec("fake", "y ~ age + sex", "~ age | school/child")


def test_everything_is_read(answer):
    assert answer.about.problems == {}
    assert answer.about.engine == "fake"
    assert answer.about.warnings == ("a warning",)
    assert answer.scalars == {
        "sigma": 3.0,
        "log_lik": -1234.56789,
        "aic": 2489.13578,
        "bic": 2530.2,
        "n_obs": 10.0,
    }
    assert [level.group for level in answer.levels] == ["school", "child"]
    child = answer.levels[1]
    assert child.n_groups == 5
    assert child.std_dev.column("std_dev") == {"(Intercept)": 1.5, "age": 0.25}
    assert child.corr.values[0, 1] == -0.4
    assert child.cov.values[1, 1] == 0.0625
    assert child.ranef.rows == ("A/1", "A/2", "B/1", "B/2", "C/1")
    assert answer.fitted.columns == ("0", "1", "2")
    assert answer.structure["corr"].column("value") == {"Phi": 0.5}
    assert "var" not in answer.structure


def test_an_answer_is_returned_as_it_is(answer):
    assert Answer.of(answer) is answer


def test_a_fit_that_raises_is_noted_and_not_a_crash(fit):
    def broken(*_, **__):
        raise ZeroDivisionError("no variance")

    fit.ranef = fit.t_table = fit.var_corr = broken
    fit.sigma = "three"
    answer = Answer.of(fit)
    assert answer.t_table is None
    assert answer.about.problems["t_table"] == "ZeroDivisionError: no variance"
    assert {"ranef", "var_corr", "sigma"} <= set(answer.about.problems)
    assert answer.levels[0].ranef is None
    assert answer.scalars["log_lik"] == -1234.56789


def test_an_object_that_is_no_fit_answers_nothing():
    answer = Answer.of(object())
    assert answer.method == "" and not answer.scalars and not answer.levels
    assert answer.about.problems


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([1224, 1288], ("1224", "1288")),
        ([1224.0, 1288.0], ("1224", "1288")),
        (["a", "a"], ("a", "a (2)")),
    ],
)
def test_labels_become_text_and_repeats_are_told_apart(labels, names):
    assert Grid.of_frame(pd.DataFrame({"x": [1.0, 2.0]}, index=labels)).rows == names


def test_nullable_numbers_are_read_with_their_gaps():
    grid = Grid.of_frame(pd.DataFrame({"x": pd.array([1, None], dtype="Int64")}))
    assert grid.values[0, 0] == 1 and math.isnan(grid.values[1, 0])


def test_a_grid_cannot_be_changed(answer):
    with pytest.raises(ValueError, match="read-only"):
        answer.fixef.values[0, 0] = 1.0


def stored(answer, folder):
    controls = {"default": {}, "converged": {"niterEM": 500, "returnObject": True}}
    return write(SPEC, dict.fromkeys(controls, answer), controls, {"R": "4.2.2"}, folder)


def test_a_record_gives_back_every_bit(answer, tmp_path):
    path = stored(answer, tmp_path)
    back = read(SPEC, "converged", "recorded-converged", tmp_path)
    for name in ("method", "scalars", "levels", "fixef", "t_table", "vcov", "structure", "fitted", "pages"):
        assert getattr(back, name) == getattr(answer, name), name
    assert back.about.engine == "recorded-converged"
    assert back.about.provenance == {"R": "4.2.2"}
    assert path == path_of(SPEC, tmp_path)
    again = path.read_bytes()
    stored(back, tmp_path)
    assert path.read_bytes() == again


def test_a_record_holds_the_fitted_values_once_and_the_controls(answer, tmp_path):
    plain = json.loads(stored(answer, tmp_path).read_text())
    assert plain["default"]["fitted"] is None and plain["converged"]["fitted"]
    assert plain["converged"]["control"] == {"niterEM": 500, "returnObject": True}


def test_json_is_readable_and_exact():
    numbers = [*np.random.default_rng(1).normal(size=500), math.nan, math.inf, -math.inf, 5e-324, 0.1]
    text = to_json({"short": [1.0, 2], "long": numbers, "text": ["a\n", 'q"']})
    assert '"short": [1, 2]' in text
    assert "0.10000000000000001" in text
    assert max(map(len, text.splitlines())) <= 111
    back = json.loads(text)["long"]
    assert [math.nan if x is None else x for x in back] == pytest.approx(numbers, abs=0, rel=0, nan_ok=True)


def test_nothing_recorded_says_so(tmp_path):
    with pytest.raises(NotRecordedError, match="nothing is recorded for hsb-fake-reml"):
        read(SPEC, "converged", folder=tmp_path)


def test_an_error_of_rs_is_its_recorded_answer(answer, tmp_path):
    write(
        SPEC,
        {"default": "RError: singular", "tight": answer},
        {"default": {}, "tight": {}},
        {},
        tmp_path,
        "tight",
    )
    with pytest.raises(RecordedFailureError, match="RError: singular"):
        read(SPEC, "default", folder=tmp_path)
    assert read(SPEC, "tight", folder=tmp_path).fitted == answer.fitted


def test_a_study_keeps_its_records_apart():
    spec = replace(SPEC, study="book")
    assert path_of(spec).parts[-3:] == ("book", "recorded", "fake.json")


def test_a_record_of_another_model_is_refused(answer, tmp_path):
    path = stored(answer, tmp_path)
    path.write_text(path.read_text().replace("y ~ age + sex", "y ~ age"))
    with pytest.raises(NotRecordedError, match="records another model"):
        read(SPEC, "converged", folder=tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"model": 1}'])
def test_a_damaged_record_says_so(text, tmp_path):
    path_of(SPEC, tmp_path).write_text(text)
    with pytest.raises((RecordError, NotRecordedError), match="record"):
        read(SPEC, "converged", folder=tmp_path)
