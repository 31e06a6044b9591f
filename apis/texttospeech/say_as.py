"""How written things are read aloud: `say-as` of SSML, and amounts of money in plain text.

Words come from CLDR (Babel) and num2words. What does not look like the announced thing is left as
it is, which SSML 1.1 asks of a processor; numerals that are left are read by the engine.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, get_territory_currencies
from babel.units import format_unit

_MOST_DIGITS = 15
_MARKS = {
    "-": "dash", "–": "dash", "_": "underscore", ".": "dot", ",": "comma", "/": "slash",
    "\\": "backslash", "(": "left parenthesis", ")": "right parenthesis", "!": "exclamation mark",
    "?": "question mark", ":": "colon", ";": "semicolon", "'": "apostrophe", '"': "quote",
    "[": "left bracket", "]": "right bracket", "{": "left brace", "}": "right brace",
    "*": "asterisk", "|": "bar", "~": "tilde", "^": "caret", "`": "backtick", "<": "less than",
    ">": "greater than", " ": "",
}  # fmt: skip
_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY",
          "₴": "UAH", "₪": "ILS", "₫": "VND", "฿": "THB", "zł": "PLN"}  # fmt: skip
_SIGN = r"US\$|CA\$|A\$|R\$|[$€£¥₹₩₽₺₴₪₫฿]|zł"
_AMOUNT = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d{1,2})?"
_MONEY = re.compile(
    rf"(?:({_SIGN}|\b[A-Z]{{3}})\s?({_AMOUNT})|({_AMOUNT})\s?({_SIGN}|[A-Z]{{3}}\b))"
)
# in running text only what carries a sign in front, and is not part of a longer number
_MONEY_IN_TEXT = re.compile(rf"(?<![\w.])({_SIGN})({_AMOUNT})(?![\w]|[.,]\d)")
_TIME = re.compile(
    r"(\d{1,2})(?:[:.h](\d{2}))?(?:[:.](\d{2}))?\s*(?:([ap])\.?\s?m\.?)?", re.IGNORECASE
)
_WIDTHS = {"y": 4, "m": 2, "d": 2}


def locale(language: str) -> Locale:
    """Return CLDR's locale of a language code, or of its language alone; English at the end."""
    for code in (language, language.partition("-")[0]):
        try:
            return Locale.parse(code.replace("-", "_"))
        except (ValueError, UnknownLocaleError):
            continue
    return Locale("en")


def _english(language: str) -> bool:
    return language.partition("-")[0] == "en"


def words(number: Decimal | int, to: str, language: str, **how: Any) -> str | None:
    """Return a number in words, None when num2words has no such words in the language."""
    from num2words import num2words  # type: ignore[import-untyped]

    try:
        return str(num2words(number, to=to, lang=language.replace("-", "_"), **how))
    except (NotImplementedError, OverflowError, ValueError, KeyError, TypeError):
        return None


def cardinal(text: str, form: str, detail: str, language: str) -> str:
    """Return a number as plain digits, which every voice reads as a number."""
    digits = re.sub(r"(?<=\d)[\s,'\u00a0\u202f](?=\d{3}(?!\d))", "", text.strip())
    return digits if re.fullmatch(r"[+-]?\d+(?:\.\d+)?", digits) else text


def ordinal(text: str, form: str, detail: str, language: str) -> str:
    """Return the word for a place in a row."""
    found = re.fullmatch(rf"\s*(\d{{1,{_MOST_DIGITS}}})(?:st|nd|rd|th|\.|º|ª|e|er)?\s*", text)
    return (words(int(found[1]), "ordinal", language) if found else None) or text


def characters(text: str, form: str, detail: str, language: str) -> str:
    """Return the characters one by one; marks by their English names in English."""
    named = [_MARKS.get(one, one) if _english(language) else one for one in text.strip()]
    return ", ".join(one.upper() if len(one) == 1 else one for one in named if one.strip())


def telephone(text: str, form: str, detail: str, language: str) -> str:
    """Return a number digit by digit, with a pause between its groups."""
    groups = re.findall(r"\+|\w+", f"+{form} {text}" if form.isdigit() else text)
    if not any(group.isdigit() for group in groups):
        return text
    spoken = [" ".join(group.upper()) for group in groups]
    return ", ".join(spoken).replace("+, ", "+")


def date(text: str, form: str, detail: str, language: str) -> str:
    """Return a date in the language's long form; `form` orders y, m and d."""
    order = _order(form or _usual_order(text, language))
    parts = re.findall(r"\d+", text)
    if len(parts) == 1 and len(order) > 1 and len(parts[0]) == sum(_WIDTHS[o] for o in order):
        digits, parts = iter(parts[0]), []
        parts = ["".join(next(digits) for _ in range(_WIDTHS[o])) for o in order]
    if not order or len(parts) != len(order) or re.search(r"[^\W\d]", text):
        return text
    return _date(dict(zip(order, map(int, parts), strict=True)), detail, language) or text


def _order(form: str) -> str:
    """Return a date format with each field once (`yyyymmdd` is `ymd`)."""
    order = "".join(dict.fromkeys(form.lower()))
    return order if order and set(order) <= set("ymd") else ""


def _usual_order(text: str, language: str) -> str:
    """Return the order in which a date without a format is written."""
    if re.match(r"\s*\d{4}", text):
        return "ymd"
    return "mdy" if language in {"en-US", "en"} else "dmy"


def _date(parts: dict[str, int], detail: str, language: str) -> str | None:
    """Return the words of a date with some of its parts; None when there is no such date."""
    year = parts.get("y", 2000)
    if "y" in parts and year < 100:
        year += 2000 if year < 50 else 1900
    try:
        day = datetime.date(year, parts.get("m", 1), parts.get("d", 1))
    except ValueError:
        return None
    given = "".join(one for one in "ymd" if one in parts)
    if _english(language):
        return _english_date(day, given, detail)
    if given == "ymd":
        return format_date(day, "long", locale(language))
    if skeleton := {"ym": "yMMMM", "md": "MMMMd"}.get(given):
        return format_skeleton(skeleton, day, locale=locale(language))
    pattern = {"y": "y", "m": "LLLL", "d": "d"}.get(given)
    return format_date(day, pattern, locale(language)) if pattern else None


def _english_date(day: datetime.date, given: str, detail: str) -> str:
    """Return a date as it is read in English; detail 2 puts the month first."""
    month = format_date(day, "LLLL", "en") if "m" in given else ""
    nth = words(day.day, "ordinal", "en") if "d" in given else ""
    year = words(day.year, "year", "en") if "y" in given else ""
    if month and nth:
        month = f"{month} {nth}" if detail == "2" else f"the {nth} of {month}"
        nth = ""
    elif nth:
        nth = f"the {nth}"
    between = ", " if "d" in given and "m" in given else " "
    return between.join(part for part in (month, nth, year) if part)


def time(text: str, form: str, detail: str, language: str) -> str:
    """Return a time of day in words and numerals."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        return text
    hour, minute, second = (int(part or 0) for part in found.groups()[:3])
    if hour > 24 or minute > 59 or second > 59:
        return text
    half = f"{found[4].lower()} m" if found[4] else ""
    if not _english(language):
        moment = datetime.time((hour + 12 * (half == "p m" and hour < 12)) % 24, minute, second)
        return format_time(moment, "medium" if found[3] else "short", locale=locale(language))
    spoken = [str(hour)]
    if minute:
        spoken.append(str(minute) if minute > 9 else f"oh {minute}")
    elif not half and not found[3]:
        spoken.append("o'clock" if hour <= 12 else "hundred hours")
    if found[3]:
        spoken.append(f"and {second} second{'s' * (second != 1)}")
    return " ".join([*spoken, half.upper()]).strip()


def currency(text: str, form: str, detail: str, language: str) -> str:
    """Return an amount of money in words."""
    found = _MONEY.fullmatch(text.strip())
    if not found:
        return text
    sign, amount = (found[1], found[2]) if found[1] else (found[4], found[3])
    return _money(sign, amount, language) or text


def money_in_text(text: str, language: str) -> str:
    """Return running text with its amounts of money in words ($42.01)."""
    return _MONEY_IN_TEXT.sub(lambda f: _money(f[1], f[2], language) or f[0], text)


def _money(sign: str, amount: str, language: str) -> str | None:
    """Return the words of an amount; None when the sign names no currency."""
    here = locale(language)
    code = _SIGNS.get(sign, sign)
    if sign == "$":
        local = get_territory_currencies(here.territory) if here.territory else []
        code = next((one for one in local if one in _DOLLARS), "USD")
    elif sign.endswith("$"):
        code = {"US$": "USD", "CA$": "CAD", "A$": "AUD", "R$": "BRL"}[sign]
    if code not in here.currencies or len(re.sub(r"\D", "", amount)) > _MOST_DIGITS:
        return None
    thousands = re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", amount)
    value = Decimal(amount.replace(",", "" if thousands else "."))
    if _english(language) and sign in {"$", "€", "£"} and value == round(value, 2):
        return _english_money(value, code)
    plain = "0.00" if value % 1 else "0"
    return str(
        format_currency(
            value, code, plain, here, currency_digits=False, format_type="name",
            group_separator=False,
        )
    )  # fmt: skip


_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP"})


def _english_money(value: Decimal, code: str) -> str:
    """Return an amount as it is read in English: forty-two dollars and one cent."""
    name, part = {"EUR": ("euro", "cent"), "GBP": ("pound", "penny")}.get(code, ("dollar", "cent"))
    whole, cents = int(value), int((value - int(value)) * 100)
    parts = f"{cents} {'pence' if part == 'penny' else 'cents'}" if cents != 1 else f"1 {part}"
    units = f"{whole} {name}{'s' * (whole != 1)}"
    if not cents:
        return units
    return f"{units} and {parts}" if whole else parts


def unit(text: str, form: str, detail: str, language: str) -> str:
    """Return a measure with its unit's name in full."""
    found = re.fullmatch(r"\s*([+-]?\d[\d,]*(?:\.\d+)?)\s*(\S.*?)\s*", text)
    name = _units(language).get(found[2]) if found else None
    if found is None or name is None:
        return text
    value = Decimal(found[1].replace(",", ""))
    return str(format_unit(value, name, "long", format="#0.###", locale=locale(language)))


@lru_cache(maxsize=32)
def _units(language: str) -> dict[str, str]:
    """Return CLDR's units by the symbols and names that a language, or English, gives them."""
    found: dict[str, str] = {"l": "volume-liter", "ml": "volume-milliliter", "m": "length-meter"}
    for here in (locale(language), Locale("en")):
        for name, patterns in here._data["unit_patterns"].items():
            for length in ("short", "narrow", "long"):
                for pattern in patterns.get(length, {}).values():
                    if isinstance(pattern, str) and pattern.count("{0}") == 1:
                        found.setdefault(pattern.replace("{0}", "").strip(), name)
    return found


def fraction(text: str, form: str, detail: str, language: str) -> str:
    """Return a fraction such as 3/4 or 1+1/2 in words; other languages have numerals read."""
    found = re.fullmatch(r"\s*(?:(\d{1,9})\s*\+\s*)?(\d{1,9})\s*/\s*(\d{1,9})\s*", text)
    if not found or not _english(language):
        return text
    whole, top, bottom = found[1], int(found[2]), int(found[3])
    name = {1: "over 1", 2: "half", 4: "quarter"}.get(bottom) or words(bottom, "ordinal", "en")
    many = ("halves" if bottom == 2 else f"{name}s") if top != 1 and bottom > 1 else name
    return f"{whole} and {top} {many}" if whole else f"{top} {many}"


Reader = Callable[[str, str, str, str], str]
READERS: dict[str, Reader] = {
    "cardinal": cardinal,
    "number": cardinal,
    "ordinal": ordinal,
    "characters": characters,
    "spell-out": characters,
    "verbatim": characters,
    "telephone": telephone,
    "date": date,
    "time": time,
    "currency": currency,
    "unit": unit,
    "fraction": fraction,
}
