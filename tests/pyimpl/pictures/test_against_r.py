"""What is drawn, read back from the axes, is what nlme draws: points, labels, lines, boxes and bars, panel by panel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from crosscheck.data import load_book
from pyimpl import compare_fits, compare_pred, grouped_data, lm_list, lme
from pyimpl.pictures import plot_grouped

from .conftest import array, curves, dots, fits, panels, recorded, segments, texts

# R's fits are at the optimum to eight digits; residuals near zero have fewer.
CLOSE: dict[str, float] = {"rel": 1e-6, "abs": 2e-6}

SCATTERS = {
    "default": lambda f: f["orth"].plot(),
    "panels": lambda f: f["orth"].plot("resid(., type = 'p') ~ fitted(.) | Sex", id=0.05),
    "sloped": lambda f: f["orth"].plot(
        "distance ~ fitted(., level = 0)", abline=(0, 1), id="~ Subject == 'M13'", id_labels="~ age"
    ),
    "two_conditions": lambda f: f["orth"].plot("abs(resid(., level = 0)) ~ age | Sex * Subject"),
    "qq": lambda f: f["orth"].qqnorm(id=0.05),
    "qq_panels": lambda f: f["orth"].qqnorm("~ resid(., type = 'n') | Sex", id=0.1, abline=(0, 1)),
    "qq_effects": lambda f: f["orth"].qqnorm("~ ranef(.)", id=0.1),
    "qq_standard": lambda f: f["orth"].qqnorm("~ ranef(., standard = TRUE)"),
    "qq_outer": lambda f: f["pixel"].qqnorm("~ ranef(., level = 1)", id=0.3),
    "qq_inner": lambda f: f["pixel"].qqnorm("~ ranef(., level = 'Side')", id=0.1),
    "pairs_panels": lambda f: f["orth"].pairs("~ ranef(.) | Sex", id="Subject == 'M13'"),
    "pairs_coef": lambda f: f["orth"].pairs(id=0.3),
    "list_default": lambda f: f["regressions"].plot(id=0.05),
    "list_qq": lambda f: f["regressions"].qqnorm("~ ranef(.)"),
    "list_pairs": lambda f: f["regressions"].pairs(id=0.05),
}
DOTS = {
    "ranef": lambda f: f["orth"].plot_ranef(),
    "ranef_by": lambda f: f["orth"].plot_ranef("~ Sex"),
    "ranef_inner": lambda f: f["pixel"].plot_ranef(level=2),
}


def r_panels(name: str) -> list[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
    """R's panels that have points: title, data, and what is drawn in it."""
    picture = recorded()[name]
    found = []
    for k, (title, data) in enumerate(zip(picture["titles"], picture["panels"], strict=True), start=1):
        if data["x"]:
            found.append((title, data, [each for each in picture["drawn"] if each["panel"] == [k]]))
    return found


def drawn(calls: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    return [each for each in calls if each["what"] == [what]]


def matched(name: str, axes: Any) -> list[tuple[Any, dict[str, Any], list[dict[str, Any]]]]:
    """Our axes beside R's panels, which have the same titles in the same order."""
    ours, theirs = panels(axes), r_panels(name)
    assert [ax.get_title() for ax in ours] == (
        [""] if len(theirs) == 1 and ours[0].get_title() == "" else [t for t, _, _ in theirs]
    )
    return [(ax, data, calls) for ax, (_, data, calls) in zip(ours, theirs, strict=True)]


@pytest.mark.parametrize("name", SCATTERS)
def test_points_labels_and_lines_of_reference(name):
    for ax, data, calls in matched(name, SCATTERS[name](fits())):
        ((x, y),) = dots(ax)
        r = (array(data["x"]), array(data["y"]))
        assert x == pytest.approx(r[0], **CLOSE)
        # Quantiles of values that are the same but for rounding may change places.
        order, their_order = (np.lexsort((b, np.round(a, 6))) for a, b in ((x, y), r))
        assert y[order] == pytest.approx(r[1][their_order], **CLOSE)
        theirs = [
            (label, px, py)
            for each in drawn(calls, "text")
            for label, px, py in zip(each["labels"], each["x"], each["y"], strict=True)
        ]
        ours = texts(ax)
        assert [label for label, *_ in ours] == [label for label, *_ in theirs]
        assert array([at for _, *at in ours]) == pytest.approx(array([at for _, *at in theirs]), **CLOSE)
        assert bool(drawn(calls, "abline")) == (len(ax.get_lines()) > 1)


def axis_labels(axes: Any) -> list[str]:
    ax = panels(axes)[0]
    return [ax.get_xlabel() or ax.figure.get_supxlabel(), ax.get_ylabel() or ax.figure.get_supylabel()]


def test_the_labels_of_the_axes_are_r_s():
    """But for units, which only grouped data have."""
    for name in (
        "default",
        "panels",
        "qq",
        "qq_panels",
        "qq_effects",
        "qq_standard",
        "pairs_coef",
        "list_qq",
    ):
        theirs = [label[0].removesuffix(" (mm)") for label in (recorded()[name][x] for x in ("xlab", "ylab"))]
        assert axis_labels(SCATTERS[name](fits())) == theirs


def grouped_orthodont() -> Any:
    return grouped_data(
        "distance ~ age | Subject",
        load_book("Orthodont"),
        outer="~ Sex",
        labels={"x": "Age", "y": "Distance from pituitary to pterygomaxillary fissure"},
        units={"x": "(yr)", "y": "(mm)"},
    )


def test_grouped_data_give_labels_and_units():
    f = {"orth": lme("distance ~ I(age - 11)", grouped_orthodont(), "~ I(age - 11) | Subject")}
    f["regressions"] = lm_list("distance ~ I(age - 11) | Subject", grouped_orthodont())
    for name in ("default", "panels", "sloped", "two_conditions", "list_default"):
        r = recorded()[name]
        ours = axis_labels(SCATTERS[name](f))
        # R calls |residuals| residuals too.
        assert ours == [
            r["xlab"][0],
            "abs(resid(., level = 0))" if name == "two_conditions" else r["ylab"][0],
        ]
    assert axis_labels(f["orth"].plot("Subject ~ resid(.)"))[0] == recorded()["boxes"]["xlab"][0]
    assert axis_labels(f["orth"].aug_pred().plot()) == [
        recorded()["aug_pred"][x][0] for x in ("xlab", "ylab")
    ]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("grouped", lambda: plot_grouped(grouped_orthodont())),
        ("grouped_outer", lambda: plot_grouped(grouped_orthodont(), outer=True)),
        (
            "grouped_inner",
            lambda: plot_grouped(load_book("Pixel"), "pixel ~ day | Dog/Side", level=1, inner="~ Side"),
        ),
    ],
)
def test_grouped_data_are_points_and_lines_of_averages(name, make):
    axes = make()
    if name != "grouped_inner":
        assert axis_labels(axes) == [recorded()[name][x][0] for x in ("xlab", "ylab")]
    by_title = {ax.get_title(): ax for ax in axes}
    assert [ax.get_title() for ax in axes] == [
        title for title, *_ in r_panels(name)
    ] or name == "grouped_inner"
    for title, data, calls in r_panels(name):
        ours = np.concatenate([np.array(each) for each in dots(by_title[title])], axis=1)
        assert sorted(ours.T.tolist()) == sorted(np.array([data["x"], data["y"]]).T.tolist())
        if series := drawn(calls, "series"):
            x, y, group = (array(series[0][part]) for part in ("x", "y", "group"))
            theirs = [(x[group == k], y[group == k]) for k in np.unique(group)]
        else:
            theirs = [(array(each["x"]), array(each["y"])) for each in drawn(calls, "line")]
        lines = sorted(sorted(zip(*each, strict=True)) for each in curves(by_title[title]))
        assert lines == sorted(sorted(zip(*each, strict=True)) for each in theirs)


def test_grouped_data_without_a_numeric_covariate_are_dots():
    ax = plot_grouped(load_book("Machines"), "score ~ Machine | Worker")
    ((_, _, calls),) = r_panels("grouped_dots")
    (series,) = drawn(calls, "series")
    for (x, y), k in zip(dots(ax), (1, 2, 3), strict=True):
        own = array(series["group"]) == k
        assert x.tolist() == array(series["x"])[own].tolist()
        assert y.tolist() == array(series["y"])[own].tolist()
    assert [text.get_text() for text in ax.figure.legends[0].get_texts()] == ["A", "B", "C"]


def test_boxes_by_group():
    ax = fits()["orth"].plot("Subject ~ resid(.)", abline=0)
    boxes = drawn(recorded()["boxes"]["drawn"], "box")
    assert_boxes(ax, boxes, across=True)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(
        load_book("Orthodont")["Subject"].cat.categories
    )


def assert_boxes(ax: Any, boxes: list[dict[str, Any]], across: bool) -> None:
    numbers = array([box["numbers"] for box in boxes])
    bars = [
        (bar.get_x(), bar.get_x() + bar.get_width())
        if across
        else (bar.get_y(), bar.get_y() + bar.get_height())
        for bar in ax.patches
    ]
    assert array(bars) == pytest.approx(numbers[:, [1, 3]], **CLOSE)
    whiskers = next(each for each in segments(ax) if len(each) == 2 * len(boxes))[..., 0 if across else 1]
    n = len(boxes)
    assert whiskers[:n] == pytest.approx(numbers[:, [0, 1]], **CLOSE)
    assert whiskers[n:] == pytest.approx(numbers[:, [3, 4]], **CLOSE)
    middle, beyond = (dot if across else dot[::-1] for dot in dots(ax))
    assert middle[0] == pytest.approx(numbers[:, 2], **CLOSE)
    assert middle[1] == pytest.approx(array([box["at"][0] for box in boxes]))
    outliers = [(value, box["at"][0]) for box in boxes for value in box["beyond"]]
    assert array(list(zip(*beyond, strict=True))).reshape(-1, 2) == pytest.approx(
        array(outliers).reshape(-1, 2), **CLOSE
    )


def test_bars_are_lattice_s():
    axes = fits()["orth"].plot("~ resid(.) | Sex")
    for ax, bars in zip(axes, drawn(recorded()["histogram"]["drawn"], "bars"), strict=True):
        breaks = array(
            [bar.get_x() for bar in ax.patches] + [ax.patches[-1].get_x() + ax.patches[-1].get_width()]
        )
        assert breaks == pytest.approx(array(bars["x"]), **CLOSE)
        assert array([bar.get_height() for bar in ax.patches]) == pytest.approx(array(bars["y"]))


@pytest.mark.parametrize("name", DOTS)
def test_dots_by_group(name):
    for ax, data, _ in matched(name, DOTS[name](fits())):
        ((x, y),) = dots(ax)
        assert x == pytest.approx(array(data["x"]), **CLOSE)
        assert y == pytest.approx(array(data["y"]))


def test_effects_against_covariates():
    boxes_ax, points_ax = fits()["orth"].plot_ranef("`(Intercept)` ~ Sex + distance")
    calls = recorded()["ranef_against"]["drawn"]
    assert [boxes_ax.get_title(), points_ax.get_title()] == recorded()["ranef_against"]["titles"]
    assert_boxes(boxes_ax, drawn(calls, "box"), across=False)
    (medians,) = curves(boxes_ax)
    (line,) = drawn(calls, "line")
    assert medians[1] == pytest.approx(array(line["y"]), **CLOSE)
    ((x, y),) = dots(points_ax)
    (points,) = drawn(calls, "points")
    assert x == pytest.approx(array(points["x"]), rel=1e-12)
    assert y == pytest.approx(array(points["y"]), **CLOSE)
    assert_smooth(points_ax, calls)


def assert_smooth(ax: Any, calls: list[dict[str, Any]]) -> None:
    """The curve is R's loess(surface = "direct"): both cut off robustness weights a little differently."""
    (smooth,) = drawn(calls, "smooth")
    (curve,) = (each for each in curves(ax) if len(each[0]) == 50)
    assert curve[0] == pytest.approx(array(smooth["x"]), rel=1e-9)
    assert curve[1] == pytest.approx(array(smooth["y"]), rel=1e-5, abs=1e-5)


def test_intervals_of_a_list():
    axes = fits()["regressions"].intervals().plot()
    for ax, (_, _, calls) in zip(axes, r_panels("intervals"), strict=True):
        (segment,) = drawn(calls, "segments")
        ours = next(each for each in segments(ax))
        assert ours[:, :, 0] == pytest.approx(array([segment["x0"], segment["x1"]]).T, rel=1e-9)
        assert ours[:, 0, 1] == pytest.approx(array(segment["y0"]))


def test_augmented_predictions():
    axes = fits()["orth"].aug_pred("age", length_out=5).plot()
    by_title = {ax.get_title(): ax for ax in axes}
    assert set(by_title) == {title for title, *_ in r_panels("aug_pred")}
    for title, _, calls in r_panels("aug_pred"):
        (points,), (line,) = drawn(calls, "points"), drawn(calls, "line")
        ((x, y),), (curve,) = dots(by_title[title]), curves(by_title[title])
        assert np.sort(x) == pytest.approx(np.sort(points["x"]))
        assert np.sort(y) == pytest.approx(np.sort(points["y"]))
        assert curve[0] == pytest.approx(array(line["x"]))
        assert curve[1] == pytest.approx(array(line["y"]), **CLOSE)


@pytest.mark.parametrize(
    ("name", "make", "n_lines"),
    [
        ("aug_pred_levels", lambda f: f["pixel"].aug_pred("day", length_out=4, level=[0, 1, 2]), 3),
        ("compare_pred", lambda f: compare_pred(f["orth"], f["level"], "age", length_out=3), 2),
    ],
)
def test_several_predictions(name, make, n_lines):
    axes = make(fits()).plot()
    by_title = {ax.get_title(): ax for ax in axes}
    for title, _, calls in r_panels(name):
        (series,) = drawn(calls, "series")
        ours = curves(by_title[title])
        assert len(ours) == n_lines
        for curve, group in zip(ours, np.unique(series["group"]), strict=True):
            own = array(series["group"]) == group
            assert curve[0] == pytest.approx(array(series["x"])[own])
            assert curve[1] == pytest.approx(array(series["y"])[own], **CLOSE)
    key = axes[0].figure.legends[0]
    assert len(key.get_lines()) == n_lines


def test_compared_coefficients():
    f = fits()
    compared = compare_fits(f["regressions"].coef(), f["orth"].coef())
    axes = compared.plot(mark=f["orth"].fixef())
    for ax, (_, _, calls) in zip(axes, r_panels("compare"), strict=True):
        (series,) = drawn(calls, "series")
        for (x, y), group in zip(dots(ax), (1, 2), strict=True):
            own = array(series["group"]) == group
            assert x == pytest.approx(array(series["x"])[own], **CLOSE)
            assert y == pytest.approx(array(series["y"])[own])
        (mark,) = (each["v"] for each in drawn(calls, "abline") if each.get("v"))
        assert mark == pytest.approx(ax.get_lines()[-1].get_xdata()[:1], **CLOSE)
    ax = compared.pairs()
    ((_, _, calls),) = r_panels("compare_pairs")
    (series,), (joints,) = drawn(calls, "series"), drawn(calls, "segments")
    assert np.concatenate([x for x, _ in dots(ax)]) == pytest.approx(array(series["x"]), **CLOSE)
    assert segments(ax)[0][:, 0, 0] == pytest.approx(array(joints["x0"]), **CLOSE)
    assert segments(ax)[0][:, 1, 1] == pytest.approx(array(joints["y1"]), **CLOSE)


def test_autocorrelations_and_their_bounds():
    ax = fits()["rats"].acf(max_lag=6).plot(alpha=0.01)
    ((_, data, calls),) = r_panels("acf")
    needles = segments(ax)[0]
    assert needles[:, 1, 0] == pytest.approx(array(data["x"]))
    assert needles[:, 1, 1] == pytest.approx(array(data["y"]), rel=1e-5, abs=1e-5)
    for ours, theirs in zip(curves(ax), drawn(calls, "line"), strict=True):
        assert ours[1] == pytest.approx(array(theirs["y"]), rel=1e-12)


def test_variogram():
    ax = fits()["rats"].variogram("~ Time").plot(sigma=1)
    ((_, data, calls),) = r_panels("variogram")
    ((x, y),) = dots(ax)
    assert x == pytest.approx(array(data["x"]))
    assert y == pytest.approx(array(data["y"]), rel=1e-5)
    assert_smooth(ax, calls)
    assert [1.0, 1.0] in [list(line.get_ydata()) for line in ax.get_lines()]


def test_distant_groups_of_three_effects_are_labelled():
    axes = fits()["machines"].pairs("~ ranef(.)", id=0.5)
    assert axes.shape == (3, 3)
    labels = {label for i in range(3) for j in range(3) if i != j for label, *_ in texts(axes[i, j])}
    assert sorted(labels) == recorded()["pairs_three"]["labels"]
