"""Passages: what is to be heard, one after the other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sensorium.apis.texttospeech.say_as import money_in_text
from sensorium.models.tasks import Prosody, Samples, Utterance, Voice


@dataclass(frozen=True, slots=True)
class Bleep:
    """A tone in place of a word that should not be heard, for so many seconds."""

    seconds: float
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording to play, or what to hear `instead` where that cannot be done.

    Of it, `begin` to `end` seconds are played at `speed`, `times` over, for at most `seconds`,
    louder by `decibels`. `where` tells where the document asks for it.
    """

    uri: str
    where: str
    begin: float = 0.0
    end: float | None = None
    speed: float = 1.0
    times: float = 1.0
    seconds: float | None = None
    decibels: float = 0.0
    instead: tuple[Passage, ...] = ()
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Sound:
    """Samples to be heard as they are."""

    samples: Samples
    pause: float = 0.0


Passage = Utterance | Bleep | Clip | Sound


@dataclass(frozen=True, slots=True)
class Manner:
    """How to speak: the language, the voice and the prosody."""

    language: str
    voice: Voice
    prosody: Prosody = field(default_factory=Prosody)


_LEADING = re.compile(r"\s*([,.;:!?…]+)(?=\s|$)")
_SECONDS_A_LETTER, _SHORTEST_BLEEP, _LONGEST_BLEEP = 0.07, 0.3, 5.0


class Passages:
    """A list of passages in the making.

    `pronunciations` maps phrases to IPA; `plain` leaves amounts of money as they are written.
    """

    def __init__(self, pronunciations: Mapping[str, str], *, plain: bool = False) -> None:
        self._plain = plain
        self._passages: list[Passage] = []
        self._ipa = {phrase.lower(): ipa for phrase, ipa in pronunciations.items()}
        phrases = sorted(map(re.escape, pronunciations), key=len, reverse=True)
        self._phrases = re.compile(rf"(?<!\w)({'|'.join(phrases)})(?!\w)", re.IGNORECASE)
        self._clips: list[int] = []
        self._rest = 0.0

    def _add(self, passage: Passage) -> None:
        """Add a passage after the rest that the last paragraph or sentence wants."""
        if self._passages and self._rest:
            last = self._passages[-1]
            self._passages[-1] = replace(last, pause=max(last.pause, self._rest))
        self._rest = 0.0
        self._passages.append(passage)

    def say(self, text: str, manner: Manner) -> None:
        """Add text, with the phrases whose pronunciation is given taken out of it."""
        if not self._ipa:
            self._say(text, manner)
            return
        for place, part in enumerate(self._phrases.split(text)):
            if place % 2:
                self.pronounce(part, self._ipa[part.lower()], manner)
            else:
                self._say(part, manner)

    def _say(self, text: str, manner: Manner) -> None:
        """Add text; a mark that it starts with belongs to what was said before."""
        leading = _LEADING.match(text)
        last = self._passages[-1] if self._passages else None
        if leading and isinstance(last, Utterance) and last.text and not (last.pause or self._rest):
            self._passages[-1] = replace(last, text=last.text + leading[1])
            text = text[leading.end() :]
        if text.strip():
            spoken = " ".join(text.split())
            if not self._plain:
                spoken = money_in_text(spoken, manner.language)
            self._add(Utterance(spoken, manner.language, manner.voice.name, manner.prosody))

    def pronounce(self, text: str, ipa: str, manner: Manner) -> None:
        """Add text with its pronunciation."""
        voice = manner.voice.name
        self._add(Utterance(text.strip(), manner.language, voice, manner.prosody, phonemes=ipa))

    def bleep(self, text: str) -> None:
        """Add a tone about as long as the text would be."""
        seconds = _SECONDS_A_LETTER * len(text.strip())
        self._add(Bleep(min(max(seconds, _SHORTEST_BLEEP), _LONGEST_BLEEP)))

    def mark(self, name: str, manner: Manner) -> None:
        """Name this moment."""
        self._add(Utterance("", manner.language, manner.voice.name, mark=name))

    def pause(self, seconds: float) -> None:
        """Add silence."""
        if not self._passages:
            self._add(Bleep(0.0))
        last = self._passages[-1]
        self._passages[-1] = replace(last, pause=last.pause + seconds)

    def rest(self, seconds: float) -> None:
        """Pause at least so long before what comes next, if anything does."""
        self._rest = max(self._rest, seconds)

    def begin_clip(self) -> None:
        """Note that what follows is to be heard in place of a recording."""
        self._clips.append(len(self._passages))

    def end_clip(self, clip: Clip) -> None:
        """Add a recording; what was added since `begin_clip` is heard in its place."""
        since = self._clips.pop()
        instead = tuple(_continuing(self._passages[since:]))
        del self._passages[since:]
        self._add(replace(clip, instead=instead))

    def finished(self) -> list[Passage]:
        """Return the passages; what another follows at once does not come to rest."""
        return _continuing(self._passages)


def _continuing(passages: Sequence[Passage]) -> list[Passage]:
    done: list[Passage] = []
    follows = False
    for one in reversed(passages):
        if isinstance(one, Utterance):
            one = replace(one, continues=follows and not one.pause)
            follows = bool(one.text or one.phonemes) or (follows and not one.pause)
        else:
            follows = False
        done.append(one)
    return done[::-1]
