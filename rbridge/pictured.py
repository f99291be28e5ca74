"""What fits by groups draw and augment alike: R's pictures, curves of groups, tables with columns of the data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from rbridge import checks, printed, tables
from rbridge.arguments import check_number, check_text, check_whole, shown
from rbridge.base import Fit, same_side
from rbridge.errors import ArgumentError
from rbridge.levels import OneLevel
from rbridge.naming import primary_covariate
from rbridge.pictures import Picture, decode_picture, picture_options
from rbridge.tables import AugPred, ComparePred, Variogram


@dataclass(frozen=True, eq=False, repr=False)
class Pictured(Fit):
    """The part of a fit by groups that looks at columns of its data beside the model's own."""

    def plot(self, form: str | None = None, *, id: float | str | None = None, **options: Any) -> Picture:
        """Return R's picture of the fit: by default standardized residuals against fitted values.

        Parameters
        ----------
        form
            What to draw: ``"resid(., type = 'p') ~ fitted(.) | Sex"``, ``"Subject ~ resid(.)"``.
        id
            Name the points whose residual is beyond the normal quantile of this level, such as 0.05.
        **options
            ``format`` (``"png"`` or ``"svg"``), ``width`` and ``height`` in inches, ``dpi``, ``grid``, ``abline``.
        """
        return self._picture("plot", form, id, options)

    def qqnorm(self, form: str | None = None, *, id: float | str | None = None, **options: Any) -> Picture:
        """Return R's normal plot: of ``"~ resid(., type = 'p')"`` or ``"~ ranef(.)"``; options as for :meth:`plot`."""
        return self._picture("qqnorm", form, id, options)

    def pairs(self, form: str | None = None, *, id: float | str | None = None, **options: Any) -> Picture:
        """Return R's scatter plots of ``"~ coef(.)"`` or ``"~ ranef(.)"``; options as for :meth:`plot`."""
        return self._picture("pairs", form, id, options)

    def compare_pred(
        self,
        other: Pictured,
        primary: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        length_out: int = 51,
        level: OneLevel = None,
        names: tuple[str, str] = ("fit1", "fit2"),
    ) -> ComparePred:
        """Return the curves by group of this fit and another, R's ``comparePred``.

        Parameters
        ----------
        other
            An lme fit, or a list of regressions, whose curves are those of its groups at whatever level.
        primary, minimum, maximum, length_out
            As for :meth:`aug_pred`.
        level
            Of the lme fits.
        names
            What ``.type`` calls the two.
        """
        labels = list(names) if isinstance(names, list | tuple) else []
        if len(set(labels)) != 2 or not all(isinstance(name, str) for name in labels) or "original" in labels:
            raise ArgumentError(
                f"names must be two different texts, neither of them 'original', not {shown(names)}"
            )
        same_side((other,), Pictured, "compare_pred")
        text, grid = self._grid(primary, minimum, maximum, length_out)
        columns = self._columns_of({"primary": text})
        theirs = other._with_columns(columns).moved_to(self._handle.home)
        depth = max((self._levels, other._levels), key=len).depth(level)
        decoder = partial(tables.decode_table, ComparePred)
        reply = self._with_columns(columns).call(
            "rb_compare_pred", theirs, text, grid, depth, labels, decode=decoder
        )
        reply.warn()
        made: ComparePred = reply.value
        return made

    # --- on the way to R

    def _curves(
        self, primary: Any, minimum: Any, maximum: Any, length_out: Any, depths: list[int]
    ) -> AugPred:
        """Ask for predictions on a grid; see :meth:`rbridge.fit.LmeFit.aug_pred`."""
        text, grid = self._grid(primary, minimum, maximum, length_out)
        wide = self._with_columns(self._columns_of({"primary": text}))
        reply = wide.call("rb_aug_pred", text, grid, depths, decode=partial(tables.decode_table, AugPred))
        reply.warn()
        made: AugPred = reply.value
        return made

    def _picture(self, kind: str, form: str | None, id: Any, options: dict[str, Any]) -> Picture:
        device, drawing = picture_options(options)
        texts = {"form": None if form is None else check_text(form, "form")}
        if isinstance(id, str):
            texts["id"] = check_text(id, "id")
        elif id is not None:
            drawing["id"] = check_number(id, "id")
        wide = self._with_columns(self._columns_of({f"plot {name}": text for name, text in texts.items()}))
        reply = wide.call("rb_picture", kind, texts, drawing, device, decode=decode_picture)
        reply.warn()
        made: Picture = reply.value
        return made

    def _semivariogram(self, form: str | None, options: dict[str, Any]) -> Variogram:
        text = None if form is None else check_text(form, "form")
        wide = self._with_columns(self._columns_of({"form": text}))
        reply = wide.call("rb_variogram", text, options, decode=partial(tables.decode_table, Variogram))
        reply.warn()
        made: Variogram = reply.value
        return made

    def _grid(
        self, primary: Any, minimum: Any, maximum: Any, length_out: Any
    ) -> tuple[str, dict[str, float | int]]:
        """Return the primary covariate as a formula, and what is said of its grid."""
        if primary is None:
            primary = primary_covariate(self._origin.data)
        if primary is None:
            raise ArgumentError("primary is missing: name the covariate of the curves, such as 'age'")
        text = check_text(primary, "primary")
        if not text.lstrip().startswith("~"):
            text = f"~ {text}" if text not in self._origin.data.columns else f"~ `{text}`"
        grid: dict[str, float | int] = {"length.out": check_whole(length_out, "length_out", 1)}
        for name, value in (("minimum", minimum), ("maximum", maximum)):
            if value is not None:
                grid[name] = check_number(value, name)
        return text, grid

    def _augmented(self, function: str, *args: Any) -> pd.DataFrame:
        """Ask for a table of groups with each one's values of the data's columns beside it."""
        wide = self._with_columns(self._carried_columns("aug_frame"))
        made, text = wide.call(f"{function}_augmented", *args, decode=printed.decode_printed_frame).value
        return printed.frame(made, text)

    def _carried_columns(self, asking: str) -> list[str]:
        """Return the names of the data's columns that R can hold, warning of the others."""
        carried, others = checks.split_columns(self._origin.data)
        if others:
            listed = ", ".join(repr(name) for name in others)
            tables.warn_of(f"{asking}: R can't hold {listed} exactly; left out")
        return carried
