"""Chunks of a document."""

from __future__ import annotations

from dataclasses import dataclass

from sensorium.models.tasks.layouts import PageSpan


@dataclass(frozen=True, slots=True)
class Margin:
    """The text of a header or footer and its pages."""

    text: str
    pages: PageSpan


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document: its text as Markdown, the ids of its blocks, and its pages.

    `headers` and `footers` are those of its pages.
    """

    text: str
    blocks: tuple[int, ...]
    pages: PageSpan
    headers: tuple[Margin, ...] = ()
    footers: tuple[Margin, ...] = ()
