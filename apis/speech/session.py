"""One stream of sound: where in it somebody speaks, and what there is to tell as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sensorium.apis.core import JSON, Call
from sensorium.apis.speech import hearing, results, speakers
from sensorium.apis.speech.config import Asked
from sensorium.apis.speech.hearing import Heard
from sensorium.apis.speech.live import Live
from sensorium.apis.speech.results import Names
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.speech.endpointing import FRAME, Endpointer, Stretch
from sensorium.models.tasks import HEARD_RATE, Samples, VoiceDetector, VoiceState

_CONFIG, _FIELD = "streaming_config", "streamingConfig"
_FIRST, _GROWTH = 0.2, 1.4  # seconds of speech before the first interim result, and times as many
_PAUSE = 0.4  # seconds of silence that end a result: somebody waits for it
_NEXT = 0.5  # seconds between two, at least
_STABILITY = 0.5  # of an interim result: the last words may change
_KEPT = 2 * HEARD_RATE  # samples of silence that are remembered before a stretch


async def run(
    requests: AsyncIterator[Any],
    begin: Callable[[Any], Awaitable[Session]],
    sound: str,
    billed: Callable[[str], JSON],
) -> AsyncIterator[JSON]:
    """Yield what there is to tell of a stream of requests.

    `begin` makes the session of the first, all others have bytes in the field `sound`; `billed`
    makes the last answer of the time that the stream counts for. Raises InvalidArgument.
    """
    session: Session | None = None
    async for request in requests:
        if request.HasField(_CONFIG) != (session is None):
            raise InvalidArgument("The first message alone has the config.", field=_FIELD)
        if session is None:
            session = await begin(request)
            continue
        async for told in session.take(await session.live.add(getattr(request, sound))):
            yield told
        if session.over:
            break
    if session is None:
        raise InvalidArgument("The first message has the config.", field=_FIELD)
    async for told in session.finish():
        yield told
    yield billed(results.billed(session.live.seconds))


@dataclass(slots=True)
class Session:
    """One stream: the sound that is not yet told, and where in it somebody speaks."""

    asked: Asked
    options: Any
    names: Names
    call: Call
    live: Live
    languages: list[str]
    endpointer: Endpointer = field(default_factory=lambda: Endpointer(pause=_PAUSE))
    state: VoiceState | None = None
    sound: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    start: int = 0  # sample at which `sound` begins
    due: float = _FIRST
    quiet_since: float = 0.0  # seconds
    spoke: bool = False
    over: bool = False
    heard: list[Heard] = field(default_factory=list)  # and their turns, where speakers are told
    turns: list[list[Samples]] = field(default_factory=list)

    @classmethod
    def of(cls, asked: Asked, options: Any, names: Names, call: Call) -> Session:
        """Begin; `options` are the features of a stream as the version's message has them.

        Raises FailedPrecondition for channels that are each to be recognized by themselves.
        """
        if asked.separate:
            raise FailedPrecondition(
                "The channels of a stream are mixed, not recognized each by itself.",
                field=asked.field,
                hint="Send each channel as a stream, or the recording to recognize.",
            )
        speakers.check(asked, call)
        return cls(asked, options, names, call, Live(asked, call), hearing.spoken(asked, call))

    async def take(self, samples: Samples) -> AsyncIterator[JSON]:
        """Listen to the next samples and yield what there is to tell."""
        listen = self.call.models.use(VoiceDetector.voices, timeout=self.call.limits.seconds)
        self.sound = np.concatenate([self.sound, samples])
        ((likely, self.state),) = await listen([(samples, self.state)])
        for one in likely.tolist():
            speaking = self.endpointer.speaking
            ended = self.endpointer.add([one])
            if self.endpointer.speaking and not speaking:
                self.spoke, self.due = True, _FIRST
                if self.options.enable_voice_activity_events:
                    yield self._event("SPEECH_ACTIVITY_BEGIN", self._began)
            for stretch in ended:
                async for told in self._final(stretch):
                    yield told
                if self.over:
                    return
        if not self.endpointer.speaking:
            self._forget()
        interim = await self._interim() if self.options.interim_results else None
        for last in (interim, self._timeout()):
            if last is not None:
                yield last

    async def finish(self) -> AsyncIterator[JSON]:
        """Yield what the end of the sound ends."""
        if not self.over:
            async for told in self.take(await self.live.finish()):
                yield told
            for stretch in self.endpointer.finish():
                async for told in self._final(stretch):
                    yield told
        if self.heard:
            found = await speakers.told(self.heard, self.turns, self.asked, self.call)
            yield {
                "results": [results.everybody(found, self.asked, self.names) | {"isFinal": True}]
            }

    @property
    def _began(self) -> float:
        return (self.endpointer.began or 0) * FRAME / HEARD_RATE

    async def _final(self, stretch: Stretch) -> AsyncIterator[JSON]:
        self.quiet_since = stretch.end / HEARD_RATE
        if self.options.enable_voice_activity_events:
            yield self._event("SPEECH_ACTIVITY_END", self.quiet_since)
        if getattr(self.options, "single_utterance", False):
            self.over = True
            yield self._event("END_OF_SINGLE_UTTERANCE", self.quiet_since)
        if (heard := await self._heard(stretch)) is not None:
            if self.asked.speakers is not None:
                self.heard.append(heard)
                self.turns.append(speakers.turns(heard, self.sound, self.start / HEARD_RATE))
            yield {"results": [results.result(heard, self.asked, self.names) | {"isFinal": True}]}

    async def _interim(self) -> JSON | None:
        """Return what the stretch that goes on sounds like so far, if there is more of it."""
        if self.endpointer.began is None or self.endpointer.pausing:  # the final one is near
            return None
        began = self.endpointer.began * FRAME
        if (self.live.length - began) / HEARD_RATE < self.due:
            return None
        self.due = max(self.due * _GROWTH, (self.live.length - began) / HEARD_RATE + _NEXT)
        heard = await self._heard(Stretch(began, self.live.length))
        if heard is None:
            return None
        told = results.result(heard, self.asked, self.names)
        alternatives = [{"transcript": told["alternatives"][0]["transcript"]}]
        return {"results": [told | {"alternatives": alternatives, "stability": _STABILITY}]}

    async def _heard(self, stretch: Stretch) -> Heard | None:
        shifted = Stretch(max(0, stretch.start - self.start), stretch.end - self.start)
        ((language, hearings),) = await hearing.transcribed(
            [hearing.cut(self.sound, shifted)], self.languages, self.asked, self.call
        )
        if not hearings:
            return None
        first = max(0, shifted.start - hearing.MARGIN) + self.start
        ways = tuple(hearing.shifted(one, first / HEARD_RATE) for one in hearings)
        return Heard(ways, language, 0, stretch.end / HEARD_RATE)

    def _forget(self) -> None:
        """Let go of the sound that was told."""
        surplus = max(0, len(self.sound) - _KEPT)
        self.sound, self.start = self.sound[surplus:], self.start + surplus

    def _timeout(self) -> JSON | None:
        """Return the event of a silence that is too long, which ends the stream."""
        limits = self.options.voice_activity_timeout
        name = "speech_end_timeout" if self.spoke else "speech_start_timeout"
        if self.endpointer.speaking or not limits.HasField(name):
            return None
        allowed = getattr(limits, name)
        seconds = allowed.seconds + allowed.nanos / 1e9
        if self.live.seconds - self.quiet_since < seconds:
            return None
        self.over = True
        if not self.names.tells_timeouts:
            return None
        return self._event("SPEECH_ACTIVITY_TIMEOUT", self.live.seconds)

    def _event(self, kind: str, at: float) -> JSON:
        return {"speechEventType": kind, self.names.of("speechEvent"): results.seconds(at)}
