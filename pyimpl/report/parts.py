"""Sections that several pages of a fit share: the heading, the random effects, the numbers of groups."""

from collections.abc import Sequence

import numpy as np

from pyimpl.report.abbreviate import abbreviate
from pyimpl.report.deparse import deparse_lines
from pyimpl.report.pages import CovarianceBlock, FloatArray, Level, ModelDescription
from pyimpl.report.rformat import format_integers, format_real
from pyimpl.report.rounding import r_round
from pyimpl.report.rprint import named_vector, number_matrix, text_matrix

CORRELATION_DIGITS = 3
ABBREVIATED_LENGTH = 6

UNLABELLED = frozenset({"pdCompSymm"})  # its correlations carry no names in nlme, hence no heading row

_STRUCTURE_TITLES = {
    "pdLogChol": "General positive-definite, Log-Cholesky parametrization",
    "pdNatural": "General positive-definite, Natural parametrization",
    "pdSymm": "General positive-definite",
    "pdDiag": "Diagonal",
    "pdIdent": "Multiple of an Identity",
    "pdCompSymm": "Compound Symmetry",
}


def deparsed(text: str) -> str:
    """Return an expression as R's ``cat(deparse(...))`` shows it, long ones with runs of blanks."""
    return " ".join(deparse_lines(text))


def level_labels(levels: Sequence[Level]) -> list[str]:
    """Name each level as nlme does: ``school``, ``child %in% school``; outermost first."""
    groups = [level.group for level in levels]
    return [" %in% ".join(reversed(groups[: k + 1])) for k in range(len(groups))]


def method_title(method: str) -> str:
    """Return the first line of every page of a fit."""
    return f"Linear mixed-effects model fit by {'REML' if method == 'REML' else 'maximum likelihood'}"


def heading(model: ModelDescription) -> str:
    """Return the lines that say how the model was fitted, and to what."""
    text = f"{method_title(model.method)}\n  Data: {model.data_name} \n"
    if model.subset is not None:
        text += f"  Subset: {deparsed(model.subset)} \n"
    return text


def correlation_cells(corr: FloatArray, decimals: int = CORRELATION_DIGITS) -> list[list[str]]:
    """Format correlations; blanks on and above the diagonal.

    Parameters
    ----------
    corr : ndarray, shape (q, q)
    decimals : int

    Returns
    -------
    list of q lists of q str
    """
    q = corr.shape[0]
    rows, columns = np.tril_indices(q, -1)
    cells = [[""] * q for _ in range(q)]
    texts = format_real(r_round(corr[rows, columns], decimals))
    for i, j, text in zip(rows.tolist(), columns.tolist(), texts, strict=True):
        cells[i][j] = text
    return cells


def correlation_table(corr: FloatArray, names: Sequence[str], title: str = " Correlation:") -> str:
    """Print a correlation matrix: its lower triangle under abbreviated names.

    Parameters
    ----------
    corr : ndarray, shape (q, q)
    names : sequence of str, length q
    title : str, optional

    Returns
    -------
    str
        Nothing at all where q is 1.
    """
    if len(names) < 2:
        return ""
    cells = [row[:-1] for row in correlation_cells(corr)[1:]]
    return f"{title} \n" + text_matrix(cells, names[1:], abbreviate(names, ABBREVIATED_LENGTH)[:-1])


def random_effects(model: ModelDescription) -> str:
    """Return the section on the random effects, then the correlation structure and the variance function."""
    text = "Random effects:\n"
    labels = level_labels(model.levels)
    for level, label in zip(model.levels, labels, strict=True):
        sigma = model.sigma if level is model.levels[-1] else None
        text += _level(level, label, sigma) + "\n"
    return text + "".join(model.extra_blocks)


def _level(level: Level, label: str, sigma: float | None) -> str:
    """Print one level; `sigma` joins the innermost one as a last row or column."""
    if not level.blocked:
        return _block(level.blocks[0], label, sigma)
    text = " Composite Structure: Blocked\n"
    for k, block in enumerate(level.blocks, start=1):
        text += f"\n Block {k}: {', '.join(block.names)}\n"
        text += _block(block, label, sigma if k == len(level.blocks) else None)
    return text


def _block(block: CovarianceBlock, label: str, sigma: float | None) -> str:
    text = f" Formula: {deparsed(block.formula)} | {label}\n"
    if len(block.names) > 1:
        text += f" Structure: {_STRUCTURE_TITLES.get(block.structure, block.structure)}\n"
    names, std_dev = list(block.names), block.std_dev
    if sigma is not None:
        names, std_dev = [*names, "Residual"], np.append(std_dev, sigma)
    if block.corr is None or len(block.names) == 1:
        return text + number_matrix(std_dev[np.newaxis, :], ["StdDev:"], names)
    return text + text_matrix(
        _std_dev_and_corr(block, std_dev), names, _corr_header(["StdDev"], len(block.names) - 1)
    )


def _corr_header(first: Sequence[str], n_corr: int) -> list[str]:
    return [*first, "Corr", *[""] * (n_corr - 1)]


def _std_dev_and_corr(block: CovarianceBlock, std_dev: FloatArray) -> list[list[str]]:
    """Return the cells of a block: standard deviations, then correlations under abbreviated names."""
    assert block.corr is not None
    cells = [row[:-1] for row in correlation_cells(block.corr)]
    if block.structure not in UNLABELLED:
        cells[0] = abbreviate(block.names[:-1], ABBREVIATED_LENGTH)
    blank = [""] * (len(block.names) - 1)
    padded = [*cells, *[blank] * (len(std_dev) - len(cells))]
    return [[s, *row] for s, row in zip(format_real(std_dev), padded, strict=True)]


def sizes(model: ModelDescription) -> str:
    """Return the numbers of observations and of groups, by level where there are several."""
    text = f"Number of Observations: {model.n_obs}\nNumber of Groups: "
    counts = [level.n_groups for level in model.levels]
    if len(counts) == 1:
        return f"{text}{counts[0]} \n"
    return f"{text}\n" + named_vector(format_integers(counts), level_labels(model.levels))
