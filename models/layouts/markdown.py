"""Blocks as Markdown (CommonMark, tables as GitHub has them)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sensorium.models.layouts import tree
from sensorium.models.tasks.layouts import (
    LayoutBlock,
    LayoutCell,
    ListBlock,
    TableBlock,
    TextBlock,
)

_INDENT = "    "


def heading(block: TextBlock) -> str:
    """Return a heading with a mark for each level."""
    return f"{'#' * tree.level(block)} {' '.join(block.text.split())}"


def entries(block: ListBlock, depth: int = 0) -> list[str]:
    """Return each entry of a list with what is under it."""
    found = []
    for number, held in enumerate(block.entries, start=1):
        mark = "-" if block.kind == "unordered" else f"{number}."
        first, *rest = held or (tree.text(""),)
        lines = [f"{_INDENT * depth}{mark} {_first(first, depth)}"]
        lines += [written(one, depth + 1) for one in rest]
        found.append("\n".join(lines))
    return found


def table(block: TableBlock) -> tuple[str, list[str]]:
    """Return the head of a table with the line below it, and its body row by row.

    Markdown knows neither spans nor two rows of headings: a cell is written where it starts and
    the rest of it is empty; of several rows of headings the last one heads.
    """
    lines = list(_grid([*block.header_rows, *block.body_rows]))
    heads = len(block.header_rows)
    width = max((len(line) for line in lines), default=0)
    lines = [line + [""] * (width - len(line)) for line in lines]
    above = lines[: max(0, heads - 1)]
    head = lines[heads - 1] if heads else [""] * width
    body = above + lines[heads:]
    return f"{_row(head)}\n{_row(['---'] * width)}", [_row(line) for line in body]


def written(block: LayoutBlock, depth: int = 0) -> str:
    """Return a block as it stands under an entry, set in."""
    if isinstance(block, ListBlock):
        return "\n".join(entries(block, depth))
    if isinstance(block, TableBlock):
        head, body = table(block)
        text = "\n".join([head, *body])
    else:
        text = block.text
    return "\n".join(_INDENT * depth + line for line in text.split("\n"))


def _first(block: LayoutBlock, depth: int) -> str:
    if isinstance(block, TextBlock):
        return block.text.replace("\n", f"\n{_INDENT * (depth + 1)}")
    return "\n" + written(block, depth + 1)


def _grid(rows: Sequence[Sequence[LayoutCell]]) -> Iterator[list[str]]:
    """Yield the texts of rows column by column."""
    covered: dict[int, int] = {}  # column -> rows below that a cell above still has
    for row in rows:
        line: list[str] = []
        for cell in row:
            _skip(line, covered)
            for at in range(len(line), len(line) + cell.columns):
                if cell.rows > 1:
                    covered[at] = cell.rows
            line += [_plain(cell), *[""] * (cell.columns - 1)]
        _skip(line, covered)
        covered = {column: left - 1 for column, left in covered.items() if left > 1}
        yield line


def _skip(line: list[str], covered: dict[int, int]) -> None:
    while covered.get(len(line)):
        line.append("")


def _plain(cell: LayoutCell) -> str:
    """Return a cell in one line."""
    text = " ".join(written(block) for block in cell.blocks)
    return " ".join(text.replace("|", "\\|").split())


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
