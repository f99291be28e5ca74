"""The subcommands of ``crosscheck``: a module each, with ``add`` and ``run``, named in :data:`COMMANDS`.

``add(commands)`` adds the subcommand's parser to argparse's `commands` and returns it; ``run(options)`` does the
work and returns the exit status (:mod:`~crosscheck.commands.status`). What goes wrong on purpose is raised as a
:class:`~crosscheck.errors.CrosscheckError`, of which the command line makes one line and exit status 2.
"""

from __future__ import annotations

import argparse
from typing import Protocol

from . import book, drift, fuzz, hsb, record, replay, report, run, table
from .options import Commands


class Command(Protocol):
    """What a module of this package offers."""

    def add(self, commands: Commands) -> argparse.ArgumentParser:
        """Add the subcommand's parser, and return it."""

    def run(self, options: argparse.Namespace) -> int:
        """Do the work, and return the exit status."""


COMMANDS: tuple[Command, ...] = (hsb, book, run, record, drift, report, fuzz, replay, table)
"""In the order in which ``crosscheck --help`` lists them."""


def add_all(commands: Commands) -> None:
    """Add every subcommand to argparse's `commands`; ``options.run`` is then what the user asked for."""
    for command in COMMANDS:
        command.add(commands).set_defaults(run=command.run)
