"""DOCX, by python-docx."""

from __future__ import annotations

import io

from sensorium.models.layouts import archive, tree, wordprocessing
from sensorium.models.registry import engine
from sensorium.models.tasks import Layout, WordReader


@engine(
    "python-docx",
    task=WordReader,
    requires=("docx",),
    isolated=True,
    concurrency=2,
    memory="60MB",
    rank=10,
)
class PythonDocx:
    """Read DOCX: headings by their styles, lists, tables with spans, headers and footers."""

    def __init__(self) -> None:
        import docx

        self._open = docx.Document

    def word(self, content: bytes) -> Layout:
        """Return a document; pages are those at whose breaks Word last saw it."""
        archive.check(content, "DOCX", "word/document.xml")
        with archive.reading("DOCX"):
            reader = wordprocessing.Reader(self._open(io.BytesIO(content)))
            blocks = reader.blocks()
        return tree.layout(blocks, reader.page)
