"""Prices: a number with a currency before or after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from sensorium.models.quantities.conventions import Conventions, written
from sensorium.models.quantities.numbers import scale, scale_pattern
from sensorium.models.quantities.span import Quantity, Taken

_SYMBOLS = {
    "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₪": "ILS",
    "₫": "VND", "₴": "UAH", "₱": "PHP", "฿": "THB", "zł": "PLN", "Kč": "CZK", "US$": "USD",
    "CA$": "CAD", "C$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "R$": "BRL",
    "S$": "SGD", "MX$": "MXN", "Fr.": "CHF", "SFr.": "CHF",
}  # fmt: skip
# ISO 4217 codes that are no words; TRY, ALL, TOP and CUP are.
_CODES = tuple(
    "EUR USD GBP CHF JPY CNY CAD AUD NZD SEK NOK DKK PLN CZK HUF RON BGN INR BRL MXN ZAR KRW SGD "  # noqa: SIM905
    "HKD ILS ARS CLP PEN RUB UAH THB AED SAR TWD MYR IDR PHP VND EGP NGN KES".split()
)
# "pounds" alone are a weight too, "pesos" and "crowns" have many countries.
_NAMES: dict[str, dict[str, str]] = {
    "en": {
        "us dollars": "USD", "canadian dollars": "CAD", "australian dollars": "AUD",
        "euros": "EUR", "euro": "EUR", "dollars": "$", "dollar": "$", "pounds sterling": "GBP",
        "british pounds": "GBP", "swiss francs": "CHF", "yen": "JPY", "rupees": "INR",
        "yuan": "CNY",
    },
    "de": {
        "us-dollar": "USD", "euro": "EUR", "dollar": "$", "franken": "CHF",
        "schweizer franken": "CHF", "pfund sterling": "GBP", "britische pfund": "GBP", "yen": "JPY",
    },
    "fr": {
        "euros": "EUR", "euro": "EUR", "dollars": "$", "dollar": "$", "francs suisses": "CHF",
        "livres sterling": "GBP", "yens": "JPY", "dollars canadiens": "CAD",
    },
    "es": {
        "euros": "EUR", "euro": "EUR", "dólares": "$", "dólar": "$", "francos suizos": "CHF",
        "libras esterlinas": "GBP", "yenes": "JPY", "pesos mexicanos": "MXN",
    },
    "it": {
        "euro": "EUR", "dollari": "$", "dollaro": "$", "franchi svizzeri": "CHF",
        "sterline": "GBP", "yen": "JPY",
    },
}  # fmt: skip
_OTHER_NAMES = {"euro": "EUR"}


def find(text: str, known: Conventions, taken: Taken) -> Iterator[Quantity]:
    """Yield the PRICEs of a text: `value`, `currency` in ISO 4217."""
    for match in _pattern(known).finditer(text):
        before, after = match["before"], match["after"]
        value = known.value(match["first"] or match["second"])
        if value is None or not taken.free(*match.span()):
            continue
        value *= scale(match["scale"] or match["scales"], known.language)
        parts = {"value": written(value), "currency": _currency(before or after, known)}
        yield Quantity(match.start(), match.end(), "PRICE", parts)


@lru_cache(64)
def _pattern(known: Conventions) -> re.Pattern[str]:
    """Return the pattern of a price in a language."""
    names = _NAMES.get(known.language, _OTHER_NAMES)
    symbols = "|".join(re.escape(one) for one in sorted([*_SYMBOLS, "$"], key=len, reverse=True))
    codes = "|".join(_CODES)
    spoken = "|".join(
        re.escape(one).replace(r"\ ", r"\s") for one in sorted(names, key=len, reverse=True)
    )
    number = known.numeral
    scales = rf"(?i:{scale_pattern(known.language)})\.?"
    # behind "," and "." another digit would belong to the number: 5.99.1, 1,2,3
    end = r"(?![\w]|[.,:]\d)"
    dash = r"(?:[.,](?:-{1,2}|–|—))?"  # 5,- EUR
    return re.compile(
        rf"(?<![\w$€£])(?:(?P<before>{symbols}|{codes})[\s\u00a0\u202f]?(?P<first>{number}){dash}"
        rf"(?:[\s\u00a0](?P<scale>{scales}))?{end}"
        rf"|(?<![.,:/+#-])(?<!\d[ \u00a0\u202f])(?P<second>{number}){dash}"
        rf"(?:[\s\u00a0](?P<scales>{scales})(?:\sd['’]|\sde|\sdi)?)?"
        rf"[\s\u00a0\u202f-]?(?P<after>{symbols}|(?:{codes})(?!\w)|(?i:{spoken})(?!\w))(?![\d$]))"
    )


def _currency(name: str, known: Conventions) -> str:
    """Return the ISO 4217 code of a currency as written."""
    if name in _CODES:
        return name
    names = _NAMES.get(known.language, _OTHER_NAMES)
    code = _SYMBOLS.get(name) or names.get(re.sub(r"\s", " ", name.lower()), name)
    return known.dollar if code == "$" else code
