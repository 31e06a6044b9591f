"""Text that a document sets piece by piece, as the lines and paragraphs that people see."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

_LEVEL = 0.3  # of a size: how far apart the baselines of one line may be
_GAP = 1.5  # of a size: a wider gap in a line is that between columns or cells
_SPACE = 0.4  # of a size: a wider one is a space, whatever the document says
_WIDER = 1.6  # times its width that a single line may take where nothing else is
_CLOSE, _FAR = 0.7, 1.75  # of a size: from one baseline of a paragraph to the next
_SAME = 0.12  # by which sizes of one paragraph may differ
_INDENT = 3.0  # of a size: how far the beginnings of its lines may be apart
_SHORT = 0.75  # of the widest: a shorter line ends a paragraph
_ITEM = re.compile(r"\s*(?:[•◦▪‣·–—*-]|\(?\w{1,3}[.)])\s")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text: the ends of its box and its baseline in points (y upwards), its size and number.

    `spaced` tells that the document has a space before it.
    """

    text: str
    left: float
    right: float
    baseline: float
    size: float
    number: int
    spaced: bool = False


@dataclass(frozen=True, slots=True)
class SetLine:
    """Pieces on one baseline, from left to right."""

    pieces: tuple[Piece, ...]

    @property
    def left(self) -> float:
        """Return where it begins."""
        return self.pieces[0].left

    @property
    def right(self) -> float:
        """Return where it ends."""
        return max(piece.right for piece in self.pieces)

    @property
    def baseline(self) -> float:
        """Return its height on the page."""
        return self.pieces[0].baseline

    @property
    def size(self) -> float:
        """Return the size of its largest piece."""
        return max(piece.size for piece in self.pieces)

    @property
    def text(self) -> str:
        """Return its text, with a space where there is a gap."""
        found = ""
        end = self.left
        for piece in self.pieces:
            wide = piece.spaced or piece.left - end > _SPACE * piece.size
            if found and wide and not found[-1].isspace() and not piece.text[:1].isspace():
                found += " "
            found += piece.text
            end = piece.right
        return found


@dataclass(frozen=True, slots=True)
class SetParagraph:
    """Lines that continue each other, from the top, and how wide another text may be there."""

    lines: tuple[SetLine, ...]
    room: float = 0.0

    @property
    def text(self) -> str:
        """Return its text as one line; a hyphen at the end of a line joins the halves of a word."""
        found = ""
        for line in self.lines:
            text = " ".join(line.text.split())
            halved = len(found) > 1 and found.endswith("-") and found[-2].isalpha()
            if halved and text[:1].islower():
                found = found[:-1] + text
            else:
                found = f"{found} {text}" if found and text else found + text
        return found

    @property
    def left(self) -> float:
        """Return where its lines begin."""
        return min(line.left for line in self.lines)

    @property
    def right(self) -> float:
        """Return where its longest line ends."""
        return max(line.right for line in self.lines)

    @property
    def leading(self) -> float:
        """Return the distance of its baselines."""
        if len(self.lines) < 2:
            return 1.2 * self.lines[0].size
        return (self.lines[0].baseline - self.lines[-1].baseline) / (len(self.lines) - 1)


def paragraphs(pieces: Sequence[Piece]) -> list[SetParagraph]:
    """Return pieces of a page as paragraphs, from the top, columns side by side."""
    open_: list[list[SetLine]] = []
    done: list[list[SetLine]] = []
    for line in _lines(pieces):
        for paragraph in open_:
            if _continues(paragraph, line):
                paragraph.append(line)
                break
        else:
            open_.append([line])
        passed = [one for one in open_ if one[-1].baseline - line.baseline > _FAR * one[-1].size]
        done += passed
        open_ = [one for one in open_ if one not in passed]
    found = sorted(done + open_, key=lambda one: (-one[0].baseline, one[0].left))
    whole = [SetParagraph(tuple(lines)) for lines in found]
    return [replace(one, room=_room(one, pieces)) for one in whole]


def _room(one: SetParagraph, pieces: Sequence[Piece]) -> float:
    """Return a paragraph's width; a single line may go on as far as nothing is beside it."""
    width = one.right - one.left
    if len(one.lines) > 1:
        return width
    line = one.lines[0]
    beside = [
        piece.left - line.size
        for piece in pieces
        if piece.left > one.right and abs(piece.baseline - line.baseline) < line.size
    ]
    end = min([*beside, max(piece.right for piece in pieces), one.left + _WIDER * width])
    return max(width, end - one.left)


def _lines(pieces: Sequence[Piece]) -> list[SetLine]:
    lines: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda one: (-one.baseline, one.left)):
        for line in lines[-8:]:
            last = line[-1]
            level = abs(last.baseline - piece.baseline) <= _LEVEL * min(last.size, piece.size)
            gap = piece.left - max(other.right for other in line)
            if level and -_GAP * piece.size < gap < _GAP * piece.size:
                line.append(piece)
                break
        else:
            lines.append([piece])
    return [SetLine(tuple(line)) for line in lines]


def _continues(paragraph: Sequence[SetLine], line: SetLine) -> bool:
    last = paragraph[-1]
    size = max(last.size, line.size)
    step = last.baseline - line.baseline
    left = min(one.left for one in paragraph)
    right = max(one.right for one in paragraph)
    return (
        _CLOSE * size < step < _FAR * size
        and abs(last.size - line.size) <= _SAME * size
        and abs(left - line.left) < _INDENT * size
        and last.right - left >= _SHORT * (max(right, line.right) - left)
        and not _ITEM.match(line.text)
    )
