"""XLSX, by openpyxl."""

from __future__ import annotations

import io

from sensorium.models.layouts import archive, spreadsheet, tree
from sensorium.models.registry import engine
from sensorium.models.tasks import Layout, WorkbookReader


@engine(
    "openpyxl",
    task=WorkbookReader,
    requires=("openpyxl",),
    isolated=True,
    concurrency=2,
    memory="80MB",
    rank=10,
)
class Openpyxl:
    """Read XLSX: a page for each visible sheet, its name as a heading, cells as tables."""

    def __init__(self) -> None:
        import openpyxl

        self._open = openpyxl.load_workbook

    def workbook(self, content: bytes) -> Layout:
        """Return the visible sheets in order, their cells as they are shown.

        A formula is its value when the workbook was saved; without one, its cell is empty.
        """
        archive.check(content, "XLSX", "xl/workbook.xml")
        with archive.reading("XLSX"):
            opened = self._open(io.BytesIO(content), data_only=True)
            shown = [sheet for sheet in opened.worksheets if sheet.sheet_state == "visible"]
            pages = [spreadsheet.blocks(sheet, i) for i, sheet in enumerate(shown, start=1)]
        return tree.layout([block for page in pages for block in page], max(1, len(pages)))
