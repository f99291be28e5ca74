"""R's own pictures, drawn into memory: no window is opened and no device of R's is touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rbridge import decode
from rbridge.arguments import check_choice, check_flag, check_number, shown
from rbridge.errors import ArgumentError
from rbridge.handles import decode_bytes


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """A picture drawn by R; it shows itself in notebooks.

    Attributes
    ----------
    format
        ``"png"`` or ``"svg"``.
    data
        The file's bytes.
    """

    format: str
    data: bytes

    def save(self, path: str | Path) -> Path:
        """Write the file; its ending must be that of the format."""
        target = Path(path)
        if target.suffix.lower() != f".{self.format}":
            raise ArgumentError(
                f"path must end in .{self.format}, not {target.suffix!r}; or draw with format="
            )
        target.write_bytes(self.data)
        return target

    def __repr__(self) -> str:
        return f"<Picture: {self.format}, {len(self.data)} bytes; .save('picture.{self.format}')>"

    def _repr_png_(self) -> bytes | None:
        return self.data if self.format == "png" else None

    def _repr_svg_(self) -> str | None:
        return self.data.decode() if self.format == "svg" else None


def picture_options(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Check what may be said of a picture; return what the device is told, and what the drawing function is."""
    known = ("format", "width", "height", "dpi", "grid", "abline")
    for name in options:
        if name not in known:
            raise ArgumentError(f"{name} is not an option of a picture; those are {', '.join(known)}")
    device: dict[str, Any] = {"format": check_choice(options.get("format", "png"), "format", ("png", "svg"))}
    for name, usual in (("width", 7.0), ("height", 5.0), ("dpi", 100.0)):
        value = check_number(options.get(name, usual), name)
        largest = 1200 if name == "dpi" else 60
        if not 0 < value <= largest:
            raise ArgumentError(f"{name} must be above 0 and at most {largest}, not {shown(value)}")
        device[name] = value
    drawing: dict[str, Any] = {}
    if "grid" in options:
        drawing["grid"] = check_flag(options["grid"], "grid")
    if "abline" in options:
        given = options["abline"]
        several = given if isinstance(given, list | tuple) else [given]
        drawing["abline"] = [check_number(value, "abline") for value in several]
    return device, drawing


def decode_picture(value: Any) -> Picture:
    """Decode ``rb_picture``'s answer."""
    parts = decode.items(value)
    return Picture(parts["format"][0], decode_bytes(parts["data"]))
