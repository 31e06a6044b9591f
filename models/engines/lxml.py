"""HTML and Markdown, by lxml and markdown-it."""

from __future__ import annotations

import codecs
import re

from sensorium.models.errors import InvalidArgument
from sensorium.models.layouts import markup, tree
from sensorium.models.registry import engine
from sensorium.models.tasks import Layout, MarkupReader

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PRESCAN = 1024  # bytes in which a page names its encoding (HTML standard, 13.2.3.2)
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n.*?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)


@engine(
    "lxml",
    task=MarkupReader,
    requires=("lxml", "markdown_it"),
    isolated=True,
    concurrency=2,
    memory="60MB",
    rank=10,
)
class Lxml:
    """Read HTML and Markdown (CommonMark with tables): headings, lists, tables, text."""

    def __init__(self) -> None:
        from lxml import html
        from markdown_it import MarkdownIt

        self._html = html
        self._markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])

    def html(self, content: bytes) -> Layout:
        """Return an HTML document; its encoding is what it says, else UTF-8 or Windows-1252."""
        return self._layout(_decoded(content))

    def markdown(self, content: bytes) -> Layout:
        """Return a Markdown document; front matter is left out, HTML within it is read."""
        source = _decoded(content)
        if matter := _FRONT_MATTER.match(source):
            source = source[matter.end() :]
        return self._layout(self._markdown.render(source))

    def _layout(self, source: str) -> Layout:
        if not source.strip():
            return Layout((), 1)
        parser = self._html.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True)
        try:
            root = self._html.document_fromstring(source.encode("utf-8", "replace"), parser)
            # what stands behind </html> comes as further roots; browsers show it
            return tree.layout(markup.blocks(root, *root.itersiblings("html")), 1)
        except RecursionError:
            raise InvalidArgument("The document's elements nest too deeply.") from None
        except self._html.etree.ParserError:  # nothing but comments
            return Layout((), 1)


def _decoded(content: bytes) -> str:
    """Return the text of a document in the encoding that it names, or that fits."""
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return content.decode(encoding, "replace").removeprefix("\ufeff")
    if named := _CHARSET.search(content[:_PRESCAN]):
        try:
            return content.decode(named[1].decode("ascii"), "replace")
        except (LookupError, UnicodeError):  # no encoding, or one that is none for text
            pass
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
