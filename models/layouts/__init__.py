"""Documents as trees of blocks, and trees in chunks.

    from_pages(sheets)            pages of a PDF or a scan
    from_html(source)             HTML
    from_markdown(source)         Markdown (CommonMark with tables)
    LayoutReader.layout(content)  DOCX, PPTX, XLSX: an engine in the sandbox (`models/tasks`)
    chunks(layout, size)          pieces of a document for search, with what stands above them

Blocks are values of `models/tasks/layouts.py`.
"""

from collections.abc import Sequence

from sensorium.models.layouts.chunk import Chunk, Margin
from sensorium.models.layouts.sheet import Sheet
from sensorium.models.tasks.layouts import Layout

__all__ = ["Chunk", "Margin", "Sheet", "chunks", "from_html", "from_markdown", "from_pages"]


def from_pages(sheets: Sequence[Sheet]) -> Layout:
    """Return the tree of pages that were read.

    Headings are told by the size and weight of their type, headers and footers by standing at the
    edge and coming again on other pages or holding a page number. Tables are those that
    `models/forms` finds. A paragraph that goes on over a page's end is one block.
    """
    raise NotImplementedError


def from_html(source: str) -> Layout:
    """Return the tree of an HTML document, which is one page; any string is accepted."""
    raise NotImplementedError


def from_markdown(source: str) -> Layout:
    """Return the tree of a Markdown document, which is one page; any string is accepted."""
    raise NotImplementedError


def chunks(layout: Layout, size: int = 500, ancestor_headings: bool = False) -> list[Chunk]:
    """Return a document in chunks of at most `size` tokens, in reading order.

    A chunk never mixes sections: it ends where a heading starts. Blocks are kept whole unless one
    alone is larger; that one is cut between its sentences, rows or entries, and at the last between
    words. Tokens are words and punctuation marks. With `ancestor_headings`, the headings above a
    chunk stand before its text and count. Tables are written as Markdown. Headers and footers are
    in no chunk's text. Raises InvalidArgument for a size below 1.
    """
    raise NotImplementedError
