"""Speech synthesis with VITS and MMS-TTS, through transformers."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sensorium.models.engines._languages import bcp47
from sensorium.models.engines._prosody import shaped
from sensorium.models.engines._transformers import open_model, open_part, readable
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.media.audio import silence
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.sentences import split
from sensorium.models.tasks import Samples, Speech, SpeechSynthesizer, Utterance, Voice

_SEED = 7  # what is random in the model's manner is the same for the same text


@engine(
    "vits",
    task=SpeechSynthesizer,
    requires=("transformers", "torch", "safetensors", "av"),
    card=BY_CARD,
    memory="400MB",
    rank=20,
)
class Vits:
    """Speak one language with a VITS or an MMS-TTS of the user's choice (safetensors).

    The tokenizer's configuration tells the language; a model of several speakers has a voice for
    each. The model knows letters, not sounds: IPA is refused.
    """

    def __init__(self, weights: Path, device: str) -> None:
        self._tokenizer = open_part(weights, "AutoTokenizer")
        self._model = open_model(weights, device, "VitsModel").float()
        self._device = device
        if not self._tokenizer.language:
            raise FailedPrecondition(
                f"{weights.name} does not tell its language.",
                hint="`language` in tokenizer_config.json does.",
            )
        needs = {"phonemizer": self._tokenizer.phonemize, "uroman": self._tokenizer.is_uroman}
        for package, needed in needs.items():
            if needed and importlib.util.find_spec(package) is None:
                raise FailedPrecondition(
                    f"{weights.name} needs the Python package {package!r}.",
                    hint=f"`pip install {package}` brings it; mind its licence.",
                )
        name = weights.name.rpartition("-")[0] or weights.name  # without the hash of its files
        count = self._model.config.num_speakers
        names = [name] if count < 2 else [f"{name}-{number}" for number in range(count)]
        rate, language = self._model.config.sampling_rate, bcp47(self._tokenizer.language)
        self._voices = tuple(Voice(one, (language,), "NEUTRAL", rate) for one in names)

    def voices(self) -> tuple[Voice, ...]:
        """Return a voice for each speaker of the model."""
        return self._voices

    def synthesize(self, utterances: Sequence[Utterance]) -> list[Speech]:
        """Return the speech of each utterance; InvalidArgument for a voice that is not there."""
        return [self._spoken(one) for one in utterances]

    def _spoken(self, one: Utterance) -> Speech:
        names = [voice.name for voice in self._voices]
        if one.voice not in names:
            raise InvalidArgument(f"There is no voice {one.voice[:80]!r}.")
        if one.phonemes is not None:
            raise InvalidArgument(
                "This voice cannot be told how to pronounce: it reads letters, not sounds."
            )
        rate = self._voices[0].sample_rate
        parts = [
            self._said(sentence.text, names.index(one.voice), one.prosody.rate)
            for sentence in split(readable(one.text), one.language)
        ]
        marks = ((one.mark, 0.0),) if one.mark else ()
        formed = [shaped(part, rate, one.prosody) for part in parts]
        samples = np.concatenate([*formed, silence(one.pause, rate)])
        return Speech(samples, rate, marks)

    def _said(self, text: str, speaker: int, rate: float) -> Samples:
        import torch

        taken = self._tokenizer(text, return_tensors="pt").to(self._device)
        if not taken["input_ids"].shape[1]:  # nothing in it that the model has letters for
            return np.zeros(0, np.int16)
        several = len(self._voices) > 1
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            torch.manual_seed(_SEED)
            told = self._model(
                **taken,
                speaker_id=speaker if several else None,
                speaking_rate=self._model.config.speaking_rate * rate,
            )
        wave: Any = told.waveform[0].float().cpu().numpy()
        return np.asarray(np.clip(np.nan_to_num(wave) * 32767, -32768, 32767), np.int16)
