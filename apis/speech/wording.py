"""Words as they are to be shown: punctuation that was spoken, profanities without their letters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sensorium.models.tasks import HeardWord

# English words whose letters but the first are hidden; so are their forms with these endings.
_PROFANITIES = frozenset(
    (
        *("fuck", "shit", "cunt", "bitch", "asshole", "bastard", "dick", "cock", "pussy", "slut"),
        *("whore", "fag", "faggot", "nigger", "nigga", "twat", "wanker", "motherfucker"),
        *("bullshit", "arsehole", "prick", "dickhead", "cocksucker"),
    )
)
_ENDINGS = ("", "s", "es", "ed", "er", "ers", "ing", "in", "y", "ty", "ting")
_PUNCTUATION = {
    ("full", "stop"): ".",
    ("question", "mark"): "?",
    ("exclamation", "mark"): "!",
    ("exclamation", "point"): "!",
    ("new", "line"): "\n",
    ("new", "paragraph"): "\n\n",
    ("period",): ".",
    ("comma",): ",",
    ("colon",): ":",
    ("semicolon",): ";",
    ("hyphen",): "-",
    ("ellipsis",): "…",
}


@dataclass(frozen=True, slots=True)
class Replacement:
    """Words to look for, and what to write instead."""

    search: str
    replace: str
    case_sensitive: bool


def masked(words: Sequence[HeardWord]) -> tuple[HeardWord, ...]:
    """Return words with profanities written like `f***`."""
    return tuple(
        replace(word, text=word.text[0] + "*" * (len(word.text) - 1))
        if _is_profane(word.text.lower())
        else word
        for word in words
    )


def punctuated(words: Sequence[HeardWord]) -> tuple[HeardWord, ...]:
    """Return words in which "comma", "question mark" and the like are written as signs."""
    return tuple(_punctuated(words))


def joined(words: Sequence[HeardWord]) -> str:
    """Return words as a text: signs stand at the word before them."""
    pieces: list[str] = []
    for word in words:
        sign = word.text in _SIGNS
        if pieces and not sign and not pieces[-1].endswith("\n"):
            pieces.append(" ")
        pieces.append(word.text)
    return "".join(pieces)


def normalized(text: str, replacements: Sequence[Replacement]) -> str:
    """Return a text with whole words replaced, in the order of the replacements."""
    for one in replacements:
        flags = 0 if one.case_sensitive else re.IGNORECASE
        pattern = re.compile(rf"(?<!\w){re.escape(one.search)}(?!\w)", flags)
        text = one.replace.join(pattern.split(text))
    return text


_SIGNS = frozenset(_PUNCTUATION.values())


def _punctuated(words: Sequence[HeardWord]) -> Iterator[HeardWord]:
    at = 0
    while at < len(words):
        for length in (2, 1):
            some = words[at : at + length]
            sign = _PUNCTUATION.get(tuple(word.text.lower() for word in some))
            if sign is not None:
                sure = min(word.confidence for word in some)
                yield HeardWord(sign, some[0].start, some[-1].end, sure)
                at += length
                break
        else:
            yield words[at]
            at += 1


def _is_profane(word: str) -> bool:
    return any(
        word.removesuffix(ending) in _PROFANITIES for ending in _ENDINGS if word.endswith(ending)
    )
