"""The stored answers are what R says today, and R agrees on formulas that nobody chose."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pyimpl.errors import FormulaError
from pyimpl.formula import learn_columns, parse_formula

HERE = Path(__file__).parent


def differences(stored: Any, fresh: Any, where: str = "") -> list[str]:
    if isinstance(stored, dict) and isinstance(fresh, dict) and stored.keys() == fresh.keys():
        return [d for key in stored for d in differences(stored[key], fresh[key], f"{where}/{key}")]
    if isinstance(stored, list) and isinstance(fresh, list) and len(stored) == len(fresh):
        return [
            d
            for i, (a, b) in enumerate(zip(stored, fresh, strict=True))
            for d in differences(a, b, f"{where}/{i}")
        ]
    if isinstance(stored, float) and isinstance(fresh, (float, int)):
        return [] if abs(stored - fresh) <= 1e-12 * max(1.0, abs(stored)) else [f"{where}: {stored} {fresh}"]
    return [] if stored == fresh else [f"{where}: {stored!r} {fresh!r}"]


def ask_r(lists: Path, out: Path) -> dict[str, Any]:
    """Run record.R on the lists of formulas in one folder."""
    command = ["Rscript", str(HERE / "record.R"), str(lists), str(out / "answers.json")]
    subprocess.run(command, check=True, capture_output=True)
    return dict(json.loads((out / "answers.json").read_text(encoding="utf-8")))


@pytest.mark.needs_r
def test_stored_answers_are_r_s(tmp_path: Path, answers: dict[str, Any]) -> None:
    fresh = ask_r(HERE, tmp_path)
    stored = {key: value for key, value in answers.items() if key != "provenance"}
    assert not differences(stored, {key: value for key, value in fresh.items() if key != "provenance"})


VARIABLES = "x z k a b o flag txt factor(k) I(x^2) log(z) poly(x,2) (x>0) scale(z) I(x*z) ns(x,3)".split()


def random_formula(rng: random.Random, depth: int) -> str:
    """Put variables together with the operators of model formulas."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(VARIABLES)
    operator = rng.choices(["+", "*", ":", "/", "-", "%in%", "^", "()"], [6, 4, 4, 2, 2, 1, 3, 2])[0]
    left = random_formula(rng, depth - 1)
    if operator == "^":
        return f"({left})^{rng.choice([2, 3])}"
    return f"({left})" if operator == "()" else f"{left} {operator} {random_formula(rng, depth - 1)}"


@pytest.mark.needs_r
def test_random_formulas_give_r_s_names_and_terms(tmp_path: Path, data: pd.DataFrame) -> None:
    rng = random.Random(20221031)
    texts = []
    while len(texts) < 150:
        text = rng.choice(["~", "~0+"]) + random_formula(rng, 3)
        try:
            terms = parse_formula(text, argument="random").terms
        except FormulaError as error:
            assert "holds no term" in str(error)  # (x - x) * z, which R reads oddly
            continue
        if 0 < len(terms.labels) < 30 and max(map(len, terms.factors)) < 5:
            texts.append(text)
    for other in ("terms_formulas.txt", "contrast_formulas.txt", "deparse_expressions.txt"):
        (tmp_path / other).write_text("")
    (tmp_path / "matrix_formulas.txt").write_text("\n".join(texts) + "\n")
    wrong = []
    for answer in ask_r(tmp_path, tmp_path)["matrices"]:
        spec = learn_columns(
            parse_formula(answer["formula"], argument="random").terms, data, argument="random"
        )
        if (list(spec.names), list(spec.assign)) != (answer["names"], answer["assign"]):
            wrong.append(f"{answer['formula']}: {spec.names}, R {answer['names']}")
    assert not wrong
