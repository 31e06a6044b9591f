"""The text that a cell of a sheet shows: its value in its number format (ECMA-376, 18.8.30).

What is done: dates, times, shares, thousands, decimals, and a currency sign. Colours, conditions
and fractions are not; such a number is shown plainly.
"""

from __future__ import annotations

import datetime
import re
from typing import Any

_QUOTED = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)(?:-[^\]]*)?\]')
_FORMAT = re.compile(r"([#0?,]*[#0?])(?:\.([0#?]+))?")


def shown(cell: Any) -> str:
    """Return what a cell shows."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value, cell.number_format or "General")
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if _is_midnight(value) else value.isoformat(" ", "minutes")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value).replace("_x000D_", "").replace("\r\n", "\n").strip()


def _is_midnight(value: datetime.datetime) -> bool:
    return value.time() == datetime.time()


def _number(value: float, code: str) -> str:
    """Return a number in the first section of a format, or the second where it is negative."""
    sections = code.split(";")
    negative = value < 0 and len(sections) > 1 and bool(sections[1].strip())
    section = sections[1] if negative else sections[0]
    literals = _QUOTED.sub("", section)
    pattern = _FORMAT.search(literals)
    if "General" in code or pattern is None or "E" in literals or "/" in literals:
        return _plain(value)
    figures, decimals = pattern[1], len(pattern[2] or "")
    if "%" in literals:
        value *= 100
    written = f"{abs(value) if negative else value:{',' if ',' in figures else ''}.{decimals}f}"
    before, after = _literals(section)
    return f"{before}{written}{after}".strip()


def _literals(section: str) -> tuple[str, str]:
    """Return what stands before and behind the figures of a section."""
    plain = _QUOTED.sub(lambda found: found[1] or found[2] or found[3] or "", section)
    plain = re.sub(r"\[[^\]]*\]|_.|\*.", "", plain)
    pattern = _FORMAT.search(plain)
    if pattern is None:
        return "", ""
    return plain[: pattern.start()], plain[pattern.end() :]


def _plain(value: float) -> str:
    """Return a number in as few figures as tell it, as Excel's General does."""
    return f"{value:.11g}" if isinstance(value, float) else str(value)
