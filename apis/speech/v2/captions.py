"""What was heard as subtitles: WebVTT (W3C) and SubRip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sensorium.apis.speech.config import Asked
from sensorium.apis.speech.hearing import Heard
from sensorium.apis.speech.results import shown
from sensorium.models.tasks import HeardWord

_WIDEST = 42  # characters of a line
_LONGEST = 6.0  # seconds that one caption stays


def vtt(heard: Sequence[Heard], asked: Asked) -> str:
    """Return a WebVTT file."""
    cues = (
        f"{_time(start, '.')} --> {_time(end, '.')}\n{_escaped(text)}\n"
        for start, end, text in _cues(heard, asked)
    )
    return "\n".join(["WEBVTT\n", *cues])


def srt(heard: Sequence[Heard], asked: Asked) -> str:
    """Return a SubRip file."""
    cues = (
        f"{number}\n{_time(start, ',')} --> {_time(end, ',')}\n{text}\n"
        for number, (start, end, text) in enumerate(_cues(heard, asked), 1)
    )
    return "\n".join(cues)


def _cues(heard: Sequence[Heard], asked: Asked) -> Iterator[tuple[float, float, str]]:
    """Yield when lines begin and end, and their words."""
    for one in heard:
        line: list[HeardWord] = []
        for word in one.hearings[0].words:
            wide = sum(len(other.text) + 1 for other in line) + len(word.text) > _WIDEST
            if line and (wide or word.end - line[0].start > _LONGEST):
                yield line[0].start, line[-1].end, shown(line, asked)
                line = []
            line.append(word)
        if line:
            yield line[0].start, line[-1].end, shown(line, asked)


def _time(seconds: float, point: str) -> str:
    whole = round(seconds * 1000)
    minutes, rest = divmod(whole, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{point}{rest % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
