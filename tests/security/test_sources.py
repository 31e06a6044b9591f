"""Sources: nothing that a URI says may lead anywhere but where it is allowed to."""

from __future__ import annotations

import asyncio
import gzip
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sensorium.apis import sources
from sensorium.apis.sources import LocalSources, is_public
from sensorium.models.errors import (
    DeadlineExceeded,
    Failure,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)

FIELD = "requests[0].image.source.imageUri"


def read(source: LocalSources, uri: str, **how: Any) -> bytes:
    return asyncio.run(source.read(uri, field=FIELD, **how))


def refused(source: LocalSources, uri: str, **how: Any) -> Failure:
    with pytest.raises(Failure) as caught:
        read(source, uri, **how)
    assert caught.value.field == FIELD
    assert len(str(caught.value)) < 1000
    return caught.value


# --- addresses ---------------------------------------------------------------------------------

PRIVATE = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "100::1", "2001:db8::1",
    "2002:7f00:1::1", "2002:a00:1::", "2001:0:4136:e378:8000:63bf:f5ff:fffe", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "4000::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_of_the_public_internet_is_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "2001:4860:4860::8888",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ],
)
def test_a_public_address_is_known(address: str) -> None:
    assert is_public(address)


@pytest.fixture
def anywhere(tmp_path: Path) -> LocalSources:
    """Sources that may ask any public host."""
    return LocalSources(tmp_path, hosts=("*",), seconds=5.0)


@pytest.mark.parametrize("address", [one for one in PRIVATE if "%" not in one])
def test_a_url_of_a_private_address_is_refused(anywhere: LocalSources, address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    assert isinstance(refused(anywhere, f"https://{host}/x"), (PermissionDenied, NotFound))


@pytest.mark.parametrize(
    "uri",
    [
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://0/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://127.0.0.1:8080/v1/engines",
        "HTTPS://127.0.0.1/",
        "https://[::1]:443/",
        "https://[::ffff:7f00:1]/",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://\u2460\u2461\u2466.0.0.1/",
        "https://127\u30020\u30020\u30021/",
    ],
)
def test_a_loopback_address_in_disguise_is_refused(anywhere: LocalSources, uri: str) -> None:
    assert isinstance(refused(anywhere, uri), (PermissionDenied, NotFound, InvalidArgument))


@pytest.mark.parametrize(
    "uri",
    [
        "https://",
        "https:///x",
        "https://user@files.example/x",
        "https://user:password@files.example/x",
        "https://files.example@127.0.0.1/",
        "https://files.example:443\\@127.0.0.1/",
        "https://files.example\\@127.0.0.1/",
        "https://files.example:99999/x",
        "https://files.example:-1/x",
        "https://files.example:x/x",
        "https://[files.example/x",
        "https://[::1/x",
        "https://files.example/\x01",
        "https://files.example/" + "x" * 70_000,
        "https:files.example/x",
        "http://files.example/x",
        "ftp://files.example/x",
        "file:///etc/passwd",
        "data:text/plain,x",
        "//files.example/x",
        "/etc/passwd",
        "gopher://files.example/",
        "",
    ],
    ids=lambda uri: uri[:40],
)
def test_what_is_no_plain_https_url_is_refused(
    anywhere: LocalSources, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(monkeypatch, {"files.example": ["8.8.8.8"]})
    monkeypatch.setattr(socket.socket, "connect", None)
    assert isinstance(refused(anywhere, uri), InvalidArgument)


def resolve(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> list[str]:
    """Let names have these addresses, one list each time they are asked for; return who asked."""
    asked: list[str] = []

    def getaddrinfo(host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        if host not in names:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        answers = names[host]
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, 1, 6, "", (one, port))
            for one in address.split()
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_https_is_off_unless_its_host_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolve(monkeypatch, {})
    for hosts in ((), ("files.example",)):
        failure = refused(LocalSources(tmp_path, hosts=hosts), "https://other.example/x")
        assert isinstance(failure, PermissionDenied)
        assert "SENSORIUM_HTTPS_SOURCES" in str(failure)
    for near in ("files.example.evil.example", "xfiles.example", "evil.example/files.example"):
        failure = refused(LocalSources(tmp_path, hosts=("files.example",)), f"https://{near}")
        assert isinstance(failure, PermissionDenied)
    assert not asked  # a name that is not allowed is not even looked up


def test_a_name_with_one_private_address_among_public_ones_is_refused(
    anywhere: LocalSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(monkeypatch, {"files.example": ["8.8.8.8 10.0.0.1"]})
    assert isinstance(refused(anywhere, "https://files.example/x"), PermissionDenied)


def test_a_name_that_is_not_known_is_not_found(
    anywhere: LocalSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(monkeypatch, {})
    assert isinstance(refused(anywhere, "https://files.example/x"), NotFound)
    assert isinstance(refused(anywhere, f"https://{'x' * 300}.example/x"), NotFound)


def test_a_signature_in_a_url_is_not_repeated_in_a_message(
    anywhere: LocalSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(monkeypatch, {})
    assert "secret" not in str(refused(anywhere, "https://files.example/x?sig=secret"))


# --- a server over TLS -------------------------------------------------------------------------

Answer = Callable[[str], "bytes | Awaitable[bytes]"]


def http(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """Return an HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "connection: close", "", ""]).encode() + body


@asynccontextmanager
async def listening(
    answer: Answer, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[tuple[int, list[str]]]:
    """Serve on a free port; yield it and the heads of the requests that come."""
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            heads.append(head)
            made = answer(head.split(" ")[1])
            writer.write(made if isinstance(made, bytes) else await made)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], heads
    finally:
        server.close()


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context for files.example, and one that believes its authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests")])
    now = datetime.now(UTC)
    names = [x509.DNSName("files.example"), x509.DNSName("other.example")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    certificate = made.public_bytes(serialization.Encoding.PEM)
    (folder / "both.pem").write_bytes(
        certificate
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=certificate.decode())


@pytest.fixture
def tls(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> ssl.SSLContext:
    """The server's context, while 127.0.0.1, and it alone, counts as public too."""
    real = sources.is_public
    monkeypatch.setattr(sources, "is_public", lambda one: one == "127.0.0.1" or real(one))
    return contexts[0]


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


# --- buckets that are folders ------------------------------------------------------------------


@pytest.fixture
def buckets(tmp_path: Path) -> LocalSources:
    root = tmp_path / "buckets"
    (root / "photos" / "2024").mkdir(parents=True)
    (root / "photos" / "2024" / "a b.png").write_bytes(b"picture")
    (root / "photos" / "..hidden").write_bytes(b"dots")
    (root / "private").mkdir()
    (root / "private" / "key").write_bytes(b"key")
    (root / "loose").write_bytes(b"no bucket")
    (tmp_path / "outside").write_bytes(b"outside")
    os.symlink(tmp_path / "outside", root / "photos" / "link")
    os.symlink(tmp_path, root / "photos" / "up")
    os.symlink(root / "private", root / "photos" / "sideways")
    os.symlink(root / "photos" / "ring", root / "photos" / "ring")
    os.symlink(tmp_path, root / "linked")
    os.symlink("2024/a b.png", root / "photos" / "inside")
    return LocalSources(root, limit=1000)


def test_an_object_is_a_file_below_its_buckets_folder(buckets: LocalSources) -> None:
    assert read(buckets, "gs://photos/2024/a b.png") == b"picture"
    assert read(buckets, "GS://photos/2024/a b.png") == b"picture"
    assert read(buckets, "gs://photos/inside") == b"picture"
    assert read(buckets, "gs://photos/..hidden") == b"dots"


@pytest.mark.parametrize(
    "uri",
    [
        "gs://photos/../private/key",
        "gs://photos/2024/../../private/key",
        "gs://photos/../../outside",
        "gs://photos//etc/passwd",
        "gs://photos/link",
        "gs://photos/up/outside",
        "gs://photos/sideways/key",
        "gs://photos/ring",
        "gs://linked/outside",
        "gs://../outside",
        "gs://./photos/inside",
        "gs://photos/./inside",
        "gs://..",
        "gs://../",
        "gs:///etc/passwd",
        "gs:///photos/inside",
        "gs://photos",
        "gs://photos/",
        "gs://photos/2024",
        "gs://photos/2024/",
        "gs://loose/x",
        "gs://photos/inside\0.png",
        "gs://pho\0tos/inside",
        "gs://photos/%2e%2e/private/key",
        "gs://photos/..%2fprivate%2fkey",
        "gs://photos/..\\private\\key",
        "gs://%2e%2e/outside",
        "gs://photos/nope",
        "gs://nope/nope",
        "gs://photos/" + "x" * 300,
        "gs://photos/" + "x/" * 3000 + "x",
        "gs://" + "x" * 300 + "/x",
        "gs://photos/\ud800",
        "gs:/photos/inside",
        "gs:photos/inside",
        "gs",
    ],
    ids=lambda uri: ascii(uri)[:40],
)
def test_nothing_else_is_an_object(buckets: LocalSources, uri: str) -> None:
    assert isinstance(refused(buckets, uri), (InvalidArgument, NotFound))


def test_a_file_that_is_none_is_not_opened(buckets: LocalSources) -> None:
    os.mkfifo(buckets.buckets / "photos" / "pipe")
    assert isinstance(refused(buckets, "gs://photos/pipe"), NotFound)


def test_an_object_that_is_too_large_is_refused(buckets: LocalSources) -> None:
    (buckets.buckets / "photos" / "large").write_bytes(b"x" * 1001)
    assert isinstance(refused(buckets, "gs://photos/large"), InvalidArgument)
    assert read(buckets, "gs://photos/inside", limit=7) == b"picture"
    assert isinstance(refused(buckets, "gs://photos/inside", limit=6), InvalidArgument)


def test_a_bucket_root_that_is_not_there_has_no_objects(tmp_path: Path) -> None:
    assert isinstance(refused(LocalSources(tmp_path / "none"), "gs://photos/x"), NotFound)


# --- a storage emulator ------------------------------------------------------------------------


def emulated(uri: str, answer: Answer, **how: Any) -> tuple[bytes, list[str]]:
    async def go() -> tuple[bytes, list[str]]:
        async with listening(answer) as (port, heads):
            for form in (f"127.0.0.1:{port}", f"http://127.0.0.1:{port}/"):
                source = LocalSources(Path("/nowhere"), emulator=form, seconds=10.0, limit=1000)
                raw = await source.read(uri, field=FIELD, **how)
            return raw, heads

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("gs://b/a", "/storage/v1/b/b/o/a?alt=media"),
        ("gs://b/a/b c?d#e", "/storage/v1/b/b/o/a%2Fb%20c%3Fd%23e?alt=media"),
        ("gs://b/%2e%2e", "/storage/v1/b/b/o/%252e%252e?alt=media"),
        ("gs://b?x/a", "/storage/v1/b/b%3Fx/o/a?alt=media"),
    ],
)
def test_an_emulator_is_asked_for_the_object_and_nothing_else(uri: str, path: str) -> None:
    raw, heads = emulated(uri, lambda _: http(b"abc"))
    assert raw == b"abc"
    assert {head.split(" ")[1] for head in heads} == {path}


@pytest.mark.parametrize("uri", ["gs://b/..", "gs://b/.", "gs://b/../x", "gs://../x"])
def test_no_object_name_walks_about_an_emulator(uri: str) -> None:
    with pytest.raises(InvalidArgument):
        emulated(uri, lambda _: http(b"abc"))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (http(b"", "404 Not Found"), NotFound),
        (http(b"", "500 Oops"), InvalidArgument),
        (http(b"", "302 Found", location="http://127.0.0.1:1/"), InvalidArgument),
        (http(b"x" * 1001), InvalidArgument),
        (b"", NotFound),
    ],
    ids=["404", "500", "302", "large", "nothing"],
)
def test_an_emulators_failure_is_told(answer: bytes, kind: type[Failure]) -> None:
    with pytest.raises(kind) as caught:
        emulated("gs://b/a", lambda _: answer)
    assert caught.value.field == FIELD


def test_an_emulator_that_is_off_is_told(tmp_path: Path) -> None:
    assert isinstance(refused(LocalSources(tmp_path, emulator="127.0.0.1:1"), "gs://b/a"), NotFound)
