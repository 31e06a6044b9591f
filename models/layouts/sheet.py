"""A page as it goes into a layout."""

from __future__ import annotations

from dataclasses import dataclass

from sensorium.models.tasks.pictures import Page, Pixels, Rule


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page laid out by `models/pages`, with the pixels and vector rules of its `DocumentPage`.

    Without pixels, nothing tells bold type, and no table whose rules are drawn in pixels alone.
    """

    page: Page
    pixels: Pixels | None = None
    rules: tuple[Rule, ...] = ()
