"""Sound that comes in while it is said, piece by piece."""

from __future__ import annotations

import numpy as np

from sensorium.apis.core import Call
from sensorium.apis.speech import sound
from sensorium.apis.speech.config import Asked
from sensorium.models.errors import OutOfRange
from sensorium.models.media import companding
from sensorium.models.media.audio import Resampler
from sensorium.models.media.sound import container
from sensorium.models.tasks import HEARD_RATE, RawFormat, Samples

_LONGEST = 305.0  # seconds of a stream, as Google's
_USUAL = 16_000  # Hz, where nobody says
_GROWTH = 1.15  # times as many bytes before a file that still grows is decoded again


class Live:
    """Turn pieces of one stream into samples at HEARD_RATE.

    Bytes without a header are decoded as they come; a file, which is told from its first bytes, is
    decoded anew from its start whenever it has grown.
    """

    def __init__(self, asked: Asked, call: Call) -> None:
        self._asked, self._call = asked, call
        self._raw: RawFormat | None = None
        self._resampler: Resampler | None = None
        self._file = bytearray()
        self._rest = b""
        self._decoded = 0  # bytes of the file
        self.length = 0  # samples so far

    @property
    def seconds(self) -> float:
        """Return how much sound there has been."""
        return self.length / HEARD_RATE

    async def add(self, content: bytes) -> Samples:
        """Return the samples that the next piece brings."""
        if self._raw is None and not self._file and container(content) is None:
            self._begin()
        if self._raw is not None:
            return self._counted(self._from_raw(content))
        self._file += content
        if len(self._file) < self._decoded * _GROWTH:
            return np.zeros(0, np.int16)
        return self._counted(await self._from_file())

    async def finish(self) -> Samples:
        """Return the samples that were left behind."""
        if self._resampler is not None:
            return self._counted(self._resampler.add(np.zeros(0, np.int16), last=True))
        grown = self._file and len(self._file) > self._decoded
        return self._counted(await self._from_file()) if grown else np.zeros(0, np.int16)

    def _begin(self) -> None:
        asked = self._asked
        rate = asked.sample_rate or _USUAL
        self._raw = asked.raw or RawFormat("LINEAR16", rate, asked.channels or 1)
        self._resampler = Resampler(self._raw.sample_rate, HEARD_RATE)

    def _from_raw(self, content: bytes) -> Samples:
        assert self._raw is not None
        assert self._resampler is not None
        width = self._raw.channels * (2 if self._raw.encoding == "LINEAR16" else 1)
        content = self._rest + content
        whole = len(content) // width * width
        self._rest = content[whole:]
        told = companding.samples(content[:whole], self._raw.encoding)
        if self._raw.channels > 1:
            told = told.reshape(-1, self._raw.channels).mean(axis=1).astype(np.int16)
        return self._resampler.add(told)

    async def _from_file(self) -> Samples:
        self._decoded = len(self._file)
        content = bytes(self._file)
        found = await sound.decoded(content, self._asked, self._call, _LONGEST, "audioContent")
        mixed: Samples = np.mean(np.stack(found.channels), axis=0).astype(np.int16)
        return mixed[self.length :]

    def _counted(self, told: Samples) -> Samples:
        self.length += len(told)
        if self.seconds > _LONGEST:
            raise OutOfRange(f"A stream has at most {_LONGEST:g} seconds of sound.")
        return told
