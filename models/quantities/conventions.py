"""How a language writes numbers and dates, from CLDR (cldr.unicode.org) through Babel."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

_SPACES = "\u00a0\u202f\u2009 "
_ORDER = re.compile(r"[yMd]")
# What a language means when it is not said whose: the region with most of its speakers where CLDR
# has none (`likely subtags` answers for the others).
_FALLBACK = "en"


@dataclass(frozen=True, eq=False)
class Conventions:
    """What the rules need to know of a language.

    `months` maps lower-case names, without a final point, to 1..12, `short_months` are those of
    them that a point may follow; `order` is that of numeric dates, such as "mdy"; `dotted` tells
    whether it writes them with points; `dollar` is whose dollar "$" is; `numeral` matches a number
    as the language writes it.
    """

    language: str
    territory: str
    decimal: str
    groups: str
    months: dict[str, int]
    short_months: frozenset[str]
    order: str
    dotted: bool
    dollar: str
    numeral: str

    def value(self, numeral: str) -> Decimal | None:
        """Return what a matched numeral means, None if it means nothing."""
        plain = "".join(char for char in numeral if char not in self.groups)
        plain = plain.replace(self.decimal, ".").replace("−", "-")
        return Decimal(plain) if re.fullmatch(r"-?\d+(\.\d+)?", plain, re.ASCII) else None


@lru_cache(64)
def conventions(language: str) -> Conventions:
    """Return the conventions of a BCP-47 code; English ones for a language that CLDR lacks."""
    locale = _locale(language)
    symbols = _symbols(locale)
    decimal, group = symbols.get("decimal", "."), symbols.get("group", ",")
    groups = {"'": "'’", "’": "'’"}.get(group, _SPACES if group in _SPACES else group)
    if decimal == "," and group == ".":
        groups += _SPACES[:3]  # standards bodies ask for a space that does not break
    pattern = str(locale.date_formats["short"].pattern)
    order = "".join(dict.fromkeys(_ORDER.findall(pattern)))
    territory = str(locale.territory or "")
    months, wide = _months(locale)
    return Conventions(
        language=str(locale.language),
        territory=territory,
        decimal=decimal,
        groups=groups,
        months=months,
        short_months=frozenset(months) - wide,
        order=order.lower(),
        dotted="." in pattern,
        dollar={"CA": "CAD", "AU": "AUD", "NZ": "NZD", "SG": "SGD", "HK": "HKD", "MX": "MXN"}.get(
            territory, "USD"
        ),
        numeral=_numeral(decimal, groups),
    )


def _numeral(decimal: str, groups: str) -> str:
    """Return the pattern of an unsigned number: grouped or not, with or without decimals."""
    mark, point = f"[{re.escape(groups)}]", re.escape(decimal)
    return (
        rf"(?:\d{{1,3}}(?:{mark}\d{{3}}){{1,6}}(?!\d)|\d{{1,15}}(?!\d))(?:{point}\d{{1,12}}(?!\d))?"
    )


def _locale(language: str) -> Any:
    """Return Babel's locale of a code, with the region that most speakers are from."""
    from babel import Locale, UnknownLocaleError
    from babel.core import get_global

    for code in (language, language.partition("-")[0], _FALLBACK):
        try:
            found = Locale.parse(code, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
        if found.territory is None:
            likely = get_global("likely_subtags").get(found.language, "")
            try:
                return Locale.parse(f"{found.language}_{likely.rpartition('_')[2]}")
            except (UnknownLocaleError, ValueError):
                return found
        return found
    raise AssertionError("Babel knows English")


def _symbols(locale: Any) -> dict[str, str]:
    """Return CLDR's number symbols for Latin digits."""
    symbols = locale.number_symbols
    return dict(symbols.get("latn") or next(iter(symbols.values()), {}))


def _months(locale: Any) -> tuple[dict[str, int], set[str]]:
    """Return the month names of a language, in dates and alone, and the whole ones."""
    names: dict[str, int] = {}
    whole: set[str] = set()
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in locale.months[context].get(width, {}).items():
                name = str(name).lower().rstrip(".")
                if len(name) > 2 and not name[0].isdigit():
                    names.setdefault(name, int(number))
                    whole |= {name} if width == "wide" else set()
    if locale.language == "en":
        names["sept"] = 9
    if locale.language == "de":
        names |= {"jänner": 1, "feber": 2, "mrz": 3}
        whole |= {"jänner", "feber"}
    if locale.language == "es":
        names["setiembre"] = 9
        whole.add("setiembre")
    return names, whole


def written(value: Decimal) -> str:
    """Return a decimal without exponent and without trailing zeros after the point."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
