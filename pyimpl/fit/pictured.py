"""The methods of a fit that draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyimpl.drawable import Drawable
from pyimpl.fit.effects import Effects
from pyimpl.fit.predictions import Predictions
from pyimpl.model import LevelChoice

if TYPE_CHECKING:
    from pyimpl.pictures.sources import Source


class Pictured(Effects, Predictions, Drawable):
    """The methods of a fit that draw."""

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
        source = pictures.fit_source(self, id_res_type)
        return pictures.plot_form(source, form, pictures.Identify(id, id_labels), look, grid)

    def _source(self) -> Source:
        from pyimpl import pictures

        return pictures.fit_source(self)

    def plot_ranef(
        self,
        form: str | None = None,
        *,
        level: LevelChoice = None,
        standardized: bool = False,
        omit_fixed: bool = True,
        smooth: bool = True,
        span: float = 2 / 3,
        grid: bool = True,
        layout: tuple[int, int] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Any:
        """Draw the random effects of one level, as R's ``plot(ranef(fit), form)``.

        Parameters
        ----------
        form : str
            Left out: a dot a group, a panel an effect. ``"~ Sex"``: groups of the same sex on one line.
            ``"age ~ Sex + weight"``: that effect against each covariate, a panel each: boxes for a factor, points for
            numbers. Covariates are the data's columns by group: a mean, or the most frequent value.
        level : int or str
            The level of grouping.
        standardized : bool
            Divide by the standard deviations.
        omit_fixed : bool
            Leave out effects that are the same in all groups.
        smooth, span : bool, float
            Draw a robust local regression through points (each local line sees the share ``span`` of them), and join
            the medians of boxes.
        grid, layout, ax, **style
            As for :meth:`plot`.

        Returns
        -------
        array of Axes
        """
        from pyimpl import pictures

        effects = self._source().effects(pictures.ranef_term(level, standardized))
        if omit_fixed:
            effects = effects.varying()
        look = pictures.Look(layout=layout, ax=ax, style=style)
        return pictures.plot_effects(effects, form, look, pictures.Loess(span) if smooth else None, grid)
