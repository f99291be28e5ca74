"""Shared by all tests: what needs R is skipped, counted and shown where R is absent."""

from __future__ import annotations

import functools
import signal

import pytest

import rbridge


@functools.cache
def why_no_r() -> str:
    """Start R through rbridge, once a session; empty where it works, otherwise the reason."""
    return rbridge.available().reason


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("needs_r") is not None and why_no_r():
        pytest.skip(f"needs R: {why_no_r()}")


class _Counter:
    """Counts the tests that ran in R, and those that could not."""

    def __init__(self) -> None:
        self.ran = 0
        self.skipped = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if "needs_r" not in report.keywords:
            return
        if report.when == "call":
            self.ran += 1
        elif report.when == "setup" and report.skipped:
            self.skipped += 1


_COUNTER = pytest.StashKey[_Counter]()


def pytest_configure(config: pytest.Config) -> None:
    counter = _Counter()
    config.stash[_COUNTER] = counter
    config.pluginmanager.register(counter, "needs_r_counter")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    counter = config.stash[_COUNTER]
    if not counter.ran + counter.skipped:
        return
    terminalreporter.write_sep("-", "tests that need R")
    if counter.skipped:
        terminalreporter.write_line(f"{counter.ran} ran in R, {counter.skipped} were skipped: {why_no_r()}")
    else:
        version = rbridge.r_version_info()
        terminalreporter.write_line(
            f"{counter.ran} ran in R {version['R']} with nlme {version['nlme']}, none skipped"
        )


@pytest.fixture
def ctrl_c_is_heard():
    """A process that was started in the background may have been told to ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
