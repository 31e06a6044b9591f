"""https:// sources, read from a real server over TLS."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from pathlib import Path
from typing import Any

import pytest

from sensorium.apis.sources import LocalSources
from sensorium.models.errors import (
    DeadlineExceeded,
    Failure,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)
from tests.security import hosts
from tests.security.hosts import FIELD, Answer, http, listening, resolve

contexts = hosts.contexts
tls = hosts.tls


# --- a server over TLS -------------------------------------------------------------------------


@pytest.fixture
def trusting(tmp_path: Path, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> LocalSources:
    return LocalSources(
        tmp_path, hosts=("files.example",), seconds=10.0, limit=5000, trust=contexts[1]
    )


def fetched(
    source: LocalSources, tls: ssl.SSLContext, answer: Answer, path: str = "/x", **how: Any
) -> tuple[bytes, list[str]]:
    """Read a path of files.example from a server that answers so."""

    async def go() -> tuple[bytes, list[str]]:
        async with listening(answer, tls) as (port, heads):
            url = f"https://files.example:{port}{path}"
            return await source.read(url, field=FIELD, **how), heads

    return asyncio.run(go())


def fetch_refused(source: LocalSources, tls: ssl.SSLContext, answer: Answer, **how: Any) -> Failure:
    with pytest.raises(Failure) as caught:
        fetched(source, tls, answer, **how)
    assert caught.value.field == FIELD
    return caught.value


@pytest.fixture(autouse=True)
def _names(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "tls" in request.fixturenames:
        resolve(monkeypatch, {"files.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]})


def test_an_allowed_host_is_read_by_its_name(trusting: LocalSources, tls: ssl.SSLContext) -> None:
    raw, heads = fetched(trusting, tls, lambda path: http(b"abc"), "/a%20b?c=d")
    assert raw == b"abc"
    assert heads[0].startswith("GET /a%20b?c=d HTTP/1.1\r\n")
    assert "\r\nhost: files.example:" in heads[0].lower()
    assert "cookie" not in heads[0].lower()


def test_a_certificate_that_nobody_vouches_for_is_refused(
    tmp_path: Path, tls: ssl.SSLContext
) -> None:
    usual = LocalSources(tmp_path, hosts=("files.example",), seconds=10.0)
    assert isinstance(fetch_refused(usual, tls, lambda path: http(b"abc")), NotFound)


def test_a_certificate_of_another_name_is_refused(
    trusting: LocalSources, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    resolve(monkeypatch, {"third.example": ["127.0.0.1"]})
    source = LocalSources(tmp_path, hosts=("*",), seconds=10.0, trust=trusting.trust)

    async def go() -> None:
        async with listening(lambda path: http(b"abc"), tls) as (port, _):
            await source.read(f"https://third.example:{port}/x", field=FIELD)

    with pytest.raises(NotFound):
        asyncio.run(go())


def test_a_second_dns_answer_cannot_lead_elsewhere(
    trusting: LocalSources, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolve(monkeypatch, {"files.example": ["127.0.0.1", "127.0.0.2"]})
    raw, heads = fetched(trusting, tls, lambda path: http(b"abc"))
    assert (raw, len(heads)) == (b"abc", 1)
    assert asked.count("files.example") == 1  # the address that was checked is the one connected to


def test_a_redirect_is_resolved_and_checked_anew(
    trusting: LocalSources, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(monkeypatch, {"files.example": ["127.0.0.1", "127.0.0.2"]})
    answer = fetch_refused(trusting, tls, lambda path: http(b"", "302 Found", location="/again"))
    assert isinstance(answer, PermissionDenied)


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("https://10.0.0.1/x", PermissionDenied),
        ("https://127.0.0.2/x", PermissionDenied),
        ("https://169.254.169.254/computeMetadata/v1/", PermissionDenied),
        ("//[::1]/x", PermissionDenied),
        ("https://other.example/x", PermissionDenied),
        ("http://files.example/x", InvalidArgument),
        ("gs://bucket/x", InvalidArgument),
        ("file:///etc/passwd", InvalidArgument),
        ("https://user@files.example/x", InvalidArgument),
        ("https://[", InvalidArgument),
        ("https://files.example:99999/", InvalidArgument),
        ("/round", InvalidArgument),
    ],
)
def test_a_redirect_out_of_what_is_allowed_is_refused(
    trusting: LocalSources, tls: ssl.SSLContext, location: str, kind: type[Failure]
) -> None:
    answer = fetch_refused(
        trusting, tls, lambda path: http(b"secret", "302 Found", location=location)
    )
    assert isinstance(answer, kind)


def test_a_private_redirect_is_refused_even_where_any_host_is_allowed(
    trusting: LocalSources, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    source = LocalSources(tmp_path, hosts=("*",), seconds=10.0, trust=trusting.trust)
    for location in ("https://127.0.0.2/x", "https://[::ffff:10.0.0.1]/"):
        answer = fetch_refused(
            source, tls, lambda path, to=location: http(b"", "307 Temporary Redirect", location=to)
        )
        assert isinstance(answer, (PermissionDenied, NotFound))


def test_a_redirect_within_the_host_is_followed(
    trusting: LocalSources, tls: ssl.SSLContext
) -> None:
    def answer(path: str) -> bytes:
        return http(b"", "301 Moved", location="y") if path == "/x" else http(path.encode())

    assert fetched(trusting, tls, answer)[0] == b"/y"


@pytest.mark.parametrize(
    ("status", "kind"),
    [("404 Not Found", NotFound), ("500 Oops", InvalidArgument), ("302 Found", InvalidArgument)],
)
def test_another_status_is_an_error_that_names_it(
    trusting: LocalSources, tls: ssl.SSLContext, status: str, kind: type[Failure]
) -> None:
    assert isinstance(fetch_refused(trusting, tls, lambda path: http(b"x", status)), kind)


def endless(path: str) -> bytes:
    return b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + b"x" * 50_000


@pytest.mark.parametrize("answer", [lambda path: http(b"x" * 5001), endless])
def test_what_is_too_large_is_refused(
    trusting: LocalSources, tls: ssl.SSLContext, answer: Answer
) -> None:
    failure = fetch_refused(trusting, tls, answer)
    assert isinstance(failure, InvalidArgument)
    assert "5000 bytes" in failure.message


def test_a_caller_may_ask_for_less_and_never_for_more(
    trusting: LocalSources, tls: ssl.SSLContext
) -> None:
    assert len(fetched(trusting, tls, lambda path: http(b"x" * 10), limit=10)[0]) == 10
    fetch_refused(trusting, tls, lambda path: http(b"x" * 11), limit=10)
    fetch_refused(trusting, tls, lambda path: http(b"x" * 5001), limit=10**9)


def test_a_bomb_in_a_content_encoding_is_not_unpacked(
    trusting: LocalSources, tls: ssl.SSLContext
) -> None:
    bomb = http(gzip.compress(bytes(1_000_000)), content_encoding="gzip")
    assert isinstance(fetch_refused(trusting, tls, lambda path: bomb), InvalidArgument)


def test_a_server_that_never_answers_is_given_up(
    tmp_path: Path, trusting: LocalSources, tls: ssl.SSLContext
) -> None:
    async def never() -> bytes:
        await asyncio.Event().wait()
        return b""

    source = LocalSources(tmp_path, hosts=("*",), seconds=0.2, trust=trusting.trust)
    assert isinstance(fetch_refused(source, tls, lambda path: never()), DeadlineExceeded)


@pytest.mark.parametrize("raw", [b"", b"nonsense\r\n\r\n", http(b"abc")[:-1]])
def test_a_server_that_breaks_off_is_an_error(
    trusting: LocalSources, tls: ssl.SSLContext, raw: bytes
) -> None:
    assert isinstance(fetch_refused(trusting, tls, lambda path: raw), NotFound)
