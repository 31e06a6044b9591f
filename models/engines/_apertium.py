"""Apertium's programs as one pipe that stays open: text in, translation out, a null after each.

A mode file (`modes/eng-spa.mode`) is a shell pipeline; its programs are started without a shell,
each with `-z`, so that it flushes at every null character. What the stream format keeps out of the
translation stands in brackets ("superblanks"):
https://wiki.apertium.org/wiki/Apertium_stream_format
"""

from __future__ import annotations

import os
import re
import selectors
import shlex
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sensorium.models.errors import DeadlineExceeded, Unavailable

# The script `apertium` fills these places of a mode: how to generate, here without marks on unknown
# words, and an option of the tagger.
_PLACES = {"$1": ["-n"], "$2": []}
_ESCAPED = "/@<>"  # a backslash before these is enough
# The programs lose their way in these, escaped or not, so that others stand for them in brackets:
# characters that Unicode keeps for a program's own use, and that no text has.
_STRUCTURE = "[]{}^$\\"
_STANDING = {ord(char): chr(0xFDD0 + at) for at, char in enumerate(_STRUCTURE)}
_STOOD = {0xFDD0 + at: char for at, char in enumerate(_STRUCTURE)}
_UNSENDABLE = re.compile("[\x00\ud800-\udfff\ufdd0-\ufdef]")
# What is not translated: structure, white space beyond a single space, what the programs lose, and
# the marks that callers want kept.
_KEPT = re.compile(r"(?:[][{}^$\\~\ue000-\uf8ff\x00-\x08\x0e-\x1f\ufdd0-\ufdef]|[^\S ]|  +)+")
_BLANK = re.compile(r"\[([^][]*)\]")
# Behind the last word, so that what follows it is known to be nothing.
_END = "[]"
# What follows the texts and comes through unchanged. A program that dies lets those after it write
# what they have, an end and all, which would pass for an answer.
_LAST = "{}"
_CHUNK = 1 << 16


def commands(mode: Path) -> list[list[str]]:
    """Return the programs of a mode file with their arguments."""
    programs: list[list[str]] = [[]]
    lexer = shlex.shlex(mode.read_text(encoding="utf-8"), posix=True, punctuation_chars="|")
    lexer.whitespace_split = True
    for word in lexer:
        if word == "|":
            programs.append([])
        else:
            programs[-1] += _PLACES.get(word, [word])
    return [[name, "-z", *rest] for name, *rest in (one for one in programs if one)]


def encoded(text: str) -> str:
    """Return a text in Apertium's stream format."""
    pieces = []
    at = 0
    text = _UNSENDABLE.sub("\ufffd", text)
    for found in _KEPT.finditer(text):
        kept = found[0].translate(_STANDING)
        pieces += [_escaped(text[at : found.start()]), f"[{kept}]"]
        at = found.end()
    return "".join([*pieces, _escaped(text[at:]), _END])


def decoded(stream: str) -> str:
    """Return the text of what the last program wrote.

    A word that was dropped leaves two spaces, of which one is taken away; spaces that the text had
    stand in brackets.
    """
    parts = _BLANK.split(stream)
    parts[::2] = (re.sub(r"\\(.)", r"\1", re.sub(" {2,}", " ", part)) for part in parts[::2])
    return "".join(parts).translate(_STOOD)


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in _ESCAPED else char for char in text)


class Pipe:
    """The programs of one mode. One thread at a time may use it; `close` may come from any."""

    def __init__(self, mode: Path) -> None:
        self._programs: list[subprocess.Popen[bytes]] = []
        try:
            for command in commands(mode):
                source = self._programs[-1].stdout if self._programs else subprocess.PIPE
                program = subprocess.Popen(
                    command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                )
                if self._programs:
                    _closed(self._programs[-1].stdout)  # the next program has it now
                self._programs.append(program)
        except OSError as error:
            self.close()
            raise Unavailable(f"Apertium could not be started: {error}.") from error
        self._rest = b""

    @property
    def alive(self) -> bool:
        """Tell whether all programs run."""
        return all(program.poll() is None for program in self._programs)

    def translate(self, texts: Sequence[str], seconds: float) -> list[str]:
        """Return the translation of each text.

        Raises Unavailable when a program ends, DeadlineExceeded when the answer takes too long; the
        pipe is of no use then.
        """
        sent = "".join(f"{encoded(text)}\0" for text in [*texts, _LAST]).encode()
        feeder = threading.Thread(target=self._feed, args=(sent,), daemon=True)
        feeder.start()
        try:
            answers = self._answers(len(texts) + 1, time.monotonic() + seconds)
            if decoded(answers[-1].decode("utf-8", "replace")).strip() != _LAST:
                raise Unavailable("Apertium ended within its answer.")
        except BaseException:
            self.close()
            raise
        finally:
            feeder.join()
        return [decoded(one.decode("utf-8", "replace")) for one in answers[:-1]]

    def close(self) -> None:
        """End the programs."""
        for program in self._programs:
            program.kill()
        for program in self._programs:
            _closed(program.stdin)
            _closed(program.stdout)
            program.wait()

    def _feed(self, sent: bytes) -> None:
        """Write what is to be translated, while the other end is read."""
        stream = self._programs[0].stdin
        assert stream is not None
        try:
            stream.write(sent)
            stream.flush()
        except (OSError, ValueError):  # the reader finds out that the programs have ended
            return

    def _answers(self, count: int, until: float) -> list[bytes]:
        stream = self._programs[-1].stdout
        assert stream is not None
        found: list[bytes] = []
        with selectors.DefaultSelector() as waiting:
            waiting.register(stream, selectors.EVENT_READ)
            while len(found) < count:
                if not waiting.select(max(0.0, until - time.monotonic())):
                    raise DeadlineExceeded("Apertium did not answer in time.")
                chunk = os.read(stream.fileno(), _CHUNK)
                if not chunk:
                    raise Unavailable("Apertium ended without an answer.")
                *whole, self._rest = (self._rest + chunk).split(b"\0")
                found += whole
        return found[:count]


def _closed(stream: Any) -> None:
    """Close one end of a pipe, whose other end may be gone."""
    if stream is not None:
        try:
            stream.close()
        except OSError:
            return
