"""Text to translate between markup to keep: an HTML document as passages.

A passage is what a sentence may run through. Markup inside it, such as `<b>`, is a mark in its
text: a character of Unicode's private use area, which engines keep in its place.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sensorium.models.html import BLOCKS, Scanner

FIRST_MARK, MARKS = 0xE000, 0x1000  # U+E000 to U+EFFF
_MARK = re.compile("[\ue000-\uefff]")
_EDGE = re.compile("[\\s\ue000-\uefff]*")
_SPACE = re.compile(r"[ \t\n\f\r]+")
_TAG = re.compile(r"</?([A-Za-z][^\s/>]*)")
_KEEP = re.compile(
    r"""<[^>]*\s(?:translate\s*=\s*["']?no\b|class\s*=\s*(?:"[^"]*\bnotranslate\b|'[^']*"""
    r"""\bnotranslate\b|notranslate\b))""",
    re.IGNORECASE,
)
_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905
)
_BREAKS = BLOCKS | {"br"}
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}


@dataclass(frozen=True, slots=True)
class Passage:
    """A text whose n-th mark, `chr(FIRST_MARK + n)`, stands for `kept[n]`.

    `kept` is as the document is to have it; `before` and `after` is what surrounds the text.
    """

    text: str
    kept: tuple[str, ...] = ()
    before: str = ""
    after: str = ""

    @property
    def parts(self) -> list[str]:
        """Return the text between the marks: one more than there are marks."""
        return _MARK.split(self.text)

    def keeps(self, translated: str) -> bool:
        """Tell whether a translation has all marks, in their order."""
        return _MARK.findall(translated) == _MARK.findall(self.text)

    def joined(self, parts: Sequence[str]) -> str:
        """Return translated parts with the marks between them."""
        marks = [*_MARK.findall(self.text), ""]
        return "".join(part + mark for part, mark in zip(parts, marks, strict=True))

    def written(self, translated: str, markup: bool = True) -> str:
        """Return a translation as the document has it: escaped if it is `markup`."""
        at = 0
        pieces = [self.before]
        for found in _MARK.finditer(translated):
            pieces += [_text(translated[at : found.start()], markup), self.kept[_number(found[0])]]
            at = found.end()
        return "".join([*pieces, _text(translated[at:], markup), self.after])


def mark(number: int) -> str:
    """Return a mark."""
    return chr(FIRST_MARK + number)


def plain(text: str) -> Passage:
    """Return a text without markup as one passage; what looks like marks is kept."""
    kept: list[str] = []
    return Passage(_marked(text, kept), tuple(kept))


def passages(source: str) -> list[Passage]:
    """Return an HTML document as passages that make it up, one after the other.

    Elements with `translate="no"` or the class `notranslate` are markup. White space collapses
    outside of preformatted elements. Any string is accepted, as browsers do.
    """
    return list(_grouped(_Pieces(source).pieces()))


@dataclass(frozen=True, slots=True)
class _Piece:
    """Raw text, or markup with the name of its element, empty for comments and declarations."""

    raw: str
    name: str | None = None
    preformatted: bool = False


class _Pieces(Scanner):
    """The text and the markup of a document, in order."""

    def pieces(self) -> Iterator[_Piece]:
        start, at, end = 0, 0, len(self.source)
        while start < end:
            tag = self.source.find("<", at)
            tag = end if tag < 0 else tag
            preformatted = bool(self.preformatted)
            at = self._markup(tag) if tag < end else end
            raw = self.source[tag:at]
            if raw == "<":  # text, and one with what is around it
                continue
            if tag > start:
                yield _Piece(self.source[start:tag], None, preformatted)
            if tag == end:
                return
            named = _TAG.match(raw)
            name = named[1].lower() if named else ""
            if _KEEP.match(raw) and name not in _VOID and not raw.endswith("/>"):
                at = self._kept(name, at)
            yield _Piece(self.source[tag:at], name)
            start = at

    def _kept(self, name: str, at: int) -> int:
        """Return the end of the element that starts before `at`."""
        depth = 1
        for found in re.finditer(rf"<(/?){re.escape(name)}(?=[\s/>])", self.source[at:], re.I):
            depth += -1 if found[1] else 1
            if not depth:
                return self._tag_end(at + found.end())
        return len(self.source)

    def _closing(self, name: str, at: int) -> tuple[int, int]:
        """Let titles and text areas be text between tags."""
        end, after = super()._closing(name, at)
        return (at, after) if name in ("title", "textarea") else (end, after)


def _grouped(pieces: Iterator[_Piece]) -> Iterator[Passage]:
    text: list[str] = []
    kept: list[str] = []
    before = ""
    for piece in pieces:
        full = len(kept) + len(piece.raw) >= MARKS
        if piece.name is not None and piece.name not in _BREAKS and not full:
            text.append(mark(len(kept)))
            kept.append(piece.raw)
        elif piece.name is None:
            plain = html.unescape(piece.raw)
            exact = piece.preformatted or plain.isspace()
            text.append(_marked(plain if exact else _SPACE.sub(" ", plain), kept))
        else:
            yield _trimmed("".join(text), kept, before)
            text, kept, before = [], [], piece.raw
    yield _trimmed("".join(text), kept, before)


def _trimmed(text: str, kept: Sequence[str], before: str) -> Passage:
    """Return a passage without the markup and the white space at the ends of its text."""
    whole = Passage(text, tuple(kept))
    start = _EDGE.match(text)
    first = start.end() if start else 0
    last = len(text)
    while last > first and _EDGE.fullmatch(text[last - 1]):
        last -= 1
    return Passage(
        text[first:last],
        tuple(kept),
        before + whole.written(text[:first]),
        whole.written(text[last:]),
    )


def _marked(text: str, kept: list[str]) -> str:
    """Return a text in which its own private characters are marks too."""

    def replaced(found: re.Match[str]) -> str:
        kept.append(found[0])
        return mark(len(kept) - 1)

    if len(kept) + len(_MARK.findall(text)) > MARKS:
        return _MARK.sub("\ufffd", text)
    return _MARK.sub(replaced, text)


def _number(one: str) -> int:
    return ord(one) - FIRST_MARK


def _text(text: str, markup: bool) -> str:
    return "".join(_ESCAPES.get(char, char) for char in text) if markup else text


__all__ = ["Passage", "mark", "passages", "plain"]
