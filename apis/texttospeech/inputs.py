"""The input of a synthesis: text, SSML, markup or turns of several speakers, as passages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sensorium.apis.texttospeech import ssml
from sensorium.apis.texttospeech.passages import Manner, Passage, Passages
from sensorium.apis.texttospeech.voices import Catalog
from sensorium.models import x_sampa
from sensorium.models.errors import FailedPrecondition, InvalidArgument

MOST_BYTES = 5000
_PAUSE = re.compile(r"\[pause(?: (short|long))?\]")
_PAUSES = {None: 0.6, "short": 0.3, "long": 1.2}


def passages(
    request: Any, manner: Manner, catalog: Catalog, most: int = MOST_BYTES
) -> list[Passage]:
    """Return what a SynthesizeSpeechRequest of up to `most` bytes wants to be heard, in order."""
    source = request.input
    kind = source.WhichOneof("input_source")
    if source.prompt:
        raise FailedPrecondition("No installed voice follows a prompt", field="input.prompt")
    if kind is None:
        raise InvalidArgument("Nothing to speak: give text or ssml", field="input")
    ipa = pronunciations(source.custom_pronunciations.pronunciations)
    if kind == "multi_speaker_markup":
        return _turns(request, manner, catalog, ipa)
    text = getattr(source, kind)
    _check_size(text, f"input.{kind}", most)
    if kind == "ssml":
        return ssml.parse(text, manner, catalog, pronunciations=ipa)
    spoken = Passages(ipa, plain=_as_written(request))
    if kind == "markup":
        _mark_up(text, manner, spoken)
    else:
        spoken.say(text, manner)
    return spoken.finished()


def pronunciations(given: Any) -> dict[str, str]:
    """Return the IPA of each phrase that has a custom pronunciation."""
    found = {}
    for at, one in enumerate(given):
        field = f"input.customPronunciations.pronunciations[{at}]"
        if not one.phrase.strip() or not one.pronunciation.strip():
            raise InvalidArgument("A phrase and its pronunciation are required", field=field)
        encodings = one.DESCRIPTOR.fields_by_name["phonetic_encoding"].enum_type.values_by_number
        name = encodings[one.phonetic_encoding].name
        if not name.endswith(("_IPA", "_X_SAMPA")):
            raise InvalidArgument(
                f"{name} is not served, PHONETIC_ENCODING_IPA and PHONETIC_ENCODING_X_SAMPA are",
                field=f"{field}.phoneticEncoding",
            )
        ipa = name.endswith("_IPA")
        found[one.phrase.strip()] = one.pronunciation if ipa else x_sampa.to_ipa(one.pronunciation)
    return found


def _check_size(text: str, field: str, most: int = MOST_BYTES) -> None:
    """Raise InvalidArgument for no text, or for more than a request may bring."""
    if not text.strip():
        raise InvalidArgument("Nothing to speak: the text is empty", field=field)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > most:
        raise InvalidArgument(
            f"{size} bytes of text are more than {most}",
            field=field,
            hint="Split the text and join the sound.",
        )


def _as_written(request: Any) -> bool:
    """Tell whether text normalisation is switched off."""
    options = request.advanced_voice_options
    return options.HasField("enable_textnorm") and not options.enable_textnorm


def _mark_up(text: str, manner: Manner, spoken: Passages) -> None:
    """Add text with Google's pause tags."""
    for at, part in enumerate(_PAUSE.split(text)):
        # the tags' groups stand at the odd places; a tag without one splits to None
        if at % 2:
            spoken.pause(_PAUSES[part])
        else:
            spoken.say(part, manner)


def _turns(request: Any, manner: Manner, catalog: Catalog, ipa: Mapping[str, str]) -> list[Passage]:
    """Return a dialogue, each speaker in a voice of their own."""
    turns = request.input.multi_speaker_markup.turns
    field = "input.multiSpeakerMarkup.turns"
    if not turns:
        raise InvalidArgument("A dialogue needs turns", field=field)
    _check_size("".join(turn.text for turn in turns), field)
    cast = _cast(request, manner, catalog)
    spoken = Passages(ipa, plain=_as_written(request))
    for at, turn in enumerate(turns):
        if not turn.speaker or not turn.text.strip():
            raise InvalidArgument("A turn needs a speaker and a text", field=f"{field}[{at}]")
        if turn.speaker not in cast:
            raise InvalidArgument(
                f"No voice is configured for the speaker {turn.speaker[:40]!r}",
                field=f"{field}[{at}].speaker",
            )
        spoken.say(turn.text, cast[turn.speaker])
        spoken.rest(ssml.SENTENCE_PAUSE)
    return spoken.finished()


def _cast(request: Any, manner: Manner, catalog: Catalog) -> dict[str, Manner]:
    """Return how each speaker speaks: as configured, otherwise the voices in turn."""
    config = request.voice.multi_speaker_voice_config.speaker_voice_configs
    cast: dict[str, Manner] = {}
    for at, one in enumerate(config):
        field = f"voice.multiSpeakerVoiceConfig.speakerVoiceConfigs[{at}].speakerId"
        star = catalog.find(f"{manner.language}-Chirp3-HD-{one.speaker_id}")
        found = star or catalog.find(one.speaker_id)
        if found is None:
            raise InvalidArgument(f"No voice is called {one.speaker_id[:40]!r}", field=field)
        cast[one.speaker_alias] = Manner(found.language, found.voice)
    if cast:
        return cast
    voices = [one.voice for one in catalog.usable(manner.language)]
    first = voices.index(manner.voice) if manner.voice in voices else 0
    turns = request.input.multi_speaker_markup.turns
    for number, speaker in enumerate(dict.fromkeys(turn.speaker for turn in turns)):
        cast[speaker] = replace(manner, voice=voices[(first + number) % len(voices)])
    return cast
