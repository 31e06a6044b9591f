"""text:synthesize: text, SSML, markup or a dialogue to sound."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.texttospeech import texttospeech
from sensorium.apis.texttospeech.inputs import MOST_BYTES, passages
from sensorium.apis.texttospeech.output import Output, output
from sensorium.apis.texttospeech.passages import Manner, Passage
from sensorium.apis.texttospeech.speaking import Speaker, speak
from sensorium.apis.texttospeech.voices import Catalog, Listed, voices_of
from sensorium.models.errors import FailedPrecondition
from sensorium.models.tasks import Gender

_GENDERS: dict[int, Gender] = {1: "MALE", 2: "FEMALE", 3: "NEUTRAL"}
_SSML_MARK = 1  # of v1beta1's TimepointType
# what Google calls the voice of a dialogue; the speakers' voices are chosen one by one
_DIALOGUE = "-multispeaker"


_RPC = "google.cloud.texttospeech.v1.TextToSpeech.SynthesizeSpeech"


@texttospeech.rpc(
    _RPC,
    example={
        "input": {"text": "Hello! It is half past two."},
        "voice": {"languageCode": "en-US", "name": "en-US-Standard-C"},
        "audioConfig": {"audioEncoding": "MP3"},
    },
)
async def synthesize_speech(request: Any, call: Call) -> JSON:
    """Turn text, SSML, markup or a dialogue into sound.

    Google's voice names are understood: `en-US-Wavenet-D` is spoken by the installed engine's
    voice of that language, letter and gender, which is not Google's voice. Effect profiles are
    simple equalisers of Sensorium's own. Recordings (`<audio>`) are not fetched: what stands
    between the tags is spoken.
    """
    script = await prepared(request, call)
    speech = await speak(script.passages, script.speaker, call)
    wanted = script.output
    answer: JSON = {"audioContent": await asyncio.to_thread(wanted.render, speech)}
    # v1beta1 only: in v1 neither field exists
    if _SSML_MARK in getattr(request, "enable_time_pointing", ()):
        answer["timepoints"] = [
            {"markName": name, "timeSeconds": seconds} for name, seconds in speech.marks
        ]
    return answer


@texttospeech.command("speak", _RPC)
def speech_of_text(content: bytes) -> JSON:
    """Speak English text, or SSML, as WAV (`--output speech.wav` keeps it)."""
    text = content.decode("utf-8", "replace")
    kind = "ssml" if text.lstrip().startswith("<speak") else "text"
    return {
        "input": {kind: text},
        "voice": {"languageCode": "en-US"},
        "audioConfig": {"audioEncoding": "LINEAR16"},
    }


@dataclass(frozen=True, slots=True)
class Script:
    """What is to be spoken, by whom, and what file it becomes."""

    passages: list[Passage]
    speaker: Speaker
    output: Output


async def prepared(request: Any, call: Call, most: int = MOST_BYTES) -> Script:
    """Return what a SynthesizeSpeechRequest of up to `most` bytes asks for; InvalidArgument."""
    _refuse_custom_voices(request.voice)
    wanted = output(request.audio_config)
    engine = request.voice.model_name or None
    language = request.voice.language_code
    voices = await voices_of(call.models, language or None, engine)
    chosen = _voice(request.voice, voices)
    manner = Manner(chosen.language, chosen.voice)
    # words for numbers and dates load tables of their language
    spoken = await asyncio.to_thread(passages, request, manner, voices, most)
    speaker = Speaker(language, engine, chosen.voice.sample_rate, wanted.prosody)
    return Script(spoken, speaker, wanted)


def _voice(selection: Any, voices: Catalog) -> Listed:
    """Return the voice that a VoiceSelectionParams message asks for."""
    name = "" if selection.name.lower().endswith(_DIALOGUE) else selection.name
    return voices.choose(selection.language_code, name, _GENDERS.get(selection.ssml_gender))


def _refuse_custom_voices(selection: Any) -> None:
    """Refuse voices that were trained or cloned elsewhere."""
    for field, name in (("custom_voice", "customVoice"), ("voice_clone", "voiceClone")):
        if selection.HasField(field):
            raise FailedPrecondition(
                "Custom and cloned voices are not served: no installed engine can make them",
                field=f"voice.{name}",
                hint="voices.list tells the voices that there are.",
            )
