"""Sources: nothing that a URI says may lead anywhere but where it is allowed to."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sensorium.apis.sources import LocalSources, is_public
from sensorium.models.errors import (
    InvalidArgument,
    NotFound,
    PermissionDenied,
)
from tests.security.hosts import refused, resolve

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
