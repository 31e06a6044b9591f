"""The names that pictures are compared with, and how a user adds to them.

`models/vocabularies/KIND.txt` comes with the gateway, `vocabularies/KIND.txt` in the state folder
is the user's own and comes on top of it. A line is a name; for landmarks, latitude and longitude in
degrees may follow after tabs. A name that begins with "-" takes one away, "#" begins a comment.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

Kind = Literal["labels", "landmarks", "logos"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A name, and where on Earth that is if the vocabulary says."""

    name: str
    place: tuple[float, float] | None = None


def vocabulary(kind: Kind, state: Path | None) -> tuple[Entry, ...]:
    """Return the names of a kind, the gateway's and the user's own, each once."""
    text = _text(kind)
    if state is not None:
        own = state / "vocabularies" / f"{kind}.txt"
        if own.is_file():
            text += "\n" + own.read_text(encoding="utf-8", errors="replace")
    return parse(text)


@lru_cache(maxsize=16)
def parse(text: str) -> tuple[Entry, ...]:
    """Return the entries of a vocabulary's text."""
    found: dict[str, Entry] = {}
    for line in text.splitlines():
        name, *place = (part.strip() for part in line.partition("#")[0].split("\t"))
        if name.startswith("-"):
            found.pop(name[1:].strip().casefold(), None)
        elif name:
            found[name.casefold()] = Entry(name, _place(place))
    return tuple(found.values())


def _place(parts: list[str]) -> tuple[float, float] | None:
    """Return latitude and longitude, None where they are not said or make no sense."""
    try:
        latitude, longitude = map(float, parts[:2])
    except ValueError:
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


@lru_cache(maxsize=8)
def _text(kind: Kind) -> str:
    """Return the text that comes with the gateway."""
    file = files("sensorium.models") / "vocabularies" / f"{kind}.txt"
    return file.read_text(encoding="utf-8") if file.is_file() else ""
