"""What ``fit.summary()`` returns: R's page as text, and tables in a notebook."""

from __future__ import annotations

from dataclasses import dataclass

from pyimpl.report import SummaryPage, render_summary, summary_to_html


@dataclass(frozen=True, repr=False)
class Summary:
    """The summary of a fit; ``str()`` is R's ``print(summary(fit))``, character for character.

    Attributes
    ----------
    page : report.SummaryPage
        All that the page shows, unformatted.
    """

    page: SummaryPage

    def __str__(self) -> str:
        return render_summary(self.page).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return summary_to_html(self.page)
