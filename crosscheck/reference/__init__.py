"""A third opinion: a short, slow, obviously right evaluator of the likelihood of a linear mixed model.

Nothing here is shared with the engines it judges, and nothing is clever: the covariance matrix V of every
outermost group is written down in full and factorised.
"""

from .certificate import Certificate, certify, has_variances
from .design import dense_problem
from .likelihood import Grouping, Problem, log_likelihood, profiled_log_likelihood

__all__ = [
    "Certificate",
    "Grouping",
    "Problem",
    "certify",
    "dense_problem",
    "has_variances",
    "log_likelihood",
    "profiled_log_likelihood",
]
