"""What was printed of the ladder's models: the book's figures and the tutorial's page.

Both are held beside today's answers, the figures to the digits they were printed with.

References
----------
Raudenbush, S. W. and Bryk, A. S. (2002). *Hierarchical Linear Models*, 2nd ed. Sage. Tables 4.2 to 4.5.
"Estimating HLM Models Using R: Part 1" (tutorial, June 2010).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """One figure as the book prints it.

    Attributes
    ----------
    model : str
        The model's name on the ladder; the book's figures are by REML.
    label : str
        What the book calls it, e.g. ``"tau11"``.
    quantity, name : str
        Where it stands in an answer: ``("fixef" | "std_error" | "variance", term)``, the term
        ``"Residual"`` for sigma squared.
    printed : str
        The figure with its printed digits.
    remark : str
        Where today's answer is known to differ: what the difference is.
    """

    model: str
    label: str
    quantity: str
    name: str
    printed: str
    remark: str = ""


_SHORT = "the published run stopped short"
_SHIFTED = "it moves with tau11"


def _coefficients(model: str, *rows: tuple[str, str, str]) -> tuple[PublishedFigure, ...]:
    return tuple(
        PublishedFigure(model, label, quantity, term, printed)
        for term, value, error in rows
        for label, quantity, printed in ((term, "fixef", value), (f"SE {term}", "std_error", error))
    )


PUBLISHED: tuple[PublishedFigure, ...] = (
    *_coefficients("empty", ("(Intercept)", "12.64", "0.24")),
    PublishedFigure("empty", "tau00", "variance", "(Intercept)", "8.61"),
    PublishedFigure("empty", "sigma2", "variance", "Residual", "39.15"),
    *_coefficients("means", ("(Intercept)", "12.65", "0.15"), ("meanses", "5.86", "0.36")),
    PublishedFigure("means", "tau00", "variance", "(Intercept)", "2.64"),
    PublishedFigure("means", "sigma2", "variance", "Residual", "39.16"),
    *_coefficients("slopes", ("(Intercept)", "12.64", "0.24"), ("cses", "2.19", "0.13")),
    PublishedFigure("slopes", "tau00", "variance", "(Intercept)", "8.68"),
    PublishedFigure("slopes", "tau11", "variance", "cses", "0.68", _SHORT),
    PublishedFigure("slopes", "sigma2", "variance", "Residual", "36.70"),
    *_coefficients(
        "outcomes",
        ("(Intercept)", "12.10", "0.20"),
        ("meanses", "5.33", "0.37"),
        ("sector", "1.23", "0.31"),
        ("cses", "2.94", "0.16"),
    ),
    PublishedFigure("outcomes", "meanses:cses", "fixef", "meanses:cses", "1.03", _SHIFTED),
    PublishedFigure("outcomes", "SE meanses:cses", "std_error", "meanses:cses", "0.30"),
    *_coefficients("outcomes", ("cses:sector", "-1.64", "0.24")),
    PublishedFigure("outcomes", "tau00", "variance", "(Intercept)", "2.38"),
    PublishedFigure("outcomes", "tau11", "variance", "cses", "0.15", _SHORT),
    PublishedFigure("outcomes", "sigma2", "variance", "Residual", "36.68", _SHIFTED),
)

TUTORIAL_MODEL = "empty"
"""The model whose printed page the tutorial shows, by REML."""

TUTORIAL_PAGES: dict[str, str] = {
    "summary": """\
Linear mixed-effects model fit by REML
 Data: hsb
       AIC      BIC    logLik
  47122.79 47143.43 -23558.40

Random effects:
 Formula: ~1 | id
        (Intercept) Residual
StdDev:    2.934966 6.256862

Fixed effects: mathach ~ 1
               Value Std.Error   DF  t-value p-value
(Intercept) 12.63697 0.2443936 7025 51.70747       0

Standardized Within-Group Residuals:
        Min          Q1         Med          Q3         Max
-3.06312473 -0.75387398  0.02670132  0.76062171  2.74262579

Number of Observations: 7185
Number of Groups: 160
""",
    "var_corr": """\
id = pdLogChol(1)
            Variance  StdDev
(Intercept)  8.614025 2.934966
Residual    39.148322 6.256862
""",
}
"""R's pages of :data:`TUTORIAL_MODEL` as the tutorial printed them in June 2010 (without trailing blanks)."""
