"""From the lines of pages to paragraphs, headings and entries of lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from sensorium.models.layouts.sheet import Row
from sensorium.models.tasks.layouts import ListKind, TableBlock

_BULLET = re.compile(r"(?:[•◦▪▫‣●○■□–—·∙➢➤✓*]|-(?!\d)|o(?= ))(?:\s+|$)")
_NUMBER = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[ivx]{2,4})[.)](?:\s+|$)")
# In sizes of the type.
_HANGING = 0.5  # an entry's further lines are set in by this
_GAP = 1.0  # white between lines of an entry, at most
_SAME_ROW = 0.5
_OTHER_SIZE = 1.12
_LARGE = 1.15  # times the usual size makes a heading
_BOLD = 1.25  # times the usual weight
_LONGEST = 200  # characters of a heading
_LINES = 3
_WORDS = 12  # of a heading that is no larger than the text


@dataclass(frozen=True, slots=True)
class Usual:
    """The size and weight of most of a document's type."""

    size: float
    weight: float

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Usual:
        """Return the medians by the number of letters."""
        return cls(
            _weighted([(row.size, len(row.text)) for row in rows]),
            _weighted([(row.weight, len(row.text)) for row in rows if row.weight]),
        )

    def is_large(self, row: Row) -> bool:
        """Tell whether a line is set larger than most."""
        return row.size > _LARGE * self.size

    def is_bold(self, row: Row) -> bool:
        """Tell whether a line is set heavier than most."""
        return self.weight > 0 and row.weight > _BOLD * self.weight


@dataclass(slots=True)
class Piece:
    """Lines that belong together: a heading, a paragraph, or an entry with its marker."""

    rows: list[Row]
    marker: str = ""
    kind: ListKind | None = None
    heading: bool = False

    @property
    def text(self) -> str:
        """Return the lines joined, divided words too, without the marker."""
        return joined(self.rows)[len(self.marker) :].strip()

    @property
    def size(self) -> float:
        """Return the size of most of the type."""
        return median(row.size for row in self.rows)


@dataclass(slots=True)
class _Gathering:
    usual: Usual
    found: list[Piece | TableBlock] = field(default_factory=list)

    def add(self, row: Row) -> None:
        last = self.found[-1] if self.found else None
        if isinstance(last, Piece):
            if last.kind and _bare(last) and _beside(last.rows[-1], row):
                last.rows.append(row)
                return
            marked = self._marked(row)
            if not marked and last.kind and _continues(last, row):
                last.rows.append(row)
                return
            if not marked and not last.kind and self._belongs(last, row):
                last.rows.append(row)
                return
        self.found.append(self._piece(row))

    def _piece(self, row: Row) -> Piece:
        if self._marked(row):
            kind: ListKind = "unordered" if _BULLET.match(row.text) else "ordered"
            found = _BULLET.match(row.text) or _NUMBER.match(row.text)
            assert found is not None
            return Piece([row], found[0], kind)
        return Piece([row])

    def _marked(self, row: Row) -> bool:
        if self.usual.is_large(row) or (self.usual.is_bold(row) and not _BULLET.match(row.text)):
            return False
        return bool(_BULLET.match(row.text) or _NUMBER.match(row.text))

    def _belongs(self, last: Piece, row: Row) -> bool:
        """Tell whether a line goes on with a paragraph."""
        before = last.rows[-1]
        if row.page != before.page or _is_other_size(before, row):
            return False
        if row.starts:
            return self._wraps(last, row)
        return self.usual.is_bold(before) == self.usual.is_bold(row) or not self.heads(last)

    def _wraps(self, last: Piece, row: Row) -> bool:
        """Tell whether a large line is the next one of the heading before it."""
        before = last.rows[-1]
        gap = row.box.top - before.box.bottom
        return (
            self.usual.is_large(row)
            and self.usual.is_large(before)
            and len(last.rows) < _LINES
            and -0.5 * row.size < gap < 0.6 * row.size
            and abs(row.box.left - before.box.left) < row.size
        )

    def heads(self, piece: Piece) -> bool:
        """Tell whether a piece is a heading by its type."""
        text = piece.text
        letters = sum(character.isalpha() for character in text)
        if letters < 2 or letters < 0.5 * len(text.replace(" ", "")) or len(text) > _LONGEST:
            return False
        if len(piece.rows) > _LINES or text.endswith((",", ";")):
            return False
        if all(self.usual.is_large(row) for row in piece.rows):
            return True
        short = len(text.split()) <= _WORDS and not text.endswith((".", ":", "!"))
        return short and all(self.usual.is_bold(row) for row in piece.rows)


def pieces(items: Iterable[Row | TableBlock], usual: Usual) -> list[Piece | TableBlock]:
    """Return the pieces that the lines of a document make, tables between them."""
    gathering = _Gathering(usual)
    for item in items:
        if isinstance(item, TableBlock):
            gathering.found.append(item)
        else:
            gathering.add(item)
    found = list(_listed(gathering.found))
    for piece in found:
        if isinstance(piece, Piece) and not piece.kind:
            piece.heading = gathering.heads(piece)
    return list(_continued(found))


def joined(rows: Sequence[Row]) -> str:
    """Return the text of lines, words that a line divides made whole."""
    text = ""
    for row in rows:
        text += row.text if row.divided else f"{row.text} "
    return text.strip()


def _listed(found: Sequence[Piece | TableBlock]) -> Iterator[Piece | TableBlock]:
    """Yield pieces; a number that no other follows or precedes counts nothing."""
    for i, piece in enumerate(found):
        if isinstance(piece, Piece) and piece.kind == "ordered":
            near = [*found[max(0, i - 2) : i], *found[i + 1 : i + 3]]
            if not any(isinstance(one, Piece) and one.kind == "ordered" for one in near):
                piece.kind, piece.marker = None, ""
        yield piece


def _continued(found: Sequence[Piece | TableBlock]) -> Iterator[Piece | TableBlock]:
    """Yield pieces, a paragraph that goes on in the next column or on the next page as one."""
    last: Piece | TableBlock | None = None
    for piece in found:
        if isinstance(piece, Piece) and isinstance(last, Piece) and _goes_on(last, piece):
            last.rows += piece.rows
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


def _goes_on(last: Piece, piece: Piece) -> bool:
    if piece.kind or piece.heading or last.heading:
        return False
    before, after = last.rows[-1], piece.rows[0]
    if before.page == after.page and after.box.top >= before.box.top:
        return False
    if _is_other_size(before, after) or not after.text[:1].islower():
        return False
    return before.divided or not before.text.endswith((".", "!", "?", ":", ";"))


def _bare(piece: Piece) -> bool:
    """Tell whether there is nothing but a marker yet."""
    return not joined(piece.rows)[len(piece.marker) :].strip()


def _beside(marker: Row, row: Row) -> bool:
    middle = (row.box.top + row.box.bottom) / 2
    height = max(marker.size, row.size)
    beside = marker.box.top - _SAME_ROW * height < middle < marker.box.bottom + _SAME_ROW * height
    return row.page == marker.page and beside and row.box.left > marker.box.left


def _continues(entry: Piece, row: Row) -> bool:
    """Tell whether a line goes on with an entry: set in, and close below it."""
    first, last = entry.rows[0], entry.rows[-1]
    if row.page != last.page or _is_other_size(last, row):
        return False
    if not -row.size < row.box.top - last.box.bottom < _GAP * row.size:
        return False
    return row.box.left > first.box.left + _HANGING * row.size or not row.starts


def _is_other_size(before: Row, after: Row) -> bool:
    small, large = sorted((before.size, after.size))
    return large > _OTHER_SIZE * small


def _weighted(values: Sequence[tuple[float, int]]) -> float:
    """Return the median of values by their weights, 0 without any."""
    half, seen = sum(weight for _, weight in values) / 2, 0.0
    for value, weight in sorted(values):
        seen += weight
        if seen >= half:
            return value
    return 0.0
