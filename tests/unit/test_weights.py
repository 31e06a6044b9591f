"""Weights: whatever a hub sends, only whole and right files become visible."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from sensorium.models.errors import (
    Aborted,
    FailedPrecondition,
    NotFound,
    ResourceExhausted,
    Unavailable,
)
from sensorium.models.weights import Weights, download
from tests.unit.hubs import CONTENT, OTHER, card_of, file_of


@dataclass
class Hub:
    """A stand-in for a model hub; `manner` says how it misbehaves."""

    url: str = ""
    manner: str = "correct"
    files: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    cut_after: int = 300_000
    cuts: int = 1
    reached: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)


_REFUSALS = {"404": 404, "401": 401, "500": 500}


_CHANGES = {
    "corrupt": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "long": lambda content: content + b"more",
    "short": lambda content: content[:-10],
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        hub, wanted = self.hub, self.headers.get("range")
        hub.requests.append((self.path, wanted, self.headers.get("authorization")))
        if hub.manner in _REFUSALS:
            return self._answer(_REFUSALS[hub.manner], b"")
        content = hub.files[self.path.rpartition("/")[2]]
        content = _CHANGES.get(hub.manner, bytes)(content)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if not wanted or hub.manner == "no range":
            return self._send(200, content, {})
        if start >= len(content):
            return self._answer(416, b"")
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return self._send(206, content[start:], {"content-range": span})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        hub = self.hub
        if hub.manner == "traversal":
            headers["content-disposition"] = 'attachment; filename="../../evil.json"'
        if hub.manner in ("cut", "no range") and hub.cuts > 0:
            hub.cuts -= 1
            self._answer(status, body, headers, only=hub.cut_after)
            self.close_connection = True
        elif hub.manner == "slow":
            self._answer(status, body, headers, only=0)
            hub.reached.set()
            hub.go_on.wait(30)
            with contextlib.suppress(OSError):  # the client has given up
                self.wfile.write(body)
        else:
            self._answer(status, body, headers)

    def _answer(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        only: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:only])
        self.wfile.flush()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(download, "_PAUSE", 0.0)
    hub = Hub(files={"model.onnx": CONTENT, "config.json": OTHER})
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield hub
    hub.go_on.set()
    server.shutdown()
    thread.join()
    server.server_close()


def _visible(folder: Path) -> list[str]:
    """Return what a user of the weights can see."""
    paths = (p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    return sorted(str(p) for p in paths if p.parts[0] != ".partial")


def test_a_pulled_model_is_located_with_every_file_in_its_place(tmp_path: Path, hub: Hub) -> None:
    weights, card = Weights(tmp_path, {"tiny": card_of()}), card_of()
    assert weights.locate("tiny") is None
    folder = weights.pull(card, hub=hub.url)
    assert weights.locate("tiny") == weights.locate(card) == folder
    assert (folder / "onnx" / "model.onnx").read_bytes() == CONTENT
    assert (folder / "config.json").read_bytes() == OTHER
    assert hub.requests[0][0] == "/owner/tiny/resolve/main/onnx/model.onnx"


def test_a_model_that_is_there_is_not_pulled_again(tmp_path: Path, hub: Hub) -> None:
    weights = Weights(tmp_path, {})
    assert weights.pull(card_of(), hub=hub.url) == weights.pull(card_of(), hub=hub.url)
    assert len(hub.requests) == 2


def test_progress_tells_card_file_and_bytes_up_to_the_whole(tmp_path: Path, hub: Hub) -> None:
    told: list[tuple[str, str, int, int]] = []
    Weights(tmp_path, {}).pull(card_of(), hub=hub.url, progress=lambda *args: told.append(args))
    assert ("tiny", "onnx/model.onnx", len(CONTENT), len(CONTENT)) in told
    assert ("tiny", "config.json", len(OTHER), len(OTHER)) in told


def test_a_cut_download_goes_on_where_it_stopped(tmp_path: Path, hub: Hub) -> None:
    hub.manner, hub.cuts = "cut", 2
    folder = Weights(tmp_path, {}).pull(card_of(), hub=hub.url)
    assert (folder / "onnx" / "model.onnx").read_bytes() == CONTENT
    assert [r[1] for r in hub.requests] == [None, "bytes=300000-", "bytes=600000-", None]


def test_a_later_pull_resumes_what_an_earlier_one_left(tmp_path: Path, hub: Hub) -> None:
    weights, card = Weights(tmp_path, {}), card_of(file_of("model.onnx", CONTENT))
    partial = tmp_path / ".partial" / card.folder
    partial.mkdir(parents=True)
    (partial / "model.onnx").write_bytes(CONTENT[:1000])
    weights.pull(card, hub=hub.url)
    assert [r[1] for r in hub.requests] == ["bytes=1000-"]


def test_rubbish_of_an_earlier_attempt_is_replaced_by_a_fresh_download(
    tmp_path: Path, hub: Hub
) -> None:
    card = card_of(file_of("model.onnx", CONTENT))
    partial = tmp_path / ".partial" / card.folder
    partial.mkdir(parents=True)
    (partial / "model.onnx").write_bytes(b"x" * 1000)
    folder = Weights(tmp_path, {}).pull(card, hub=hub.url)
    assert (folder / "model.onnx").read_bytes() == CONTENT
    assert [r[1] for r in hub.requests] == ["bytes=1000-", None]


def test_a_server_that_ignores_range_is_read_from_the_start(tmp_path: Path, hub: Hub) -> None:
    hub.manner = "no range"
    folder = Weights(tmp_path, {}).pull(card_of(file_of("model.onnx", CONTENT)), hub=hub.url)
    assert (folder / "model.onnx").read_bytes() == CONTENT
    assert len(hub.requests) == 2


@pytest.mark.parametrize("manner", ["corrupt", "long", "short"])
def test_a_file_unlike_its_card_is_refused_and_nothing_of_it_is_visible(
    tmp_path: Path, hub: Hub, manner: str
) -> None:
    hub.manner = manner
    weights, card = Weights(tmp_path, {}), card_of(file_of("model.onnx", CONTENT))
    with pytest.raises(Aborted, match=r"model\.onnx"):
        weights.pull(card, hub=hub.url)
    assert weights.locate(card) is None
    assert _visible(tmp_path) == []
    hub.manner = "correct"
    assert weights.pull(card, hub=hub.url)


def test_a_wrong_hash_names_both_hashes(tmp_path: Path, hub: Hub) -> None:
    wrong = "0" * 64
    card = card_of(file_of("config.json", OTHER, sha256=wrong))
    with pytest.raises(Aborted) as caught:
        Weights(tmp_path, {}).pull(card, hub=hub.url)
    assert wrong in str(caught.value)
    assert hashlib.sha256(OTHER).hexdigest() in str(caught.value)


def test_one_bad_file_keeps_the_whole_model_invisible(tmp_path: Path, hub: Hub) -> None:
    card = card_of(file_of("model.onnx", CONTENT), file_of("config.json", OTHER, sha256="1" * 64))
    with pytest.raises(Aborted):
        Weights(tmp_path, {}).pull(card, hub=hub.url)
    assert _visible(tmp_path) == []


def test_a_name_that_the_server_proposes_is_ignored(tmp_path: Path, hub: Hub) -> None:
    hub.manner = "traversal"
    folder = Weights(tmp_path / "weights", {}).pull(card_of(), hub=hub.url)
    assert (folder / "config.json").is_file()
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize(
    ("manner", "failure", "words"),
    [
        ("404", NotFound, "does not exist"),
        ("401", FailedPrecondition, "access token"),
        ("500", Unavailable, "answers 500; given up after 4 attempts"),
    ],
)
def test_a_refusal_of_the_hub_says_what_and_where(
    tmp_path: Path, hub: Hub, manner: str, failure: type[Exception], words: str
) -> None:
    hub.manner = manner
    with pytest.raises(failure, match=words) as caught:
        Weights(tmp_path, {}).pull(card_of(), hub=hub.url)
    assert "/owner/tiny/resolve/main/onnx/model.onnx" in str(caught.value)


def test_a_silent_server_is_given_up(tmp_path: Path, hub: Hub) -> None:
    hub.manner = "slow"
    card = card_of(file_of("model.onnx", CONTENT))
    with (
        download.client(timeout=0.05) as http,
        pytest.raises(Unavailable, match="ReadTimeout"),
    ):
        Weights(tmp_path, {}).pull(card, hub=hub.url, http=http)
    assert len(hub.requests) == 4


def test_an_unreachable_hub_is_told_with_the_way_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_PAUSE", 0.0)
    with pytest.raises(Unavailable, match="sensorium import DIR"):
        Weights(tmp_path, {}).pull(card_of(), hub="http://127.0.0.1:9")


def test_two_pulls_of_one_model_do_not_collide(tmp_path: Path, hub: Hub) -> None:
    hub.manner = "slow"
    card = card_of(file_of("model.onnx", CONTENT))
    first = threading.Thread(
        target=Weights(tmp_path, {}).pull, args=(card,), kwargs={"hub": hub.url}
    )
    first.start()
    assert hub.reached.wait(10)
    with pytest.raises(FailedPrecondition, match="Another process"):
        Weights(tmp_path, {}).pull(card, hub=hub.url)
    hub.go_on.set()
    first.join()
    assert Weights(tmp_path, {}).locate(card)


def test_a_full_disk_is_refused_before_the_download(
    tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = type("Usage", (), {"free": 1000})()
    monkeypatch.setattr("shutil.disk_usage", lambda path: full)
    with pytest.raises(ResourceExhausted, match="1 MB are needed"):
        Weights(tmp_path, {}).pull(card_of(), hub=hub.url)
    assert hub.requests == []


def test_an_unpinned_file_needs_the_users_word(tmp_path: Path, hub: Hub) -> None:
    weights, card = Weights(tmp_path, {}), card_of(file_of("config.json", OTHER, sha256=None))
    with pytest.raises(FailedPrecondition, match=r"no sha256 for config\.json"):
        weights.pull(card, hub=hub.url)
    assert hub.requests == []
    folder = weights.pull(card, hub=hub.url, unpinned=True)
    assert hashlib.sha256(OTHER).hexdigest() in (folder / ".verified.json").read_text()
    assert weights.locate(card) == folder


def test_the_token_goes_to_the_hub_and_to_no_other_host(tmp_path: Path) -> None:
    seen: list[tuple[str, str | None]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, request.headers.get("authorization")))
        if request.url.host == "hub.test":
            return httpx.Response(302, headers={"location": "https://store.test/x"})
        return httpx.Response(200, stream=httpx.ByteStream(OTHER))

    card = card_of(
        file_of("a.json", OTHER), file_of("b.json", OTHER, url="https://other.test/b.json")
    )
    with httpx.Client(follow_redirects=True, transport=httpx.MockTransport(answer)) as http:
        Weights(tmp_path, {}).pull(card, hub="https://hub.test", token="secret", http=http)
    assert seen == [("hub.test", "Bearer secret"), ("store.test", None), ("other.test", None)]


def test_a_lost_or_shortened_file_makes_a_model_absent_and_the_next_pull_mends_it(
    tmp_path: Path, hub: Hub
) -> None:
    weights, card = Weights(tmp_path, {}), card_of()
    folder = weights.pull(card, hub=hub.url)
    (folder / "config.json").write_bytes(b"")
    assert weights.locate(card) is None
    assert weights.locate(card_of(file_of("model.onnx", CONTENT, sha256="2" * 64))) is None
    weights.pull(card, hub=hub.url)
    assert weights.locate(card) == folder


def test_a_removed_model_is_gone(tmp_path: Path, hub: Hub) -> None:
    weights, card = Weights(tmp_path, {}), card_of()
    weights.pull(card, hub=hub.url)
    assert weights.remove(card)
    assert weights.locate(card) is None
    assert not weights.remove(card)
