"""Widths and escapes of text, as R's ``print`` sees them in a UTF-8 locale."""

import unicodedata

_ESCAPES = {
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


def display_width(text: str) -> int:
    """Return the number of terminal columns that `text` takes (wide East Asian characters take two)."""
    if text.isascii():
        return len(text)
    return sum(_character_width(c) for c in text)


def _character_width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def pad(text: str, width: int, justify: str = "left") -> str:
    """Fill `text` with blanks to `width` columns; text that is wider stays whole."""
    blanks = " " * (width - display_width(text))
    return text + blanks if justify == "left" else blanks + text


def escape(text: str) -> str:
    r"""Write a string as ``print(quote = FALSE)`` does: backslash doubled, control characters as ``\n``, ``\001``."""
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(
        _ESCAPES.get(c) or (f"\\{ord(c):03o}" if ord(c) < 32 or ord(c) == 127 else c) for c in text
    )
