"""Splitting: where one document ends and the next starts in a stack of pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensorium.models.errors import InvalidArgument
from sensorium.models.extraction.classes import Classifier, Matrix

_COUNTED = re.compile(
    r"(?i)\b(?:page|seite|p[aá]gina|pagina|p\.)\s*(\d{1,4})\s*(?:of|/|von|de|sur|di)\s*(\d{1,4})\b"
)
_ALIKE = 0.35  # cosine above which two pages of one class are one document


@dataclass(frozen=True, slots=True)
class Split:
    """A document in a stack: its first and last page from 0, its class or "", its confidence."""

    first: int
    last: int
    label: str
    confidence: float


def split(
    texts: Sequence[str], vectors: Sequence[Sequence[float]] | Matrix, classifier: Classifier
) -> list[Split]:
    """Return the documents of a stack, whose pages have these texts and vectors.

    "Page 2 of 3" decides where it is printed. Else a page starts a document when its class is
    another than that of the page before, or when the two are of one class and not alike. A page
    without a class goes on.
    """
    if len(texts) != len(vectors):
        raise InvalidArgument(f"There are {len(texts)} pages and {len(vectors)} vectors.")
    if not len(texts):
        return []
    classes = classifier.classify(vectors)
    rows = np.asarray(vectors, np.float32)
    found: list[list[int]] = [[0]]
    label = classes[0].label
    for index in range(1, len(texts)):
        continues = _continues(texts[index - 1], texts[index])
        if continues is None:
            own = classes[index].label
            alike = float(rows[index] @ rows[index - 1]) >= _ALIKE
            continues = not own or (own == label and alike)
        if continues:
            found[-1].append(index)
            label = label or classes[index].label
        else:
            found.append([index])
            label = classes[index].label
    return [_named(pages, classifier, rows) for pages in found]


def _continues(before: str, text: str) -> bool | None:
    """Tell whether page numbers say that a page goes on, None if they say nothing."""
    here, there = _COUNTED.search(text), _COUNTED.search(before)
    if here is None:
        return False if there is not None and there[1] == there[2] else None
    if here[1] == "1":
        return False
    if there is None:
        return True
    return int(here[1]) == int(there[1]) + 1 and here[2] == there[2]


def _named(pages: Sequence[int], classifier: Classifier, rows: Matrix) -> Split:
    """Return a document's class by the mean vector of its pages."""
    mean = rows[list(pages)].mean(axis=0, keepdims=True)
    length = float(np.linalg.norm(mean)) or 1.0
    one = classifier.classify(mean / length)[0]
    return Split(pages[0], pages[-1], one.label, one.confidence)
