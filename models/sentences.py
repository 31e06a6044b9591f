"""Sentences of a text, each with its exact place in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What the splitter sees at once, and so the longest sentence. Two quadratic costs are bounded by
# it: sentencex counts characters from the start of its text for each boundary in non-ASCII text,
# and VADER looks every word of a sentence up in the sentence when it holds a "but".
WINDOW = 5_000

# A byte order mark and a zero-width space draw nothing, yet `str.strip` keeps them.
_BLANK = re.compile(r"[\s\ufeff\u200b]*")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence without the white space around it; `start` and `end` count code points."""

    text: str
    start: int
    end: int


def is_blank(text: str) -> bool:
    """Tell whether a text has no sentence because it draws nothing."""
    return _BLANK.fullmatch(text) is not None


def split(text: str, language: str = "en") -> list[Sentence]:
    """Return the sentences of a text in order; what lies between two is white space only.

    `language` is a BCP-47 code; one that sentencex has no rules for gets its general ones. A
    sentence of more than WINDOW code points is cut, after a space where there is one.
    """
    found = (_trimmed(text, start, end) for start, end in _stretches(text, language))
    return [sentence for sentence in found if sentence is not None]


def _stretches(text: str, language: str) -> Iterator[tuple[int, int]]:
    """Yield where sentences start and end, one after the other without a gap."""
    from sentencex import get_sentence_boundaries

    code = language.partition("-")[0].lower()
    start = 0
    while start < len(text):
        window = text[start : start + WINDOW]
        ends = [boundary["end_index"] for boundary in get_sentence_boundaries(code, window)]
        if start + len(window) < len(text):
            # The last sentence may go on behind the window: look at it again from its start.
            ends = ends[:-1] or [_last_space(window)]
        base = start
        for end in ends:
            yield start, base + end
            start = base + end


def _last_space(window: str) -> int:
    """Return the end of the last white space of a window, or of the window where there is none."""
    for index in range(len(window), 0, -1):
        if window[index - 1].isspace():
            return index
    return len(window)


def _trimmed(text: str, start: int, end: int) -> Sentence | None:
    """Return the stretch without its white space, or None when nothing is left."""
    match = _BLANK.match(text, start, end)
    start = match.end() if match else start
    while end > start and _BLANK.fullmatch(text[end - 1]):
        end -= 1
    return Sentence(text[start:end], start, end) if start < end else None
