"""The content categories that texts are sorted into, read from `categories.txt`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Category:
    """A category: its name as Google publishes it, and what an encoder should read for it."""

    name: str
    description: str


@cache
def categories(version: str) -> tuple[Category, ...]:
    """Return the categories of version `v1` (2017) or `v2` (2022), in the order of the file."""
    found = []
    for line in (files(__package__) / "categories.txt").read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        flag, line = (line[0], line[2:]) if line[0] in "12" else ("", line)
        if not flag or version == f"v{flag}":
            name, _, about = line.partition(": ")
            *_, leaf = name.split("/")
            found.append(Category(name, f"{leaf}: {about}"))
    return tuple(found)
