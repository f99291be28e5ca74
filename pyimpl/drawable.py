"""What fits and lists of regressions draw alike: quantiles, effects against each other, residuals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyimpl.pictures.sources import Source


class Quantiled(ABC):
    """Something with residuals."""

    @abstractmethod
    def _source(self) -> Source:
        """What pictures need to know of it."""

    def qqnorm(
        self,
        form: str | None = None,
        *,
        abline: float | tuple[float, float] | bool | None = None,
        id: float | str | None = None,
        id_labels: str | Sequence[object] | None = None,
        grid: bool = False,
        layout: tuple[int, int] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Any:
        """Draw residuals or groups' effects against normal quantiles, as R's ``qqnorm(fit, form)``.

        Parameters
        ----------
        form : str
            ``"~ resid(., type = 'p') | Sex"`` (the default without panels) or ``"~ ranef(., level = 1)"``, a panel an
            effect. Panels of residuals show parts of the one plot of all of them.
        abline, id, id_labels, grid, layout, ax, **style
            As for ``plot``; effects are judged by ``id`` after division by their standard deviations.
        """
        from pyimpl import pictures

        look = pictures.Look(pictures.check_line(abline, None), grid, layout, ax, style)
        return pictures.plot_quantiles(self._source(), form, pictures.Identify(id, id_labels), look)


class Drawable(Quantiled):
    """Something with residuals and effects of groups."""

    def pairs(
        self,
        form: str | None = None,
        *,
        id: float | str | None = None,
        id_labels: str | Sequence[object] | None = None,
        grid: bool = False,
        layout: tuple[int, int] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Any:
        """Draw groups' effects or coefficients against each other, as R's ``pairs(fit, form)``.

        Parameters
        ----------
        form : str
            ``"~ coef(.)"`` (the default) or ``"~ ranef(., level = 1)"``; two effects may have panels, ``| Sex``.
        id : float or str
            Label the groups whose random effects b have b' D^-1 b beyond the chi-squared quantile (for a list of
            regressions, whose coefficients have it by their own means and covariances), or those of a condition such
            as ``"Subject == 'M13'"``.
        id_labels, grid, layout, ax, **style
            As for ``plot``.

        Returns
        -------
        Axes, or an array of them
            A matrix of them for more than two effects.
        """
        from pyimpl import pictures

        look = pictures.Look(None, grid, layout, ax, style)
        return pictures.plot_pairs(self._source(), form, pictures.Identify(id, id_labels), look)


class Plotted(Quantiled):
    """A fit, whose residuals and fitted values are drawn by formula."""

    @abstractmethod
    def _source(self, id_res_type: str | None = None) -> Source:
        """What pictures need to know of it; ``id_res_type`` are the residuals that outlying rows are found by."""

    def plot(
        self,
        form: str | None = None,
        *,
        abline: float | tuple[float, float] | bool | None = None,
        id: float | str | None = None,
        id_labels: str | Sequence[object] | None = None,
        id_res_type: str | None = None,
        grid: bool | None = None,
        layout: tuple[int, int] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Any:
        """Draw residuals, fitted values and covariates against each other, as R's ``plot(fit, form)``.

        Needs matplotlib. A new figure is made unless ``ax`` is given; it is pyplot's where pyplot is in use.

        Parameters
        ----------
        form : str
            ``"resid(., type = 'p') ~ fitted(.) | Sex"``; standardized residuals against fitted values if left out.
            Left and right stand columns, ``resid(.)``, ``fitted(.)`` (with R's ``level`` and ``type``) or functions
            of them, after the bar what makes the panels, one or more joined by ``*``. A factor on the left gives box
            plots (``"Subject ~ resid(.)"``), no left side a histogram. Rows without a value are left out.
        abline : float or (intercept, slope)
            A line of reference; at 0 in the default picture, where False leaves it out.
        id : float or str
            Label the points whose residual has a probability below ``id`` under the normal distribution, or the rows
            of a condition such as ``"Subject == 'M13'"`` or ``"abs(resid(., type = 'p')) > 3"``.
        id_labels : str or sequence
            A column that holds the labels, or one a row; left out, the innermost group's name.
        id_res_type : {"pearson", "normalized"}
            The residuals by which ``id`` finds points; pearson if left out.
        grid : bool
            Left out, lines in scatter plots only.
        layout : (columns, rows)
            Panels a page, each page a figure; left out, all on one.
        ax : Axes or a sequence of them
            Where to draw, one a panel.
        **style
            Matplotlib's properties of the points, boxes or bars.

        Returns
        -------
        Axes, or an array of them
            One a panel where there is a condition.
        """
        from pyimpl import pictures

        line = pictures.check_line(abline, 0.0 if form is None else None)
        look = pictures.Look(line, layout=layout, ax=ax, style=style)
        source = self._source(id_res_type)
        return pictures.plot_form(source, form, pictures.Identify(id, id_labels), look, grid)
