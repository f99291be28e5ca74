"""Cases as files: the same to the last bit, and one clear error for what isn't one."""

import json

import numpy as np
import pandas as pd
import pytest

from crosscheck import CrosscheckError, ModelSpec
from crosscheck.engines import PyimplEngine, answer_of
from crosscheck.fuzz import Case, read_case, write_case

DATA = pd.DataFrame(
    {
        "y": [0.1 + 0.2, 1 / 3, np.nan, 1e-300, 5.0, 2.0],
        "f": pd.Categorical(["p", "q", None, "p", "q", "q"], categories=["q", "never", "p"], ordered=True),
        "a": ["x y", "ä", "b", "b", "x y", "ä"],
    }
)


def test_a_case_is_read_back_to_the_last_bit(tmp_path):
    spec = ModelSpec(
        "fuzz", "y ~ f", {"a": "pdDiag(~ f - 1)"}, "ML", options={"contrasts": {"f": "contr.sum"}}
    )
    case = Case(
        spec, DATA, "WRONG", "one\ntwo", ("nlme", "pyimpl"), 7, "a note", {"nlme": "RError: no"}, {"R": "4"}
    )
    write_case(case, tmp_path / "case.json")
    found = read_case(tmp_path / "case.json")
    pd.testing.assert_frame_equal(found.data, DATA, check_exact=True)
    assert found.spec.to_dict() == spec.to_dict()
    assert (found.cause, found.found, found.engines, found.seed, found.note) == (
        "WRONG", "one\ntwo", ("nlme", "pyimpl"), 7, "a note",
    )  # fmt: skip
    assert (found.answers, found.versions) == ({"nlme": "RError: no"}, {"R": "4"})
    assert found.key == case.key


def test_an_answer_is_read_back_too(tmp_path):
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"y": rng.normal(size=12), "a": list("pqrs") * 3})
    spec = ModelSpec("fuzz", "y ~ 1", "~ 1 | a")
    answer = answer_of(PyimplEngine(), spec, data)
    write_case(Case(spec, data, answers={"nlme": answer}), tmp_path / "case.json")
    json.loads(
        (tmp_path / "case.json").read_text(), parse_constant=lambda name: pytest.fail(f"{name} isn't JSON")
    )
    found = read_case(tmp_path / "case.json").answers["nlme"]
    assert found.scalars == answer.scalars
    assert found.to_dict() == answer.to_dict()


def test_the_key_hangs_on_every_bit_of_the_data_and_on_the_model():
    spec = ModelSpec("fuzz", "y ~ 1", "~ 1 | a")
    moved = DATA.assign(y=[*DATA["y"][:-1], np.nextafter(2.0, 3.0)])
    keys = {Case(spec, DATA).key, Case(spec, moved).key, Case(spec.by("ML"), DATA).key}
    assert len(keys) == 3


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", "isn't JSON"),
        ("[]", "isn't a case"),
        ('{"format": "crosscheck-case/2"}', "isn't a case"),
        ('{"format": "crosscheck-case/1"}', "damaged"),
    ],
)
def test_what_is_no_case_is_one_error(tmp_path, text, message):
    path = tmp_path / "case.json"
    path.write_text(text)
    with pytest.raises(CrosscheckError, match=message):
        read_case(path)


def test_a_case_that_is_not_there_is_one_error(tmp_path):
    with pytest.raises(CrosscheckError, match="can't be read"):
        read_case(tmp_path / "none.json")
