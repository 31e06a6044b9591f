"""Amounts of money as documents print them, whatever the convention for thousands and decimals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from sensorium.models.extraction.entity import Money
from sensorium.models.extraction.rows import Part
from sensorium.models.quantities import recognize

_CURRENCY = r"(?:US\$|CA\$|C\$|A\$|R\$|[€£¥₹₩₽₺₪$]|(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])|zł|Kč|Fr\.)"
_AMOUNT = re.compile(
    rf"(?<![\w.,/])(?P<open>\()?(?P<sign>[-−–]\s?)?(?P<before>{_CURRENCY})?\s?(?P<inner>[-−–])?"
    r"(?P<number>\d{1,3}(?:[., '’\u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?"
    r"|\d{1,12}(?:[.,]\d{1,4}(?!\d))?)"
    rf"(?P<dash>[.,][-–]+)?\s?(?P<after>{_CURRENCY})?(?P<trail>-(?!\w))?"
    r"(?(open)\))(?![\w/%]|[.,]\d|\s?%)"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount, where it stands, and its currency as printed beside it, else empty.

    `exact` tells that it has decimals or a currency: that it is an amount and no count.
    """

    value: Decimal
    currency: str
    part: Part
    exact: bool

    def money(self, currency: str) -> Money:
        """Return the amount; `currency` is the document's, for an amount that prints none."""
        return Money.of(self.value, self.currency or currency)


def find(part: Part, language: str, comma: bool) -> list[Amount]:
    """Return the amounts of a stretch; `comma` says that a lone comma parts decimals."""
    found = []
    for match in _AMOUNT.finditer(part.text):
        mark = match["before"] or match["after"] or ""
        currency = _code(mark, language)
        if mark and not currency:
            continue
        value = number(match["number"], comma)
        if match["open"] or match["sign"] or match["inner"] or match["trail"]:
            value = -value
        exact = bool(currency or match["dash"]) or re.search(r"[.,]\d\d$", match["number"])
        place = part.segment.part(part.start + match.start(), part.start + match.end())
        found.append(Amount(value, currency, place, bool(exact)))
    return found


def number(text: str, comma: bool) -> Decimal:
    """Return what digits with separators mean.

    The last separator parts decimals unless three digits follow it and it is the only kind: then
    `comma` decides, which says that the document parts decimals with a comma; 1.500 is then
    thousands, and 1,500 is decimals only behind a zero.
    """
    text = re.sub(r"[ '’\u00a0\u202f]", "", text)
    marks = [char for char in text if char in ".,"]
    if not marks:
        return Decimal(text)
    last = text.rfind(marks[-1])
    if len(set(marks)) == 1 and len(text) - last == 4:
        decimal = len(marks) == 1 and (marks[0] == ",") == comma and text[0] == "0"
        if not decimal:
            return Decimal(re.sub(r"[.,]", "", text))
    return Decimal(re.sub(r"[.,]", "", text[:last]) + "." + text[last + 1 :])


def writes_commas(texts: Iterable[str]) -> bool:
    """Tell whether most decimals of a document follow a comma."""
    votes: Counter[str] = Counter()
    for text in texts:
        votes.update(re.findall(r"\d([.,])\d\d(?![\d.,])", text))
    return votes[","] > votes["."]


@lru_cache(256)
def _code(mark: str, language: str) -> str:
    """Return the ISO 4217 code of a currency mark, empty if it is none."""
    found = recognize(f"{mark} 1", language) if mark else []
    return found[0].parts["currency"] if found and found[0].kind == "PRICE" else ""
