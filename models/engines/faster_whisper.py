"""Speech recognition with Whisper in CTranslate2's format, through faster-whisper."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import (
    HEARD_RATE,
    HeardWord,
    Hearing,
    LanguageScore,
    MultilingualTranscriber,
    Phrase,
    Samples,
)

_SHORTEST = HEARD_RATE // 20  # samples in which nothing can be said
_NEEDED = ("model.bin", "config.json", "tokenizer.json")


@engine(
    "faster_whisper",
    task=MultilingualTranscriber,
    requires=("faster_whisper", "ctranslate2"),
    card=BY_CARD,
    memory="1GB",
    rank=25,
)
class FasterWhisper:
    """Write down speech in the languages of a Whisper that was converted for CTranslate2.

    It computes in 8-bit integers on a CPU and in bfloat16 on a GPU. Phrases are hot words, which
    the model is shown as what was said before. It tells one way to hear a stretch.
    """

    def __init__(self, weights: Path, device: str) -> None:
        from faster_whisper import WhisperModel

        if lacking := [name for name in _NEEDED if not (weights / name).is_file()]:
            raise FailedPrecondition(
                f"{weights.name} has no {lacking[0]}.",
                hint="ct2-transformers-converter makes such a folder of one that transformers has.",
            )
        kind, _, index = device.partition(":")
        self._model = WhisperModel(
            str(weights),
            device=kind,
            device_index=int(index or 0),
            compute_type="int8" if kind == "cpu" else "bfloat16",
            cpu_threads=len(os.sched_getaffinity(0)) if kind == "cpu" else 0,
            local_files_only=True,
        )
        self._languages = set(self._model.supported_languages)

    def transcribe(
        self,
        stretches: Sequence[Samples],
        language: str,
        phrases: Sequence[Phrase] = (),
        alternatives: int = 1,
    ) -> list[list[Hearing]]:
        """Return the way to hear each stretch; none for silence."""
        spoken = language.partition("-")[0].lower()
        if spoken not in self._languages:
            raise InvalidArgument(f"This model does not understand {language!r}.")
        hot = ", ".join(phrase.text for phrase in phrases) or None
        return [list(self._heard(one, spoken, hot)) for one in stretches]

    def spoken(self, stretches: Sequence[Samples]) -> list[list[LanguageScore]]:
        """Return the languages of each stretch, likeliest first; none for what is too short."""
        return [self._told(one) if len(one) >= _SHORTEST else [] for one in stretches]

    def _told(self, stretch: Samples) -> list[LanguageScore]:
        if not self._model.model.is_multilingual:
            return [LanguageScore("en", 1.0)]
        _, _, scores = self._model.detect_language(_sound(stretch))
        return [LanguageScore(code, float(likely)) for code, likely in scores]

    def _heard(self, stretch: Samples, language: str, hot: str | None) -> Iterator[Hearing]:
        if len(stretch) < _SHORTEST:
            return
        segments, _ = self._model.transcribe(
            _sound(stretch),
            language=language,
            beam_size=1,
            temperature=0.0,
            word_timestamps=True,
            condition_on_previous_text=False,
            hotwords=hot,
        )
        words = tuple(_words(segments, len(stretch) / HEARD_RATE))
        if words:
            yield Hearing(words, sum(word.confidence for word in words) / len(words))


def _sound(stretch: Samples) -> Any:
    return stretch.astype(np.float32) / np.float32(32768)


def _words(segments: Any, seconds: float) -> Iterator[HeardWord]:
    """Yield the words of segments, within the stretch and in order."""
    start = 0.0
    for segment in segments:
        for word in segment.words or ():
            if text := word.word.strip():
                start = min(max(float(word.start), start), seconds)
                end = min(max(float(word.end), start), seconds)
                yield HeardWord(text, start, end, min(1.0, float(word.probability)))
                start = end
