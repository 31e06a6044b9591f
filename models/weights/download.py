"""Download one file over HTTP: resumed after a cut, never longer than it should be, then hashed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from sensorium.models.errors import (
    Aborted,
    FailedPrecondition,
    Failure,
    NotFound,
    ResourceExhausted,
    Unavailable,
)

Advance = Callable[[int], None]  # bytes that are there now

_PAUSE = 1.0  # seconds before the second attempt, doubled before each further one
_ATTEMPTS = 4  # in a row that bring no byte


@dataclass(frozen=True, slots=True)
class Download:
    """A file to fetch: `size` in bytes, `sha256` None where it is not known beforehand.

    `token` is shown to the host of `url` only: a redirect to another host loses it.
    """

    url: str
    size: int
    sha256: str | None
    token: str | None = field(default=None, repr=False)


def client(timeout: float = 30.0) -> httpx.Client:
    """Return a client that follows redirects; `timeout` is the longest silence in seconds."""
    return httpx.Client(timeout=timeout, follow_redirects=True, max_redirects=5)


def fetch(http: httpx.Client, wanted: Download, part: Path, advance: Advance) -> str:
    """Bring `part` to its whole size and return its sha256, resuming what it holds already.

    Raises NotFound, FailedPrecondition when the hub wants a token, Unavailable when the network
    fails again and again, and Aborted when the bytes are not the ones of the card; those are
    removed, so that the next attempt starts anew.
    """
    resumed = part.exists()
    _complete(http, wanted, part, advance)
    digest = sha256(part)
    if wanted.sha256 not in (None, digest) and resumed:
        # What an earlier attempt left may have been of another version of the file.
        part.unlink()
        _complete(http, wanted, part, advance)
        digest = sha256(part)
    if wanted.sha256 not in (None, digest):
        part.unlink()
        raise Aborted(
            f"{wanted.url} has the sha256 {digest}, and its card says {wanted.sha256}; "
            "nothing of it was kept.",
            hint="The file was changed or damaged on its way; do not use it from there.",
        )
    return digest


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _complete(http: httpx.Client, wanted: Download, part: Path, advance: Advance) -> None:
    failures = 0
    while (held := _held(part)) != wanted.size:
        if held > wanted.size:
            part.unlink()
            continue
        try:
            _attempt(http, wanted, part, held, advance)
        except (httpx.TransportError, Unavailable) as error:
            failures = 0 if _held(part) > held else failures + 1
            if failures >= _ATTEMPTS:
                raise _given_up(wanted, error) from error
            time.sleep(_PAUSE * 2 ** max(0, failures - 1))


def _attempt(http: httpx.Client, wanted: Download, part: Path, held: int, advance: Advance) -> None:
    """Ask once for what is missing and append what comes."""
    headers = {"accept-encoding": "identity", "user-agent": "sensorium"}
    if held:
        headers["range"] = f"bytes={held}-"
    if wanted.token:
        headers["authorization"] = f"Bearer {wanted.token}"
    with http.stream("GET", wanted.url, headers=headers) as response:
        _refuse(response, wanted)
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)
            raise Unavailable(f"{wanted.url} is shorter than its card says.")
        # Whoever ignores Range sends everything again, from the start.
        position = held if _continues(response, held) else 0
        with part.open("r+b" if part.exists() else "wb") as file:
            file.seek(position)
            file.truncate()
            for chunk in response.iter_raw():
                position += len(chunk)
                if position > wanted.size:
                    file.truncate(0)
                    raise Aborted(
                        f"{wanted.url} is longer than the {wanted.size} bytes of its card."
                    )
                file.write(chunk)
                advance(position)
    if position < wanted.size:
        if "content-length" in response.headers and response.status_code == httpx.codes.OK:
            part.unlink()
            raise Aborted(f"{wanted.url} has {position} bytes, and its card says {wanted.size}.")
        raise Unavailable(f"{wanted.url} ended after {position} of {wanted.size} bytes.")


def _refuse(response: httpx.Response, wanted: Download) -> None:
    status = response.status_code
    if status in (200, 206, 416):
        return
    if status in (401, 403):
        raise FailedPrecondition(
            f"{wanted.url} answers {status}: it needs an account there.",
            hint="Accept the model's terms on its page and give an access token.",
        )
    if status in (404, 410):
        raise NotFound(f"{wanted.url} does not exist (HTTP {status}).")
    if status == 429 or status >= 500:
        raise Unavailable(f"{wanted.url} answers {status}.")
    raise Aborted(f"{wanted.url} answers {status}.")


def _continues(response: httpx.Response, held: int) -> bool:
    claimed = response.headers.get("content-range", "")
    return response.status_code == 206 and claimed.startswith(f"bytes {held}-")


def _held(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _given_up(wanted: Download, error: Exception) -> Failure:
    if isinstance(error, Unavailable):
        reason = error.message
    else:
        reason = f"{wanted.url}: {type(error).__name__}: {error}"
    return Unavailable(
        f"{reason.rstrip('.')}; given up after {_ATTEMPTS} attempts.",
        hint="The same command goes on where it stopped; `sensorium import DIR` needs no network.",
    )


def require_space(folder: Path, needed: int, free: int) -> None:
    """Raise ResourceExhausted unless `free` bytes are enough for `needed` and a little more."""
    if free < needed + needed // 20:
        raise ResourceExhausted(
            f"{needed / 1e6:.0f} MB are needed in {folder}, and {free / 1e6:.0f} MB are free."
        )
