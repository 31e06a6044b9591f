"""Speech: voices and what they say, recordings and what is heard in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sensorium.models.tasks.language import LanguageScore

Samples = NDArray[np.int16]  # mono PCM
Gender = Literal["MALE", "FEMALE", "NEUTRAL"]


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice that an engine can speak with; `name` is what a request may ask for."""

    name: str
    languages: tuple[str, ...]
    gender: Gender
    sample_rate: int


@dataclass(frozen=True, slots=True)
class Prosody:
    """How to speak: rate as a factor, pitch in semitones, volume in dB."""

    rate: float = 1.0
    pitch: float = 0.0
    volume: float = 0.0


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of speech with one voice and one manner, then `pause` seconds of silence.

    `phonemes` (IPA) replace the pronunciation of `text`; `mark` names the moment before it;
    `continues` tells that more follows at once, so that the voice does not come to rest.
    """

    text: str
    language: str
    voice: str
    prosody: Prosody = field(default_factory=Prosody)
    pause: float = 0.0
    phonemes: str | None = None
    mark: str | None = None
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Speech:
    """Spoken audio: mono samples, their rate in Hz, and marks as (name, seconds)."""

    samples: Samples
    sample_rate: int
    marks: tuple[tuple[str, float], ...] = ()


class SpeechSynthesizer(Protocol):
    """Speak."""

    def voices(self) -> tuple[Voice, ...]:
        """Return every voice it can speak with."""
        ...

    def synthesize(self, utterances: Sequence[Utterance]) -> list[Speech]:
        """Return the speech of each utterance."""
        ...


# --- hearing ----------------------------------------------------------------------------------

HEARD_RATE = 16_000  # Hz, at which recordings are listened to
RawEncoding = Literal["LINEAR16", "MULAW", "ALAW"]


@dataclass(frozen=True, slots=True)
class RawFormat:
    """What bytes without a header are: their encoding, rate in Hz and interleaved channels."""

    encoding: RawEncoding
    sample_rate: int
    channels: int = 1


@dataclass(frozen=True, slots=True)
class Recording:
    """Sound as it is listened to: channels of as many samples each, at `rate`.

    `container` is what the file was (`wav`, `flac`, `ogg` ...; empty for bytes without a header),
    `codec` FFmpeg's name of what was in it, and `sample_rate` the rate that it had in Hz.
    """

    channels: tuple[Samples, ...]
    container: str
    codec: str
    sample_rate: int
    rate: int = HEARD_RATE

    @property
    def seconds(self) -> float:
        """Return how long it is."""
        return len(self.channels[0]) / self.rate if self.channels else 0.0


class AudioReader(Protocol):
    """Decode sound files."""

    def recording(
        self, content: bytes, raw: RawFormat | None, seconds: float, rate: int = HEARD_RATE
    ) -> Recording:
        """Return the sound of a file, of any container and codec that can be told from its bytes.

        `raw` is what bytes of no known container are. A file that ends early is what there is of
        it. Raises InvalidArgument for what is no sound, OutOfRange for more than `seconds`.
        """
        ...


@dataclass(frozen=True, slots=True)
class VoiceState:
    """What a voice detector remembers between pieces of one stream."""

    memory: NDArray[np.float32]
    context: NDArray[np.float32]
    rest: Samples


class VoiceDetector(Protocol):
    """Tell where somebody speaks."""

    def voices(
        self, streams: Sequence[tuple[Samples, VoiceState | None]]
    ) -> list[tuple[NDArray[np.float32], VoiceState]]:
        """Return how likely each 32 ms of the next piece of each stream are speech.

        Samples are at HEARD_RATE; what does not fill 32 ms waits for the next piece.
        """
        ...


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word: when it begins and ends, in seconds of its stretch, and how sure it is, 0 to 1.

    `speaker` tells who says it, from 1; 0 where speakers are not told apart.
    """

    text: str
    start: float
    end: float
    confidence: float
    speaker: int = 0


@dataclass(frozen=True, slots=True)
class Hearing:
    """One way to hear a stretch: its words, and how sure it is of them altogether, 0 to 1."""

    words: tuple[HeardWord, ...]
    confidence: float

    @property
    def text(self) -> str:
        """Return the words with spaces between them."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that are likely to be said; `boost` is 0 for as usual, up to 20."""

    text: str
    boost: float = 0.0


class Transcriber(Protocol):
    """Write down what is said."""

    def transcribe(
        self,
        stretches: Sequence[Samples],
        language: str,
        phrases: Sequence[Phrase] = (),
        alternatives: int = 1,
    ) -> list[list[Hearing]]:
        """Return up to so many ways to hear each stretch, surest first; none for silence.

        A stretch is what somebody says between two pauses, at HEARD_RATE.
        """
        ...


class SpeakerDiarizer(Protocol):
    """Tell the speakers of a recording apart."""

    def speakers(
        self, recordings: Sequence[Sequence[Samples]], least: int, most: int
    ) -> list[list[int]]:
        """Return who speaks in each turn of each recording: 1 for who speaks first, 2 for the next.

        A turn is a second or two of one voice, at HEARD_RATE, in the order of the recording; there
        are at least and at most so many speakers, as far as there are turns.
        """
        ...


class SpokenLanguageIdentifier(Protocol):
    """Tell which language is spoken."""

    def spoken(self, stretches: Sequence[Samples]) -> list[list[LanguageScore]]:
        """Return the languages of each stretch with their probabilities, likeliest first."""
        ...


class MultilingualTranscriber(Transcriber, SpokenLanguageIdentifier, Protocol):
    """Write down what is said, and tell in which language."""
