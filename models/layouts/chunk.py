"""Chunks of a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from sensorium.models import sentences
from sensorium.models.errors import InvalidArgument
from sensorium.models.layouts import markdown, tree
from sensorium.models.tasks.layouts import (
    Layout,
    LayoutBlock,
    ListBlock,
    PageSpan,
    TableBlock,
    TextBlock,
)

# a word, a letter of a script that writes no spaces, or a mark
_TOKEN = re.compile(
    r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]|"
    r"[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+|[^\w\s]"
)
_HEADINGS = 0.5  # of a chunk, that the headings above it may take


@dataclass(frozen=True, slots=True)
class Margin:
    """The text of a header or footer and its pages."""

    text: str
    pages: PageSpan


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document: its text as Markdown, the ids of its blocks, and its pages.

    `headers` and `footers` are those of its pages.
    """

    text: str
    blocks: tuple[int, ...]
    pages: PageSpan
    headers: tuple[Margin, ...] = ()
    footers: tuple[Margin, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """A block or a piece of one, which no chunk divides; parts of one block are `glue` apart."""

    text: str
    block: LayoutBlock
    glue: str = "\n"


def chunks(layout: Layout, size: int = 500, ancestor_headings: bool = False) -> list[Chunk]:
    """Return a document in chunks of at most `size` tokens, in reading order.

    A chunk never mixes sections: it ends where a heading starts, unless there is nothing but
    headings in it yet. Blocks are kept whole unless one alone is larger; that one is cut between
    its sentences, rows or entries, and at the last between words. Tokens are words and punctuation
    marks. With `ancestor_headings`, the headings above a chunk stand before its text and count, the
    nearest of them that take no more than half of it. Tables are written as Markdown. Headers and
    footers are in no chunk's text. Raises InvalidArgument for a size below 1.
    """
    if size < 1:
        raise InvalidArgument("A chunk has one token at least.")
    margins = [
        block
        for block in tree.leaves(layout.blocks)
        if isinstance(block, TextBlock) and block.kind in ("header", "footer")
    ]
    found: list[Chunk] = []
    for above, blocks in _sections(layout.blocks, ()):
        for text, parts in _filled(blocks, size, above if ancestor_headings else None):
            found.append(_chunk(text, [part.block for part in parts], margins))
    return found


def count(text: str) -> int:
    """Return the number of tokens of a text."""
    return sum(1 for _ in _TOKEN.finditer(text))


def _sections(
    blocks: Sequence[LayoutBlock], above: tuple[TextBlock, ...]
) -> Iterator[tuple[tuple[TextBlock, ...], list[LayoutBlock]]]:
    """Yield the blocks of each section, its own headings first, with the headings above it."""
    section: list[LayoutBlock] = []
    for block in blocks:
        if isinstance(block, TextBlock) and block.kind in ("header", "footer"):
            continue
        if isinstance(block, TextBlock) and tree.level(block):
            if section:
                yield above, section
                section = []
            yield from _headed(block, above)
        else:
            section.append(block)
    if section:
        yield above, section


def _headed(
    block: TextBlock, above: tuple[TextBlock, ...]
) -> Iterator[tuple[tuple[TextBlock, ...], list[LayoutBlock]]]:
    """Yield the sections of a heading; without a text of its own, it opens the one below it."""
    under = list(_sections(block.blocks, (*above, block)))
    if not under:
        yield above, [block]
        return
    first, held = under[0]
    own = len(first) == len(above) + 1
    yield (above, [block, *held]) if own else (above, [*first[len(above) :], *held])
    yield from under[1:]


def _lead(above: Sequence[TextBlock], size: int) -> list[str]:
    """Return the headings to stand before a chunk: the nearest that leave room for text."""
    found: list[str] = []
    left = size * _HEADINGS
    for block in reversed(above):
        line = markdown.heading(block)
        left -= count(line)
        if left < 0:
            break
        found.insert(0, line)
    return found


def _filled(
    blocks: Sequence[LayoutBlock], size: int, above: Sequence[TextBlock] | None
) -> Iterator[tuple[str, list[_Part]]]:
    """Yield the texts of chunks that some blocks fill, each with its parts.

    Where headings are wanted, those `above` stand before each chunk, and those that open the
    blocks before the second one and all others.
    """
    own = [b for b in takewhile(tree.level, blocks) if isinstance(b, TextBlock)]
    lead = [] if above is None else _lead(above, size)
    later = [] if above is None else _lead([*above, *own], size)
    room = size - max(sum(map(count, lead)), sum(map(count, later)))
    held: list[_Part] = []
    used = 0
    for part in (part for block in blocks for part in _parts(block, room)):
        needed = count(part.text)
        if held and used + needed > room:
            yield _text(lead, held), held
            held, used, lead = [], 0, later
        held.append(part)
        used += needed
    if held:
        yield _text(lead, held), held


def _text(lead: Sequence[str], parts: Sequence[_Part]) -> str:
    text = "\n\n".join(lead)
    last: _Part | None = None
    for part in parts:
        glue = part.glue if last is not None and last.block is part.block else "\n\n"
        text = f"{text}{glue}{part.text}" if text else part.text
        last = part
    return text


def _parts(block: LayoutBlock, room: int) -> Iterator[_Part]:
    """Yield a block whole if there is room for it in a chunk, else in pieces."""
    if isinstance(block, TableBlock):
        yield from _of_table(block, room)
        return
    if isinstance(block, ListBlock):
        pieces, glue = markdown.entries(block), "\n"
    else:
        text = markdown.heading(block) if tree.level(block) else block.text
        pieces, glue = [text], " "
    whole = glue.join(pieces)
    if count(whole) <= room:
        yield _Part(whole, block, glue)
        return
    for piece in pieces:
        for text in _cut(piece, room):
            yield _Part(text, block, glue)


def _of_table(block: TableBlock, room: int) -> Iterator[_Part]:
    """Yield a table whole, or in stretches of rows that each have its head if that leaves room."""
    head, body = markdown.table(block)
    before = f"{block.caption}\n\n" if block.caption else ""
    whole = "\n".join([before + head, *body])
    if count(whole) <= room:
        yield _Part(whole, block)
        return
    repeated = [head] if count(head) <= room / 2 else []
    rows = [before + head]
    left = room - count(rows[0])
    for row in body:
        needed = count(row)
        if needed > left:
            yield from (
                _Part(text, block) for text in _cut("\n".join(rows), room) if rows != [head]
            )
            rows, left = list(repeated), room - sum(map(count, repeated))
        rows.append(row)
        left -= needed
    if rows != [head]:
        yield from (_Part(text, block) for text in _cut("\n".join(rows), room))


def _cut(text: str, room: int) -> Iterator[str]:
    """Yield a text in pieces: between sentences where that is enough, else between tokens."""
    if count(text) <= room:
        yield text
        return
    start = at = used = 0
    for end in [*(one.end for one in sentences.split(text)[:-1]), len(text)]:
        needed = count(text[at:end])
        if used + needed > room:
            if text[start:at].strip():
                yield text[start:at].strip()
            start, used = at, 0
            if needed > room:
                *full, last = _stretches(text[at:end], room)
                yield from (one.strip() for one in full)
                start, needed = end - len(last), count(last)
        used += needed
        at = end
    if text[start:].strip():
        yield text[start:].strip()


def _stretches(text: str, room: int) -> list[str]:
    """Return a text in stretches of so many tokens."""
    starts = [found.start() for found in _TOKEN.finditer(text)][::room]
    if not starts:
        return [text]
    starts[0] = 0
    return [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


def _chunk(text: str, blocks: Iterable[LayoutBlock], margins: Sequence[TextBlock]) -> Chunk:
    held = list(dict.fromkeys(blocks))
    pages = tree.span(held)
    near = [
        one for one in margins if one.pages.first <= pages.last and one.pages.last >= pages.first
    ]
    ids = tuple(block.id for block in held)
    headers, footers = (_margins(near, kind) for kind in ("header", "footer"))
    return Chunk(text, ids, pages, headers, footers)


def _margins(blocks: Sequence[TextBlock], kind: str) -> tuple[Margin, ...]:
    """Return headers or footers, those that say the same as one."""
    found: dict[str, list[TextBlock]] = {}
    for block in blocks:
        if block.kind == kind:
            found.setdefault(block.text, []).append(block)
    return tuple(Margin(text, tree.span(same)) for text, same in found.items())
