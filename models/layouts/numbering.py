"""Which lists of a DOCX count and which have bullets (ECMA-376 part 1, 17.9)."""

from __future__ import annotations

from typing import Any

from sensorium.models.tasks.layouts import ListKind

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_NUMBERING = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering"
_NO_NUMBERS = ("bullet", "none")


class Numbering:
    """The numbering definitions of a document."""

    def __init__(self, document: Any) -> None:
        self._formats: dict[tuple[str, int], str] = {}
        for relation in document.part.rels.values():
            if relation.reltype == _NUMBERING and not relation.is_external:
                self._read(relation.target_part.element)

    def of(self, mark: Any) -> tuple[int, ListKind] | None:
        """Return the level and kind that a `numPr` means, None where it takes numbers away."""
        number, level = mark.find(f"{_W}numId"), mark.find(f"{_W}ilvl")
        name = number.get(f"{_W}val") if number is not None else "0"
        if name == "0":
            return None
        depth = int(level.get(f"{_W}val")) if level is not None else 0
        known = self._formats.get((name, depth), "bullet")
        return depth, "unordered" if known in _NO_NUMBERS else "ordered"

    def _read(self, root: Any) -> None:
        abstract: dict[str, dict[int, str]] = {}
        for one in root.iter(f"{_W}abstractNum"):
            abstract[one.get(f"{_W}abstractNumId")] = _levels(one)
        for one in root.iter(f"{_W}num"):
            link = one.find(f"{_W}abstractNumId")
            levels = dict(abstract.get(link.get(f"{_W}val"), {})) if link is not None else {}
            for override in one.iter(f"{_W}lvlOverride"):
                levels |= _levels(override)
            for depth, kind in levels.items():
                self._formats[one.get(f"{_W}numId"), depth] = kind


def _levels(element: Any) -> dict[int, str]:
    """Return the format of each level that an element defines."""
    found = {}
    for level in element.iter(f"{_W}lvl"):
        kind = level.find(f"{_W}numFmt")
        if kind is not None:
            found[int(level.get(f"{_W}ilvl"))] = kind.get(f"{_W}val")
    return found
