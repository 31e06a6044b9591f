"""The child's side of the sandbox: give up what a parser does not need, then answer calls.

Started by `models/sandbox/` in a fresh interpreter with nothing but a socket.
"""

from __future__ import annotations

import ctypes
import importlib
import resource
import signal
import socket
import traceback
from functools import reduce
from pathlib import Path
from typing import Any

from sensorium.models import errors
from sensorium.models.errors import Failure
from sensorium.models.sandbox import frames

_GRACE = 5.0  # seconds after which a child whose parent has gone ends by itself
_NO_LIMIT = 1 << 62
_PROCESSES = 64  # threads included; root is exempt
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_NO_NEW_PRIVS = 38


def main(fd: int) -> None:
    """Build the engine that the first message names, then answer until the parent goes."""
    link = socket.socket(fileno=fd)
    module, name, facts, memory, seconds = frames.receive(link, limit=_NO_LIMIT)
    _give_up_rights()
    reply: tuple[Any, ...] = ("ok", None, False)
    engine: Any = None
    try:
        factory = reduce(getattr, name.split("."), importlib.import_module(module))
        engine = factory(**facts)  # type: ignore[operator]
    except BaseException as error:
        reply = _report(error)
    base = _address_space()
    resource.setrlimit(resource.RLIMIT_AS, (base + memory, base + memory))
    try:
        frames.send(link, reply)
        while engine is not None:
            method, args, kwargs = frames.receive(link, limit=_NO_LIMIT)
            signal.setitimer(signal.ITIMER_REAL, seconds + _GRACE)
            _answer(link, engine, method, args, kwargs, worn=base + memory // 2)
            signal.setitimer(signal.ITIMER_REAL, 0)
    except (EOFError, OSError):
        return


def _answer(
    link: socket.socket,
    engine: Any,
    method: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    worn: int,
) -> None:
    """Run one call; a child that has grown past `worn` bytes asks to be replaced."""
    try:
        frames.send(link, ("ok", getattr(engine, method)(*args, **kwargs), _address_space() > worn))
    except OSError as error:
        if isinstance(error, BrokenPipeError | ConnectionResetError):
            raise
        frames.send(link, _report(error))
    except BaseException as error:
        frames.send(link, _report(error))


def _report(error: BaseException) -> tuple[Any, ...]:
    """Return an exception as plain values: what the parent may not unpickle it never needs to."""
    if isinstance(error, Failure):
        known = (one for one in type(error).__mro__ if one.__module__ == errors.__name__)
        name = next(known).__name__
        return ("failure", name, error.message, error.field, error.hint, error.retry_after)
    if isinstance(error, MemoryError):
        return ("memory",)
    return ("error", type(error).__name__, "".join(traceback.format_exception(error)))


def _give_up_rights() -> None:
    """Leave the network and the hope of new privileges, where the kernel lets us."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        # counted in the new namespace alone, so the user's other processes are no matter
        resource.setrlimit(resource.RLIMIT_NPROC, (_PROCESSES, _PROCESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").partition(" ")[0])
    return pages * resource.getpagesize()
