"""The exit statuses of ``crosscheck``."""

from __future__ import annotations

AGREE, DISAGREE, USAGE = 0, 1, 2
READER_LEFT = 128 + 13
"""What a shell gives a program that SIGPIPE ended: no verdict was shown, so it is none of the three."""
