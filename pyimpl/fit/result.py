"""The result of ``lme``: it orchestrates, other modules compute and render."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyimpl import pages
from pyimpl.fit.diagnosis import Diagnosis
from pyimpl.fit.inference import Inference
from pyimpl.fit.pictured import Pictured
from pyimpl.report import render_fit, text_to_html


@dataclass(frozen=True, repr=False, eq=False)
class LmeFit(Inference, Diagnosis, Pictured):
    """A fitted linear mixed-effects model, as R's ``lme`` object. Immutable.

    Tables are pandas under R's names. Wherever a method takes ``level``, it is the number of a grouping level (1 the
    outermost; 0 the population where that makes sense) or the name of its grouping factor; left out, it is the
    innermost.

    Attributes
    ----------
    model : Model
        What was asked for.
    likelihood : Likelihood
        The function that was minimised: ``fit.likelihood.evaluate(theta)``.
    optimum : Optimum
        Where the minimum was found.
    estimates : Estimates
        The estimates, as plain arrays.
    warnings : tuple of str
        What the fit wants its reader to know.
    """

    def update(self, fixed: str | None = None, **changes: Any) -> LmeFit:
        """Fit again with some arguments changed, as R's ``update(fit, ...)``.

        Parameters
        ----------
        fixed : str, optional
            The new formula. A ``.`` in ``"log(.) ~ . + x"`` stands for the old response or the old terms, which R's
            rules then spell out one by one.
        **changes
            Other arguments of :func:`pyimpl.lme`, each replaced as a whole.

        Raises
        ------
        ArgumentError
            There is no such argument, or as for :func:`pyimpl.lme`.
        """
        if fixed is not None:
            changes["fixed"] = fixed
        again: LmeFit = self.model.call.again(changes)
        return again

    def __str__(self) -> str:
        return render_fit(pages.fit_page(self.model, self.estimates)).removesuffix("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return text_to_html(str(self))
