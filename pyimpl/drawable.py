"""What fits and lists of regressions draw alike: quantiles, and effects against each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyimpl.pictures.sources import Source


class Drawable(ABC):
    """Something with residuals and effects of groups."""

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
