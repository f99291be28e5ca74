"""The two array types that the numerics are written in."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Floats; complex where a complex step carries a derivative along.
Array: TypeAlias = NDArray[Any]
#: Positions and counts.
Indices: TypeAlias = NDArray[np.intp]
