"""Pictures of fits, drawn by matplotlib as R's nlme draws them with lattice; each returns its axes."""

from pyimpl.pictures.comparisons import pairs_of_comparison, plot_comparison, plot_intervals
from pyimpl.pictures.diagnostics import plot_acf, plot_variogram
from pyimpl.pictures.dots import plot_effects
from pyimpl.pictures.form import ranef_term
from pyimpl.pictures.grouped import plot_grouped
from pyimpl.pictures.loess import Loess
from pyimpl.pictures.marks import check_line
from pyimpl.pictures.outliers import Identify
from pyimpl.pictures.pairs import plot_pairs
from pyimpl.pictures.predictions import plot_predictions
from pyimpl.pictures.quantiles import plot_quantiles
from pyimpl.pictures.residuals import plot_form
from pyimpl.pictures.scatter import Look
from pyimpl.pictures.simulation import plot_p_values
from pyimpl.pictures.sources import fit_source, list_source

__all__ = [
    "Identify",
    "Loess",
    "Look",
    "check_line",
    "fit_source",
    "list_source",
    "pairs_of_comparison",
    "plot_acf",
    "plot_comparison",
    "plot_effects",
    "plot_form",
    "plot_grouped",
    "plot_intervals",
    "plot_p_values",
    "plot_pairs",
    "plot_predictions",
    "plot_quantiles",
    "plot_variogram",
    "ranef_term",
]
