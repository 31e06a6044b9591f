"""A real gateway process for tests: started on free ports, stopped with a signal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Running:
    """A started gateway: where it listens, what it printed, and its process."""

    process: subprocess.Popen[str]
    url: str
    grpc: str
    banner: str
    log: Path
    tls: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> tuple[int, bytes]:
        """Return status and body of a GET."""
        return self._send(urllib.request.Request(self.url + path, headers=self.headers))

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        """Return status and JSON of a POST; bytes are sent as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path,
            data=raw,
            headers={"content-type": "application/json", **self.headers, **headers},
        )
        status, answer = self._send(request)
        return status, json.loads(answer)

    def _send(self, request: urllib.request.Request) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask the process to stop and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(timeout=30)
        finally:
            self.process.kill()
            if self.process.stdout:
                self.process.stdout.close()


def start(state: Path, *arguments: str, module: str = "sensorium", **environment: str) -> Running:
    """Start `sensorium serve` on free ports with its own state folder; wait until it is ready.

    `module` may be one that adds engines before it runs the same command line.
    """
    state.mkdir(parents=True, exist_ok=True)
    log = state / "gateway.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                module,
                "serve",
                "--port",
                "0",
                "--grpc-port",
                "0",
                *arguments,
            ],
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("SENSORIUM_")},
                "SENSORIUM_STATE": str(state),
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    banner = ""
    for line in process.stdout:
        banner += line
        if line.startswith("  curl"):
            break
    else:
        process.wait()
        process.stdout.close()
        raise AssertionError(f"the gateway did not start: {log.read_text()}")
    found = {kind: where for kind, where in re.findall(r"^  (REST|gRPC|TLS) +(\S+)", banner, re.M)}
    return Running(
        process, found["REST"], found.get("gRPC", ""), banner, log, tls=found.get("TLS", "")
    )
