"""What pictures do beyond R's: given axes, pages, missing values, singular fits, one clear error for what can't be."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from crosscheck.data import load_book, load_hsb
from pyimpl import LmeError, MissingLibraryError, compare_fits, lm_list, lme, plot_grouped
from pyimpl.pictures.loess import Loess, smooth_curve
from pyimpl.pictures.quantiles import normal_quantiles

from .conftest import array, curves, dots, fits, panels, recorded, texts


def one_axes() -> Any:
    return Figure().subplots()


# --- where pictures are drawn ----------------------------------------------------------------------------------------
def test_one_panel_is_drawn_on_the_axes_given():
    ax = one_axes()
    assert fits()["orth"].plot(ax=ax) is ax
    assert len(dots(ax)) == 1


def test_panels_are_drawn_on_as_many_axes_as_given():
    axes = Figure().subplots(1, 2)
    found = fits()["orth"].plot("resid(.) ~ age | Sex", ax=axes)
    assert list(found) == list(axes)
    assert [ax.get_title() for ax in axes] == ["Male", "Female"]
    assert [ax.get_xlabel() for ax in axes] == ["age", "age"]


def test_a_layout_makes_pages():
    axes = fits()["orth"].plot("distance ~ age | Subject", layout=(4, 3))
    figures = list(dict.fromkeys(ax.figure for ax in axes))
    assert [len(figure.axes) for figure in figures] == [12, 12, 3]
    assert len(axes) == 27


def test_without_pyplot_a_figure_is_the_caller_s_alone():
    """Neither state nor memory is left behind: 30 pictures, and pyplot was never imported."""
    code = """
import sys
from crosscheck.data import load_book
from pyimpl import lme
fit = lme("distance ~ age", load_book("Orthodont"), "~ 1 | Subject")
axes = [fit.plot() for _ in range(30)]
assert "matplotlib.pyplot" not in sys.modules
import matplotlib
matplotlib.use("Agg")
from matplotlib import pyplot
assert pyplot.get_fignums() == []
fit.plot()
assert len(pyplot.get_fignums()) == 1
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_style_goes_to_the_points():
    ax = fits()["orth"].plot(color="red", marker="x", ms=3)
    line = ax.get_lines()[0]
    assert (line.get_color(), line.get_marker(), line.get_markersize()) == ("red", "x", 3)
    boxes = fits()["orth"].plot("Subject ~ resid(.)", ec="red").patches
    assert {box.get_edgecolor() for box in boxes} == {(1.0, 0.0, 0.0, 1.0)}
    needles = fits()["rats"].acf().plot(color="red", lw=3).collections[0]
    assert needles.get_linewidth()[0] == 3
    assert fits()["regressions"].intervals().plot(color="red")[0].get_lines()[-1].get_color() == "red"


def test_many_panels_share_their_axes_and_the_lowest_of_each_column_has_ticks():
    axes = lme("mathach ~ cses", load_hsb(), "~ 1 | id").plot("mathach ~ cses | id")
    assert len(axes) == 160
    assert len({ax.get_xlim() for ax in axes}) == 1
    shown = [ax.xaxis.get_major_ticks()[0].label1.get_visible() for ax in axes]
    columns = len({round(ax.get_position().x0, 6) for ax in axes})
    assert shown == [False] * (160 - columns) + [True] * columns


# --- what is drawn ---------------------------------------------------------------------------------------------------
def test_a_line_of_reference_leaves_the_limits_to_the_points():
    ax = fits()["orth"].plot("distance ~ fitted(.)", abline=(0, 1))
    bare = fits()["orth"].plot("distance ~ fitted(.)")
    assert ax.get_xlim() == bare.get_xlim()
    assert ax.get_ylim() == bare.get_ylim()
    assert len(fits()["orth"].plot(abline=False).get_lines()) == 1


def test_grouping_factors_are_factors_also_where_they_are_numbers():
    data = load_book("Orthodont")
    data["Subject"] = data["Subject"].cat.codes.to_numpy()
    fit = lme("distance ~ age", data, "~ 1 | Subject")
    ax = fit.plot("Subject ~ resid(.)")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [str(k) for k in range(27)]
    assert fit.plot("resid(.) ~ age | Subject")[3].get_title() == "3"
    ((x, _),) = dots(fit.plot("resid(.) ~ Subject"))
    assert x.tolist() == data["Subject"].tolist()


def test_panels_of_nested_groups():
    axes = fits()["pixel"].plot("resid(.) ~ day | Side / Dog")
    data = load_book("Pixel")
    sides, dogs = data["Side"].cat.categories, data["Dog"].cat.categories
    assert [ax.get_title() for ax in axes] == [f"{side}, {dog}" for dog in dogs for side in sides]


def test_rows_without_a_value_are_left_out():
    data = load_book("Orthodont")
    data["weight"] = np.where(np.arange(len(data)) % 4 == 0, np.nan, np.arange(len(data)))
    data.loc[5, "distance"] = np.nan
    fit = lme("distance ~ age", data, "~ 1 | Subject", na_action="exclude")
    ((x, y),) = dots(fit.plot("resid(.) ~ weight", id=0.2))
    kept = data["weight"].notna() & data["distance"].notna()
    assert x.tolist() == data["weight"][kept].tolist()
    assert y == pytest.approx(fit.residuals()[kept].to_numpy())
    ((x, _),) = dots(fit.plot())
    assert len(x) == len(data) - 1


def test_columns_that_the_model_does_not_use_can_be_drawn():
    fit = fits()["orth"]
    assert "Sex" not in fit.model.frame.rows.columns
    axes = fit.plot("log(distance) ~ sqrt(age) | Sex")
    assert panels(axes)[0].figure.get_supylabel() == "log(distance)"


def test_labels_are_a_column_or_one_a_row():
    fit = fits()["orth"]
    n = fit.n_obs
    one = texts(fit.plot(id="Subject == 'M13'", id_labels="Sex"))
    assert [label for label, *_ in one] == ["Male"] * 4
    large = texts(fit.plot(id="~ abs(resid(., type = 'p')) > 2.5 & Sex == 'Male'"))
    assert [label for label, *_ in large] == ["M09", "M09", "M13"]
    numbered = texts(fit.plot(id="Subject == 'M13' & age > 12", id_labels=range(n)))
    assert numbered[0][0] == str(int(np.flatnonzero(fit.get_data().eval("Subject == 'M13' and age > 12"))[0]))


def test_singular_fits_are_drawn():
    """A random effect without variance is zero in all groups, and no group is an outlier by it."""
    rng = np.random.default_rng(2)
    data = pd.DataFrame(
        {"g": np.repeat(list("abcdefgh"), 6), "x": rng.normal(size=48), "y": rng.normal(size=48)}
    )
    fit = lme("y ~ x", data, {"g": "pdDiag(~ x)"})
    assert (fit.var_corr().to_frame()["std_dev"] < 1e-6).any()
    for axes in (fit.plot(), fit.qqnorm("~ ranef(.)", id=0.2), fit.plot_ranef(omit_fixed=False)):
        panels(axes)[0].figure.draw_without_rendering()
    level = lme("distance ~ age", load_book("Orthodont"), {"Subject": "pdSymm(~ age)"})
    assert level.pairs("~ ranef(.)", id=0.1) is not None


def test_effects_that_do_not_vary_are_left_out_unless_asked_for():
    axes = fits()["level"].plot_ranef(omit_fixed=False)
    assert [ax.get_title() for ax in axes] == ["(Intercept)"]
    coefficients = fits()["orth"].pairs("~ coef(.)")
    assert coefficients.get_ylabel() == "I(age - 11)"


def test_quantiles_are_r_s_for_few_values_too():
    """qqnorm(c(3, 1, NA, 2))$x in R: ppoints(3) = (k - 3/8) / 3.25."""
    from statistics import NormalDist

    expected = [NormalDist().inv_cdf((k - 0.375) / 3.25) for k in (1, 2, 3)]
    ours = normal_quantiles(np.array([3.0, 1.0, np.nan, 2.0]))
    assert ours[[1, 3, 0]] == pytest.approx(expected, rel=1e-12)
    assert np.isnan(ours[2])


@pytest.mark.parametrize("n", [30, 2000])
def test_local_lines_through_a_line_are_that_line(n):
    x = np.sort(np.random.default_rng(n).normal(size=n))
    y = 3 - 2 * x
    y[n // 2] += 50  # the robust curve doesn't see it
    at, fitted = smooth_curve(x, y, Loess(2 / 3))
    assert fitted == pytest.approx(3 - 2 * at, abs=1e-6)


def test_a_smooth_curve_of_few_or_equal_points():
    one = np.ones(4)
    assert smooth_curve(one, np.array([1.0, 2.0, 3.0, 4.0]), Loess(0.6))[1] == pytest.approx(2.5)


def test_p_values_of_a_study_are_its_table():
    study = fits()["level"].simulate_lr(fits()["orth"], nsim=20, seed=1)
    axes = study.plot(df=(1, 2))
    table = study.p_values((1, 2))
    assert [ax.get_title() for ax in axes] == [
        f"{df}, {method}" for method in ("REML", "ML") for df in ("df=1", "Mix(1,2)", "df=2")
    ]
    for ax in axes:
        df, method = ax.get_title().split(", ")
        own = table[(table["method"] == method) & (table["df"] == df)]
        assert curves(ax)[0][1].tolist() == own["nominal"].tolist()


def test_every_recorded_picture_is_compared():
    """No record is left unread: each name stands in the tests."""
    from pathlib import Path

    text = Path(__file__).with_name("test_against_r.py").read_text(encoding="utf-8")
    names = set(recorded()) - {"R", "nlme", "calls"}
    assert all(f'"{name}"' in text for name in names)


# --- errors ----------------------------------------------------------------------------------------------------------
BAD = {
    "no tilde": (lambda f: f["orth"].plot("resid(.)"), "form: .*no `~`"),
    "unknown column": (lambda f: f["orth"].plot("resid(.) ~ agee"), "form: .*no column 'agee'.*'age'"),
    "unknown function": (lambda f: f["orth"].plot("system(.) ~ age"), "form: "),
    "code": (lambda f: f["orth"].plot("__import__('os') ~ age"), "form: "),
    "the fit by itself": (lambda f: f["orth"].plot(". ~ age"), r"form: `\.` is the fit"),
    "a fit of another name": (lambda f: f["orth"].plot("resid(fit) ~ age"), r"write resid\(\.\)"),
    "type": (lambda f: f["orth"].plot("resid(., type = 'deviance') ~ age"), "type = 'deviance' is unknown"),
    "level": (lambda f: f["orth"].plot("resid(., level = 3) ~ age"), "level: 3"),
    "argument": (lambda f: f["orth"].plot("fitted(., kind = 1) ~ age"), "fitted"),
    "groups' values": (lambda f: f["orth"].plot("ranef(.) ~ age"), "a value a group, not a row"),
    "factor covariate": (lambda f: f["orth"].plot("resid(.) ~ Sex"), "'Sex ~ resid"),
    "too many panels": (
        lambda f: lme("mathach ~ 1", load_hsb(), "~ 1 | id").plot("mathach ~ ses | cses"),
        r"layout: \d{4} panels.*layout=\(columns, rows\)",
    ),
    "id": (lambda f: f["orth"].plot(id=2), "id: "),
    "id of boxes": (lambda f: f["orth"].plot("Subject ~ resid(.)", id=0.1), "id: points"),
    "id condition": (lambda f: f["orth"].plot(id="Subjekt == 'M13'"), "id: .*Subjekt"),
    "id of groups": (
        lambda f: f["orth"].pairs("~ ranef(.)", id="resid(.) > 1"),
        r"id: resid\(\.\) has no place",
    ),
    "id by a value a group": (lambda f: f["orth"].plot(id="ranef(.) > 1"), "a value a group"),
    "labels": (lambda f: f["orth"].plot(id=0.1, id_labels=["a", "b"]), "id_labels: 2 labels"),
    "labels' column": (lambda f: f["orth"].plot(id=0.1, id_labels="Name"), "id_labels: .*Name"),
    "residuals for id": (lambda f: f["orth"].plot(id=0.1, id_res_type="response"), "id_res_type"),
    "abline": (lambda f: f["orth"].plot(abline="zero"), "abline: "),
    "axes": (lambda f: f["orth"].plot("resid(.) ~ age | Sex", ax=one_axes()), "ax: .*2 matplotlib Axes"),
    "no axes": (lambda f: f["orth"].plot(ax="here"), "ax: "),
    "layout": (lambda f: f["orth"].plot("resid(.) ~ age | Sex", layout=(0, 2)), "layout: "),
    "quantiles of what": (lambda f: f["orth"].qqnorm("~ age"), "form: quantiles"),
    "pairs of rows": (lambda f: f["orth"].pairs("~ resid(.)"), "form: pairs"),
    "pairs of one": (lambda f: f["level"].pairs(), "pairs need two effects"),
    "level of ranef": (lambda f: f["orth"].plot_ranef(level=0), "level: "),
    "no such effect": (lambda f: f["orth"].plot_ranef("age ~ Sex"), "form: 'age' is no effect"),
    "covariate of the fit": (lambda f: f["orth"].plot_ranef("~ fitted(.)"), "form: fitted"),
    "span": (lambda f: f["orth"].plot_ranef("`(Intercept)` ~ distance", span=0), "span: "),
    "level of a list": (lambda f: f["regressions"].plot("resid(., level = 1) ~ age"), "has one level"),
    "mark": (lambda f: compare_fits(f["orth"].coef(), f["level"].coef()).plot(mark=[1]), "mark: expected 2"),
    "pairs of one coefficient": (
        lambda f: compare_fits(f["orth"].coef(), f["level"].coef(), which=1).pairs(),
        "at least two coefficients",
    ),
    "style": (lambda f: f["orth"].plot(colour="red"), "colour: matplotlib's lines have no such property"),
    "style of boxes": (lambda f: f["orth"].plot("Subject ~ resid(.)", marker="x"), "marker: "),
    "alpha": (lambda f: f["rats"].acf().plot(alpha=2), "alpha: "),
    "sigma": (lambda f: f["rats"].variogram("~ Time").plot(sigma="one"), "sigma|abline"),
    "not grouped": (lambda f: plot_grouped(load_book("Pixel")), "formula: the data don't say"),
    "outer": (lambda f: plot_grouped(load_book("Pixel"), "pixel ~ day | Dog/Side", outer=True), "outer: "),
    "grouped level": (
        lambda f: plot_grouped(load_book("Pixel"), "pixel ~ day | Dog/Side", level=3),
        "level: 3",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_error(case):
    make, message = BAD[case]
    with pytest.raises(LmeError, match=message):
        make(fits())


def test_without_matplotlib_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingLibraryError, match=r'pip install "lmebridge\[plot\]"'):
        fits()["orth"].plot()


def test_lists_of_undetermined_regressions_are_drawn():
    data = load_book("Orthodont").iloc[[0, 4, 5, 6, 8, 9, 12, 13, 14]]
    lists = lm_list("distance ~ age | Subject", data, pool=False)
    assert np.isnan(lists.coef().to_numpy()).any()
    drawn = (
        lists.intervals().plot(),
        lists.plot("resid(.) ~ age"),
        lists.pairs(id=0.5),
        lists.plot_ranef(),
        lists.plot_ranef("age ~ Sex + distance"),
        lists.qqnorm("~ ranef(., standard = TRUE)", id=0.5),
    )
    for axes in drawn:
        panels(axes)[0].figure.draw_without_rendering()
    assert array(dots(lists.pairs())[0]).shape[0] == 2
    standard = lists.plot_ranef(standardized=True)[1]
    assert array(dots(standard)[0][0]) == pytest.approx(
        lists.ranef(standardized=True)["age"].to_numpy(), nan_ok=True
    )
