"""What an engine says when it has no answer."""

from __future__ import annotations

from typing import Literal

Kind = Literal["raised", "timed out", "died", "cannot", "not a fit", "not recorded"]


class NoAnswer(str):
    """Why there is no answer, as one line.

    Parameters
    ----------
    text : str
    kind : {"raised", "timed out", "died", "cannot", "not a fit", "not recorded"}
        ``cannot`` is what an engine declares that it can't do, which nobody holds against it; ``not recorded`` is
        said of R's recorded answers where there are none.
    """

    __slots__ = ("kind",)

    kind: Kind

    def __new__(cls, text: str, kind: Kind = "raised") -> NoAnswer:
        """Return the text with its kind."""
        made = super().__new__(cls, " ".join(text.split()))
        made.kind = kind
        return made

    def __reduce__(self) -> tuple[type[NoAnswer], tuple[str, Kind]]:
        """Pickle with the kind."""
        return NoAnswer, (str(self), self.kind)
