"""Translation by rules: the installed language pairs of Apertium, in processes of their own."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from sensorium.models.engines._apertium import Pipe
from sensorium.models.engines._languages import bcp47
from sensorium.models.errors import FailedPrecondition, InvalidArgument, Unavailable
from sensorium.models.registry import engine
from sensorium.models.tasks import Translator

_MODES = "share/apertium/modes"  # beside the `bin` of the program
_SECONDS, _SPEED = 10.0, 20_000  # how long an answer may take: seconds, and characters a second
_PIPES = 8  # open at once: one is some nine small processes
_BATCH = 64
_MODE = re.compile(r"([a-z]{2,3})-([a-z]{2,3})(?:_([A-Z]{2}))?")
# Through which language to go where there is no pair: the first that has both.
_BETWEEN = ("es", "en", "ca", "fr", "pt", "it")

Pair = tuple[str, str]


@engine(
    "apertium",
    task=Translator,
    programs=("apertium", "lt-proc"),
    concurrency=2,
    batch=_BATCH,
    memory="150MB",
    rank=10,
)
class Apertium:
    """Translate by rules between related languages, and English, Spanish and Catalan (Apertium).

    What stands in the private use area of Unicode is kept as it is and where it is.
    """

    def __init__(self) -> None:
        self._modes = _modes(_folder())
        if not self._modes:
            raise FailedPrecondition(
                "Apertium has no language pair installed.",
                hint="`apt install apertium-eng-spa` brings one.",
            )
        self._open: OrderedDict[str, Pipe] = OrderedDict()  # not in use, the longest unused first
        self._lock = threading.Lock()
        self._closed = False

    def pairs(self) -> tuple[Pair, ...]:
        """Return the pairs that are installed, and those that one language between them makes."""
        languages = sorted({code for pair in self._modes for code in pair})
        return tuple(
            (source, target)
            for source in languages
            for target in languages
            if source[:2] != target[:2] and self._path(source, target)
        )

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """Return the translation of each text; InvalidArgument for a pair that is not there."""
        path = self._path(source, target)
        if not path:
            raise InvalidArgument(f"Apertium does not translate from {source!r} into {target!r}.")
        found = [text.strip() for text in texts]
        for pair in path:
            found = self._through(self._modes[pair], found)
        return [_outer(text, new) for text, new in zip(texts, found, strict=True)]

    def close(self) -> None:
        """End all programs."""
        with self._lock:
            self._closed = True
            pipes = list(self._open.values())
            self._open.clear()
        for pipe in pipes:
            pipe.close()

    def _path(self, source: str, target: str) -> list[Pair]:
        """Return the pairs that lead from one language to another, one or two; none: []."""
        if (source, target) in self._modes:
            return [(source, target)]
        for between in _BETWEEN:
            path = [(source, between), (between, target)]
            if all(pair in self._modes for pair in path):
                return path
        return []

    def _through(self, mode: Path, texts: Sequence[str]) -> list[str]:
        """Return texts through one pair; a pipe that has died is replaced, once."""
        asked = [at for at, text in enumerate(texts) if text]
        found = [""] * len(texts)
        wanted = [texts[at] for at in asked]
        seconds = _SECONDS + sum(map(len, wanted)) / _SPEED
        for last in (False, True):
            pipe = self._taken(mode)
            try:
                answers = pipe.translate(wanted, seconds)
            except Unavailable:
                if last:
                    raise
                continue
            self._returned(mode, pipe)
            for at, answer in zip(asked, answers, strict=True):
                found[at] = answer.strip()
            break
        return found

    def _taken(self, mode: Path) -> Pipe:
        """Return a pipe that nobody else uses."""
        with self._lock:
            pipe = self._open.pop(mode.stem, None)
        if pipe is not None and pipe.alive:
            return pipe
        if pipe is not None:
            pipe.close()
        return Pipe(mode)

    def _returned(self, mode: Path, pipe: Pipe) -> None:
        """Keep a pipe for the next caller; the one that was unused for longest makes room."""
        with self._lock:
            surplus = [pipe] if self._closed else [self._open.pop(mode.stem, None)]
            if not self._closed:
                self._open[mode.stem] = pipe
                if len(self._open) > _PIPES:
                    surplus.append(self._open.popitem(last=False)[1])
        for one in surplus:
            if one is not None:
                one.close()


def _folder() -> Path:
    """Return where the modes of the installed pairs lie."""
    program = shutil.which("apertium") or "/usr/bin/apertium"
    return Path(os.path.realpath(program)).parent.parent / _MODES


def _modes(folder: Path) -> dict[Pair, Path]:
    """Return the mode of each pair; spelling variants of one target are left out, but countries."""
    found: dict[Pair, Path] = {}
    for path in sorted(folder.glob("*.mode")):
        if match := _MODE.fullmatch(path.stem):
            source, target = (bcp47(code) for code in match.group(1, 2))
            found[source, f"{target}-{match[3]}" if match[3] else target] = path
    return found


def _outer(text: str, new: str) -> str:
    """Return a translation with the white space around it that the text had."""
    stripped = text.strip()
    start = text.find(stripped) if stripped else len(text)
    return f"{text[:start]}{new}{text[start + len(stripped) :]}"
