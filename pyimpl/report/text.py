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
_UNPRINTABLE = frozenset({"Cc", "Cn", "Cs", "Zl", "Zp"})
_ZERO_WIDTH = frozenset({"Mn", "Me", "Cf", "Cc", "Zl", "Zp"})
_SOFT_HYPHEN = "\u00ad"


def display_width(text: str) -> int:
    """Return the number of terminal columns that `text` takes (wide East Asian characters take two)."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.category(character) in _ZERO_WIDTH and character != _SOFT_HYPHEN:
        return 0
    if "\u1160" <= character <= "\u11ff":  # the vowels and finals that join a preceding Hangul consonant
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def pad(text: str, width: int, justify: str = "left") -> str:
    """Fill `text` with blanks to `width` columns; text that is wider stays whole."""
    blanks = " " * (width - display_width(text))
    return text + blanks if justify == "left" else blanks + text


def escape(text: str) -> str:
    r"""Write a string as ``print(quote = FALSE)`` does: ``\n`` and ``\001`` for what can't be shown."""
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(_ESCAPES.get(c) or _escape_one(c) for c in text)


def _escape_one(character: str) -> str:
    code = ord(character)
    if unicodedata.category(character) not in _UNPRINTABLE:
        return character
    if code < 0x80:
        return f"\\{code:03o}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
