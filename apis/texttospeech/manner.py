"""The values of SSML's prosody, break and emphasis, in units.

Names have no units in SSML 1.1; these are Sensorium's. Errors are ValueError with the reason.
"""

from __future__ import annotations

import math
import re

_NUMBER = r"(\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})"
_RATES = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "default": 1.0, "fast": 1.35, "x-fast": 1.8}
_PITCHES = {"x-low": -6.0, "low": -3.0, "medium": 0.0, "default": 0.0, "high": 3.0, "x-high": 6.0}
_VOLUMES = {
    "silent": -96.0, "x-soft": -12.0, "soft": -6.0, "medium": 0.0, "default": 0.0, "loud": 4.0,
    "x-loud": 8.0,
}  # fmt: skip
_PAUSES = {"none": 0.0, "x-weak": 0.1, "weak": 0.25, "medium": 0.5, "strong": 0.75, "x-strong": 1.2}
LONGEST_PAUSE = 10.0
# rate factor, semitones and decibels
EMPHASIS = {
    "strong": (0.85, 2.0, 3.0),
    "moderate": (0.92, 1.0, 1.5),
    "none": (1.0, 0.0, 0.0),
    "reduced": (1.05, -0.5, -3.0),
}


def rated(now: float, value: str | None) -> float:
    """Return the rate factor after `rate`: a name, `80%`, `+10%` of the present one, or `1.2`."""
    if value is None:
        return now
    text = value.strip().lower()
    if text in _RATES:
        return _RATES[text]
    if found := re.fullmatch(rf"([+-]?){_NUMBER}%", text):
        share = float(found[2]) / 100
        rate = now * (1 + float(found[1] + "1") * share) if found[1] else share
    elif re.fullmatch(_NUMBER, text):
        rate = float(text)
    else:
        raise ValueError(f"rate is {', '.join(_RATES)} or a percentage, not {value[:40]!r}")
    if not 0.1 <= rate <= 10:
        raise ValueError(f"rate {value[:40]!r} is outside 10% to 1000%")
    return rate


def pitched(now: float, value: str | None) -> float:
    """Return the semitones after `pitch`: a name, `+2st`, or `-10%` of the frequency."""
    if value is None:
        return now
    text = value.strip().lower()
    if text in _PITCHES:
        return _PITCHES[text]
    found = re.fullmatch(rf"([+-]?){_NUMBER}(st|%)", text)
    if not found:
        raise ValueError(
            f"pitch is {', '.join(_PITCHES)}, semitones (+2st) or a percentage, not {value[:40]!r}"
        )
    amount = float(f"{found[1]}{found[2]}")
    if found[3] == "%":
        factor = 1 + amount / 100 if found[1] else amount / 100
        if factor <= 0:
            raise ValueError(f"pitch {value[:40]!r} leaves no frequency")
        amount = 12 * math.log2(factor)
    if not -24 <= now + amount <= 24:
        raise ValueError(f"pitch {value[:40]!r} is more than two octaves away")
    return now + amount


def volumed(now: float, value: str | None) -> float:
    """Return the decibels after `volume`: a name or `-6dB`."""
    if value is None:
        return now
    text = value.strip().lower()
    if text in _VOLUMES:
        return _VOLUMES[text]
    found = re.fullmatch(rf"([+-]?{_NUMBER})db", text)
    if not found:
        raise ValueError(f"volume is {', '.join(_VOLUMES)} or decibels (-6dB), not {value[:40]!r}")
    if not -96 <= now + float(found[1]) <= 40:
        raise ValueError(f"volume {value[:40]!r} is outside -96 dB to 40 dB")
    return now + float(found[1])


def pause_of(time: str | None, strength: str | None) -> float:
    """Return the seconds of a break; the time decides, and neither means a medium one."""
    if time is None:
        if strength not in {None, *_PAUSES}:
            raise ValueError(f"strength is one of {', '.join(_PAUSES)}, not {str(strength)[:40]!r}")
        return _PAUSES[strength or "medium"]
    found = re.fullmatch(rf"\+?{_NUMBER}(ms|s)", time.strip().lower())
    if not found:
        raise ValueError(f"time is seconds or milliseconds such as 500ms, not {time[:40]!r}")
    seconds = float(found[1]) / (1000 if found[2] == "ms" else 1)
    if seconds > LONGEST_PAUSE:
        raise ValueError(f"time {time[:40]!r} is more than {LONGEST_PAUSE:.0f} seconds")
    return seconds
