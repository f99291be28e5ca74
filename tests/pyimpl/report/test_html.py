"""The HTML of a page: well-formed, accessible, escaped, and with the printed page's own numbers."""

from html.parser import HTMLParser

import numpy as np

from pyimpl.report import (
    AnovaPage,
    CoefficientTable,
    ComparisonPage,
    CovarianceBlock,
    Level,
    ModelDescription,
    SummaryPage,
    VarCorrPage,
    render_summary,
    render_var_corr,
    summary_to_html,
    text_to_html,
    var_corr_to_html,
)
from pyimpl.report.anova import anova_to_html

HOSTILE = '<script>alert("x")</script>&amp;'


class Reader(HTMLParser):
    """Collects the tables: caption, header cells with their scope, and cells; checks that tags nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.tables: list[dict[str, list[str]]] = []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)
        if tag == "table":
            self.tables.append({"caption": [""], "col": [], "row": [], "td": []})
        if tag in ("th", "td"):
            self.cell = dict(attrs).get("scope", "td")
            self.tables[-1][self.cell].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "caption":
            self.tables[-1]["caption"][0] += data
        elif self.open and self.open[-1] in ("th", "td"):
            self.tables[-1][self.cell][-1] += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def page(name: str = "cses", n: int = 2) -> SummaryPage:
    block = CovarianceBlock(
        f"~{name}", "pdLogChol", ("(Intercept)", name), np.array([2.9, 0.8]), np.array([[1, 0.02], [0.02, 1]])
    )
    inner = CovarianceBlock("~1", "pdLogChol", ("(Intercept)",), np.array([1.25]))
    levels = (Level("school", 160, (block,)), Level("class", 320, (inner,)))
    model = ModelDescription("REML", "hsb", f"mathach ~ {name}", levels, 6.06, 7185, subset=f"{name} > 0")
    columns = np.array([[12.6493, 2.1932], [0.2445, 0.1283], [7024, 7024], [51.73, 17.1], [0, 0.0123]])
    table = CoefficientTable(("(Intercept)", name)[:n], *columns[:, :n])
    correlation = np.array([[1, 0.011], [0.011, 1]])[:n, :n]
    return SummaryPage(model, 46722.98, 46764.26, -23355.49, table, correlation, np.linspace(-3, 3, 5))


def test_every_number_of_the_tables_is_one_of_the_printed_page():
    printed = set(render_summary(page()).split()) | set(render_var_corr(var_corr()).split())
    cells = {cell for table in read(summary_to_html(page())).tables for cell in table["td"] if cell}
    assert len(cells) > 20
    assert cells <= printed


def var_corr() -> VarCorrPage:
    return VarCorrPage(page().model.levels, page().model.sigma)


def test_tables_have_captions_and_header_cells():
    tables = read(summary_to_html(page())).tables
    captions = [t["caption"][0] for t in tables]
    assert captions[:3] == ["Fit", "Random effects", "Fixed effects: mathach ~ cses"]
    coefficients = tables[2]
    assert coefficients["col"] == ["", "Value", "Std.Error", "DF", "t-value", "p-value"]
    assert coefficients["row"] == ["(Intercept)", "cses"]
    assert coefficients["td"][:5] == ["12.6493", "0.2445", "7024", "51.73", "0.0000"]


def test_each_table_is_a_full_rectangle():
    for table in read(summary_to_html(page())).tables:
        n_cells = len(table["row"]) + len(table["td"])
        assert n_cells % len(table["col"]) == 0


def test_random_effects_stand_under_their_levels():
    table = read(var_corr_to_html(var_corr())).tables[0]
    assert table["row"] == [
        "school", "(Intercept)", "school", "cses", "class %in% school", "(Intercept)", "", "Residual",
    ]  # fmt: skip
    assert table["td"][-3:] == ["36.7236", "6.06", ""]


def test_nothing_a_name_says_becomes_markup():
    html = summary_to_html(page(HOSTILE))
    assert "<script" not in html
    reader = read(html)
    assert "script" not in reader.tags
    assert HOSTILE in reader.tables[2]["row"]
    assert "<script" not in text_to_html(HOSTILE)
    assert "<script" not in var_corr_to_html(VarCorrPage(page(HOSTILE).model.levels, 1.0))


def test_one_coefficient_has_no_correlation_table():
    captions = [t["caption"][0] for t in read(summary_to_html(page(n=1))).tables]
    assert not any("Correlation" in c for c in captions)


def test_few_residuals_stand_under_their_groups():
    few = page()
    shown = SummaryPage(
        few.model,
        few.aic,
        few.bic,
        few.log_lik,
        few.coefficients,
        few.correlation,
        np.array([0.5, -0.25]),
        ("a", "b"),
    )
    tables = read(summary_to_html(shown)).tables
    residuals = next(t for t in tables if "residuals" in t["caption"][0])
    assert (residuals["col"], residuals["td"]) == (["a", "b"], ["0.50", "-0.25"])


def test_f_tests_are_one_table_under_what_is_tested():
    tests = AnovaPage(
        ("<b>",), *(np.array([v]) for v in (2.0, 51.0, 3.25, 0.00001)), label="F-test for: <b>, x "
    )
    html = anova_to_html(tests)
    assert html.startswith("<pre>F-test for: &lt;b&gt;, x")
    table = read(html).tables[0]
    assert (table["col"], table["row"]) == (["", "numDF", "denDF", "F-value", "p-value"], ["<b>"])
    assert table["td"] == ["2", "51", "3.25", "<.0001"]


def test_a_comparison_leaves_blank_what_is_not_tested():
    numbers = {name: np.array([1.0, 2.0]) for name in ("df", "aic", "bic", "log_lik")}
    l_ratio, p_value = np.array([np.nan, 4.5]), np.array([np.nan, 0.03])
    page = ComparisonPage(("fit", "other"), **numbers, test=("", "1 vs 2"), l_ratio=l_ratio, p_value=p_value)
    table = read(anova_to_html(page)).tables[0]
    assert table["td"][5:8] == ["", "", ""]
    assert table["td"][-3:] == ["1 vs 2", "4.5", "0.03"]
