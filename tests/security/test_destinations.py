"""Destinations: nothing that a URI says may be written anywhere but in its bucket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sensorium.apis.destinations import LocalDestinations, NoDestinations, prefix
from sensorium.models.errors import FailedPrecondition, Failure, InvalidArgument

FIELD = "outputConfig.gcsDestination.uri"


def write(to: Any, uri: str, content: bytes = b"{}") -> None:
    asyncio.run(to.write(uri, content, field=FIELD))


def refused(to: Any, uri: str) -> Failure:
    with pytest.raises(Failure) as caught:
        write(to, uri)
    assert caught.value.field == FIELD
    assert len(str(caught.value)) < 1000
    return caught.value


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "buckets" / "b").mkdir(parents=True)
    return tmp_path / "buckets"


def files(root: Path) -> list[str]:
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if not p.is_dir())


def test_an_object_is_written_whole_and_replaced_whole(root):
    to = LocalDestinations(root)
    write(to, "gs://b/out/one.json", b"first and longer")
    write(to, "gs://b/out/one.json", b"second")
    assert (root / "b" / "out" / "one.json").read_bytes() == b"second"
    assert files(root) == ["b/out/one.json"]


def test_a_bucket_that_does_not_exist_is_made(root):
    write(LocalDestinations(root), "gs://new/one.json")
    assert files(root) == ["new/one.json"]


@pytest.mark.parametrize(
    "uri",
    [
        "gs://b/../other/x",
        "gs://b/a/../../../x",
        "gs://../b/x",
        "gs://./x",
        "gs://b/./x",
        "gs://b",
        "gs://b/",
        "gs://b/folder/",
        "gs:///x",
        "gs://b/\0",
        "GS://b/x",
        "file:///etc/x",
        "https://example.com/x",
        "/etc/x",
        "",
    ],
)
def test_what_is_no_object_is_refused_and_writes_nothing(root, uri):
    assert isinstance(refused(LocalDestinations(root), uri), InvalidArgument)
    assert files(root.parent) == []


@pytest.mark.parametrize("uri", ["gs://b/link/x.json", "gs://linked/x.json"])
def test_links_out_of_a_bucket_are_not_followed(root, uri, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    os.symlink(outside, root / "b" / "link")
    os.symlink(outside, root / "linked")
    assert isinstance(refused(LocalDestinations(root), uri), InvalidArgument)
    assert list(outside.iterdir()) == []


def test_a_linked_object_is_not_written_through(root, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("kept")
    os.symlink(secret, root / "b" / "x.json")
    refused(LocalDestinations(root), "gs://b/x.json")
    assert secret.read_text() == "kept"


def test_what_cannot_be_written_is_refused_and_leaves_nothing_behind(root):
    (root / "b" / "file").write_text("a file where a folder should be")
    (root / "b" / "folder").mkdir()
    for uri in ("gs://b/file/x.json", "gs://b/folder", f"gs://b/{'n' * 300}.json"):
        assert isinstance(refused(LocalDestinations(root), uri), FailedPrecondition)
    assert files(root) == ["b/file"]


def test_nowhere_is_refused():
    assert isinstance(refused(NoDestinations(), "gs://b/x"), FailedPrecondition)


@pytest.mark.parametrize("uri", ["gs://b/", "gs://b/folder/", "gs://b/name-"])
def test_prefixes_are_taken(uri):
    assert prefix(uri, field=FIELD) == uri


@pytest.mark.parametrize("uri", ["gs://", "gs://b", "gs://b/../", "https://b/", "b/x", "gs:///x"])
def test_what_is_no_prefix_is_refused(uri):
    with pytest.raises(InvalidArgument) as caught:
        prefix(uri, field=FIELD)
    assert caught.value.field == FIELD


# --- the emulator -------------------------------------------------------------------------------


class Emulator(BaseHTTPRequestHandler):
    """A storage emulator's simple upload."""

    stored: dict[str, tuple[str, bytes]]

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        body = self.rfile.read(int(self.headers["content-length"]))
        known = parts.path == "/upload/storage/v1/b/b/o" and query["uploadType"] == ["media"]
        if known:
            self.stored[query["name"][0]] = (self.headers["content-type"], body)
        self.send_response(200 if known else 404)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def emulator() -> Iterator[tuple[str, dict[str, tuple[str, bytes]]]]:
    stored: dict[str, tuple[str, bytes]] = {}
    handler = type("Handler", (Emulator,), {"stored": stored})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}", stored
        server.shutdown()
        thread.join()


def test_an_emulator_gets_objects_by_upload(root, emulator):
    address, stored = emulator
    write(LocalDestinations(root, emulator=address), "gs://b/out/a b&c.json", b"[1]")
    assert stored == {"out/a b&c.json": ("application/json", b"[1]")}
    assert files(root) == []


def test_an_emulator_that_refuses_or_is_away_is_told(root, emulator):
    address, _ = emulator
    to = LocalDestinations(root, emulator=address)
    assert "404" in str(refused(to, "gs://none/x.json"))
    away = LocalDestinations(root, emulator="http://127.0.0.1:1")
    assert isinstance(refused(away, "gs://b/x.json"), FailedPrecondition)
