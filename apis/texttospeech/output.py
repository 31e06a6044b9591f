"""The audio that a request asks for: `AudioConfig`, checked, and made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sensorium.apis.texttospeech.effects import filters
from sensorium.models.errors import InvalidArgument
from sensorium.models.media.audio import (
    FORMATS,
    Filter,
    amplify,
    check_rate,
    encode,
    filtered,
    nearest_rate,
    resample,
)
from sensorium.models.tasks import Prosody, Speech

# `LINEAR16` is what Google calls a WAV file
_KINDS = {"LINEAR16": "WAV"}


@dataclass(frozen=True, slots=True)
class Output:
    """The kind of file, its rate in Hz (0: the voice's own), and what is done to the sound."""

    kind: str
    sample_rate: int
    prosody: Prosody
    filters: tuple[Filter, ...]

    def render(self, speech: Speech) -> bytes:
        """Return the file. Takes processor time: call it in a thread."""
        rate = self.sample_rate or nearest_rate(speech.sample_rate, self.kind)
        samples = filtered(speech.samples, speech.sample_rate, self.filters)
        samples = amplify(samples, self.prosody.volume)
        return encode(resample(samples, speech.sample_rate, rate), rate, self.kind)


def output(config: Any, field: str = "audioConfig") -> Output:
    """Return what an AudioConfig message asks for; InvalidArgument with the field otherwise."""
    encodings = config.DESCRIPTOR.fields_by_name["audio_encoding"].enum_type.values_by_number
    known = encodings.get(config.audio_encoding)
    kind = _KINDS.get(known.name, known.name) if known else str(config.audio_encoding)
    if kind not in FORMATS:
        served = ", ".join(one.name for number, one in encodings.items() if number)
        raise InvalidArgument(
            f"{kind} is not an encoding; those that are: {served}", field=f"{field}.audioEncoding"
        )
    if config.sample_rate_hertz:
        check_rate(config.sample_rate_hertz, kind, f"{field}.sampleRateHertz")
    prosody = Prosody(
        rate=_within(config.speaking_rate or 1.0, 0.25, 2.0, f"{field}.speakingRate"),
        pitch=_within(config.pitch, -20.0, 20.0, f"{field}.pitch"),
        volume=_within(config.volume_gain_db, -96.0, 16.0, f"{field}.volumeGainDb"),
    )
    profiles = filters(config.effects_profile_id, f"{field}.effectsProfileId")
    return Output(kind, config.sample_rate_hertz, prosody, profiles)


def _within(value: float, lowest: float, highest: float, field: str) -> float:
    """Return a value that lies in its range; what is not a number does not."""
    if not lowest <= value <= highest:
        raise InvalidArgument(f"{value:g} is outside {lowest:g} to {highest:g}", field=field)
    return value
