"""A call of R's, as text, taken apart: never evaluated."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import UsageError

_CALL = re.compile(r"\s*([A-Za-z]\w*)\s*\((.*)\)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RCall:
    """A function's name and its arguments as text: those without a name, and those with one."""

    function: str
    unnamed: tuple[str, ...]
    named: dict[str, str]

    @classmethod
    def of(cls, text: str) -> RCall:
        """Return a call such as ``"corARMA(form = ~ t | id, p = 1)"``; UsageError where the text is none."""
        found = _CALL.fullmatch(text)
        if found is None:
            raise UsageError(f"the reference evaluator can't read {text!r}")
        unnamed, named = [], {}
        for part in _at_top_level(found[2]):
            name = re.match(r"\s*([A-Za-z]\w*)\s*=(?!=)", part)
            if name is None:
                unnamed.append(part.strip())
            else:
                named[name[1]] = part[name.end() :].strip()
        return cls(found[1], tuple(unnamed), named)

    def is_true(self, name: str) -> bool:
        """Whether a flag is given as TRUE."""
        return self.named.get(name) in ("TRUE", "T")

    def numbers(self, name: str = "value") -> tuple[float, ...]:
        """Return the numbers of an argument, given as one or as ``c(...)``; the first without a name is ``value``."""
        text = self.named.get(name, self.unnamed[0] if name == "value" and self.unnamed else "")
        if text.startswith("~"):
            return ()
        return tuple(
            float(x) for x in re.findall(r"(?<![\w.])-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?(?![\w'\"])", text)
        )

    def formula(self) -> tuple[str, str]:
        """Return ``form``'s terms and its groups, each empty where there is none."""
        text = self.named.get("form", next((part for part in self.unnamed if part.startswith("~")), ""))
        terms, _, groups = text.lstrip("~ ").partition("|")
        return terms.strip(), groups.strip()


def _at_top_level(text: str) -> list[str]:
    """Return the parts between commas that stand in no bracket."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]
