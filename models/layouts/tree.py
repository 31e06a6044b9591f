"""From blocks in a row to a tree: sections under headings, lists in lists, ids in reading order."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from sensorium.models.errors import InvalidArgument
from sensorium.models.tasks.layouts import (
    Layout,
    LayoutBlock,
    LayoutCell,
    ListBlock,
    ListKind,
    PageSpan,
    TextBlock,
)

DEEPEST = 5  # levels of headings that Google's layout parser has names for
_MOST = 200_000  # blocks: an answer of more is of no use to anybody
_HEADING = "heading-"
TITLE = "title"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list before lists are put into each other; `level` grows inwards."""

    level: float
    kind: ListKind
    blocks: tuple[LayoutBlock, ...]


def heading(level: int) -> str:
    """Return the kind of a heading; what lies deeper than the deepest level is of that one."""
    return f"{_HEADING}{min(max(level, 1), DEEPEST)}"


def level(block: LayoutBlock) -> int:
    """Return the level of a heading, 0 for every other block."""
    if isinstance(block, TextBlock) and block.kind.startswith(_HEADING):
        return int(block.kind.removeprefix(_HEADING))
    return 0


def text(content: str, page: int = 1, kind: str = "paragraph") -> TextBlock:
    """Return a block of text on one page, without an id yet."""
    return TextBlock(0, kind, content, PageSpan(page, page))


def layout(blocks: Iterable[LayoutBlock], pages: int) -> Layout:
    """Return a document whose blocks come one after the other, as a tree with ids.

    Under a block of the kind `TITLE`, which has no name at Google, headings are one level deeper.
    Raises InvalidArgument for more than 200,000 blocks.
    """
    ids = count(1)
    return Layout(tuple(_numbered(block, ids) for block in nested(_titled(list(blocks)))), pages)


def nested(blocks: Iterable[LayoutBlock]) -> tuple[LayoutBlock, ...]:
    """Return blocks with what follows a heading under it, up to the next of its level or above."""
    return _section(deque(blocks), 0)


def listed(pieces: Iterable[LayoutBlock | Entry]) -> list[LayoutBlock]:
    """Return blocks with the entries between them as lists.

    A deeper entry is part of the one before it; a change between numbers and bullets on one level
    starts another list.
    """
    found: list[LayoutBlock] = []
    entries: deque[Entry] = deque()
    for piece in pieces:
        if isinstance(piece, Entry):
            entries.append(piece)
            continue
        found += _lists(entries)
        found.append(piece)
    return [*found, *_lists(entries)]


def selected(given: Layout, pages: Collection[int]) -> Layout:
    """Return what stands on some pages, with the headings above it; ids stay."""
    return Layout(tuple(_kept(given.blocks, pages)), given.pages)


def leaves(blocks: Sequence[LayoutBlock]) -> Iterator[LayoutBlock]:
    """Yield blocks in reading order, headings before what is under them."""
    for block in blocks:
        yield block
        if isinstance(block, TextBlock):
            yield from leaves(block.blocks)


def span(blocks: Iterable[LayoutBlock]) -> PageSpan:
    """Return the pages from the first to the last of some blocks."""
    spans = [block.pages for block in blocks]
    return PageSpan(
        min((one.first for one in spans), default=1), max((one.last for one in spans), default=1)
    )


def _titled(blocks: list[LayoutBlock]) -> list[LayoutBlock]:
    """Return blocks with their titles as headings of the first level, and the rest below these."""
    if not any(isinstance(block, TextBlock) and block.kind == TITLE for block in blocks):
        return blocks
    return [
        replace(block, kind=heading(1 if block.kind == TITLE else level(block) + 1))
        if isinstance(block, TextBlock) and (block.kind == TITLE or level(block))
        else block
        for block in blocks
    ]


def _section(blocks: deque[LayoutBlock], above: int) -> tuple[LayoutBlock, ...]:
    found: list[LayoutBlock] = []
    while blocks and (not level(blocks[0]) or level(blocks[0]) > above):
        block = blocks.popleft()
        if isinstance(block, TextBlock) and (own := level(block)):
            block = replace(block, blocks=(*block.blocks, *_section(blocks, own)))
        found.append(block)
    return tuple(found)


def _lists(entries: deque[Entry]) -> Iterator[ListBlock]:
    while entries:
        yield _list(entries)


def _list(entries: deque[Entry]) -> ListBlock:
    """Return the list that the first entries make, and take them away."""
    first = entries[0]
    made: list[tuple[LayoutBlock, ...]] = []
    while entries:
        entry = entries[0]
        if entry.level > first.level:
            made[-1] = (*made[-1], _list(entries))
        elif entry.level == first.level and entry.kind == first.kind:
            made.append(entry.blocks)
            entries.popleft()
        else:
            break
    pages = span(block for one in made for block in one)
    return ListBlock(0, first.kind, tuple(made), pages)


def _numbered(block: LayoutBlock, ids: Iterator[int]) -> LayoutBlock:
    number = next(ids)
    if number > _MOST:
        raise InvalidArgument(
            f"The document has more than {_MOST} blocks.", hint="Divide it into several."
        )
    if isinstance(block, TextBlock):
        return replace(block, id=number, blocks=_all(block.blocks, ids))
    if isinstance(block, ListBlock):
        return replace(block, id=number, entries=tuple(_all(e, ids) for e in block.entries))
    heads, body = (
        tuple(tuple(_cell(cell, ids) for cell in row) for row in rows)
        for rows in (block.header_rows, block.body_rows)
    )
    return replace(block, id=number, header_rows=heads, body_rows=body)


def _all(blocks: Sequence[LayoutBlock], ids: Iterator[int]) -> tuple[LayoutBlock, ...]:
    return tuple(_numbered(block, ids) for block in blocks)


def _cell(cell: LayoutCell, ids: Iterator[int]) -> LayoutCell:
    return replace(cell, blocks=_all(cell.blocks, ids))


def _kept(blocks: Sequence[LayoutBlock], pages: Collection[int]) -> Iterator[LayoutBlock]:
    for block in blocks:
        here = any(number in pages for number in range(block.pages.first, block.pages.last + 1))
        if isinstance(block, TextBlock) and level(block):
            under = tuple(_kept(block.blocks, pages))
            if here or under:
                yield replace(block, blocks=under)
        elif here:
            yield block
