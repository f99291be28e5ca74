"""R's ``print`` of named vectors, matrices and data frames: alignment, and wrapping at 80 columns.

Everything here takes text that is already formatted; :mod:`pyimpl.report.rformat` makes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pyimpl.report.rformat import DIGITS, format_real
from pyimpl.report.text import display_width, escape, pad

LINE_WIDTH = 80  # R's options(width)
MAX_PRINT = 99999  # R's options(max.print), entries of a data frame


@dataclass(frozen=True, slots=True)
class _Column:
    label: str
    cells: list[str]
    width: int


def named_vector(values: Sequence[str], names: Sequence[str]) -> str:
    """Print a named vector: names above values, each right-justified in a field of one width.

    Parameters
    ----------
    values : sequence of str
        Formatted, all of one width.
    names : sequence of str

    Returns
    -------
    str
        Lines that end in newlines; each line ends in a blank, as R's do.
    """
    labels = [escape(n) for n in names]
    width = max(map(display_width, [*values, *labels]), default=0)
    per_line = max(1, LINE_WIDTH // (width + 1))
    lines = []
    for start in range(0, len(labels), per_line):
        chunk = slice(start, start + per_line)
        lines += ["".join(pad(s, width, "right") + " " for s in part[chunk]) for part in (labels, values)]
    return "".join(line + "\n" for line in lines)


def named_numbers(x: ArrayLike, names: Sequence[str], digits: int = DIGITS) -> str:
    """Print a named numeric vector.

    Parameters
    ----------
    x : array_like of float, shape (n,)
    names : sequence of str, length n
    digits : int, optional

    Returns
    -------
    str
    """
    return named_vector(format_real(x, digits), names)


def text_matrix(
    cells: Sequence[Sequence[str]],
    row_names: Sequence[str],
    col_names: Sequence[str],
    *,
    right: bool = False,
) -> str:
    """Print a character matrix without quotes, in as many column blocks as 80 columns ask for.

    Parameters
    ----------
    cells : sequence of rows of str
    row_names, col_names : sequence of str
        Row names are left-justified, column names as the columns.
    right : bool, optional
        Right-justify the columns, as ``print`` of a data frame or of numbers does.

    Returns
    -------
    str
        Lines that end in newlines.
    """
    justify = "right" if right else "left"
    labels = [escape(n) for n in row_names]
    label_width = max(map(display_width, labels), default=0)
    columns = [_column(name, [row[j] for row in cells]) for j, name in enumerate(col_names)]
    lines = []
    for block in _blocks(columns, label_width):
        header = "".join(" " + pad(c.label, c.width, justify) for c in block)
        lines.append(" " * label_width + header)
        for i, label in enumerate(labels):
            row = "".join(" " + pad(c.cells[i], c.width, justify) for c in block)
            lines.append(pad(label, label_width) + row)
    return "".join(line + "\n" for line in lines)


def _column(name: str, cells: Sequence[str]) -> _Column:
    label, shown = escape(name), [escape(c) for c in cells]
    return _Column(label, shown, max(map(display_width, [label, *shown])))


def _blocks(columns: Sequence[_Column], label_width: int) -> list[list[_Column]]:
    """Split the columns into runs that fit beside the row labels in fewer than 80 characters."""
    blocks: list[list[_Column]] = []
    used = LINE_WIDTH
    for column in columns:
        taken = column.width + 1
        if used + taken >= LINE_WIDTH:
            blocks.append([])
            used = label_width
        blocks[-1].append(column)
        used += taken
    return blocks


def number_matrix(
    x: ArrayLike, row_names: Sequence[str], col_names: Sequence[str], digits: int = DIGITS
) -> str:
    """Print a numeric matrix: a format for each column, right-justified.

    Parameters
    ----------
    x : array_like of float, shape (n, k)
    row_names : sequence of str, length n
    col_names : sequence of str, length k
    digits : int, optional

    Returns
    -------
    str
    """
    matrix = np.asarray(x, dtype=np.float64)
    columns = [format_real(matrix[:, j], digits) for j in range(matrix.shape[1])]
    return text_matrix(_rows(columns), row_names, col_names, right=True)


def data_frame(columns: Sequence[Sequence[str]], row_names: Sequence[str], col_names: Sequence[str]) -> str:
    """Print a data frame given its formatted columns.

    Parameters
    ----------
    columns : sequence of columns of str
        Right-justified on the page, text and numbers alike.
    row_names, col_names : sequence of str

    Returns
    -------
    str
        With R's note on omitted rows where there are more than 99,999 entries.

    Raises
    ------
    ValueError
        If a column is longer or shorter than `row_names`.
    """
    n_rows = len(row_names)
    if any(len(column) != n_rows for column in columns):
        raise ValueError(
            f"columns have {[len(c) for c in columns]} entries, but there are {n_rows} row names"
        )
    shown = min(n_rows, MAX_PRINT // max(1, len(columns)))
    text = text_matrix(_rows([c[:shown] for c in columns]), row_names[:shown], col_names, right=True)
    if shown < n_rows:
        text += f" [ reached 'max' / getOption(\"max.print\") -- omitted {n_rows - shown} rows ]\n"
    return text


def _rows(columns: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    return list(zip(*columns, strict=True))
