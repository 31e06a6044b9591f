"""The gateway as a process: when it refuses to start, who gets in, and how it stops."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import grpc
import pytest

from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.table import load
from tests.gateway import Running, start

PATH = "/v1/documents:analyzeSentiment"
BODY = {"document": {"type": "PLAIN_TEXT", "content": "A fine day.", "language": "en"}}
RPC = "google.cloud.language.v1.LanguageService.AnalyzeSentiment"


def sensorium(*arguments: str, state: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sensorium", *arguments, "--set", f"state={state}"],
        capture_output=True,
        text=True,
        timeout=60,
    )


def ask_grpc(gateway: Running, *metadata: tuple[str, str]) -> Any:
    method = load().methods[RPC]
    message = method.request()
    decode(message, BODY)
    with grpc.insecure_channel(gateway.grpc) as channel:
        call = channel.unary_unary(
            "/google.cloud.language.v1.LanguageService/AnalyzeSentiment",
            request_serializer=lambda one: one.SerializeToString(),
            response_deserializer=method.response.FromString,
        )
        return call(message, metadata=metadata, timeout=30)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_other_machines_are_not_let_in_without_keys(host: str, tmp_path: Path):
    refused = sensorium("serve", "--host", host, "--port", "0", state=tmp_path)
    assert refused.returncode == 1
    assert "sensorium keys create" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_key_lets_in_until_it_is_revoked(tmp_path: Path):
    key = sensorium("keys", "create", "laptop", state=tmp_path).stdout.strip()
    gateway = start(tmp_path)
    try:
        status, answer = gateway.post(PATH, BODY)
        assert status == 403
        assert answer["error"]["status"] == "PERMISSION_DENIED"
        assert gateway.post(PATH, BODY, **{"x-goog-api-key": key})[0] == 200
        assert gateway.post(f"{PATH}?key={key}", BODY)[0] == 200
        assert gateway.post(PATH, BODY, authorization=f"Bearer {key}")[0] == 200
        assert ask_grpc(gateway, ("x-goog-api-key", key)).language == "en"
        assert gateway.get("/healthz")[0] == 200
        assert gateway.get("/metrics")[0] == 403
        sensorium("keys", "create", "other", state=tmp_path)  # so that access stays closed
        sensorium("keys", "revoke", "laptop", state=tmp_path)
        assert gateway.post(PATH, BODY, **{"x-goog-api-key": key})[0] == 403
        with pytest.raises(grpc.RpcError) as refused:
            ask_grpc(gateway, ("x-goog-api-key", key))
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
        assert key not in gateway.log.read_text()
    finally:
        gateway.stop()


@pytest.mark.parametrize("flag", ["--port", "--grpc-port"])
def test_a_taken_port_is_told_without_a_traceback(flag: str, tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = {"--port": "0", "--grpc-port": "0", flag: str(taken.getsockname()[1])}
        flags = [part for pair in ports.items() for part in pair]
        refused = sensorium("serve", *flags, state=tmp_path)
    assert refused.returncode == 1
    assert f"Choose another with {flag}." in refused.stderr
    assert "Traceback" not in refused.stderr


def test_running_calls_end_before_the_gateway_does(tmp_path: Path):
    gateway = start(tmp_path)
    answers: list[int] = []
    speech = {
        "input": {"text": "The ship sails at dawn, and nobody is late. " * 100},
        "voice": {"languageCode": "en-US"},
        "audioConfig": {"audioEncoding": "MP3"},
    }
    asking = threading.Thread(
        target=lambda: answers.append(gateway.post("/v1/text:synthesize", speech)[0])
    )
    asking.start()
    idle = b'sensorium_engine_batch_items_count{engine="espeak",task="SpeechSynthesizer"} 0.0'
    while asking.is_alive() and idle in gateway.get("/metrics")[1]:
        pass  # until the engine has spoken
    gateway.stop(signal.SIGTERM)
    asking.join()
    assert answers == [200]


def test_metrics_tell_requests_latency_queues_and_batches(gateway: Running):
    gateway.post(PATH, BODY)
    page = gateway.get("/metrics")[1].decode()
    assert f'sensorium_requests_total{{method="{RPC}",status="OK",transport="rest"}}' in page
    for name in ("request_seconds_bucket", "engine_queue", "engine_memory_bytes"):
        assert f"sensorium_{name}" in page
    assert re.search(r'engine_batch_items_bucket\{engine="minilm",le="1".*\} [1-9]', page)


def test_tracing_without_opentelemetry_is_told(tmp_path: Path):
    with pytest.raises(AssertionError, match=r"sensorium\[tracing\]"):
        start(tmp_path, "--set", "tracing=http://127.0.0.1:1/v1/traces")
