"""Words as they are to be shown: spoken signs and emojis, profanities without their letters."""

from __future__ import annotations

import re
import unicodedata
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
_LONGEST_NAME = 6  # words
_FIRST_EMOJI = 0x2600
_CALLED = {
    "heart": "HEAVY BLACK HEART",
    "red heart": "HEAVY BLACK HEART",
    "smiley": "SMILING FACE WITH OPEN MOUTH",
    "smiley face": "SMILING FACE WITH OPEN MOUTH",
    "happy face": "SMILING FACE WITH SMILING EYES",
    "smile": "SMILING FACE WITH SMILING EYES",
    "sad face": "DISAPPOINTED FACE",
    "laughing": "FACE WITH TEARS OF JOY",
    "laughing face": "FACE WITH TEARS OF JOY",
    "tears of joy": "FACE WITH TEARS OF JOY",
    "wink": "WINKING FACE",
    "kiss": "FACE THROWING A KISS",
    "thumbs up": "THUMBS UP SIGN",
    "thumbs down": "THUMBS DOWN SIGN",
    "praying hands": "PERSON WITH FOLDED HANDS",
    "folded hands": "PERSON WITH FOLDED HANDS",
    "clap": "CLAPPING HANDS SIGN",
    "party": "PARTY POPPER",
    "star": "WHITE MEDIUM STAR",
    "sun": "BLACK SUN WITH RAYS",
    "check mark": "WHITE HEAVY CHECK MARK",
    "poop": "PILE OF POO",
    "hundred": "HUNDRED POINTS SYMBOL",
    "one hundred": "HUNDRED POINTS SYMBOL",
    "dog": "DOG FACE",
    "cat": "CAT FACE",
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


def pictured(words: Sequence[HeardWord]) -> tuple[HeardWord, ...]:
    """Return words in which "thumbs up emoji" and the like are written as that character.

    The names are those of Unicode, and a few that people say.
    """
    found: list[HeardWord] = []
    for word in words:
        if word.text.lower() not in ("emoji", "emojis"):
            found.append(word)
            continue
        for length in range(min(_LONGEST_NAME, len(found)), 0, -1):
            named = found[-length:]
            if picture := _emoji(" ".join(one.text for one in named)):
                sure = min(one.confidence for one in [*named, word])
                found[-length:] = [replace(named[0], text=picture, end=word.end, confidence=sure)]
                break
        else:
            found.append(word)
    return tuple(found)


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


def _emoji(name: str) -> str:
    """Return the emoji of a name, empty if there is none."""
    wanted = _CALLED.get(name.lower(), name.upper())
    for ending in ("", " SIGN", " SYMBOL", " FACE"):
        try:
            found = unicodedata.lookup(wanted + ending)
        except KeyError:
            continue
        if unicodedata.category(found) == "So" and ord(found) >= _FIRST_EMOJI:
            return found if unicodedata.east_asian_width(found) == "W" else f"{found}\ufe0f"
    return ""


_SIGNS = frozenset(_PUNCTUATION.values())


def _punctuated(words: Sequence[HeardWord]) -> Iterator[HeardWord]:
    at = 0
    while at < len(words):
        for length in (2, 1):
            some = words[at : at + length]
            sign = _PUNCTUATION.get(tuple(word.text.lower() for word in some))
            if sign is not None:
                sure = min(word.confidence for word in some)
                yield replace(some[0], text=sign, end=some[-1].end, confidence=sure)
                at += length
                break
        else:
            yield words[at]
            at += 1


def _is_profane(word: str) -> bool:
    return any(
        word.removesuffix(ending) in _PROFANITIES for ending in _ENDINGS if word.endswith(ending)
    )
