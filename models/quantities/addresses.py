"""Postal addresses: a street with a number, and what follows of place, code and country."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from sensorium.models.quantities.conventions import Conventions
from sensorium.models.quantities.span import Quantity, Taken

_UPPER = r"[A-ZÀ-ÖØ-Þ]"
_WORD = rf"(?:(?:St|Ste|Bad|S)\. ?)?{_UPPER}[\w'’-]{{0,24}}"
_PLACE = (
    rf"(?P<locality>{_WORD}"
    rf"(?:[ -](?:(?:am|an der|ob der|im|de|la|le|les|sur|en|del|di|of|upon) )?{_WORD}){{0,3}})"
)
_SMALL = (
    r"(?:(?:de|du|des|de la|de l['’]|del|de los|de las|della|delle|dei|degli|di|d['’]|la|le|les|"
    r"los|las|l['’]|y|of|the) ?)"
)
_NAMED = rf"(?:{_SMALL}{{0,2}}{_WORD}|\d{{1,2}}(?:st|nd|rd|th|er)?(?= {_UPPER}))"
_SEPARATOR = r"(?:,\s?|\s*\n\s*|\s[-–]\s|\s)"
_COMMA = r"(?:,\s?|\s*\n\s*)"

_US_STREET = (
    r"Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Way|Court|Ct|Place|Pl|Square|Sq|"
    r"Parkway|Pkwy|Terrace|Crescent|Close|Gardens|Grove|Hill|Highway|Hwy|Broadway|Row|Mews"
)
_US_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|"
    "UT|V[AT]|W[AIVY]"
)
_NUMBER = r"(?P<number>[1-9]\d{0,3}(?: ?[a-z]\b)?(?!\w))"
_STREETS_DE = r"stra(?:ß|ss)e|str\.|weg|platz|allee|gasse|ring|damm|ufer|chaussee"
_APART_DE = r"Stra(?:ß|ss)e|Str\.|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer|Chaussee"
_STREETS_FR = (
    r"rue|avenue|av\.|boulevard|bd|place|chemin|allée|allées|quai|impasse|cours|route|square|"
    r"passage|faubourg"
)
_STREETS_ES = r"[Cc]alle|C/|[Aa]venida|[Aa]vda\.|[Pp]laza|[Pp]aseo|[Cc]arretera|[Cc]amino|[Rr]onda"
_STREETS_IT = (
    r"[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso|[Ll]argo|[Vv]icolo|[Pp]iazzale|[Ss]trada|[Ll]ungotevere"
)
_CODE_DE = rf"{_SEPARATOR}(?:D-|A-|CH-)?(?P<code>\d{{4,5}}) {_PLACE}"
_CODE_5 = rf"(?:{_SEPARATOR}(?P<code>\d{{5}}) {_PLACE})?"
_PATTERNS = (
    # 1600 Amphitheatre Parkway, Suite 5, Mountain View, CA 94043
    rf"(?<![\w.,/-])(?P<number>[1-9]\d{{0,4}}[A-Za-z]?) "
    rf"(?P<street>(?:(?:{_WORD}|\d{{1,3}}(?:st|nd|rd|th)) ){{1,4}}?(?:{_US_STREET})\b\.?)"
    rf"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Floor|Flat)\.? ?#?\w{{1,6}})?"
    rf"(?:{_COMMA}{_PLACE}(?:(?:,\s?|\s)(?P<region>{_US_STATES})\b)?"
    rf"(?:,?\s(?P<code>\d{{5}}(?:-\d{{4}})?\b|[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}\b))?)?",
    # Musterstraße 12a, 10115 Berlin
    rf"(?<![\w-])"
    rf"(?P<street>(?:{_UPPER}[\w.]{{1,30}}[ -]){{0,2}}{_UPPER}\w{{1,30}}(?:{_STREETS_DE})"
    rf"|(?:{_UPPER}[\w.]{{1,30}}[ -]){{1,3}}(?:{_APART_DE})) {_NUMBER}(?:{_CODE_DE})?",
    # Am Markt 3, 99423 Weimar; without its place this would be "Im Jahr 2015"
    rf"(?<!\w)(?P<street>(?:Am|An der|An den|Auf der|Auf dem|Im|In der|Unter den|Zum|Zur) {_WORD})"
    rf" {_NUMBER}{_CODE_DE}",
    # 12 bis, rue de la Paix, 75002 Paris
    rf"(?<![\w.,/-])(?P<number>[1-9]\d{{0,3}}(?: ?(?:bis|ter|quater))?),? "
    rf"(?P<street>(?:{_STREETS_FR})(?: {_NAMED}){{1,5}}){_CODE_5}",
    # Calle de Alcalá, 25, 28014 Madrid
    rf"(?<!\w)(?P<street>(?:{_STREETS_ES})(?: ?{_NAMED}){{1,4}}),? "
    rf"(?:(?:n\.?º|núm\.|número) ?)?{_NUMBER}{_CODE_5}",
    # Via Roma 12, 00184 Roma (RM)
    rf"(?<!\w)(?P<street>(?:{_STREETS_IT})(?: {_NAMED}){{1,4}}),? (?:n\.?°? ?)?"
    rf"(?P<number>[1-9]\d{{0,3}}(?:/?[a-zA-Z]\b)?(?!\w))"
    rf"(?:{_SEPARATOR}(?P<code>\d{{5}}) {_PLACE}(?: \((?P<region>[A-Z]{{2}})\))?)?",
)
_KEYS = {
    "number": "street_number",
    "street": "street_name",
    "locality": "locality",
    "code": "postal_code",
    "region": "broad_region",
}
_AFTER = re.compile(rf"{_COMMA}(?=({_UPPER}[\w .'’-]{{1,40}}))")


def find(text: str, known: Conventions, taken: Taken) -> Iterator[Quantity]:
    """Yield the ADDRESSes of a text, written as in any of the five languages with rules."""
    del taken  # an address may hold what looks like an identifier: the postal code
    last = 0
    found = sorted(
        (match for pattern in _compiled() for match in pattern.finditer(text)),
        key=lambda match: (match.start(), -match.end()),
    )
    for match in found:
        if match.start() < last:
            continue
        groups = match.groupdict()
        parts = {_KEYS[name]: value for name, value in groups.items() if value}
        end = match.end()
        if groups.get("locality"):
            end, parts["country"] = _country(text, end, known.language)
        last = end
        yield Quantity(match.start(), end, "ADDRESS", {k: v for k, v in parts.items() if v})


def _country(text: str, end: int, language: str) -> tuple[int, str]:
    """Return where an address ends with the country that follows it, and the country's name."""
    if match := _AFTER.match(text, end):
        names = _countries(language)
        words = re.findall(r"\S+", match[1].rstrip(".,"))[:4]
        for count in range(len(words), 0, -1):
            name = " ".join(words[:count]).rstrip(".,")
            if name.lower() in names:
                return match.end() + len(name), name
    return end, ""


@lru_cache(1)
def _compiled() -> tuple[re.Pattern[str], ...]:
    """Return the patterns, compiled when first needed."""
    return tuple(re.compile(pattern) for pattern in _PATTERNS)


@lru_cache(16)
def _countries(language: str) -> frozenset[str]:
    """Return the names of countries in a language and in English, lower case."""
    from babel import Locale, UnknownLocaleError

    names: set[str] = {"usa", "uk", "u.s.a"}
    for code in (language, "en"):
        try:
            territories = Locale.parse(code).territories
        except (UnknownLocaleError, ValueError):
            continue
        names |= {str(name).lower() for key, name in territories.items() if len(key) == 2}
    return frozenset(names)
