"""Plain numbers in digits and in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from sensorium.models.quantities.conventions import Conventions, written
from sensorium.models.quantities.span import Quantity, Taken

# Scale words; "billion" is 10^9 in English and 10^12 elsewhere.
_SCALES: dict[str, dict[str, int]] = {
    "en": {"thousand": 3, "million": 6, "billion": 9, "trillion": 12},
    "de": {
        "tausend": 3, "million": 6, "millionen": 6, "mio": 6, "milliarde": 9, "milliarden": 9,
        "mrd": 9, "billion": 12, "billionen": 12,
    },
    "fr": {"mille": 3, "million": 6, "millions": 6, "milliard": 9, "milliards": 9},
    "es": {"mil millones": 9, "mil": 3, "millón": 6, "millones": 6, "billón": 12, "billones": 12},
    "it": {"mila": 3, "milione": 6, "milioni": 6, "miliardo": 9, "miliardi": 9},
}  # fmt: skip
# Number words that are other words as well, or articles.
_AMBIGUOUS = {
    "fr": {"neuf"},
    "it": {"sei"},
    "de": {"acht", "elf"},
    "es": set[str](),
    "en": {"ten-four"},
}
_ARTICLES = 2  # words for 0 and 1 are articles and pronouns too
_UNITS = (
    r"(?:kg|mg|g|km|cm|mm|m|mi|ft|lbs?|oz|ml|cl|l|kWh|kW|W|V|[KMGT]B|%|‰|°[CF]?|h|min|ms|s|px|x)"
    r"(?![\w])"
)
_TIME = r"(?:\s?[ap]\.?m\b|\s?Uhr\b|\s?o['’]clock\b|\s?h\d\d\b|\s?h(?:eures?|oras)?\b(?!\w))"
_ORDINAL_END = re.compile(r"\.\s[A-ZÄÖÜ]")
_DETERMINER = re.compile(
    r"(?i)(?<!\w)(?:am|im|zum|zur|vom|der|die|das|dem|den|des|jede[nrms]?|ein(?:e[nrms]?)?)\s\Z"
)
_LONGEST = 7  # more ungrouped digits than that are an identifier


def find(text: str, known: Conventions, taken: Taken) -> Iterator[Quantity]:
    """Yield the NUMBERs of a text: `value`."""
    for match in _digits(known).finditer(text):
        value = _value(match, known)
        if value is None or not taken.free(*match.span()) or _is_ordinal(text, match, known):
            continue
        yield Quantity(match.start(), match.end(), "NUMBER", {"value": written(value)})
    words = _words(known.language)
    if words is None:
        return
    pattern, values = words
    for match in pattern.finditer(text):
        value = Decimal(values[match[1].lower()]) * scale(match[2], known.language)
        if taken.free(*match.span()):
            yield Quantity(match.start(), match.end(), "NUMBER", {"value": written(value)})


def scale(word: str | None, language: str) -> Decimal:
    """Return what a scale word multiplies by, 1 without a word."""
    if not word:
        return Decimal(1)
    key = re.sub(r"\s+", " ", word.strip().lower().rstrip("."))
    return Decimal(10) ** _SCALES[language][key]


@lru_cache(64)
def scale_pattern(language: str) -> str:
    """Return the pattern of a language's scale words, longest first."""
    words = sorted(_SCALES.get(language, {}), key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"\s") for word in words) or r"(?!)"


@lru_cache(64)
def _digits(known: Conventions) -> re.Pattern[str]:
    """Return the pattern of a number that stands alone: sign, numeral, scale."""
    return re.compile(
        rf"(?<![\w.,:/'’+#&-])(?<!\d[ \u00a0\u202f])"
        rf"((?<!\S)[-−])?({known.numeral})"
        rf"(?:[\s\u00a0]((?i:{scale_pattern(known.language)}))\b)?"
        rf"(?!{_TIME})(?![.,:/'’]\d)(?![-/][^\W\d_])(?!-\d)(?=\s?{_UNITS}|\W|\Z)(?![\^_#*&@])"
        # 3. Tag: an ordinal
        r"(?!\.\s[a-zäöüß])"
    )


def _is_ordinal(text: str, match: re.Match[str], known: Conventions) -> bool:
    """Tell whether German counts with it: "am 3. Tag"."""
    if known.language != "de" or not _ORDINAL_END.match(text, match.end()):
        return False
    return _DETERMINER.search(text, max(0, match.start() - 12), match.start()) is not None


def _value(match: re.Match[str], known: Conventions) -> Decimal | None:
    """Return what a match means, None for what is rather an identifier."""
    sign, numeral, word = match.groups()
    whole = numeral.partition(known.decimal)[0]
    if whole.isdecimal() and (len(whole) > _LONGEST or (whole[0] == "0" and whole != "0")):
        return None
    value = known.value(numeral)
    if value is None:
        return None
    return value * scale(word, known.language) * (-1 if sign else 1)


@lru_cache(64)
def _words(language: str) -> tuple[re.Pattern[str], dict[str, int]] | None:
    """Return the pattern of number words up to a hundred and what they mean."""
    from num2words import num2words  # type: ignore[import-untyped,unused-ignore]

    if language not in _SCALES:
        return None
    values = {num2words(number, lang=language).lower(): number for number in range(2, 100)}
    values = {word: n for word, n in values.items() if word not in _AMBIGUOUS[language]}
    names = "|".join(re.escape(word) for word in sorted(values, key=len, reverse=True))
    scales = scale_pattern(language)
    pattern = re.compile(rf"(?<![\w-])({names})(?:\s({scales})\b)?(?![\w-]|['’]\w)", re.IGNORECASE)
    return pattern, values
