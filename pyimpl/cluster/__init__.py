"""Groups that outgrow one machine: their moments stay on the workers of a Dask cluster.

The outermost groups are dealt out by a hash of their labels (:mod:`pyimpl.cluster.labelled`), so that nobody has to
know all of them. An evaluation of the likelihood sends theta to the hands and gets (p + 1, p + 1) blocks back
(:mod:`pyimpl.cluster.likelihood`).
"""

from pyimpl.cluster.dealing import Dealt, deal
from pyimpl.cluster.fit import DealtFit

__all__ = ["Dealt", "DealtFit", "deal"]
