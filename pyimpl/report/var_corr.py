"""``print(VarCorr(fit))``: variances, standard deviations and correlations of the random effects."""

from collections.abc import Sequence
from itertools import chain

import numpy as np

from pyimpl.report.abbreviate import abbreviate
from pyimpl.report.deparse import deparse_lines
from pyimpl.report.pages import CovarianceBlock, Level, VarCorrPage
from pyimpl.report.parts import ABBREVIATED_LENGTH, UNLABELLED, correlation_cells
from pyimpl.report.rformat import format_real
from pyimpl.report.rprint import text_matrix


def render_var_corr(page: VarCorrPage) -> str:
    """Print the variance components.

    Parameters
    ----------
    page : VarCorrPage

    Returns
    -------
    str
        What R prints for ``VarCorr(fit)``, with its last newline. Variances are formatted together over all
        levels and the residual, and so are the standard deviations.
    """
    moments = moment_cells([b for level in page.levels for b in level.blocks], page.sigma)
    correlations = [_level_correlations(level, page.decimals) for level in page.levels]
    n_corr = max(len(rows[0]) for rows in correlations)
    header = ["Variance", "StdDev", *["Corr", *[""] * (n_corr - 1)][:n_corr]]
    blank = [""] * n_corr

    title, names, cells = "", [], []
    nested = len(page.levels) > 1
    rest = iter(moments)
    for level, corr in zip(page.levels, correlations, strict=True):
        structure = _structure_pieces(level)
        if nested:
            names.append(f"{level.group} =")
            cells.append([structure[0], "", *blank])
        else:
            title = " ".join(f"{level.group} = {piece}" for piece in structure) + " \n"
        names += chain.from_iterable(block.names for block in level.blocks)
        cells += [[*next(rest), *row, *blank[len(row) :]] for row in corr]
    return title + text_matrix([*cells, [*next(rest), *blank]], [*names, "Residual"], header)


def moment_cells(blocks: Sequence[CovarianceBlock], sigma: float) -> list[tuple[str, str]]:
    """Format variance and standard deviation of each random effect in turn, the residual's last."""
    std_dev = np.append(np.concatenate([block.std_dev for block in blocks]), sigma)
    return list(zip(format_real(std_dev**2), format_real(std_dev), strict=True))


def _level_correlations(level: Level, decimals: int) -> list[list[str]]:
    """Return the correlation columns of one level's rows: q - 1 of them, or none (as for blocked ones)."""
    block = level.blocks[0]
    if level.blocked or block.corr is None or len(block.names) == 1:
        return [[] for b in level.blocks for _ in b.names]
    cells = [row[:-1] for row in correlation_cells(block.corr, decimals)]
    if block.structure not in UNLABELLED:
        cells[0] = abbreviate(block.names, ABBREVIATED_LENGTH)[:-1]
    return cells


def _structure_pieces(level: Level) -> list[str]:
    """Write the structure as ``pdLogChol(cses)``; a formula that R breaks into lines gives as many pieces."""
    if level.blocked:
        return [", ".join(piece for block in level.blocks for piece in _pieces(block))]
    return _pieces(level.blocks[0])


def _pieces(block: CovarianceBlock) -> list[str]:
    # nlme drops the tilde as the first character of each line, hence a blank of the later lines' indentation
    return [f"{block.structure}({line[1:]})" for line in deparse_lines(block.formula)]
