"""Code as text at every door that isn't lme's own: nothing runs, each ends in one error of the small hierarchy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import rbridge
from tests.rbridge.test_hostile import CODE, NAMES

pytestmark = pytest.mark.needs_r


def made() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": rng.normal(size=60), "g": np.repeat(np.arange(10), 6)})
    frame["y"] = frame.x + np.repeat(rng.normal(size=10), 6) + rng.normal(size=60)
    return frame


@pytest.fixture(scope="module")
def fits() -> dict[str, Any]:
    data = made()
    return {
        "lme": rbridge.lme("y ~ x", data, "~ 1 | g"),
        "gls": rbridge.gls("y ~ x", data),
        "lm_list": rbridge.lm_list("y ~ x | g", data),
        "lmer": rbridge.lmer("y ~ x + (1 | g)", data),
    }


@pytest.fixture(autouse=True)
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run in an empty directory that must still be empty afterwards."""
    monkeypatch.chdir(tmp_path)
    yield
    assert list(tmp_path.iterdir()) == []


def refused(ask: Callable[[], object]) -> None:
    with pytest.raises(rbridge.BridgeError) as caught:
        ask()
    assert str(caught.value).strip()


@pytest.mark.parametrize("code", [code for code in CODE if code != "fitted(.)"])
def test_code_in_the_arguments_of_other_models(code: str) -> None:
    data = made()
    for ask in (
        lambda: rbridge.gls("y ~ x", data, weights=code if code != "list(x)" else "list(y)"),
        lambda: rbridge.gls("y ~ x", data, weights=f"varPower(form = ~ {code})"),
        lambda: rbridge.gls("y ~ x", data, subset=code),
        lambda: rbridge.gls("y ~ x", data, control={"opt": code}),
        lambda: rbridge.lm_list("y ~ x | g", data, subset=code),
        lambda: rbridge.lm_list(f"{code} ~ x | g", data),
        lambda: rbridge.lmer("y ~ x + (1 | g)", data, weights=code),
        lambda: rbridge.lmer("y ~ x + (1 | g)", data, subset=code),
        lambda: rbridge.lmer("y ~ x + (1 | g)", data, control={"optimizer": code}),
        lambda: rbridge.lmer("y ~ x + (1 | g)", data, control={"check.rankX": code}),
        lambda: rbridge.lmer("y ~ x + (1 | g)", data, contrasts={"x": code}),
    ):
        refused(ask)


@pytest.mark.parametrize("code", [code for code in CODE if code != "fitted(.)"])
def test_code_in_changes_of_fits(fits, code: str) -> None:
    lme, gls, regressions, lmer = (fits[name] for name in ("lme", "gls", "lm_list", "lmer"))
    for ask in (
        lambda: lme.update(f". ~ . + {code}"),
        lambda: lme.update(random=f"~ {code} | g"),
        lambda: lme.update(correlation=f"corAR1(form = ~ {code} | g)"),
        lambda: lme.update(subset=code),
        lambda: lme.update(**{code: 1}),
        lambda: gls.update(f". ~ . + {code}"),
        lambda: gls.update(weights=f"varExp(form = ~ {code})"),
        lambda: regressions.update(f". ~ . + {code}"),
        lambda: regressions.update(f"y ~ x | {code}"),
        lambda: lmer.update(f". ~ . + ({code} | g)"),
        lambda: rbridge.lme(regressions, random=f"~ {code}"),
    ):
        refused(ask)


@pytest.mark.parametrize("code", [code for code in CODE if code != "fitted(.)"])
def test_code_in_questions_to_fits(fits, code: str) -> None:
    lme, regressions, lmer = fits["lme"], fits["lm_list"], fits["lmer"]
    for ask in (
        lambda: lme.ranef(code),
        lambda: lme.predict(level=code),
        lambda: lme.anova(terms=code),
        lambda: lme.anova(L={code: 1.0}),
        lambda: lme.intervals(which=code),
        lambda: lme.get_var_cov(type="marginal", individuals=code),
        lambda: lme.conf_int(code),
        lambda: lme.residuals(code),
        lambda: lme.acf(res_type=code),
        lambda: lme.plot(format=code),
        lambda: regressions.aug_pred(code),
        lambda: regressions.plot(f"resid(.) ~ {code}"),
        lambda: regressions.pairs(id=code),
        lambda: fits["gls"].get_var_cov(code),
        lambda: lmer.t_table(code),
        lambda: lmer.ranef(code),
        lambda: lmer.intervals(method=code),
    ):
        refused(ask)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_columns_of_any_name_beside_the_model_s(fits, name: str) -> None:
    """Columns that a fit doesn't use may be called anything: new rows, frames in R, other models' data."""
    plain = name.replace("\\\\", "\\")
    data = made()
    wide = data.assign(**{plain: np.arange(60.0)})
    for kind, fit in fits.items():
        np.testing.assert_array_equal(fit.predict(wide.head(5)), fit.predict(data.head(5)), err_msg=kind)
    sent = rbridge.to_r(wide)
    assert list(sent.to_pandas().columns) == ["x", "g", "y", plain]
    if plain not in (".", "pi"):  # in an expression these are other things, and refused beside such a column
        slopes = rbridge.lm_list(f"y ~ `{name}` | g", wide).coef().iloc[:, 1]
        renamed = rbridge.lm_list("y ~ z | g", wide.rename(columns={plain: "z"}))
        np.testing.assert_array_equal(slopes, renamed.coef()["z"])
        np.testing.assert_array_equal(
            rbridge.lmer(f"y ~ x + (1 | g) + offset(`{name}`)", wide, weights=f"1 + `{name}`").fixef(),
            rbridge.lmer(
                "y ~ x + (1 | g) + offset(z)", wide.rename(columns={plain: "z"}), weights="1 + z"
            ).fixef(),
        )
