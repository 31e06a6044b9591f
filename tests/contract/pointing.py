"""A stub of the gateway that real clients are pointed at, and how their programs are run."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.cloud import language_v1, vision

from sensorium.gateway.auth import Access
from sensorium.gateway.certificates import token_verifier
from sensorium.gateway.connect import Address, credentials
from sensorium.gateway.keys import Keys
from sensorium.gateway.tls import TlsFront
from sensorium.models.errors import PermissionDenied

LABEL = "seen by the stub"
LANGUAGE = "/google.cloud.language.v1.LanguageService/AnalyzeSentiment"


@dataclass
class Stub:
    """A gateway that answers two RPCs and the basic translation, and keeps who asked how."""

    directory: Path
    key: str
    access: Access
    address: Address = field(default_factory=Address)
    seen: list[tuple[str, str]] = field(default_factory=list)


def _rest_handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = self.path.partition("key=")[2].partition("&")[0] or None
            try:
                stub.seen.append(("rest", stub.access.owner(headers, query)))
            except PermissionDenied as failure:
                return self._answer(403, {"error": {"code": 403, "message": str(failure)}})
            if "/language/translate/v2" in self.path:
                return self._answer(200, {"data": {"translations": [{"translatedText": LABEL}]}})
            if "analyzeSentiment" in self.path:
                return self._answer(200, {"language": LABEL})
            answers = [{"labelAnnotations": [{"description": LABEL}]}]
            return self._answer(200, {"responses": answers})

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


class _Rpcs(grpc.GenericRpcHandler):  # type: ignore[misc]
    def __init__(self, stub: Stub) -> None:
        self._stub = stub

    def service(self, details: Any) -> Any:
        def answer(request: bytes, context: Any) -> bytes:
            try:
                headers = dict(context.invocation_metadata())
                self._stub.seen.append(("grpc", self._stub.access.owner(headers)))
            except PermissionDenied as failure:
                context.abort(grpc.StatusCode.PERMISSION_DENIED, str(failure))
            if details.method == LANGUAGE:
                sentiment = language_v1.AnalyzeSentimentResponse(language=LABEL)
                return bytes(language_v1.AnalyzeSentimentResponse.serialize(sentiment))
            one = vision.AnnotateImageResponse(label_annotations=[{"description": LABEL}])
            both = vision.BatchAnnotateImagesResponse(responses=[one])
            return bytes(vision.BatchAnnotateImagesResponse.serialize(both))

        return grpc.unary_unary_rpc_method_handler(answer)


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stub]:
    directory = tmp_path_factory.mktemp("state")
    keys = Keys(directory / "keys.json")
    _, key = keys.create("key owner")
    found = Stub(
        directory / "certificates",
        key,
        Access(
            open_access=lambda: False,
            verify_key=keys.verify,
            verify_token=token_verifier(directory / "certificates"),
        ),
    )
    rest = ThreadingHTTPServer(("127.0.0.1", 0), _rest_handler(found))
    rest.daemon_threads = True
    rest_thread = threading.Thread(target=rest.serve_forever, kwargs={"poll_interval": 0.05})
    rest_thread.start()
    rpcs = grpc.server(ThreadPoolExecutor(2), handlers=[_Rpcs(found)])
    grpc_port = rpcs.add_insecure_port("127.0.0.1:0")
    rpcs.start()
    loop = asyncio.new_event_loop()
    tls_thread = threading.Thread(target=loop.run_forever)
    tls_thread.start()
    made = credentials(found.directory).certificates
    front = TlsFront(
        made.context(), rest_port=rest.server_port, grpc_port=grpc_port, certificates=made
    )
    tls = asyncio.run_coroutine_threadsafe(front.start("127.0.0.1", 0), loop).result(10)
    found.address = Address(rest=rest.server_port, grpc=grpc_port, tls=tls)
    yield found
    asyncio.run_coroutine_threadsafe(front.stop(0.0), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    tls_thread.join()
    loop.close()
    rpcs.stop(None).wait()
    rest.shutdown()
    rest_thread.join()
    rest.server_close()


@pytest.fixture
def seen(stub: Stub) -> list[tuple[str, str]]:
    stub.seen.clear()
    return stub.seen


def environment(**changes: str) -> dict[str, str]:
    """Return this environment without what would lead a client elsewhere."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | changes


def run(command: list[str], text: str, cwd: Path | None = None, **changes: str) -> str:
    done = subprocess.run(
        command,
        input=text,
        env=environment(**changes),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def python(text: str, **changes: str) -> str:
    return run([sys.executable, "-W", "ignore", "-"], text, **changes)


@pytest.fixture(scope="module")
def node() -> Path:
    """Return a folder with Google's Node.js client, installed once and kept."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "sensorium-tests" / "node-vision-6"
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "@google-cloud/vision@6"]
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=240, check=False)
        if done.returncode:
            pytest.skip("@google-cloud/vision cannot be installed from npm")
        (folder / "installed").touch()
    return folder
