"""Speech synthesis with Piper's voices, through piper-tts.

The library is GPLv3 and carries an eSpeak NG of its own, which tells how words are pronounced; it
dies of some texts, so it runs in a process of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sensorium.models.engines._languages import bcp47
from sensorium.models.engines._prosody import shaped
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.ipa import normalize
from sensorium.models.media.audio import silence
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import Speech, SpeechSynthesizer, Utterance, Voice


@engine(
    "piper",
    task=SpeechSynthesizer,
    requires=("piper", "onnxruntime", "av"),
    card=BY_CARD,
    isolated=True,
    memory="250MB",
    rank=20,
)
class Piper:
    """Speak one language with a voice of Piper's: `NAME.onnx` with its `NAME.onnx.json`.

    A model of several speakers has a voice for each. IPA is spoken as far as the voice knows it.
    """

    def __init__(self, weights: Path) -> None:
        from piper import PiperVoice

        models = sorted(weights.glob("*.onnx"))
        if len(models) != 1 or not models[0].with_suffix(".onnx.json").is_file():
            raise FailedPrecondition(
                f"{weights.name} is not one .onnx file with its .onnx.json beside it.",
                hint="Piper's voices are published so.",
            )
        self._voice = PiperVoice.load(models[0])
        config = self._voice.config
        name = weights.name.rpartition("-")[0] or weights.name  # without the hash of its files
        speakers = sorted(config.speaker_id_map, key=config.speaker_id_map.__getitem__)
        if config.num_speakers < 2:
            names = [name]
        else:
            several = speakers or [str(number) for number in range(config.num_speakers)]
            names = [f"{name}-{speaker}" for speaker in several]
        language = bcp47(config.espeak_voice.partition("+")[0])
        self._voices = tuple(
            Voice(one, (language,), "NEUTRAL", config.sample_rate) for one in names
        )

    def voices(self) -> tuple[Voice, ...]:
        """Return a voice for each speaker of the model."""
        return self._voices

    def synthesize(self, utterances: Sequence[Utterance]) -> list[Speech]:
        """Return the speech of each utterance; InvalidArgument for a voice that is not there."""
        return [self._spoken(one) for one in utterances]

    def _spoken(self, one: Utterance) -> Speech:
        from piper import SynthesisConfig

        names = [voice.name for voice in self._voices]
        if one.voice not in names:
            raise InvalidArgument(f"There is no voice {one.voice[:80]!r}.")
        rate = self._voices[0].sample_rate
        several = len(names) > 1
        manner = SynthesisConfig(
            speaker_id=names.index(one.voice) if several else None,
            length_scale=self._voice.config.length_scale / one.prosody.rate,
        )
        told = self._voice.synthesize(self._written(one), manner)
        parts = [shaped(chunk.audio_int16_array, rate, one.prosody) for chunk in told]
        marks = ((one.mark, 0.0),) if one.mark else ()
        return Speech(np.concatenate([*parts, silence(one.pause, rate)]), rate, marks)

    def _written(self, one: Utterance) -> str:
        """Return an utterance as the library reads it: phonemes in double brackets."""
        if one.phonemes is None:
            return one.text.replace("[[", "[ [").replace("]]", "] ]")
        sounds = normalize(one.phonemes)
        known = self._voice.config.phoneme_id_map
        if strange := [sound for sound in sounds if sound not in known and not sound.isspace()]:
            raise InvalidArgument(f"This voice does not know the IPA symbol {strange[0]!r}.")
        return f"[[{sounds}]]"
