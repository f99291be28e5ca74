"""Shared by all tests; what needs R is marked ``needs_r``, which is of pytest_crosscheck.py."""

from __future__ import annotations

import signal

import pytest


@pytest.fixture
def ctrl_c_is_heard():
    """A process that was started in the background may have been told to ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
