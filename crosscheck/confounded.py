"""Random effects that can't be told from the residuals: a random intercept in every row.

Where the innermost grouping factor has a group for each row and no effect but an intercept, its variance and that
of the residuals enter the likelihood by their sum alone. Any split of it is as good as any other, for R too.
"""

from __future__ import annotations

from collections.abc import Mapping

from .answer import Answer, Level
from .quantities import Quantity
from .readings import Value

RULE = "not identified: with a random intercept in every row, only the sum of its variance and sigma^2 is"


def confounded_level(answer: Answer) -> Level | None:
    """Return the innermost level if its effect can't be told from the residuals, else None."""
    if not answer.levels or answer.levels[-1].std_dev is None:
        return None
    level = answer.levels[-1]
    one_a_row = level.n_groups == answer.scalars.get("n_obs")
    return (
        level if one_a_row and level.std_dev is not None and level.std_dev.rows == ("(Intercept)",) else None
    )


def unidentified(quantity: Quantity, answer: Answer) -> frozenset[str]:
    """Return the names of a quantity's values that hang on how the variance is split."""
    level = confounded_level(answer)
    if level is None:
        return frozenset()
    names = quantity.read(answer)
    if quantity.key in ("summary", "var_corr", "fit"):
        return frozenset(names)
    innermost = {
        "std_dev": f"{level.group}: ",
        "var_cov": f"{level.group}: ",
        "ranef": f"{level.group} ",
        "fitted": f"level {len(answer.levels)}, ",
    }
    beginning = innermost.get(quantity.key)
    return frozenset(name for name in names if beginning and name.startswith(beginning))


def with_total_for_sigma(readings: Mapping[str, Value], answer: Answer) -> dict[str, Value]:
    """Return a reading of sigma with the root of the variances' sum in its place: that much is identified."""
    level = confounded_level(answer)
    if level is None or level.std_dev is None:
        return dict(readings)
    total = float(answer.sigma**2 + level.std_dev.values[0, 0] ** 2) ** 0.5
    return dict.fromkeys(readings, total)
