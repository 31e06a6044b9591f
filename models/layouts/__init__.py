"""Documents as trees of blocks, and trees in chunks.

    sheet(document, index, ...)   a page as far as its layout goes, one page in memory at a time
    from_pages(sheets, pages)     pages of a PDF or a scan
    chunks(layout, size)          pieces of a document for search, with what stands above them

DOCX, PPTX, XLSX, HTML and Markdown are read by engines in the sandbox (`models/tasks/layouts.py`),
which use what is here:

tree.py        blocks in a row to a tree with ids
markup.py      elements of HTML
archive.py     what can be told of an office file before it is opened
wordprocessing.py numbering.py        DOCX
presentation.py                       PPTX
spreadsheet.py cellformat.py grid.py  XLSX
sheet.py typography.py margins.py flow.py pages.py   pages, by geometry and type
chunk.py markdown.py                  chunks, and blocks as Markdown

Blocks are values of `models/tasks/layouts.py`.
"""

from collections.abc import Sequence

from sensorium.models.layouts import pages as _pages
from sensorium.models.layouts.chunk import Chunk, Margin, chunks
from sensorium.models.layouts.sheet import Sheet, sheet
from sensorium.models.layouts.tree import selected
from sensorium.models.tasks.layouts import Layout

__all__ = ["Chunk", "Margin", "Sheet", "chunks", "from_pages", "selected", "sheet"]


def from_pages(sheets: Sequence[Sheet], pages: int) -> Layout:
    """Return the tree of some pages of a document that has `pages`.

    Headings are told by the size and weight of their type, headers and footers by standing at the
    edge and coming again on other pages or holding a page number. Tables are those that
    `models/forms` finds. A paragraph that goes on over a page's end is one block.
    """
    return _pages.layout(sheets, pages)
