"""Start and stop the servers that are compared, each in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Server:
    """A server file, whose environment it needs, and how it is asked."""

    name: str
    file: str
    peer: bool = False
    path: str = "/"
    body: str = '{"text": "{id}"}'
    wait: float = 0.0  # for which a peer gathers a batch


CEILING = Server("bare ASGI + micro-batcher", "ceiling.py", peer=True)
PLAIN = Server("plain FastAPI", "plain.py", peer=True)
LITSERVE = Server("LitServe", "litserve_server.py", peer=True)
LITSERVE_WAITS = Server("LitServe, batch_timeout 10 ms", "litserve_server.py", peer=True, wait=0.01)
POOL = Server("Sensorium's pool, bare ASGI", "pool_server.py")
GATEWAY = Server(
    "Sensorium",
    "gateway_server.py",
    path="/v3/projects/benchmark/locations/global:detectLanguage",
    body='{"content": "{id}", "mimeType": "text/plain"}',
)


@contextmanager
def running(server: Server, peers: str, **environment: str) -> Iterator[int]:
    """Start a server, wait until it answers, yield its port, end it with all its children."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [peers if server.peer else sys.executable, str(HERE / "peers" / server.file), str(port)],
        env=os.environ | {"BENCHMARK_WAIT": str(server.wait)} | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if not environment.get("BENCHMARK_VERBOSE") else None,
        start_new_session=True,
    )
    try:
        _wait(server, port, process)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(server: Server, port: int, process: subprocess.Popen[bytes]) -> None:
    body = server.body.replace("{id}", "0").encode()
    url = f"http://127.0.0.1:{port}{server.path}"
    deadline = time.monotonic() + 60
    while True:
        try:
            request = Request(url, body, {"content-type": "application/json"})
            with urlopen(request, timeout=10) as answer:
                answer.read()
            return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                detail = getattr(error, "read", lambda: b"")()
                raise SystemExit(f"{server.name} did not start: {error} {detail!r}") from error
            time.sleep(0.1)


def load(server: Server, port: int, loop: str, **options: float) -> Any:
    """Run the load generator against a server and return what it measured."""
    flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    command = [sys.executable, str(HERE / "load.py"), loop, "--port", str(port)]
    command += ["--path", server.path, "--body", server.body, *flags]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
