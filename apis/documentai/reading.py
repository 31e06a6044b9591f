"""A document as a parser gets it: its pages, and its text with the place of every word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sensorium.apis.core import Call
from sensorium.apis.documentai.opening import File
from sensorium.apis.documentai.sheets import Sheet
from sensorium.models.extraction import PlacedText
from sensorium.models.tasks import DocumentPage


@dataclass(frozen=True, slots=True)
class Reading:
    """A document that was read.

    `placed` has the text of `Document.text` and its words in pixels of their pages, which count
    from 0; `sizes` are the pages' widths and heights, `spans` where each page's text begins and
    ends. A document that came as JSON has no `file` and no `sheets`.
    """

    file: File | None
    sheets: tuple[Sheet, ...]
    placed: PlacedText
    sizes: Sequence[tuple[float, float]]
    spans: Sequence[tuple[int, int]]

    def texts(self) -> list[str]:
        """Return the text of each page."""
        return [self.placed.text[start:end] for start, end in self.spans]

    async def paper(self, index: int, call: Call) -> DocumentPage | None:
        """Return a page's picture again, None where there is no file to take it from."""
        if self.file is None or not self.sheets:
            return None
        return await self.file.page(self.sheets[index].number, call)
