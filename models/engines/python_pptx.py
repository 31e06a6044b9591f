"""PPTX, by python-pptx."""

from __future__ import annotations

import io

from sensorium.models.layouts import archive, presentation, tree
from sensorium.models.registry import engine
from sensorium.models.tasks import Layout, SlideReader


@engine(
    "python-pptx",
    task=SlideReader,
    requires=("pptx",),
    isolated=True,
    concurrency=2,
    memory="70MB",
    rank=10,
)
class PythonPptx:
    """Read PPTX: a page for each slide, titles as headings, bullets as lists, tables."""

    def __init__(self) -> None:
        import pptx

        self._open = pptx.Presentation

    def slides(self, content: bytes) -> Layout:
        """Return the slides in order; pictures, charts and speaker's notes are left out."""
        archive.check(content, "PPTX", "ppt/presentation.xml")
        with archive.reading("PPTX"):
            opened = self._open(io.BytesIO(content))
            pages = [presentation.blocks(s, i) for i, s in enumerate(opened.slides, start=1)]
        return tree.layout([block for page in pages for block in page], max(1, len(pages)))
