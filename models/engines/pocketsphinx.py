"""Speech recognition with PocketSphinx and the US English models that its package carries."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from sensorium.models.errors import InvalidArgument
from sensorium.models.registry import engine
from sensorium.models.tasks import HEARD_RATE, HeardWord, Hearing, Phrase, Samples, Transcriber

_PAD = HEARD_RATE // 4  # samples of silence around a stretch, in which it finds the ends of words
_FRAMES = 100  # a second
_WORD = re.compile(
    r"^(?![<\[+])([^(]+)(?:\(\d+\))?$"
)  # not <s>, [NOISE] or ++UM++; "an(2)" is "an"
_GRAMMAR = "phrases"
_RESCORED = 60  # hypotheses among which a phrase is looked for
_LESS = 100.0  # natural logarithms by which another hearing is e times less sure than the best
_SHIFT = 1024.0  # scores of hypotheses are logarithms that were shifted by ten bits
_EVEN = 0.15  # its probabilities of words are far too sure; evened out they still rank them
# What a phrase is worth in natural logarithms: how much less likely a
# hearing with it may be and still win, at no boost and for each unit of boost.
_WORTH, _WORTH_OF_BOOST = 25.0, 4.0
_ALIKE = 0.7  # of the letters: a phrase as short or as long may be all that was said
_WORTH_OF_SOUND = 0.12  # a frame, for a stretch that is a phrase and nothing else


@engine(
    "pocketsphinx",
    task=Transcriber,
    requires=("pocketsphinx",),
    languages=("en",),
    batch=4,
    memory="250MB",
    rank=10,
)
class PocketSphinx:
    """Write down US English: commands and short sentences well, free talk poorly.

    Words are those of its dictionary (134,000). Phrases that are hinted are preferred where they
    sound nearly as likely as what would be heard else. Its confidences rank what it heard; they
    are no probabilities.
    """

    def __init__(self) -> None:
        from pocketsphinx import Decoder

        self._decoder: Any = Decoder(samprate=HEARD_RATE, loglevel="FATAL")
        self._usual = self._decoder.current_search()

    def transcribe(
        self,
        stretches: Sequence[Samples],
        language: str,
        phrases: Sequence[Phrase] = (),
        alternatives: int = 1,
    ) -> list[list[Hearing]]:
        """Return up to so many ways to hear each stretch, surest first; none for silence."""
        if language.partition("-")[0] != "en":
            raise InvalidArgument(f"PocketSphinx does not understand {language!r}.")
        hinted = self._known(phrases)
        return [self._heard(samples, hinted, alternatives) for samples in stretches]

    def _known(self, phrases: Sequence[Phrase]) -> dict[str, float]:
        """Return the phrases all of whose words are in the dictionary, with what they are worth."""
        found: dict[str, float] = {}
        for phrase in phrases:
            text = " ".join(re.sub(r"[^\w' .-]", " ", phrase.text.lower()).split())
            if text and all(self._decoder.lookup_word(word) for word in text.split()):
                worth = _WORTH + _WORTH_OF_BOOST * phrase.boost
                found[text] = max(worth, found.get(text, 0.0))
        return found

    def _heard(
        self, samples: Samples, hinted: dict[str, float], alternatives: int
    ) -> list[Hearing]:
        silence = np.zeros(_PAD, np.int16)
        sound = np.concatenate([silence, samples, silence]).astype("<i2").tobytes()
        self._decode(sound)
        best = self._hearing(len(samples))
        if best is None:
            return []
        if not hinted and alternatives < 2:
            return [best]
        ranked = self._ranked(best, hinted)
        if hinted and (whole := self._whole(sound, best, hinted)) is not None:
            ranked = [(whole.text, 0.0), *(one for one in ranked if one[0] != whole.text)]
            known = {whole.text: whole, best.text: best}
        else:
            known = {best.text: best}
        found: list[Hearing] = []
        for text, less in ranked:
            if len(found) == alternatives:
                break
            sure = best.confidence * math.exp(max(less, -500.0) / _LESS)
            one = known.get(text) or self._aligned(text, sound, sure)
            if one is not None:
                found.append(one)
        return found

    def _decode(self, sound: bytes) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(sound, full_utt=True)
        self._decoder.end_utt()

    def _hearing(self, length: int) -> Hearing | None:
        """Return what was decoded last, its times those of a stretch of so many samples."""
        words = tuple(self._words(length / HEARD_RATE))
        if not words:
            return None
        return Hearing(words, sum(word.confidence for word in words) / len(words))

    def _words(self, seconds: float) -> Iterator[HeardWord]:
        pad = _PAD / HEARD_RATE
        for segment in self._decoder.seg() or ():
            if found := _WORD.match(segment.word):
                start = min(max(segment.start_frame / _FRAMES - pad, 0.0), seconds)
                end = min(max((segment.end_frame + 1) / _FRAMES - pad, start), seconds)
                likely = min(1.0, max(0.0, segment.prob)) ** _EVEN
                yield HeardWord(found[1], start, end, likely)

    def _ranked(self, best: Hearing, hinted: dict[str, float]) -> list[tuple[str, float]]:
        """Return what may have been said, likeliest first, and how much less likely that is.

        What has phrases counts as much likelier as these are worth.
        """
        some = islice(self._decoder.nbest(), _RESCORED)
        told = [(_plain(one.hypstr or ""), one.score) for one in some if one is not None]
        most = max((score for _, score in told), default=1.0)
        less = {best.text: 0.0}
        for text, score in told:
            if text and score > 0:
                less.setdefault(text, math.log(score / most) * _SHIFT)
        return sorted(less.items(), key=lambda one: -(one[1] + _worth(one[0], hinted)))

    def _aligned(self, text: str, sound: bytes, sure: float) -> Hearing | None:
        """Return a text with the times at which its words are said; None when it does not fit."""
        try:
            self._decoder.set_align_text(text)
            self._decode(sound)
            found = self._hearing(_length(sound))
        except RuntimeError:
            return None
        finally:
            self._decoder.activate_search(self._usual)
        if found is None or found.text != text:
            return None
        words = tuple(replace(word, confidence=sure) for word in found.words)
        return Hearing(words, sure)

    def _whole(self, sound: bytes, best: Hearing, hinted: dict[str, float]) -> Hearing | None:
        """Return the phrase that a whole stretch sounds like, if it does so nearly as well.

        A grammar of the phrases is decoded, and how well it fits the sound compared.
        """
        fits = self._fit()
        long = len(best.text)
        alike = [text for text in hinted if _ALIKE <= len(text) / long <= 1 / _ALIKE]
        if not alike:  # a few words of many would be stretched over all of them
            return None
        rules = " | ".join(alike)
        self._decoder.add_jsgf_string(
            _GRAMMAR, f"#JSGF V1.0; grammar phrases; public <phrase> = {rules};"
        )
        self._decoder.activate_search(_GRAMMAR)
        try:
            self._decode(sound)
            found = self._hearing(_length(sound))
            if found is None or found.text not in hinted:
                return None
            frames = len(sound) / 2 / HEARD_RATE * _FRAMES
            margin = hinted[found.text] + _WORTH_OF_SOUND * frames
            return found if self._fit() >= fits - margin else None
        finally:
            self._decoder.activate_search(self._usual)

    def _fit(self) -> float:
        """Return how likely the sound is for what was decoded last, a natural logarithm."""
        return sum(math.log(max(one.ascore, 1e-320)) for one in self._decoder.seg() or ())


def _length(sound: bytes) -> int:
    """Return the samples of a stretch without the silence around it."""
    return len(sound) // 2 - 2 * _PAD


def _plain(text: str) -> str:
    words = (_WORD.match(word) for word in text.split())
    return " ".join(word[1] for word in words if word)


def _worth(text: str, hinted: dict[str, float]) -> float:
    return sum(worth for phrase, worth in hinted.items() if f" {phrase} " in f" {text} ")
