"""The clauses of a sentence: what is said of one thing, apart from what is said of the next."""

from __future__ import annotations

import re
from functools import lru_cache

# Words that begin a clause of another direction, wherever they stand between two words.
_CONTRAST = {
    "en": "but|however|although|though|whereas|while|yet|except|unlike|despite|nevertheless",
    "de": "aber|jedoch|obwohl|während|doch|dagegen|trotzdem|nur",
    "fr": "mais|cependant|pourtant|bien que|alors que|tandis que|toutefois|malgré",
    "es": "pero|sin embargo|aunque|mientras que|no obstante|salvo|excepto",
    "it": "ma|però|tuttavia|anche se|mentre|sebbene|eccetto",
}
# "and" begins a clause where a subject follows; in a list it does not.
_SUBJECTS = {
    "en": r"and (?=(?:the|this|that|these|it|we|i|they|he|she|you|my|our|his|her|its|their)\b)",
    "de": r"und (?=(?:der|die|das|dieser?|es|wir|ich|sie|er|mein|unser|ihr)\b)",
    "fr": r"et (?=(?:le|la|les|ce|cette|il|elle|nous|je|ils|elles|on|mon|ma|notre)\b|l['’])",
    "es": r"y (?=(?:el|la|los|las|este|esta|nosotros|yo|ellos|mi|nuestro|nuestra)\b)",
    "it": r"e (?=(?:il|la|lo|i|gli|le|questo|questa|noi|io|loro|mio|mia|nostro)\b|l['’])",
}
_WORDS = 2  # a clause has at least so many


def split(sentence: str, language: str) -> list[tuple[int, int]]:
    """Return where the clauses of a sentence start and end, without white space around them.

    The whole sentence is the one clause where nothing divides it.
    """
    borders = [0]
    for match in _pattern(language.partition("-")[0]).finditer(sentence):
        at = match.end() if match[0].strip() in {";", ":", "–", "—"} else match.start()
        enough = len(sentence[borders[-1] : at].split()) >= _WORDS
        if enough and len(sentence[at:].split()) >= _WORDS:
            borders.append(at)
    spans = zip(borders, [*borders[1:], len(sentence)], strict=True)
    return [_trimmed(sentence, start, end) for start, end in spans]


@lru_cache(16)
def _pattern(language: str) -> re.Pattern[str]:
    """Return what may divide clauses in a language."""
    words = _CONTRAST.get(language, r"(?!)")
    subjects = _SUBJECTS.get(language, r"(?!)")
    return re.compile(
        rf"(?<=\s)(?:{words})\b|(?<=,\s)(?:{words})\b|(?<=,\s){subjects}|[;:](?=\s)|\s[–—](?=\s)",
        re.IGNORECASE,
    )


def _trimmed(sentence: str, start: int, end: int) -> tuple[int, int]:
    """Return a stretch without white space and commas at its ends."""
    text = sentence[start:end]
    start += len(text) - len(text.lstrip(" \t\n,"))
    return start, end - (len(text) - len(text.rstrip(" \t\n,")))
