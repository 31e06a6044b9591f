"""Where bytes come from besides the request itself: `gs://` and, where allowed, `https://`.

Every read is capped in size and time. `https://` is off unless its host is allowed, never reaches
a private address, and connects to the address that was checked, so that a second DNS answer
cannot lead elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urljoin, urlsplit

from sensorium.models.errors import (
    DeadlineExceeded,
    Failure,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)

_REDIRECTS = 3
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all of IPv6 that IANA has given to the public internet
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052


class Sources(Protocol):
    """Resolve a URI of a request to its bytes."""

    async def read(self, uri: str, *, field: str, limit: int | None = None) -> bytes:
        """Return the object's bytes.

        Raises InvalidArgument for a malformed or forbidden URI and for more than `limit` bytes,
        NotFound when there is no such object; `field` is the request field for the message.
        """
        ...

    async def find(self, prefix: str, *, field: str, most: int) -> list[str]:
        """Return the URIs of the objects whose names begin with a `gs://` prefix, in order.

        Raises InvalidArgument for a malformed prefix and when there are more than `most`.
        """
        ...


@dataclass(frozen=True)
class LocalSources:
    """Reads buckets from a folder or an emulator, and allowed hosts over https.

    `hosts` are the names that https:// may go to ("*" for any public one), `limit` bytes and
    `seconds` bound each read; `trust` has the authorities to believe, None for the usual ones.
    """

    buckets: Path
    emulator: str = ""
    hosts: tuple[str, ...] = ()
    limit: int = 40_000_000
    seconds: float = 20.0
    trust: ssl.SSLContext | None = None

    async def read(self, uri: str, *, field: str, limit: int | None = None) -> bytes:
        """Return the object's bytes; see `Sources.read`."""
        most = self.limit if limit is None else min(limit, self.limit)
        try:
            async with asyncio.timeout(self.seconds):
                return await self._read(uri, most)
        except TimeoutError:
            raise DeadlineExceeded(
                f"{_shown(uri)} was not read within {self.seconds:g} s.", field=field
            ) from None
        except Failure as failure:
            failure.field = failure.field or field
            raise

    async def find(self, prefix: str, *, field: str, most: int) -> list[str]:
        """Return the URIs of a prefix's objects; see `Sources.find`."""
        try:
            async with asyncio.timeout(self.seconds):
                bucket, name = _parse_prefix(prefix)
                if self.emulator:
                    names = await self._find_in_emulator(bucket, name, most)
                else:
                    names = await asyncio.to_thread(self._find_files, bucket, name)
        except TimeoutError:
            raise DeadlineExceeded(
                f"{_shown(prefix)} was not listed within {self.seconds:g} s.", field=field
            ) from None
        except Failure as failure:
            failure.field = failure.field or field
            raise
        if len(names) > most:
            raise InvalidArgument(
                f"{_shown(prefix)} has more than the {most} objects allowed.", field=field
            )
        return [f"gs://{bucket}/{one}" for one in sorted(names)]

    def _find_files(self, bucket: str, prefix: str) -> list[str]:
        """Return the names that begin with a prefix in a bucket that is a folder.

        A link that leads out of the bucket is not followed, and a hidden file is no object.
        """
        try:
            root = (self.buckets / bucket).resolve()
            start = root / prefix.rpartition("/")[0]
            inside = start.resolve().is_relative_to(root)
            if root.parent != self.buckets.resolve() or not inside:
                return []
            return [
                path.relative_to(root).as_posix()
                for path in start.rglob("*")
                if path.relative_to(root).as_posix().startswith(prefix)
                and not any(part.startswith(".") for part in path.relative_to(root).parts)
                and path.is_file()
                and path.resolve().is_relative_to(root)
            ]
        except (OSError, ValueError, RuntimeError):
            return []

    async def _find_in_emulator(self, bucket: str, prefix: str, most: int) -> list[str]:
        """Return the names that begin with a prefix in a storage emulator, by its JSON API."""
        base = self.emulator if "://" in self.emulator else f"http://{self.emulator}"
        names: list[str] = []
        token = ""
        while len(names) <= most:
            query = urlencode({"prefix": prefix, **({"pageToken": token} if token else {})})
            url = f"{base.rstrip('/')}/storage/v1/b/{quote(bucket)}/o?{query}"
            status, raw, _ = await _get(url, self.limit, self.trust)
            if status == 404:
                return []
            try:
                answer: Any = json.loads(raw) if status == 200 else None
                names += [str(one["name"]) for one in answer.get("items", [])]
                token = str(answer.get("nextPageToken", ""))
            except (ValueError, KeyError, TypeError, AttributeError):
                raise InvalidArgument(
                    f"The storage emulator answered {status} for {_shown(f'gs://{bucket}')}."
                ) from None
            if not token:
                break
        return [name for name in names if not name.endswith("/")]

    async def _read(self, uri: str, limit: int) -> bytes:
        """Return the bytes behind a URI of any scheme."""
        scheme = uri.partition("://")[0].lower()
        if scheme == "gs":
            bucket, name = parse_gs(uri)
            if self.emulator:
                return await self._read_emulator(bucket, name, limit)
            return await asyncio.to_thread(self._read_file, bucket, name, limit)
        if scheme == "https":
            return await self._read_https(uri, limit)
        raise InvalidArgument(f"{_shown(uri)} is neither gs://BUCKET/OBJECT nor https://.")

    def _read_file(self, bucket: str, name: str, limit: int) -> bytes:
        """Return an object of a bucket that is a folder."""
        shown = _shown(f"gs://{bucket}/{name}")
        try:
            root = (self.buckets / bucket).resolve()
            path = (root / name).resolve()
            if root.parent != self.buckets.resolve() or not path.is_relative_to(root):
                raise InvalidArgument(f"{shown} leads out of its bucket.")
            found = path.is_file()
            raw = _head(path, limit + 1) if found else b""
        except (OSError, ValueError, RuntimeError):  # no name of a file, no right, links in a ring
            found, raw = False, b""
        if not found:
            raise NotFound(
                f"There is no object {shown}.",
                hint=f"Objects are the files under the folder {bucket[:200]!r} of the bucket root.",
            )
        if len(raw) > limit:
            raise InvalidArgument(f"{shown} is larger than the {limit} bytes allowed.")
        return raw

    async def _read_emulator(self, bucket: str, name: str, limit: int) -> bytes:
        """Return an object of a storage emulator, by the JSON API's media download."""
        base = self.emulator if "://" in self.emulator else f"http://{self.emulator}"
        url = f"{base.rstrip('/')}/storage/v1/b/{quote(bucket)}/o/{quote(name, safe='')}?alt=media"
        status, raw, _ = await _get(url, limit, self.trust)
        if status == 404:
            raise NotFound(f"There is no object {_shown(f'gs://{bucket}/{name}')}.")
        if status != 200:
            raise InvalidArgument(
                f"The storage emulator answered {status} for {_shown(f'gs://{bucket}/{name}')}."
            )
        return raw

    async def _read_https(self, url: str, limit: int) -> bytes:
        """Return what an allowed public host serves, redirects checked one by one."""
        for _ in range(_REDIRECTS + 1):
            host, address = await self._checked(url)
            status, raw, location = await _get(url, limit, self.trust, pinned=(host, address))
            if status in (301, 302, 303, 307, 308) and location:
                url = _joined(url, location)
                continue
            if status == 404:
                raise NotFound(f"{_shown(url)} does not exist.")
            if status != 200:
                raise InvalidArgument(f"{_shown(url)} answered {status}.")
            return raw
        raise InvalidArgument(f"{_shown(url)} redirects more than {_REDIRECTS} times.")

    async def _checked(self, url: str) -> tuple[str, str]:
        """Return an allowed URL's host and the public address to connect to."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").rstrip("."), parts.port or 443
        except ValueError:
            raise InvalidArgument(f"{_shown(url)} is not a URL.") from None
        if parts.scheme != "https" or not host or parts.username or parts.password:
            raise InvalidArgument(f"{_shown(url)} is not a plain https:// URL.")
        if "*" not in self.hosts and host not in self.hosts:
            raise PermissionDenied(
                f"https:// sources from {host!r} are not allowed here.",
                hint="Send the bytes in `content`, or allow the host in SENSORIUM_HTTPS_SOURCES.",
            )
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise NotFound(f"The host {host!r} is not known.") from None
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not all(is_public(address) for address in addresses):
            raise PermissionDenied(f"{host!r} has an address that is not public.")
        return host, addresses[0]


def parse_gs(uri: str) -> tuple[str, str]:
    """Return bucket and object name of a `gs://` URI.

    Raises InvalidArgument when one is missing or cannot be a name.
    """
    bucket, _, name = uri[5:].partition("/")
    dots = {".", ".."} & {bucket, *name.split("/")}
    if not bucket or not name or name.endswith("/") or "\0" in uri or dots:
        raise InvalidArgument(f"{_shown(uri)} is not gs://BUCKET/OBJECT.")
    return bucket, name


def _parse_prefix(uri: str) -> tuple[str, str]:
    """Return bucket and the beginning of names of a `gs://` prefix; InvalidArgument."""
    bucket, _, prefix = uri[5:].partition("/")
    dots = {".", ".."} & {bucket, *prefix.split("/")}
    if not uri.startswith("gs://") or not bucket or "\0" in uri or dots:
        raise InvalidArgument(f"{_shown(uri)} is not gs://BUCKET/PREFIX.")
    return bucket, prefix


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet, seen through IPv6 wrappings."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in _NAT64:
            inner = IPv4Address(ip.packed[12:])
        if inner:
            return is_public(str(inner))
        return ip in _GLOBAL_UNICAST and ip.is_global
    return ip.is_global and not ip.is_multicast


def _head(path: Path, most: int) -> bytes:
    """Return a file's first bytes."""
    with path.open("rb") as file:
        return file.read(most)


def _joined(url: str, location: str) -> str:
    """Return where a redirect leads."""
    try:
        return urljoin(url, location)
    except ValueError:
        raise InvalidArgument(f"{_shown(url)} redirects to what is no URL.") from None


@cache
def _usual_trust() -> ssl.SSLContext:
    """Return the authorities that browsers believe, read once."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


async def _get(
    url: str, limit: int, trust: ssl.SSLContext | None, pinned: tuple[str, str] | None = None
) -> tuple[int, bytes, str]:
    """Return status, body (up to `limit`) and Location of a GET, to the pinned address if any."""
    import httpx

    headers, extensions = {"accept-encoding": "identity"}, {}
    try:
        target = httpx.URL(url)
        if pinned:
            host, address = pinned
            headers["host"] = target.netloc.decode("ascii")
            extensions = {"sni_hostname": host}
            target = target.copy_with(host=address)
    except httpx.InvalidURL:
        raise InvalidArgument(f"{_shown(url)} is not a URL.") from None
    client: Any = httpx.AsyncClient(
        follow_redirects=False,
        trust_env=False,
        verify=trust or _usual_trust(),
        timeout=None,  # noqa: S113 - the whole read has one
    )
    try:
        async with (
            client,
            client.stream("GET", target, headers=headers, extensions=extensions) as answer,
        ):
            raw = bytearray()
            if answer.status_code == 200:
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise InvalidArgument(f"{_shown(url)} is answered compressed, unasked.")
                async for chunk in answer.aiter_raw():
                    raw += chunk
                    if len(raw) > limit:
                        raise InvalidArgument(
                            f"{_shown(url)} is larger than the {limit} bytes allowed."
                        )
            return answer.status_code, bytes(raw), answer.headers.get("location", "")
    except httpx.HTTPError as failed:
        raise NotFound(f"{_shown(url)} could not be read ({type(failed).__name__}).") from None


def _shown(uri: str) -> str:
    """Return a URI short enough for a message, without its query (it may carry a signature)."""
    return uri.partition("?")[0][:200]
