"""How a word is written, for an encoder that sees small letters only.

Three facts a token, each the row of a table: the letters of its word, what stands before the word,
and how much of the text is capitals.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

TABLES = {"letters": 10, "before": 8, "text": 6}

_URL = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+")
_ENDS = ".!?:;\"“”'‘(*-|"


def letters(word: str) -> int:
    """Return the row of a word's letters."""
    if word.isdigit():
        return 6
    if not any(character.isalpha() for character in word):
        return 8
    if not word.isalpha():
        return 7
    if word.islower():
        return 1
    if word.isupper():
        return 3 if len(word) == 1 else 4
    if word[0].isupper() and word[1:].islower():
        return 2
    return 5 if not word.isupper() and word.lower() != word else 9


def capitals(words: Sequence[str]) -> int:
    """Return the row of a text: how many of its longer words begin with a capital."""
    known = [word for word in words if len(word) > 3 and word.isalpha()]
    if not known:
        return 0
    upper = sum(word.isupper() for word in known) / len(known)
    first = sum(word[0].isupper() for word in known) / len(known)
    if upper > 0.7:
        return 5
    if first == 0:
        return 1
    return 2 if first < 0.4 else 3 if first < 0.75 else 4


def shapes(
    text: str, words: Sequence[int | None], offsets: Sequence[tuple[int, int]]
) -> NDArray[np.int64]:
    """Return tokens x 3 rows; `words` numbers the word of each token, None for special ones."""
    found = np.zeros((len(words), len(TABLES)), np.int64)
    places: dict[int, list[int]] = {}
    for token, word in enumerate(words):
        if word is not None:
            places.setdefault(word, []).append(token)
    bounds = [(offsets[at[0]][0], offsets[at[-1]][1]) for at in places.values()]
    written = [text[start:end] for start, end in bounds]
    links = [match.span() for match in _URL.finditer(text)]
    whole = capitals(written)
    for tokens, (start, end), form in zip(places.values(), bounds, written, strict=True):
        found[tokens] = (letters(form), _before(text, start, end, links), whole)
    return found


def _before(text: str, start: int, end: int, links: Sequence[tuple[int, int]]) -> int:
    """Return the row of what stands before a word."""
    if any(first <= start and end <= last for first, last in links):
        return 1
    if start == 0:
        return 2
    near = text[start - 1]
    if near == "@":
        return 3
    if near == "#":
        return 4
    if near.isspace():
        back = text[:start].rstrip()
        return 2 if not back else 5 if back[-1] in _ENDS else 6
    return 7
