"""Draw the pictures of docs/gallery.md: each Python block that an image follows is executed and its figure saved.

    python docs/gallery/make.py [folder]

The page is all there is: no picture is made otherwise than by the lines that stand above it.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from PIL import Image

PAGE = Path(__file__).parents[1] / "gallery.md"
_BLOCK = re.compile(
    r"^```python\n(.*?)^```$(?:\n\n!\[[^\]]*\]\(gallery/([\w.]+)\))?", re.DOTALL | re.MULTILINE
)
_WIDE = 9.0  # inches from which on a figure is drawn with fewer dots an inch
_COLOURS = 32  # of the saved image: line drawings need few


def blocks(page: Path = PAGE) -> list[tuple[str, str]]:
    """The page's Python blocks, each with the name of the image after it, empty where there is none."""
    return _BLOCK.findall(page.read_text(encoding="utf-8"))


def run(code: str, namespace: dict[str, Any]) -> Any:
    """Execute a block and return the value of its last line, if that is an expression."""
    *body, last = ast.parse(code).body
    exec(compile(ast.Module(body, []), "gallery.md", "exec"), namespace)
    if not isinstance(last, ast.Expr):
        exec(compile(ast.Module([last], []), "gallery.md", "exec"), namespace)
        return None
    return eval(compile(ast.Expression(last.value), "gallery.md", "eval"), namespace)


def save(axes: Any, path: Path) -> None:
    """Save the figure that axes are of, as a small image that is the same whenever it is made."""
    whole = io.BytesIO()
    figure = np.ravel(np.array(axes, dtype=object))[0].figure
    figure.savefig(whole, dpi=72 if figure.get_figwidth() > _WIDE else 96)
    with Image.open(whole) as image:
        image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def main(folder: Path = Path(__file__).parent) -> None:
    """Draw all pictures of the page."""
    matplotlib.rcdefaults()
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for code, name in blocks():
        axes = run(code, namespace)
        if name:
            save(axes, folder / name)


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
