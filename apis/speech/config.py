"""What a `RecognitionConfig` of v1 asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.apis.speech.wording import Replacement
from sensorium.models.errors import FailedPrecondition, InvalidArgument, Unimplemented
from sensorium.models.tasks import Phrase, RawEncoding, RawFormat

RAW: Mapping[str, RawEncoding] = {"LINEAR16": "LINEAR16", "MULAW": "MULAW", "ALAW": "ALAW"}
_LEAST_RATE, _MOST_RATE = 8_000, 48_000
_MOST_CHANNELS, _MOST_ALTERNATIVES, _MOST_LANGUAGES, _MOST_PHRASES = 8, 30, 3, 5_000
_SPEAKERS, _MOST_SPEAKERS = 6, 20  # at most, unless the request says; as in Google's API
_LONGEST_PHRASE = 100  # characters
_CLASS = re.compile(r"\$\{(?:projects/[^{}]+/customClasses/)?([\w-]+)\}|\$([\w-]+)")


@dataclass(frozen=True, slots=True)
class Speakers:
    """The fewest and the most voices to tell apart."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What to listen for, and what to tell of it.

    `raw` is what bytes without a header are, None where the request does not say; `sample_rate` and
    `channels` are what the request says of the sound, 0 for nothing. `separate` listens to each
    channel by itself; `speakers`, where they are set, are told apart.
    """

    languages: tuple[str, ...]
    raw: RawFormat | None
    sample_rate: int = 0
    channels: int = 0
    separate: bool = False
    alternatives: int = 1
    phrases: tuple[Phrase, ...] = ()
    hide_profanities: bool = False
    times: bool = False
    confidences: bool = False
    spoken_punctuation: bool = False
    spoken_emojis: bool = False
    replacements: tuple[Replacement, ...] = ()
    speakers: Speakers | None = None
    field: str = "config"


def read(config: Any, field: str = "config") -> Asked:
    """Return what a config asks for.

    Raises InvalidArgument for values out of range, FailedPrecondition for what no installed engine
    can do.
    """
    rate, channels = config.sample_rate_hertz, config.audio_channel_count
    if rate and not _LEAST_RATE <= rate <= _MOST_RATE:
        raise InvalidArgument(
            f"{rate} Hz is outside {_LEAST_RATE} to {_MOST_RATE}.", field=f"{field}.sampleRateHertz"
        )
    if not 0 <= channels <= _MOST_CHANNELS:
        raise InvalidArgument(
            f"{channels} channels, at most {_MOST_CHANNELS}.", field=f"{field}.audioChannelCount"
        )
    if not 0 <= config.max_alternatives <= _MOST_ALTERNATIVES:
        raise InvalidArgument(
            f"At most {_MOST_ALTERNATIVES} alternatives.", field=f"{field}.maxAlternatives"
        )
    _refuse(config, field)
    return Asked(
        _languages(config, field),
        _raw(config, field),
        rate,
        channels,
        config.enable_separate_recognition_per_channel,
        config.max_alternatives or 1,
        tuple(_phrases(config, field)),
        config.profanity_filter,
        config.enable_word_time_offsets,
        config.enable_word_confidence,
        config.enable_spoken_punctuation.value,
        config.enable_spoken_emojis.value,
        tuple(replacements(config, field)),
        _speakers(config.diarization_config, f"{field}.diarizationConfig"),
        field,
    )


def _speakers(config: Any, field: str) -> Speakers | None:
    return speakers(config, field) if config.enable_speaker_diarization else None


def speakers(config: Any, field: str) -> Speakers:
    """Return how many speakers to tell apart: one or more unless the config says otherwise."""
    least, most = config.min_speaker_count or 1, config.max_speaker_count or _SPEAKERS
    if config.min_speaker_count and not config.max_speaker_count:
        most = max(least, most)
    if not 1 <= least <= most <= _MOST_SPEAKERS:
        raise InvalidArgument(
            f"{least} to {most} speakers; the fewest and the most are from 1 to {_MOST_SPEAKERS}.",
            field=field,
        )
    return Speakers(least, most)


def replacements(config: Any, field: str) -> Iterator[Replacement]:
    """Yield the entries of a `TranscriptNormalization`."""
    for one in config.transcript_normalization.entries:
        if not one.search:
            raise InvalidArgument("Words to look for.", field=f"{field}.transcriptNormalization")
        yield Replacement(one.search, one.replace, one.case_sensitive)


def _languages(config: Any, field: str) -> tuple[str, ...]:
    if not config.language_code:
        raise InvalidArgument("Set the language that is spoken.", field=f"{field}.languageCode")
    others = list(config.alternative_language_codes)
    if len(others) > _MOST_LANGUAGES:
        raise InvalidArgument(
            f"At most {_MOST_LANGUAGES} other languages.", field=f"{field}.alternativeLanguageCodes"
        )
    return tuple(dict.fromkeys([config.language_code, *others]))


def _raw(config: Any, field: str) -> RawFormat | None:
    """Return what bytes without a header are; encodings with one are told from the bytes."""
    kind = config.DESCRIPTOR.fields_by_name["encoding"].enum_type
    value = kind.values_by_number.get(config.encoding)
    name = value.name if value else str(config.encoding)
    if name == "SPEEX_WITH_HEADER_BYTE":
        raise Unimplemented("Speex with a header byte is not read.", hint="Send OGG_OPUS or FLAC.")
    if name not in RAW or not config.sample_rate_hertz:
        return None
    return RawFormat(RAW[name], config.sample_rate_hertz, config.audio_channel_count or 1)


def _refuse(config: Any, field: str) -> None:
    """Raise FailedPrecondition for what no engine can do, rather than leave it out silently."""
    if config.adaptation.HasField("abnf_grammar"):
        raise FailedPrecondition(
            "ABNF grammars are not understood.",
            field=f"{field}.adaptation.abnfGrammar",
            hint="List phrases in phraseSets.",
        )


def _phrases(config: Any, field: str) -> Iterator[Phrase]:
    """Yield the phrases of contexts and sets; one with a custom class for each of its items."""
    classes = {
        name: [item.value for item in one.items]
        for one in config.adaptation.custom_classes
        for name in {one.custom_class_id, one.name.rpartition("/")[2]} - {""}
    }
    told = [(text, one.boost) for one in config.speech_contexts for text in one.phrases]
    for one in config.adaptation.phrase_sets:
        told += [(phrase.value, phrase.boost or one.boost) for phrase in one.phrases]
    yield from phrases(told, classes, field)


def phrases(
    told: Sequence[tuple[str, float]], classes: Mapping[str, list[str]], field: str
) -> Iterator[Phrase]:
    """Yield phrases with their boosts, one with a custom class for each item of that.

    Raises InvalidArgument.
    """
    check_phrases(told, f"{field}.adaptation")
    for text, boost in told:
        yield from (Phrase(one, boost) for one in _filled(text, classes, field))


def check_phrases(told: Sequence[tuple[str, float]], field: str) -> None:
    """Raise InvalidArgument for too many phrases, too long ones, and boosts out of range."""
    if len(told) > _MOST_PHRASES:
        raise InvalidArgument(f"At most {_MOST_PHRASES:,} phrases.", field=field)
    for text, boost in told:
        if not 0 <= boost <= 20:
            raise InvalidArgument(f"A boost is 0 to 20, not {boost:g}.", field=field)
        if len(text) > _LONGEST_PHRASE:
            raise InvalidArgument(
                f"A phrase has at most {_LONGEST_PHRASE} characters.", field=field
            )


def _filled(text: str, classes: Mapping[str, list[str]], field: str) -> list[str]:
    found = _CLASS.search(text)
    if found is None:
        return [text]
    name = found[1] or found[2]
    if name not in classes:
        raise InvalidArgument(
            f"There is no custom class {found[0][:60]!r}.",
            field=f"{field}.adaptation.customClasses",
            hint="Classes of Google's, such as $MONEY, are not known here.",
        )
    return [f"{text[: found.start()]}{item}{text[found.end() :]}" for item in classes[name]]
