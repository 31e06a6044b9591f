"""Pitch and volume of speech whose engine has neither."""

from __future__ import annotations

from sensorium.models.media.audio import amplify, resample, stretch
from sensorium.models.tasks import Prosody, Samples


def shaped(samples: Samples, rate: int, prosody: Prosody) -> Samples:
    """Return speech higher or lower, and louder or softer, as long as before."""
    if prosody.pitch and samples.size:
        factor = 2 ** (prosody.pitch / 12)
        samples = stretch(resample(samples, round(rate * factor), rate), rate, factor)
    return amplify(samples, prosody.volume)
