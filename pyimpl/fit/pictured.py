"""The methods of a fit that draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyimpl.drawable import Drawable, Plotted
from pyimpl.fit.effects import Effects
from pyimpl.fit.predictions import Predictions
from pyimpl.model import LevelChoice

if TYPE_CHECKING:
    from pyimpl.pictures.sources import Source


class Pictured(Effects, Predictions, Plotted, Drawable):
    """The methods of a fit that draw."""

    def _source(self, id_res_type: str | None = None) -> Source:
        from pyimpl import pictures

        return pictures.fit_source(self, id_res_type)

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
