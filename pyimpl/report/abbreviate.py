"""R's ``abbreviate``: the short column names over printed correlations, ``(Intr)`` for ``(Intercept)``.

Letters are dropped from the right until the name is short enough: first lower-case vowels, then other
lower-case letters (in each round those that end a word before those inside), at last anything that doesn't
begin a word. Names that come out equal are abbreviated anew, one character longer, until all differ.

Source: ``?abbreviate`` of R 4.2 (method "left.kept"); held against R's answers on thousands of names in the
tests.
"""

from collections.abc import Callable, Sequence

# In a name with letters beyond ASCII, R counts these as vowels, the full stop among them; every other letter
# beyond ASCII stays until the last round, whatever its case.
_VOWELS = frozenset("aeiou")
_WIDE_VOWELS = frozenset("aeiou.àáãäåèéêëìíîïòóôõöøùúûüāăąēĕėĘěĩīĭįıōŏőũūŭůűų")


def _is_lower(character: str) -> bool:
    return character.islower() and character.isascii()


def _is_space(character: str) -> bool:
    return character.isspace()


def _begins_word(chars: list[str], i: int) -> bool:
    return _is_space(chars[i - 1])


def _ends_word(chars: list[str], i: int) -> bool:
    return not _is_space(chars[i - 1]) and (i + 1 == len(chars) or _is_space(chars[i + 1]))


def _rounds(vowels: frozenset[str]) -> tuple[Callable[[list[str], int], bool], ...]:
    """Return, for each round, the test that says whether the character at a place may go."""
    return (
        lambda c, i: c[i] in vowels and _ends_word(c, i),
        lambda c, i: c[i] in vowels and not _begins_word(c, i),
        lambda c, i: _is_lower(c[i]) and _ends_word(c, i),
        lambda c, i: _is_lower(c[i]) and not _begins_word(c, i),
        lambda c, i: not _begins_word(c, i) and not _is_space(c[i]),
    )


def abbreviate_one(name: str, minlength: int) -> str:
    """Abbreviate one name to `minlength` characters, or to what must stay of each of its words.

    Parameters
    ----------
    name : str
        Without blanks at its ends.
    minlength : int
        Length wanted; blanks between words do not count.

    Returns
    -------
    str
    """
    chars = list(name)
    if len(chars) < minlength:
        return name
    n_spaces = sum(map(_is_space, chars))
    for may_drop in _rounds(_VOWELS if name.isascii() else _WIDE_VOWELS):
        i = len(chars) - 1
        while i > 0 and len(chars) - n_spaces > minlength:
            if may_drop(chars, i):
                del chars[i]
            i -= 1
    if len(chars) > minlength:
        chars = chars[:1] + [c for c in chars[1:] if not _is_space(c)]
    return "".join(chars)


def abbreviate(names: Sequence[str], minlength: int) -> list[str]:
    """Abbreviate names so that different names stay different.

    Parameters
    ----------
    names : sequence of str
    minlength : int
        Least length of an abbreviation; some come out longer so that all are distinct.

    Returns
    -------
    list of str
        In the order of `names`; equal names have equal abbreviations.
    """
    stripped = [name.strip(" ") for name in names]
    unique = list(dict.fromkeys(stripped))
    short = dict.fromkeys(unique, "")
    pending = unique
    while pending:
        for name in pending:
            short[name] = abbreviate_one(name, minlength)
        clashing = _repeated([short[name] for name in unique])
        # all that share the abbreviation are done again, not only the later ones
        pending = [name for name in unique if short[name] in clashing]
        minlength += 1
    return [short[name] for name in stripped]


def _repeated(values: Sequence[str]) -> set[str]:
    seen: set[str] = set()
    return {v for v in values if v in seen or seen.add(v)}  # type: ignore[func-returns-value]
