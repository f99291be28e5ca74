"""Fixed points of slow or restless iterations, by Anderson's extrapolation (Anderson 1965; Walker & Ni 2011)."""

from __future__ import annotations

import numpy as np

from pyimpl.arrays import Array

_REMEMBERED = 4  # steps back
_INDEPENDENT = 1e-10  # what past steps must differ by, beside the largest, to say anything


class Extrapolation:
    """The points of an iteration x <- g(x), each proposed from the last few.

    With f(x) = g(x) - x, the next point is g of that combination of the last points at which f would vanish if it were
    linear. An iteration that creeps is sped up by it, and one that swings ever wider comes to rest.
    """

    def __init__(self) -> None:
        self._points: list[Array] = []
        self._images: list[Array] = []

    def next(self, point: Array, image: Array) -> Array:
        """Propose the point to try after ``point``, whose image is g(point)."""
        self._points.append(point)
        self._images.append(image)
        del self._points[: -_REMEMBERED - 1], self._images[: -_REMEMBERED - 1]
        images = np.array(self._images)
        rests = images - np.array(self._points)
        changes = np.diff(rests, axis=0)
        if not len(changes):
            return image
        shares = np.linalg.lstsq(changes.T, rests[-1], rcond=_INDEPENDENT)[0]
        return np.asarray(image - shares @ np.diff(images, axis=0))
