"""Responses drawn from a fitted model, and what refitting models to them says about likelihood-ratio tests."""

from pyimpl.simulation.responses import (
    ResponseSampler,
    check_count,
    generator_of,
    response_sampler,
    simulated_frame,
)

__all__ = ["ResponseSampler", "check_count", "generator_of", "response_sampler", "simulated_frame"]
