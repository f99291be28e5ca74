"""Intervals of every structure under R's names, and confint's layout."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from pyimpl import ArgumentError, lme

AGE, DAY = "distance ~ age", "pixel ~ day + I(day^2)"
CALLS = {
    "general": (AGE, "children", "~ age | Subject"),
    "general_ml": (AGE, "children", "~ age | Subject"),
    "natural": (AGE, "children", {"Subject": "pdNatural(~ age)"}),
    "symm": (AGE, "children", {"Subject": "pdSymm(~ age)"}),
    "diagonal": (AGE, "children", {"Subject": "pdDiag(~ age)"}),
    "identity": (AGE, "children", {"Subject": "pdIdent(~ age)"}),
    "compound": ("yield ~ nitro", "oats", {"Block": "pdCompSymm(~ Variety - 1)"}),
    "blocked": ("yield ~ nitro", "oats", {"Block": "pdBlocked(list(~ 1, pdIdent(~ Variety - 1)))"}),
    "blocked_general": (DAY, "dogs", {"Dog": "pdBlocked(list(pdSymm(~ day), pdIdent(~ Side - 1)))"}),
    "two_levels": (DAY, "dogs", {"Dog": "~ day", "Side": "~ 1"}),
    "nested": ("yield ~ nitro", "oats", "~ 1 | Block/Variety"),
}

NUMBER = re.compile(r"(?<!\S)-?[0-9.]+(?:e[+-][0-9]+)?(?!\S)")


@pytest.fixture
def fit_of(children, oats, dogs):
    frames = {"children": children, "oats": oats, "dogs": dogs}

    def make(name):
        fixed, data, random = CALLS[name]
        return lme(fixed, frames[data], random, method="ML" if name.endswith("ml") else "REML")

    return make


def rows(written):
    return pd.DataFrame(written["values"], index=written["names"], columns=["lower", "est.", "upper"])


def on_natural_scale(table):
    """Logs of standard deviations, Fisher's z of correlations: where R's differences have their error."""
    values = table[["lower", "est.", "upper"]].to_numpy(float)
    is_corr = np.array([name.startswith("cor") for name in table["term"]])[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(is_corr, np.arctanh(values), np.log(values))


@pytest.mark.parametrize("name", CALLS)
def test_names_estimates_and_widths_are_r_s(recorded, fit_of, name):
    """R's half-widths come from finite differences of its log-likelihood: good to 5 %, see docs/differences.md."""
    written, found = recorded["intervals"][name], fit_of(name).intervals().to_frame()
    fixed = found[found["part"] == "fixed"]
    expected = rows(written["fixed"])
    assert list(fixed["term"]) == list(expected.index)
    assert fixed[["lower", "est.", "upper"]].to_numpy(float) == pytest.approx(expected.to_numpy(), rel=1e-5)
    parts = [rows(part).assign(group=group) for group, part in written["random"].items()]
    sigma = rows({"names": ["sigma"], "values": [written["sigma"]]}).assign(group="")
    expected = pd.concat([*parts, sigma]).rename_axis("term").reset_index()
    rest = found[found["part"] != "fixed"].reset_index(drop=True)
    assert rest[["group", "term"]].to_numpy().tolist() == expected[["group", "term"]].to_numpy().tolist()
    assert rest["est."].to_numpy(float) == pytest.approx(expected["est."].to_numpy(), rel=2e-5)
    ours, r_s = on_natural_scale(rest), on_natural_scale(expected)
    assert np.diff(ours, axis=1) == pytest.approx(np.diff(r_s, axis=1), rel=5e-2)


@pytest.mark.parametrize("name", CALLS)
def test_the_page_is_r_s_but_for_noisy_digits(recorded, fit_of, name):
    """All lines up to the random effects; then lines, labels and headings, and the middle one of three numbers."""
    ours = str(fit_of(name).intervals()).splitlines()
    r_s = recorded["intervals"][name]["page"].splitlines()
    start = r_s.index(" Random Effects:")
    assert ours[:start] == r_s[:start]
    for own, other in zip(ours[start:], r_s[start:], strict=True):
        assert NUMBER.sub("", own).split() == NUMBER.sub("", other).split()
        numbers, expected = NUMBER.findall(own), NUMBER.findall(other)
        assert [float(each) for each in numbers[1:2]] == pytest.approx(
            list(map(float, expected[1:2])), rel=1e-5
        )


def test_the_beginning_of_a_choice_is_enough_as_in_r(fit_of):
    fit = fit_of("general")
    assert str(fit.intervals(which="var")) == str(fit.intervals(which="var-cov"))
    assert str(fit.anova(type="m")) == str(fit.anova(type="marginal"))
    for ask in (
        lambda: fit.intervals(which="ran"),
        lambda: fit.intervals(which=""),
        lambda: fit.anova(type=2),
    ):
        with pytest.raises(ArgumentError, match="is unknown; choose one of"):
            ask()


def test_intervals_are_tables_in_a_notebook(fit_of):
    html = fit_of("two_levels").intervals(level=0.9)._repr_html_()
    assert html.count("<table") == html.count("</table>") == 4
    for text in ("Random effects, level: Side: 90% intervals", "cor((Intercept),day)", "I(day^2)", ">sigma<"):
        assert text in html


def test_confint_has_r_s_layout(children):
    fit = lme("distance ~ age", children, "~ age | Subject")
    table = fit.conf_int()
    assert list(table.columns) == ["2.5 %", "97.5 %"]
    assert list(table.index) == ["(Intercept)", "age"]
    expected = fit.intervals(which="fixed").to_frame()
    assert (table.to_numpy() == expected[["lower", "upper"]].to_numpy(float)).all()
    # As R's confint(lm(...)) writes them
    assert list(fit.conf_int(level=0.9).columns) == ["5 %", "95 %"]
    assert list(fit.conf_int(level=0.999).columns) == ["0.05 %", "99.95 %"]
    assert list(fit.conf_int(level=0.95123456).columns) == ["2.44 %", "97.56 %"]
    assert str(table).splitlines()[0] == "                 2.5 %     97.5 %"
    pd.testing.assert_frame_equal(pd.DataFrame(fit.conf_int("age")), pd.DataFrame(table.loc[["age"]]))
    assert list(fit.conf_int(["age", "(Intercept)"]).index) == ["age", "(Intercept)"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"parm": "Sex"}, "parm: 'Sex' is not a fixed effect; choose from '(Intercept)', 'age'"),
        ({"parm": ["age", 3]}, "parm: 3 is not a fixed effect"),
        ({"parm": []}, "parm: the list is empty"),
        ({"level": 95}, "level: the confidence level must lie between 0 and 1, got 95"),
        ({"level": True}, "level: the confidence level must lie"),
    ],
)
def test_bad_requests_name_the_argument(children, arguments, message):
    fit = lme("distance ~ age", children, "~ 1 | Subject")
    with pytest.raises(ArgumentError) as caught:
        fit.conf_int(**arguments)
    assert str(caught.value).startswith(message)
