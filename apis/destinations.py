"""Where output goes besides the answer itself: objects of `gs://` buckets.

The rules are those of `sources.py`: a bucket is a folder under the bucket root, or lives in a
storage emulator, and no name leads out of it. An object is there whole or not at all. A bucket that
does not exist yet is made.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from sensorium.apis.sources import parse_gs
from sensorium.models.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    Failure,
    InvalidArgument,
)

JSON_TYPE = "application/json"
_SHOWN = 200  # characters of a URI in a message


class Destinations(Protocol):
    """Write objects that a request asked for."""

    async def write(self, uri: str, content: bytes, *, field: str, kind: str = JSON_TYPE) -> None:
        """Write an object of media type `kind`, in place of one that has its name.

        Raises InvalidArgument for a malformed or forbidden URI, FailedPrecondition when it cannot
        be written; `field` is the request field for the message.
        """
        ...


class NoDestinations:
    """Writes nothing, anywhere."""

    async def write(self, uri: str, content: bytes, *, field: str, kind: str = JSON_TYPE) -> None:
        """Refuse."""
        raise FailedPrecondition("Nothing can be written to gs:// here.", field=field)


@dataclass(frozen=True)
class LocalDestinations:
    """Writes into the folder of buckets, or into an emulator; `seconds` bound each write."""

    buckets: Path
    emulator: str = ""
    seconds: float = 20.0

    async def write(self, uri: str, content: bytes, *, field: str, kind: str = JSON_TYPE) -> None:
        """Write an object; see `Destinations.write`."""
        try:
            async with asyncio.timeout(self.seconds):
                bucket, name = parse_gs(checked(uri))
                if self.emulator:
                    await self._upload(bucket, name, content, kind)
                else:
                    await asyncio.to_thread(self._write, bucket, name, content)
        except TimeoutError:
            raise DeadlineExceeded(
                f"{uri[:_SHOWN]} was not written within {self.seconds:g} s.", field=field
            ) from None
        except Failure as failure:
            failure.field = failure.field or field
            raise

    def _write(self, bucket: str, name: str, content: bytes) -> None:
        """Write an object of a bucket that is a folder, in one step as seen from outside."""
        shown = f"gs://{bucket}/{name}"[:_SHOWN]
        try:
            root = (self.buckets / bucket).resolve()
            path = (root / name).resolve()
            if root.parent != self.buckets.resolve() or not path.is_relative_to(root):
                raise InvalidArgument(f"{shown} leads out of its bucket.")
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f".{secrets.token_hex(8)}.partial")
            try:
                partial.write_bytes(content)
                os.replace(partial, path)
            finally:
                with contextlib.suppress(OSError):
                    partial.unlink(missing_ok=True)
        except (OSError, ValueError, RuntimeError) as refused:
            reason = getattr(refused, "strerror", None) or type(refused).__name__
            raise FailedPrecondition(
                f"{shown} cannot be written: {reason}.",
                hint="Objects are files in the bucket root; its folders must be writable.",
            ) from None

    async def _upload(self, bucket: str, name: str, content: bytes, kind: str) -> None:
        """Write an object of a storage emulator, by the JSON API's simple upload."""
        import httpx

        base = self.emulator if "://" in self.emulator else f"http://{self.emulator}"
        url = f"{base.rstrip('/')}/upload/storage/v1/b/{quote(bucket)}/o"
        shown = f"gs://{bucket}/{name}"[:_SHOWN]
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=None) as client:  # noqa: S113
                answer = await client.post(
                    url,
                    params={"uploadType": "media", "name": name},
                    content=content,
                    headers={"content-type": kind},
                )
        except httpx.HTTPError as failed:
            raise FailedPrecondition(
                f"{shown} cannot be written ({type(failed).__name__})."
            ) from None
        if answer.status_code != 200:
            raise FailedPrecondition(
                f"The storage emulator answered {answer.status_code} for {shown}."
            )


def checked(uri: str) -> str:
    """Return a URI that can be written to; InvalidArgument for one that cannot."""
    if not uri.startswith("gs://"):
        raise InvalidArgument(f"{uri[:_SHOWN]!r} is not gs://BUCKET/OBJECT.")
    parse_gs(uri)
    return uri


def prefix(uri: str, *, field: str) -> str:
    """Return the start of object names (`gs://bucket/folder/` or `gs://bucket/name-`), checked."""
    try:
        checked(f"{uri}x")
    except Failure as failure:
        raise InvalidArgument(
            f"{uri[:_SHOWN]!r} is no prefix gs://BUCKET/PREFIX for objects.", field=field
        ) from failure
    return uri
