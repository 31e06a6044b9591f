"""Where stretches of speech begin and end, from how likely each 32 ms are speech.

The rule is that of Silero's own `get_speech_timestamps`: speech begins where it is likely and goes
on until it has been unlikely for a while.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sensorium.models.tasks import HEARD_RATE

FRAME = 512  # samples that one probability is of: 32 ms

_BEGINS, _ENDS = 0.5, 0.35
_SEEMS = 4  # frames of silence


@dataclass(frozen=True, slots=True)
class Stretch:
    """Speech between two pauses, in samples from the start."""

    start: int
    end: int


@dataclass(slots=True)
class Endpointer:
    """Find stretches while probabilities come in.

    `pause` seconds of silence end a stretch, one shorter than `least` is noise, and one that gets
    longer than `most` is cut at the best pause so far.
    """

    pause: float = 0.5
    least: float = 0.1
    most: float = 28.0
    began: int | None = None  # the frame at which the stretch that is going on began
    _frame: int = 0
    _quiet: int = 0  # frames of silence at its end

    @property
    def speaking(self) -> bool:
        """Tell whether a stretch is going on."""
        return self.began is not None

    @property
    def pausing(self) -> bool:
        """Tell whether a stretch that is going on seems to end."""
        return self._quiet >= _SEEMS

    def add(self, likely: Iterable[float]) -> list[Stretch]:
        """Take the next probabilities, and return the stretches that ended in them."""
        found = []
        for one in likely:
            if (ended := self._step(one)) is not None:
                found.append(ended)
        return found

    def finish(self) -> list[Stretch]:
        """Return the stretch that the end of the sound ends, if one is going on."""
        ended = self._ended() if self.began is not None else None
        return [] if ended is None else [ended]

    def _step(self, likely: float) -> Stretch | None:
        frame = self._frame
        self._frame += 1
        if self.began is None:
            if likely >= _BEGINS:
                self.began, self._quiet = frame, 0
            return None
        self._quiet = 0 if likely >= _ENDS else self._quiet + 1
        if self._quiet * FRAME >= self.pause * HEARD_RATE:
            return self._ended()
        long = (self._frame - self.began) * FRAME >= self.most * HEARD_RATE
        return self._ended() if long else None

    def _ended(self) -> Stretch | None:
        assert self.began is not None
        start, end = self.began * FRAME, (self._frame - self._quiet) * FRAME
        self.began, self._quiet = None, 0
        return Stretch(start, end) if end - start >= self.least * HEARD_RATE else None
