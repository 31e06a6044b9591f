"""Cells with spans, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sensorium.models.tasks.layouts import LayoutCell


@dataclass(frozen=True, slots=True)
class Placed:
    """A cell, the row it starts in, and its column where the format tells it (else -1)."""

    row: int
    column: int
    cell: LayoutCell


def rows(cells: Sequence[Placed], count: int) -> tuple[tuple[LayoutCell, ...], ...]:
    """Return cells row by row from left to right; spans end with the table."""
    found: list[list[Placed]] = [[] for _ in range(count)]
    for one in cells:
        cell = one.cell
        if one.row + cell.rows > count:
            cell = replace(cell, rows=count - one.row)
        found[one.row].append(replace(one, cell=cell))
    return tuple(
        tuple(one.cell for one in sorted(line, key=lambda one: one.column)) for line in found
    )
