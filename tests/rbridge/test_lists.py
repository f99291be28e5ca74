"""What a list of regressions answers besides its tables: augmented frames, curves, pictures, refits, an lme of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rbridge

pytestmark = pytest.mark.needs_r


def same(values, r, code: str) -> None:
    np.testing.assert_array_equal(np.asarray(values, dtype=float).ravel(order="F"), r(f"as.numeric({code})"))


@pytest.fixture
def orthodont(r) -> pd.DataFrame:
    r("Orthodont <- nlme::Orthodont; m <- nlme::lmList(distance ~ age | Subject, data = Orthodont)")
    r("assign('Orthodont', Orthodont, envir = globalenv())")  # nlme evaluates the list's call there
    yield rbridge.r_data("Orthodont")
    r("rm(Orthodont, envir = globalenv())")


@pytest.fixture
def fit(orthodont) -> rbridge.LmList:
    return rbridge.lm_list("distance ~ age | Subject", orthodont)


def test_augmented_tables(r, fit) -> None:
    for made, code in (
        (fit.coef(aug_frame=True), "coef(m, augFrame = TRUE)"),
        (fit.ranef(aug_frame=True), "ranef(m, augFrame = TRUE)"),
        (fit.ranef(aug_frame=True, standardized=True), "ranef(m, augFrame = TRUE, standard = TRUE)"),
    ):
        assert str(made) == r.printed(code)
        assert list(made.index) == r(f"rownames({code})") and list(made.columns) == r(f"names({code})")
        same(made["age"], r, f"{code}$age")
        assert list(made["Sex"]) == r(f"as.character({code}$Sex)")


def test_curves(r, fit, orthodont) -> None:
    grid = "length.out = 5, minimum = 7"
    assert str(fit.aug_pred(length_out=5, minimum=7)) == r.printed(f"augPred(m, {grid})")
    assert str(fit.aug_pred("~ age", length_out=5, minimum=7)) == r.printed(f"augPred(m, ~ age, {grid})")
    other = rbridge.lme("distance ~ age", orthodont, "~ age | Subject")
    r("f <- lme(distance ~ age, data = Orthodont, random = ~ age | Subject)")
    columns = ["age", "distance"]
    made = fit.compare_pred(other, length_out=3, names=("list", "lme")).to_frame()
    same(made[columns], r, "unlist(as.data.frame(comparePred(m, f, length.out = 3))[, c('age', 'distance')])")
    assert list(made[".type"].cat.categories) == ["list", "lme", "original"]
    swapped = other.compare_pred(fit, length_out=3).to_frame()
    assert sorted(swapped["distance"]) == sorted(made["distance"])


def test_rows_in_any_order_give_the_same_curves(fit, orthodont) -> None:
    """nlme pairs residuals that stand group by group with columns that don't."""
    mixed = rbridge.lm_list("distance ~ age | Subject", orthodont.sample(frac=1, random_state=0))

    def sorted_rows(frame: pd.DataFrame, kind: str) -> pd.DataFrame:
        rows = frame[frame[".type"] == kind][["Subject", "age", "distance"]].astype({"Subject": str})
        return rows.sort_values(["Subject", "age"]).reset_index(drop=True)

    ours, theirs = mixed.aug_pred("age").to_frame(), fit.aug_pred().to_frame()
    for kind in ("original", "predicted"):
        pd.testing.assert_frame_equal(sorted_rows(ours, kind), sorted_rows(theirs, kind), rtol=1e-12)
    augmented = mixed.coef(aug_frame=True).sort_index()
    pd.testing.assert_series_equal(augmented["distance"], fit.coef(aug_frame=True).sort_index()["distance"])


def test_pictures(fit) -> None:
    for made in (
        fit.plot(),
        fit.plot("Subject ~ resid(.)"),
        fit.plot("distance ~ fitted(.) | Sex", id=0.05, abline=[0, 1]),
        fit.qqnorm("~ ranef(.)"),
        fit.pairs(id=0.1),
    ):
        assert made.data.startswith(b"\x89PNG") and len(made.data) > 5000
    assert fit.plot(format="svg").data.startswith(b"<?xml")
    with pytest.raises(rbridge.RError):  # nlme looks for the number of rows where a list has none
        fit.qqnorm("~ ranef(.)", id=0.1)
    with pytest.raises(rbridge.BridgeError):
        fit.plot("resid(.) ~ system('x')")


def test_update(r, fit, orthodont) -> None:
    again = fit.update("distance ~ I(age - 11)")  # as in R, whose data know their groups
    same(again.coef(), r, "as.matrix(coef(update(m, distance ~ I(age - 11))))")
    same(
        fit.update(". ~ . + I(age^2)").coef(),
        r,
        "as.matrix(coef(nlme::lmList(distance ~ age + I(age^2) | Subject, Orthodont)))",
    )
    same(fit.update(". ~ 1").coef(), r, "as.matrix(coef(nlme::lmList(distance ~ 1 | Subject, Orthodont)))")
    female = fit.update(data=orthodont[orthodont["Sex"] == "Female"])
    assert female.n_groups == {"Subject": 11}
    assert list(fit.update("distance ~ age | Sex").coef().index) == ["Male", "Female"]
    with pytest.raises(rbridge.FormulaError):
        fit.update(". ~ . + system('x')")


def test_odd_names(orthodont) -> None:
    odd = orthodont.rename(columns={"distance": "my y", "age": "a b", "Subject": "the g"})
    odd.attrs.clear()
    fit = rbridge.lm_list("`my y` ~ `a b` | `the g`", odd)
    assert "a b" in fit.aug_pred("a b").to_frame().columns and "rb.." not in str(fit.aug_pred("a b"))
    assert list(fit.coef(aug_frame=True).columns) == ["(Intercept)", "`a b`", "my y", "Sex"]
    assert list(fit.update(". ~ . + I(`a b`^2)").coef().columns)[2] == "I(`a b`^2)"
    assert fit.plot("`a b` ~ resid(.)").format == "png"


def test_groups_without_a_row_to_spare(orthodont) -> None:
    pairs = rbridge.lm_list("distance ~ age | Subject", orthodont[orthodont["age"] > 11])
    assert np.isnan(pairs.sigma) and pairs.df_residual == 0 and pairs.coef().notna().all(axis=None)
    np.testing.assert_allclose(pairs.residuals(), 0, atol=1e-12)


def test_an_lme_of_a_list(r, fit, orthodont) -> None:
    made = rbridge.lme(fit)
    r("f <- lme(m)")
    assert str(made) == r.printed("f") and str(made.summary()) == r.printed("summary(f)")
    same(made.fitted(), r, "fitted(f)")
    plain = rbridge.lme("distance ~ age", orthodont, "~ age | Subject")
    assert made.log_lik == pytest.approx(plain.log_lik, abs=1e-6) and made.log_lik != plain.log_lik
    r("f <- lme(m, random = pdDiag(~ age), weights = varIdent(form = ~ 1 | Sex), method = 'ML')")
    diagonal = rbridge.lme(fit, random="pdDiag(~ age)", weights="varIdent(form = ~ 1 | Sex)", method="ML")
    assert str(diagonal.summary()) == r.printed("summary(f)")
    small = made.update(". ~ 1", method="ML")
    assert "L.Ratio" in str(small.anova(made.update(method="ML")))
    same(made.predict(orthodont.head(3)), r, "head(fitted(lme(m)), 3)")
    assert made.aug_pred(length_out=2).to_frame()["age"].max() == 14
    apart = rbridge.lme(fit, isolated=True)
    assert str(apart.summary()) == str(made.summary())


def test_lists_that_no_lme_is_made_of(r, fit, orthodont) -> None:
    with pytest.raises(rbridge.ArgumentError, match="data"):
        rbridge.lme(fit, orthodont)
    oats = rbridge.lm_list("yield ~ nitro | Block/Variety", rbridge.r_data("Oats"))
    with pytest.raises(rbridge.ArgumentError, match="Block/Variety"):
        rbridge.lme(oats)
    with pytest.raises(rbridge.FormulaError, match="at most 100"):
        rbridge.lme(fit, correlation="corARMA(p = 1e9)")
    with pytest.raises(rbridge.FormulaError, match="system"):
        rbridge.lme(fit, weights="varPower(form = ~ system('x'))")
    female = rbridge.lm_list("distance ~ age | Subject", orthodont, subset="Sex == 'Female'")
    assert rbridge.lme(female).n_obs == 44  # the rows are those of the list
