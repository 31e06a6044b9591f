"""Phone numbers, by libphonenumber's metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sensorium.models.quantities.conventions import Conventions
from sensorium.models.quantities.span import Quantity, Taken

# A stretch that could hold a phone number: libphonenumber is asked about these alone.
_CANDIDATE = re.compile(
    r"(?<![\w.,@#-])[+(＋]?\d(?:(?:[ \u00a0()\-/–]{0,3}|\.)\d){5,19}"
    r"(?:\s?(?:ext\.?|extension|x|Durchwahl|poste|int\.?|interno)\s?\d{1,6})?(?![\w@-])",
    re.IGNORECASE,
)
_ANNOUNCED = re.compile(
    r"(?:tel|fon|phone|call|ring|dial|text|mobile|cell|fax|hotline|whatsapp|ruf|anruf|erreich|handy|"
    r"durchwahl|télé?ph|appel|joign|portable|llam|móvil|teléf|chiam|cellulare|numero verde|"
    r"numéro vert|gratu|toll|"
    r"contatt|contact)[^\d\n]{0,40}\Z",
    re.IGNORECASE,
)
_SEPARATED = re.compile(r"\d[ \u00a0()\-/–.]+\d")
_AMOUNT = re.compile(r"\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?\Z")
_REGIONS = {"en": ("US", "GB")}  # the regions that a bare number may be from


def find(text: str, known: Conventions, taken: Taken) -> Iterator[Quantity]:
    """Yield the PHONE_NUMBERs of a text.

    A run of digits is one with a country code, or written in groups, or announced as one.
    """
    for match in _CANDIDATE.finditer(text):
        if not taken.free(*match.span()):
            continue
        announced = _ANNOUNCED.search(text, max(0, match.start() - 60), match.start()) is not None
        plain = match[0]
        if not (announced or plain[0] in "+＋" or _SEPARATED.search(plain)):
            continue
        if not announced and plain[0] not in "+＋(0" and _AMOUNT.match(plain):
            continue
        yield from _numbers(match, known, announced)


def _numbers(match: re.Match[str], known: Conventions, announced: bool) -> Iterator[Quantity]:
    """Yield what libphonenumber finds in a stretch."""
    import phonenumbers

    international = match[0][0] in "+＋"
    leniency = phonenumbers.Leniency
    strict = leniency.VALID if announced or international else leniency.STRICT_GROUPING
    regions = (known.territory or "ZZ", *_REGIONS.get(known.language, ()))
    for region in dict.fromkeys(regions):
        found = list(phonenumbers.PhoneNumberMatcher(match[0], region, leniency=strict))
        for one in found:
            start = match.start() + one.start
            end = start + len(one.raw_string)
            parts = _parts(one.number, international)
            yield Quantity(start, end, "PHONE_NUMBER", parts)
        if found:
            return


def _parts(number: Any, international: bool) -> dict[str, str]:
    """Return the parts of a number as its region writes them."""
    import phonenumbers

    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    if number.extension:
        national = phonenumbers.format_number(
            _without_extension(number), phonenumbers.PhoneNumberFormat.NATIONAL
        )
    parts = {"number": national}
    if international:
        parts["national_prefix"] = f"+{number.country_code}"
    length = phonenumbers.length_of_geographical_area_code(number)
    if length:
        parts["area_code"] = phonenumbers.national_significant_number(number)[:length]
    if number.extension:
        parts["extension"] = number.extension
    return parts


def _without_extension(number: Any) -> Any:
    """Return a copy of a number that has no extension."""
    import phonenumbers

    plain = phonenumbers.PhoneNumber()
    plain.merge_from(number)
    plain.extension = None
    return plain
