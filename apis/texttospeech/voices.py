"""Voices under Google's names, and which one a request gets.

The voices of a language become `LANGUAGE-Standard-LETTER`, as Google's are called. The other
families of Google (`Wavenet`, `Neural2`, `Studio` ...) are understood, never listed: a name that
existing code asks for gets the local voice of the same language, letter and gender.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from babel.core import get_global

from sensorium.models.errors import InvalidArgument
from sensorium.models.pool import Models
from sensorium.models.tasks import Gender, SpeechSynthesizer, Voice

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# genders of Google's voices A, B, C ...; elsewhere women and men take turns
_PATTERNS = {
    "en-US": "MMFMFFFFMM",
    "ar-XA": "FMMF",
    "cmn-CN": "FMMF",
    "es-ES": "FMFF",
    "en-IN": "FMMF",
    "hi-IN": "FMMF",
    "id-ID": "FMMF",
    "it-IT": "FFMM",
    "ja-JP": "FFMM",
    "ko-KR": "FFMM",
    "nl-NL": "FMMFF",
    "pl-PL": "FMMFF",
    "sv-SE": "FFFMM",
    "tr-TR": "FMFFM",
}
_GENDERS: Mapping[str, Gender] = {"F": "FEMALE", "M": "MALE"}
_NAME = re.compile(
    r"(?P<language>[a-z]{2,3}(?:-[a-z0-9]{1,8})*?)-"
    r"(?:standard|wavenet|neural2|news|studio|polyglot|casual|chirp-hd|chirp3-hd|journey)-"
    r"(?P<which>[a-z]|[0-9]|[a-z]{3,20})",
    re.IGNORECASE,
)
# Google's Chirp 3 voices have names of stars
_STARS: Mapping[str, Gender] = {
    "achernar": "FEMALE", "achird": "MALE", "algenib": "MALE", "algieba": "MALE",
    "alnilam": "MALE", "aoede": "FEMALE", "autonoe": "FEMALE", "callirrhoe": "FEMALE",
    "charon": "MALE", "despina": "FEMALE", "enceladus": "MALE", "erinome": "FEMALE",
    "fenrir": "MALE", "gacrux": "FEMALE", "iapetus": "MALE", "kore": "FEMALE",
    "laomedeia": "FEMALE", "leda": "FEMALE", "orus": "MALE", "puck": "MALE",
    "pulcherrima": "FEMALE", "rasalgethi": "MALE", "sadachbia": "MALE", "sadaltager": "MALE",
    "schedar": "MALE", "sulafat": "FEMALE", "umbriel": "MALE", "vindemiatrix": "FEMALE",
    "zephyr": "FEMALE", "zubenelgenubi": "MALE",
}  # fmt: skip
_TAG = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8})*", re.IGNORECASE)
# tags that mean a language which is listed under another code, or that need a region
_ALIASES = {
    "zh": "cmn", "no": "nb", "iw": "he", "in": "id", "mo": "ro", "ji": "yi",
    "zh-hk": "yue", "zh-mo": "yue", "en": "en-US", "pt": "pt-BR",
}  # fmt: skip
# regions that CLDR does not tell, or that Google writes otherwise
_REGIONS = {"cmn": "CN", "ar": "XA", "en": "US"}
_PARENTS = {"en-001": "en-GB"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A voice with its public name and language."""

    name: str
    language: str
    voice: Voice


class Catalog:
    """The voices of one engine, by Google's names and by the engine's own."""

    def __init__(self, voices: tuple[Voice, ...]) -> None:
        grouped: dict[str, list[Voice]] = defaultdict(list)
        for voice in voices:
            grouped[_full(voice.languages)].append(voice)
        self._languages = {
            language: tuple(_named(language, grouped[language])) for language in sorted(grouped)
        }
        self._codes = {code.lower(): code for code in self._languages}
        for language, listed in self._languages.items():
            for one in listed:
                for code in one.voice.languages:
                    self._codes.setdefault(code.lower(), language)
        self._own = {one.voice.name: one for one in self} | {one.name: one for one in self}

    def __iter__(self) -> Iterator[Listed]:
        """Return every voice, by language and letter."""
        return (one for listed in self._languages.values() for one in listed)

    def language(self, code: str) -> str | None:
        """Return the listed language that serves a BCP-47 code; another region if need be."""
        for candidate in _candidates(code):
            if found := self._codes.get(candidate.lower()):
                return found
        return None

    def usable(self, code: str) -> tuple[Listed, ...]:
        """Return the voices for a language code: all that it is a prefix of, or its stand-in's."""
        asked = f"{code.lower()}-"
        found = tuple(one for one in self if f"{one.language.lower()}-".startswith(asked))
        stand_in = self.language(code)
        return found or (self._languages[stand_in] if stand_in else ())

    def choose(
        self, code: str, name: str = "", gender: Gender | None = None, field: str = "voice"
    ) -> Listed:
        """Return the voice for a language, and a name or a gender; the name decides.

        Raises InvalidArgument for a language or a name that does not exist, or that contradict
        each other.
        """
        where = f"{field}.languageCode"
        if not code:
            raise InvalidArgument("A language code is required, such as en-US", field=where)
        language = self.language(code)
        if language is None:
            raise InvalidArgument(
                f"No voice speaks {code[:40]!r}", field=where, hint="voices.list tells the codes."
            )
        if not name:
            return self._by_gender(language, gender, 0)
        chosen = self.find(name, gender)
        if chosen is None:
            raise InvalidArgument(
                f"The voice {name[:80]!r} does not exist",
                field=f"{field}.name",
                hint="voices.list tells the names.",
            )
        if chosen.language.partition("-")[0] != language.partition("-")[0]:
            raise InvalidArgument(
                f"The voice {name!r} speaks {chosen.language}, not {code!r}", field=where
            )
        return chosen

    def find(self, name: str, gender: Gender | None = None) -> Listed | None:
        """Return the voice with a listed or an engine's own name, or that Google's stands for."""
        if name in self._own:
            return self._own[name]
        found = _NAME.fullmatch(name)
        language = self.language(found["language"]) if found else None
        if found is None or language is None:
            return None
        which = found["which"]
        if len(which) > 1:
            star = _STARS.get(which.lower())
            return self._by_gender(language, star, 0) if star else None
        letter = which.upper()
        for one in self._languages[language]:
            if one.name.endswith(f"-{letter}"):
                return one
        place = _LETTERS.find(letter) if letter.isalpha() else int(letter)
        turn: Gender = "MALE" if place % 2 else "FEMALE"
        return self._by_gender(language, gender or turn, place // 2)

    def _by_gender(self, language: str, gender: Gender | None, place: int) -> Listed:
        """Return the voice at `place` of a gender; any gender when there is none of it."""
        listed = self._languages[language]
        fitting = [one for one in listed if one.voice.gender == gender] or listed
        return fitting[place % len(fitting)]


_Known = dict[tuple[str | None, str | None], tuple[float, Catalog]]
_FRESH_SECONDS = 30.0  # after that an engine that was pulled meanwhile is noticed
_MOST_KNOWN = 256
_known: WeakKeyDictionary[Any, _Known] = WeakKeyDictionary()


async def voices_of(models: Models, language: str | None, engine: str | None = None) -> Catalog:
    """Return the voices of the engine that speaks a language, or of the named engine."""
    known = _known.setdefault(models, {})
    now = time.monotonic()
    asked, found = known.get((language, engine), (-_FRESH_SECONDS, None))
    if found is not None and now - asked < _FRESH_SECONDS:
        return found
    listed = await models.use(SpeechSynthesizer.voices, engine=engine, language=language)()
    found = await asyncio.to_thread(catalog, listed)
    if len(known) >= _MOST_KNOWN:
        known.clear()
    known[language, engine] = (now, found)
    return found


@lru_cache(maxsize=4)
def catalog(voices: tuple[Voice, ...]) -> Catalog:
    """Return the catalog of an engine's voices."""
    return Catalog(voices)


def check_tag(code: str, field: str) -> None:
    """Raise InvalidArgument unless `code` has the shape of a BCP-47 tag."""
    if not _TAG.fullmatch(code):
        raise InvalidArgument(f"{code[:40]!r} is not a BCP-47 language code", field=field)


def _named(language: str, voices: list[Voice]) -> Iterator[Listed]:
    """Yield a language's voices under letters whose genders are those of Google's voices."""
    waiting = {gender: [v for v in voices if v.gender == gender] for gender in _GENDERS.values()}
    neutral = [voice for voice in voices if voice.gender == "NEUTRAL"]
    pattern = _PATTERNS.get(language, "")
    for place, letter in enumerate(_LETTERS):
        wanted = _GENDERS[pattern[place] if place < len(pattern) else "FM"[place % 2]]
        queue = waiting[wanted] or (neutral if not any(waiting.values()) else [])
        if place >= len(pattern):
            queue = queue or next((some for some in waiting.values() if some), neutral)
        if queue:
            yield Listed(f"{language}-Standard-{letter}", language, queue.pop(0))


def _full(codes: tuple[str, ...]) -> str:
    """Return a voice's language with a region, as Google's codes have."""
    primary = codes[0].partition("-")[0]
    for code in codes:
        if re.fullmatch(rf"{primary}-(?:[A-Z]{{2}}|\d{{3}})", code):
            return code
    if codes[0] != primary:
        return codes[0]
    region = _REGIONS.get(primary) or _likely_region(primary)
    return f"{primary}-{region}" if region else primary


def _likely_region(primary: str) -> str | None:
    """Return the region where a language is likeliest spoken, as CLDR says; None for the world."""
    likely = get_global("likely_subtags").get(primary)
    region = str(likely).rpartition("_")[2] if likely else ""
    return region if re.fullmatch(r"[A-Z]{2}", region) else None


def _candidates(code: str) -> Iterator[str]:
    """Yield codes that may serve for a code, nearest first (CLDR's parent locales)."""
    tag = code.replace("_", "-")
    if not _TAG.fullmatch(tag):
        return
    yield _ALIASES.get(tag.lower(), tag)
    primary, *rest = tag.lower().split("-")
    known = (_ALIASES.get(tag.lower()) or _ALIASES.get(primary, primary)).partition("-")[0]
    if rest and len(rest[-1]) in (2, 3):
        yield f"{known}-{rest[-1]}"
    parent = get_global("parent_exceptions").get(
        "_".join([primary, *(part.upper() for part in rest)])
    )
    while parent:
        dashed = str(parent).replace("_", "-")
        yield _PARENTS.get(dashed, dashed)
        parent = get_global("parent_exceptions").get(parent)
    region = _REGIONS.get(known) or _likely_region(known)
    if region:
        yield f"{known}-{region}"
    yield known
