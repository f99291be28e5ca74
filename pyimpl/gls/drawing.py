"""What pictures take from a gls fit: its rows, its residuals and fitted values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import numpy as np

from pyimpl.arrays import Array
from pyimpl.errors import ArgumentError
from pyimpl.gls.groups import correlation_groups, names_of_rows
from pyimpl.grouped_data import grouped_info

if TYPE_CHECKING:
    from pyimpl.gls.result import GlsFit
    from pyimpl.pictures.form import ModelTerm
    from pyimpl.pictures.sources import Source


def gls_source(fit: GlsFit, id_res_type: str | None = None) -> Source:
    """The rows of a gls fit and its terms on them.

    Parameters
    ----------
    fit : GlsFit
    id_res_type : {"pearson", "normalized"}, optional
        The residuals that outlying rows are found by; those that are drawn if left out.
    """
    from pyimpl.pictures.labels import axis_labels, response_unit, with_unit
    from pyimpl.pictures.sources import FIT_LABELS, Source, residual_label, type_of_fit

    if id_res_type not in (None, "pearson", "normalized"):
        raise ArgumentError(f"id_res_type: {id_res_type!r} is unknown; choose 'pearson' or 'normalized'")
    frame = fit.model.frame
    unit = response_unit(frame.source)

    def residuals(kind: str) -> Array:
        return np.asarray(np.asarray(fit.residuals(kind))[frame.kept])

    def term(asked: ModelTerm) -> tuple[Array, str]:
        if asked.level is not None:
            raise ArgumentError("form: a fit of gls has no levels; leave level out")
        if asked.function == "fitted":
            return np.asarray(fit.fitted())[frame.kept], with_unit("Fitted values", unit)
        kind = type_of_fit(fit, asked.type)
        return residuals(kind), residual_label(FIT_LABELS[kind], kind, unit)

    def outlying(kind: str | None) -> Array:
        same = type_of_fit(fit, kind) == "normalized"
        return residuals(id_res_type or ("normalized" if same else "pearson"))

    grouping = correlation_groups(fit.model)
    return Source(
        frame=frame.all_columns(),
        term=term,
        effects=_no_effects,
        standardized=outlying,
        names=lambda: names_of_rows(fit.model),
        groupings=() if grouping is None else (grouping.name,),
        residuals='resid(., type = "pearson")',
        labels=axis_labels(grouped_info(frame.source)),
    )


def _no_effects(asked: ModelTerm) -> NoReturn:
    raise ArgumentError(f"form: a fit of gls has no {asked.function}(.) of groups; use resid(.)")
