"""Responses drawn from a fitted model, and what refitting models to them says about likelihood-ratio tests."""

from pyimpl.simulation.experiment import check_alternative, check_methods, likelihood_ratio_study
from pyimpl.simulation.responses import (
    ResponseSampler,
    check_count,
    generator_of,
    response_sampler,
    simulated_frame,
)
from pyimpl.simulation.study import LikelihoodRatioStudy

__all__ = [
    "LikelihoodRatioStudy",
    "ResponseSampler",
    "check_alternative",
    "check_count",
    "check_methods",
    "generator_of",
    "likelihood_ratio_study",
    "response_sampler",
    "simulated_frame",
]
