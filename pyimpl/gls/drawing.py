"""What pictures take from a gls fit: its rows, its residuals and fitted values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from pyimpl.arrays import Array
from pyimpl.errors import ArgumentError
from pyimpl.estimates import Estimates
from pyimpl.gls.groups import correlation_groups, names_of_rows
from pyimpl.gls.predictions import residual_values
from pyimpl.grouped_data import grouped_info
from pyimpl.model import Model
from pyimpl.prediction import fitted_values

if TYPE_CHECKING:
    from pyimpl.pictures.form import ModelTerm
    from pyimpl.pictures.sources import Source


def gls_source(model: Model, estimates: Estimates, id_res_type: str | None = None) -> Source:
    """The rows of a gls fit and its terms on them.

    Parameters
    ----------
    model : Model
    estimates : Estimates
    id_res_type : {"pearson", "normalized"}, optional
        The residuals that outlying rows are found by; those that are drawn if left out.
    """
    from pyimpl.pictures.labels import axis_labels, response_unit, with_unit
    from pyimpl.pictures.sources import FIT_LABELS, Source, residual_label, type_of_fit

    if id_res_type not in (None, "pearson", "normalized"):
        raise ArgumentError(f"id_res_type: {id_res_type!r} is unknown; choose 'pearson' or 'normalized'")
    frame = model.frame
    correlated = model.within is not None and model.within.correlation is not None
    unit = response_unit(frame.source)

    def term(asked: ModelTerm) -> tuple[Array, str]:
        if asked.level is not None:
            raise ArgumentError("form: a fit of gls has no levels; leave level out")
        if asked.function == "fitted":
            return fitted_values(model, estimates, 0), with_unit("Fitted values", unit)
        kind = type_of_fit(asked.type, correlated)
        return residual_values(model, estimates, kind), residual_label(FIT_LABELS[kind], kind, unit)

    def outlying(kind: str | None) -> Array:
        same = type_of_fit(kind, correlated) == "normalized"
        return residual_values(model, estimates, id_res_type or ("normalized" if same else "pearson"))

    grouping = correlation_groups(model)
    return Source(
        frame=frame.all_columns(),
        term=term,
        effects=_no_effects,
        standardized=outlying,
        names=lambda: names_of_rows(model),
        groupings=() if grouping is None else (grouping.name,),
        residuals='resid(., type = "pearson")',
        labels=axis_labels(grouped_info(frame.source)),
    )


def _no_effects(asked: ModelTerm) -> NoReturn:
    raise ArgumentError(f"form: a fit of gls has no {asked.function}(.) of groups; use resid(.)")
