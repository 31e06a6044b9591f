"""The text that an HTML document shows, with the place of each character in its source.

The tokens are those of the HTML standard (html.spec.whatwg.org, 13.2.5 Tokenization). The
standard library's parser tells neither where a decoded reference stood nor, before Python
3.13.6, ends in linear time on unclosed markup; this scanner passes over each character once.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from dataclasses import dataclass, field

# Everything that a browser starts on a line of its own (15.3 Flow content and tables), and what
# separates one choice or cell from the next.
BLOCKS = frozenset(
    "address article aside blockquote body button caption center dd details dialog dir div dl dt "  # noqa: SIM905
    "fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html "
    "legend li listing main menu nav ol optgroup option p pre search section select summary table "
    "tbody td textarea tfoot th thead title tr ul xmp".split()
)
# Elements whose content is not markup and is not shown.
HIDDEN = frozenset(("iframe", "noembed", "noframes", "noscript", "script", "style", "template"))
# Elements whose content is text with references, never tags.
TEXT_ONLY = frozenset(("textarea", "title"))
PREFORMATTED = frozenset(("listing", "pre", "textarea", "xmp"))

_NAME = re.compile(r"[A-Za-z][^\s/>]*+")
# One attribute, or the junk between two; a quoted value may hold ">".
_ATTRIBUTE = re.compile(
    r"""
    [\s/]++ |
    [^\s/>][^\s/>=]*+ (?: \s*+ = \s*+ (?: "[^"]*+" | '[^']*+' | [^\s"'>][^\s>]*+ )?+ )?+
    """,
    re.VERBOSE,
)
# White space that collapses, a character reference (13.2.5.72), or a run of anything else. The
# digits are limited because `int` refuses more than 4,300.
_PIECE = re.compile(
    r"""
    [ \t\n\f\r]++ |
    & (?: \#[xX][0-9A-Fa-f]{1,4000}+;? | \#[0-9]{1,4000}+;? | [A-Za-z][A-Za-z0-9]{0,31}+;? )?+ |
    [^ \t\n\f\r&]++
    """,
    re.VERBOSE,
)
_COLLAPSES = frozenset(" \t\n\f\r")


@dataclass(slots=True)
class Block:
    """Text that a sentence may run through, and where each of its characters comes from.

    White space is collapsed outside of preformatted elements, `<br>` is a line feed, references
    are decoded.
    """

    _pieces: list[str] = field(default_factory=list)
    _at: list[int] = field(default_factory=list)
    _source: list[int] = field(default_factory=list)
    _length: int = 0
    spaced: bool = True  # whether white space that follows would collapse into what is there

    @property
    def text(self) -> str:
        """Return the block's text."""
        return "".join(self._pieces)

    def source(self, index: int) -> int:
        """Return the code point in the source at which character `index` of the text starts."""
        run = bisect_right(self._at, index) - 1
        return self._source[run] + index - self._at[run]

    def add(self, text: str, source: int) -> None:
        """Append text that the source has at code point `source`."""
        if not text:
            return
        self.spaced = text[-1] in _COLLAPSES
        self._pieces.append(text)
        self._at.append(self._length)
        self._source.append(source)
        self._length += len(text)

    def __bool__(self) -> bool:
        """Tell whether there is any text."""
        return bool(self._pieces)


def blocks(source: str) -> list[Block]:
    """Return the shown text of an HTML document, block by block in the order of the source.

    Scripts, styles, comments and attributes are left out. Any string is accepted, as browsers do.
    """
    return Scanner(source).scan()


class Scanner:
    """One pass over a document."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.found = [Block()]
        self.preformatted = 0

    def scan(self) -> list[Block]:
        """Return the blocks that hold text."""
        at, end = 0, len(self.source)
        while at < end:
            tag = self.source.find("<", at)
            if tag < 0:
                tag = end
            self._text(at, tag)
            at = self._markup(tag) if tag < end else end
        return [block for block in self.found if block]

    def _markup(self, at: int) -> int:
        """Read what starts with the `<` at `at`; return where the text goes on."""
        source = self.source
        if source.startswith("<!--", at):
            return self._after("-->", at + 2)
        if name := _NAME.match(source, at + 1):
            return self._start_tag(name[0].lower(), at, self._tag_end(name.end()))
        if name := _NAME.match(source, at + 2) if source.startswith("</", at) else None:
            return self._end_tag(name[0].lower(), self._tag_end(name.end()))
        if source.startswith(("<!", "<?", "</"), at) and at + 2 < len(source):
            return self._after(">", at + 2)  # a bogus comment: declarations, CDATA, `</3>`
        self._text(at, at + 1)
        return at + 1

    def _after(self, end: str, at: int) -> int:
        """Return the place after the next `end`, or the end of the source."""
        found = self.source.find(end, at)
        return len(self.source) if found < 0 else found + len(end)

    def _tag_end(self, at: int) -> int:
        """Return the place after the `>` that closes a tag whose name ends at `at`."""
        while attribute := _ATTRIBUTE.match(self.source, at):
            at = attribute.end()
            if attribute[0].rstrip().endswith("=") and self.source.startswith(('"', "'"), at):
                return len(self.source)  # a quote that never closes
        return self._after(">", at)

    def _start_tag(self, name: str, start: int, at: int) -> int:
        """Act on a start tag from `start` to `at`; return where the text goes on."""
        if name in HIDDEN:
            return self._closing(name, at)[1]
        if name == "br":
            self.found[-1].add("\n", start)
        if name in BLOCKS:
            self.found.append(Block())
        if name in PREFORMATTED:
            self.preformatted += 1
        if name in TEXT_ONLY:
            end, _ = self._closing(name, at)
            self._text(at, end)
            return end
        return at

    def _end_tag(self, name: str, at: int) -> int:
        """Act on an end tag that ends at `at`; return where the text goes on."""
        if name in BLOCKS:
            self.found.append(Block())
        if name in PREFORMATTED and self.preformatted:
            self.preformatted -= 1
        return at

    def _closing(self, name: str, at: int) -> tuple[int, int]:
        """Return where the end tag of an element without markup starts and ends."""
        end = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(self.source, at)
        if end is None:
            return len(self.source), len(self.source)
        return end.start(), self._tag_end(end.end())

    def _text(self, start: int, end: int) -> None:
        """Append the text between two places of the source to the current block."""
        block = self.found[-1]
        for piece in _PIECE.finditer(self.source, start, end):
            text = piece[0]
            if text[0] == "&":
                for character in html.unescape(text):
                    block.add(character, piece.start())
                continue
            if text[0] in _COLLAPSES and not self.preformatted:
                text = "" if block.spaced else " "
            block.add(text, piece.start())
