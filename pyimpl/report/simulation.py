"""The page of a likelihood-ratio study. R prints the matrices of log-likelihoods; this says what they come to."""

from __future__ import annotations

from dataclasses import dataclass

from pyimpl.report.pages import FloatArray
from pyimpl.report.rformat import format_real
from pyimpl.report.rounding import signif
from pyimpl.report.rprint import data_frame

STUDY_COLUMNS = ("L.Ratio", "nominal", "simulated", "Std.Error", "n")

_DIGITS = 4  # of a simulated p-value no more are known


@dataclass(frozen=True, slots=True)
class LikelihoodRatioPage:
    """A likelihood-ratio study.

    Attributes
    ----------
    n_simulated : int
    null, alternative : str
        The models.
    df : int
        The difference of their numbers of parameters.
    methods : tuple of str, length k
    values : tuple of five ndarrays, shape (k,)
        By ``STUDY_COLUMNS``: the observed ratio, its nominal and simulated p-values, the standard error of the
        latter, and the number of simulations that count.
    """

    n_simulated: int
    null: str
    alternative: str
    df: int
    methods: tuple[str, ...]
    values: tuple[FloatArray, ...]

    @property
    def title(self) -> str:
        """What the study is."""
        return f"Likelihood-ratio study: {self.n_simulated} responses simulated from the null model"


def study_cells(page: LikelihoodRatioPage) -> list[list[str]]:
    """Format the columns of the table."""
    ratio, *p_values, n = page.values
    return [
        format_real(ratio),
        *[format_real(signif(column, _DIGITS)) for column in p_values],
        format_real(n),
    ]


def render_likelihood_ratio_study(page: LikelihoodRatioPage) -> str:
    """Print the study.

    Parameters
    ----------
    page : LikelihoodRatioPage

    Returns
    -------
    str
        With its last newline.
    """
    head = [
        page.title,
        f"  Null:        {page.null}",
        f"  Alternative: {page.alternative}",
        f"  nominal p-values by chi-square with {page.df} degrees of freedom",
    ]
    return "\n".join(head) + "\n\n" + data_frame(study_cells(page), page.methods, STUDY_COLUMNS)
