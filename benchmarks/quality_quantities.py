"""Quantities by rules.

Precision and recall by locale and kind.

A case is a line of `cases/quantities/LOCALE.txt`; `{KIND text=value}` marks what must be found, and
everything else must not be. A find counts when kind, place and, where one is given, value agree.
Addresses are no part of the cases.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from sensorium.models.quantities import Quantity, recognize

CASES = Path(__file__).parent / "cases" / "quantities"
LOCALES = ("en", "de", "fr", "es", "it")
_MARK = re.compile(r"\{([A-Z_]+) ([^}=]+)(?:=([^}]*))?\}")

Expected = tuple[int, int, str, str]  # start, end, kind, value or ""


def read(locale: str, folder: Path = CASES) -> list[tuple[str, list[Expected]]]:
    """Return the cases of a locale: plain text and what it holds."""
    cases = []
    for line in (folder / f"{locale}.txt").read_text().splitlines():
        plain, expected, at = "", [], 0
        for mark in _MARK.finditer(line):
            plain += line[at : mark.start()]
            expected.append((len(plain), len(plain) + len(mark[2]), mark[1], mark[3] or ""))
            plain += mark[2]
            at = mark.end()
        cases.append((plain + line[at:], expected))
    return cases


def value(found: Quantity) -> str:
    """Return what a quantity means in one line, as the cases write it."""
    parts = found.parts
    if found.kind == "DATE":
        return "-".join(parts[key] for key in ("year", "month", "day") if key in parts)
    if found.kind == "PRICE":
        return f"{parts['value']} {parts['currency']}"
    return parts["number"] if found.kind == "PHONE_NUMBER" else parts["value"]


def judge(locale: str) -> tuple[Counter[str], Counter[str], Counter[str], list[str]]:
    """Return right, found and expected by kind, and the lines that were not wholly right."""
    right, found, expected, wrong = Counter[str](), Counter[str](), Counter[str](), list[str]()
    for text, wanted in read(locale):
        got = [one for one in recognize(text, locale) if one.kind != "ADDRESS"]
        found.update(one.kind for one in got)
        expected.update(kind for _, _, kind, _ in wanted)
        hits = {
            (start, end, kind)
            for start, end, kind, meaning in wanted
            for one in got
            if (one.start, one.end, one.kind) == (start, end, kind) and meaning in ("", value(one))
        }
        right.update(kind for _, _, kind in hits)
        if len(hits) != len(wanted) or len(got) != len(hits):
            shown = ", ".join(
                f"{one.kind} {text[one.start : one.end]!r}={value(one)}" for one in got
            )
            wrong.append(f"{text}  ->  {shown or 'nothing'}")
    return right, found, expected, wrong


def table() -> str:
    """Return precision and recall by locale and kind as Markdown, and the lines that are wrong."""
    rows = ["| locale | kind | precision | recall | cases |", "|---|---|---|---|---|"]
    mistakes = []
    for locale in LOCALES:
        right, found, expected, wrong = judge(locale)
        for kind in ("DATE", "PRICE", "PHONE_NUMBER", "NUMBER"):
            precision = right[kind] / found[kind] if found[kind] else 1.0
            recall = right[kind] / expected[kind] if expected[kind] else 1.0
            rows.append(
                f"| {locale} | {kind} | {precision:.3f} | {recall:.3f} | {expected[kind]} |"
            )
        mistakes += wrong
    return "\n".join([*rows, "", *(f"- {one}" for one in mistakes)]).strip()
