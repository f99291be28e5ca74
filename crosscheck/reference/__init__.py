"""A short, slow, obviously right likelihood evaluator: it says which side is at the optimum.

No code is shared with the engines it judges, and nothing is clever: the covariance matrix V of every
outermost group is written down in full and factorised.
"""

from .certificate import Certificate, has_variances
from .design import DenseModel, dense_model, dense_problem
from .likelihood import Grouping, Problem, log_likelihood, profiled_log_likelihood
from .optimum import Objective, Optimum
from .parameters import Parameters, Variances
from .referee import Referee, variances_of

__all__ = [
    "Certificate",
    "DenseModel",
    "Grouping",
    "Objective",
    "Optimum",
    "Parameters",
    "Problem",
    "Referee",
    "Variances",
    "dense_model",
    "dense_problem",
    "has_variances",
    "log_likelihood",
    "profiled_log_likelihood",
    "variances_of",
]
