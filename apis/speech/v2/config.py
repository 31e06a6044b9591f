"""What a `RecognitionConfig` of v2 asks for, over the config that a recognizer has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from sensorium.apis.core import Call
from sensorium.apis.speech import config as v1
from sensorium.apis.speech.adaptation import fill
from sensorium.apis.speech.config import Asked
from sensorium.apis.speech.v2 import names, store
from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.table import load
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.tasks import Phrase, RawFormat

_CONFIG = "google.cloud.speech.v2.RecognitionConfig"
check_phrases = v1.check_phrases
_MOST_CHANNELS, _MOST_ALTERNATIVES = 8, 30


async def merged(recognizer: str, given: Any, mask: Any, call: Call) -> Any:
    """Return the config of a recognizer with what a request says in its place.

    Phrase sets that are kept are filled in. Without a mask everything that is set counts. Raises
    InvalidArgument, NotFound.
    """
    name = names.parse(recognizer, "recognizer")
    own: Any = load().message(_CONFIG)()
    if name.id != names.NONE:
        row = await call.database.read(store.resource, name)
        decode(own, row.fields.get("defaultRecognitionConfig", {}))
        if not own.language_codes:
            own.language_codes.extend(row.fields.get("languageCodes", []))
    override(own, given, set_paths(given, mask), "configMask")
    await fill(own, call, "config")
    return own


def set_paths(given: Any, mask: Any) -> list[str]:
    """Return what a mask names of a message; without a mask, what is set."""
    return list(mask.paths) or [field.name for field, _ in given.ListFields()]


def override(own: Any, given: Any, paths: Sequence[str], field: str) -> None:
    """Put what paths name of one message in place of what another has; `*` is everything.

    Raises InvalidArgument for a field that is not there.
    """
    if "*" in paths:
        own.CopyFrom(given)
        return
    mask = FieldMask(paths=paths)
    if not mask.IsValidForDescriptor(own.DESCRIPTOR):
        wrong = [
            path
            for path in paths
            if not FieldMask(paths=[path]).IsValidForDescriptor(own.DESCRIPTOR)
        ]
        raise InvalidArgument(f"There is no field {wrong[0][:100]!r}.", field=field)
    mask.MergeMessage(given, own, True, True)


def read(config: Any, field: str = "config") -> Asked:
    """Return what a config asks for.

    Raises InvalidArgument for values out of range, FailedPrecondition for what no installed engine
    can do.
    """
    features, form = config.features, config.explicit_decoding_config
    languages = tuple(dict.fromkeys(config.language_codes))
    if not languages or "" in languages:
        raise InvalidArgument("Set the language that is spoken.", field=f"{field}.languageCodes")
    if not 0 <= features.max_alternatives <= _MOST_ALTERNATIVES:
        raise InvalidArgument(
            f"At most {_MOST_ALTERNATIVES} alternatives.", field=f"{field}.features.maxAlternatives"
        )
    if not 0 <= form.audio_channel_count <= _MOST_CHANNELS:
        raise InvalidArgument(
            f"At most {_MOST_CHANNELS} channels.",
            field=f"{field}.explicitDecodingConfig.audioChannelCount",
        )
    _refuse(config, field)
    return Asked(
        languages,
        _raw(form),
        form.sample_rate_hertz,
        form.audio_channel_count,
        features.multi_channel_mode == 1,
        features.max_alternatives or 1,
        tuple(_phrases(config, field)),
        features.profanity_filter,
        features.enable_word_time_offsets,
        features.enable_word_confidence,
        features.enable_spoken_punctuation,
        features.enable_spoken_emojis,
        tuple(v1.replacements(config, field)),
        v1.speakers(features.diarization_config, f"{field}.features.diarizationConfig")
        if features.HasField("diarization_config")
        else None,
        field,
    )


def _raw(form: Any) -> RawFormat | None:
    kind = form.DESCRIPTOR.fields_by_name["encoding"].enum_type
    value = kind.values_by_number.get(form.encoding)
    encoding = v1.RAW.get(value.name) if value else None
    if encoding is None or not form.sample_rate_hertz:
        return None
    return RawFormat(encoding, form.sample_rate_hertz, form.audio_channel_count or 1)


def _refuse(config: Any, field: str) -> None:
    """Raise FailedPrecondition for what no engine can do, rather than leave it out silently."""
    features = config.features
    lacking = {
        "features.customPromptConfig": (
            features.HasField("custom_prompt_config"),
            "No installed engine follows prompts.",
        ),
        "translationConfig": (
            config.HasField("translation_config"),
            "Speech is not translated here; translateText translates what was heard.",
        ),
        "denoiserConfig": (
            config.denoiser_config.denoise_audio,
            "No installed engine takes noise away.",
        ),
    }
    for name, (asked, reason) in lacking.items():
        if asked:
            raise FailedPrecondition(reason, field=f"{field}.{name}")


def _phrases(config: Any, field: str) -> Iterator[Phrase]:
    adaptation = config.adaptation
    classes = {
        one.name.rpartition("/")[2]: [item.value for item in one.items]
        for one in adaptation.custom_classes
    }
    told: list[tuple[str, float]] = []
    for one in adaptation.phrase_sets:
        given = one.inline_phrase_set
        told += [(phrase.value, phrase.boost or given.boost) for phrase in given.phrases]
    yield from v1.phrases(told, classes, field)
