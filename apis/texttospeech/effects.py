"""Effect profiles: how speech is filtered for the device that will play it.

The names are Google's. Its curves are not published: these are Sensorium's own, simple ones, that
keep what such a device can render.
"""

from __future__ import annotations

from collections.abc import Sequence

from sensorium.models.errors import InvalidArgument
from sensorium.models.media.audio import Filter

# FFmpeg's filters: frequencies f in Hz, gains g in dB, widths w in octaves (t=o)
PROFILES: dict[str, tuple[Filter, ...]] = {
    "wearable-class-device": (
        ("highpass", "f=250"),
        ("equalizer", "f=2500:t=o:w=2:g=4"),
    ),
    "handset-class-device": (
        ("highpass", "f=200"),
        ("equalizer", "f=2000:t=o:w=2:g=3"),
        ("lowpass", "f=7500"),
    ),
    "headphone-class-device": (("bass", "f=150:g=2"), ("treble", "f=5000:g=1")),
    "small-bluetooth-speaker-class-device": (
        ("highpass", "f=150"),
        ("equalizer", "f=3000:t=o:w=2:g=2"),
    ),
    "medium-bluetooth-speaker-class-device": (
        ("highpass", "f=90"),
        ("equalizer", "f=3000:t=o:w=2:g=1"),
    ),
    "large-home-entertainment-class-device": (("bass", "f=120:g=3"),),
    "large-automotive-class-device": (
        ("bass", "f=120:g=2"),
        ("equalizer", "f=2500:t=o:w=2:g=3"),
    ),
    "telephony-class-application": (("highpass", "f=300"), ("lowpass", "f=3400")),
}


def filters(profiles: Sequence[str], field: str) -> tuple[Filter, ...]:
    """Return the filters of the named profiles, one after the other."""
    found: list[Filter] = []
    for at, name in enumerate(profiles):
        if name not in PROFILES:
            raise InvalidArgument(
                f"The effects profile {name[:80]!r} does not exist; "
                f"those that do: {', '.join(PROFILES)}",
                field=f"{field}[{at}]",
            )
        found += PROFILES[name]
    return tuple(found)
