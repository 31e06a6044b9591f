"""Fonts of the machine, found by the letters that they are to have."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from sensorium.models.errors import FailedPrecondition

_SECONDS = 10.0
_NEVER = "\U0010ffff"  # no font has it, so that it shows what a missing letter looks like


def font(text: str, size: int) -> Any:
    """Return a Pillow font of so many pixels that has all letters of a text.

    It is the one that Pillow carries, else one that fontconfig knows. Raises FailedPrecondition
    when there is none.
    """
    from PIL import ImageFont

    letters = frozenset(char for char in text if char.isprintable() and not char.isspace())
    path = _covering(letters)
    return ImageFont.load_default(size) if path is None else ImageFont.truetype(path, size)


def file(text: str) -> bytes:
    """Return the TrueType file of a font that has all letters of a text.

    It is empty where the letters are in the font that Pillow carries. Raises FailedPrecondition
    when there is none.
    """
    letters = frozenset(char for char in text if char.isprintable() and not char.isspace())
    path = _covering(letters)
    return Path(path).read_bytes() if path else b""


@cache
def _covering(letters: frozenset[str]) -> str | None:
    """Return the file of a font with these letters; None for the one that Pillow carries."""
    from PIL import ImageFont

    if _has(ImageFont.load_default(16), letters):
        return None
    for path in _known(letters):
        if _has(ImageFont.truetype(path, 16), letters):
            return path
    shown = "".join(sorted(letters)[:20])
    raise FailedPrecondition(
        f"No font that is installed has all of {shown!r}.",
        hint="Install one, and fontconfig; on Debian fontconfig and fonts-noto.",
    )


def _has(one: Any, letters: frozenset[str]) -> bool:
    missing = bytes(one.getmask(_NEVER))
    return all(bytes(one.getmask(letter)) != missing for letter in letters)


def _known(letters: frozenset[str]) -> list[str]:
    """Return the files of the upright fonts with these letters, plain ones first."""
    if shutil.which("fc-list") is None:
        return []
    wanted = " ".join(f"{ord(letter):x}" for letter in sorted(letters))
    told = subprocess.run(
        ["fc-list", f":charset={wanted}", "file", "style"],
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    ).stdout
    found = []
    for line in told.splitlines():
        path, _, style = line.partition(":")
        if path.lower().endswith((".ttf", ".otf", ".ttc")):
            upright = any(name in style for name in ("Regular", "Book", "Roman", "Medium"))
            name = path.rpartition("/")[2].lower()
            order = (not upright, "sans" not in name, "mono" in name or "condensed" in name, name)
            found.append((order, path))
    return [path for _, path in sorted(found)]
