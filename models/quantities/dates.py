"""Calendar dates, numeric and with month names."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from functools import lru_cache

from sensorium.models.quantities.conventions import Conventions
from sensorium.models.quantities.span import Quantity, Taken

_YEAR = r"(?:1[0-9]|20|21)\d\d"
_SHORT = r"(?P<short>\d\d)"
_ISO = re.compile(rf"(?<![\w./-])(?P<y>{_YEAR})([-/.])(?P<m>\d\d)\2(?P<d>\d\d)(?![\d/-]|\.\d)")
_NUMERIC = re.compile(
    rf"(?<![\w./,:-])(?P<one>\d\d?)(?P<mark>[./-])\s?(?P<two>\d\d?)(?P=mark)\s?"
    rf"(?:(?P<y>{_YEAR})|{_SHORT})(?![\w/-]|[.,:]\d)"
)
# A year alone is a date behind these words, unless it counts something.
_SINCE = {
    "en": r"in|since|until|by|from|during|before|after|circa|year|early|late|mid|spring|summer|"
    r"autumn|fall|winter",
    "de": r"Jahr|Jahre|Jahres|seit|anno|Sommer|Winter|Herbst|Frühjahr|Anfang|Ende|Mitte|vor|ab|bis",
    "fr": r"en|depuis|an|année|début|fin|mi|avant|après|été|hiver|printemps|automne",
    "es": r"en|desde|año|hasta|verano|invierno|otoño|primavera|principios de|finales de|antes de",
    "it": r"nel|dal|anno|fino al|estate|inverno|primavera|autunno|inizio|fine|prima del",
}
# Behind these it counts nothing, whatever follows.
_CERTAIN = {
    "en": r"year|since",
    "de": r"Jahr|Jahre|Jahres|seit|anno",
    "fr": r"an|année|depuis",
    "es": r"año|desde",
    "it": r"anno|dal",
}
# What may follow a year and tells that it counts nothing.
_FUNCTION = {
    "en": r"and|or|to|we|he|she|they|it|i|you|the|a|an|was|were|is|has|had|with|for|when|after|at|"
    r"on|until|by|as|because|but|there|this|that|my|our|his|her|their|through",
    "de": r"und|oder|bis|hat|hatte|war|wurde|wurden|ist|sind|haben|mit|in|an|am|gab|kam|ging|zog|"
    r"gegründet|als|der|die|das|ein|eine|arbeite|arbeiten|wohne|lebt|leben|besteht|bin",
    "fr": r"et|ou|à|il|elle|nous|ils|elles|je|le|la|les|un|une|a|est|était|avec|pour|dans|par|puis",
    "es": r"y|o|a|el|la|los|las|un|una|se|fue|era|con|para|por|hasta|en|cuando|trabajo|vivo|vive",
    "it": r"e|o|al|a|il|la|lo|i|le|gli|un|una|si|è|era|fu|ha|con|per|da|in|quando|lavoro|vivo",
}
_JOIN = {"es": r"(?:\sde(?:l)?)?", "en": r"(?:\sof)?"}


def find(text: str, known: Conventions, taken: Taken) -> Iterator[Quantity]:
    """Yield the DATEs of a text: `year` of four digits, `month` and `day` of two."""
    for match in _ISO.finditer(text):
        yield from _checked(match, taken, match["y"], match["m"], match["d"])
    for match in _NUMERIC.finditer(text):
        if found := _numeric(match, known):
            yield from _checked(match, taken, *found)
    for pattern in _named(known):
        for match in pattern.finditer(text):
            month = known.months[match["month"].lower().rstrip(".")]
            groups = match.groupdict()
            year = groups.get("year") or ""
            day = "" if groups.get("from") else groups.get("day") or ""
            yield from _checked(match, taken, year, str(month), day)
    if (years := _years(known.language)) is not None:
        for match in years.finditer(text):
            start, end = match.span("year")
            if taken.free(start, end):
                yield Quantity(start, end, "DATE", {"year": match["year"]})


def _numeric(match: re.Match[str], known: Conventions) -> tuple[str, str, str] | None:
    """Return year, month and day of digits, in the language's order unless that is impossible."""
    one, two, mark, short = match["one"], match["two"], match["mark"], match["short"]
    if short:
        # 2.3.10 is a version where dates are not written so; two digits each are a date
        if mark == "-" or (mark == "." and not (known.dotted and len(one) == len(two) == 2)):
            return None
        year = f"20{short}" if int(short) < 70 else f"19{short}"
    else:
        year = match["y"]
    month_first = known.order.find("m") < known.order.find("d") and mark != "."
    if known.order.startswith("y"):
        month_first = False
    day, month = (two, one) if month_first else (one, two)
    if int(month) > 12 >= int(day):
        day, month = month, day
    return year, month, day


def _checked(
    match: re.Match[str], taken: Taken, year: str, month: str, day: str
) -> Iterator[Quantity]:
    """Yield a date if its place is free and the calendar has it."""
    if not taken.free(*match.span()) or not 1 <= int(month) <= 12:
        return
    leap = int(year) if year else 2000
    if day and not 1 <= int(day) <= calendar.monthrange(leap, int(month))[1]:
        return
    parts = {"year": year, "month": f"{int(month):02}", "day": f"{int(day):02}" if day else ""}
    yield Quantity(match.start(), match.end(), "DATE", {k: v for k, v in parts.items() if v})


@lru_cache(64)
def _named(known: Conventions) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of dates with a month name, those with most parts first."""
    if not known.months:
        return ()
    insensitive = "" if known.language in ("en", "de") else "(?i)"  # "may" and "march" are verbs
    month = rf"(?P<month>{_months(known)})"
    join = _JOIN.get(known.language, "")
    day = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th|er|\.º|º|°|\.)?"
    span = r"(?:(?P<from>[0-3]?\d)\.?\s?[-–]\s?)?"
    year = rf"(?P<year>{_YEAR})(?![\d-]|[.,]\d)"
    end = r"(?![\w:]|[.,:]\d|-\w|\s?[%€$£]|\s\d)"
    before = r"(?<![\w.,/-])"
    return tuple(
        re.compile(insensitive + before + pattern)
        for pattern in (
            rf"{span}{day}{join}\s?{month},?{_year_join(known)}\s?{year}",
            rf"{month}\s{span}{day},?\s{year}",
            rf"{span}{day}{join}\s{month}(?![\w-])(?!\s\d)",
            rf"{month}\s{span}{day}{end}" if known.language == "en" else r"(?!)(?P<month>)",
            rf"{month},?{_year_join(known)}\s{year}",
        )
    )


def _months(known: Conventions) -> str:
    """Return the alternatives of month names, a point behind the shortened ones."""
    names = sorted(known.months, key=len, reverse=True)
    forms = [
        re.escape(form) + (r"\b\.?" if name in known.short_months else r"\b")
        for name in names
        for form in (
            (name.capitalize(), name.upper()) if known.language in ("en", "de") else (name,)
        )
    ]
    return "|".join(forms)


def _year_join(known: Conventions) -> str:
    """Return what may stand between month and year."""
    return r"(?:\sde(?:l)?)?" if known.language in ("es", "pt", "ca", "gl") else ""


@lru_cache(64)
def _years(language: str) -> re.Pattern[str] | None:
    """Return the pattern of a year that stands alone behind a word of time."""
    if language not in _SINCE:
        return None
    return re.compile(
        rf"(?i)(?<!\w)(?:(?P<certain>{_CERTAIN[language]})|{_SINCE[language]})[\s-]"
        rf"(?:the\s|l['’]\s?)?(?P<year>(?:1[5-9]|20)\d\d)(?![\w%€$£-]|[.,:/]\d)"
        rf"(?(certain)|(?=[.,;:!?)]?(?:\s*\Z|[\n)])|[.,;:!?](?!\d)|\s(?:{_FUNCTION[language]})\b))"
    )
