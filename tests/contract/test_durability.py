"""The promise of a gateway that is killed: what it acknowledged is done by the next one, once."""

from __future__ import annotations

import json
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.gateway import Running, start

KILLS, OPERATIONS, IMAGES = 4, 4, 12


def begin(gateway: Running, number: int) -> str:
    """Begin to describe pictures of a bucket, and return the operation's name."""
    request = {
        "requests": [
            {
                "image": {"source": {"imageUri": f"gs://b/{number}-{at}.png"}},
                "features": [{"type": "IMAGE_PROPERTIES"}, {"type": "TEXT_DETECTION"}],
            }
            for at in range(IMAGES)
        ],
        "outputConfig": {"gcsDestination": {"uri": f"gs://b/out{number}/"}, "batchSize": IMAGES},
    }
    status, answer = gateway.post("/v1/images:asyncBatchAnnotate", request)
    assert status == 200, answer
    return str(answer["name"])


def look(gateway: Running, name: str) -> Any:
    status, raw = gateway.get(f"/v1/{name}")
    assert status == 200, raw
    return json.loads(raw)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    bucket = tmp_path / "buckets" / "b"
    bucket.mkdir(parents=True)
    for number in range(OPERATIONS):
        for at in range(IMAGES):
            colour = (number * 60, at * 20, 90)
            Image.new("RGB", (320, 240), colour).save(bucket / f"{number}-{at}.png")
    return tmp_path


def test_what_a_killed_gateway_acknowledged_is_done_once(state: Path):
    rng = random.Random(7)
    gateway = start(state)
    names = [begin(gateway, number) for number in range(OPERATIONS)]
    for _ in range(KILLS):
        time.sleep(rng.uniform(0.2, 1.5))
        gateway.stop(signal.SIGKILL)
        gateway = start(state)
    try:
        until = time.monotonic() + 120
        found = [look(gateway, name) for name in names]
        while not all(one.get("done") for one in found) and time.monotonic() < until:
            time.sleep(0.2)
            found = [look(gateway, name) for name in names]
    finally:
        gateway.stop()
    for number, one in enumerate(found):
        assert one.get("done"), one
        # a gateway that dies of it three times gives up, and says so
        assert "error" not in one or one["error"]["code"] == 10, one
        if "response" in one:
            (written,) = (state / "buckets" / "b" / f"out{number}").iterdir()
            answers = json.loads(written.read_text())["responses"]
            assert len(answers) == IMAGES
            assert all("imagePropertiesAnnotation" in answer for answer in answers)


def test_a_gateway_that_is_asked_to_stop_hands_its_work_on(state: Path):
    gateway = start(state, "--set", "drain_seconds=0", "--set", "operations=1")
    names = [begin(gateway, number) for number in range(2)]
    assert gateway.stop(signal.SIGTERM) in (0, -signal.SIGTERM)
    gateway = start(state)
    try:
        until = time.monotonic() + 60
        found = [look(gateway, name) for name in names]
        while not all(one.get("done") for one in found) and time.monotonic() < until:
            time.sleep(0.2)
            found = [look(gateway, name) for name in names]
        assert all("response" in one for one in found), found
    finally:
        gateway.stop()


def test_another_gateway_on_the_same_database_takes_over(state: Path, postgres: str):
    """Both share the queue; what the one that is killed had begun, the other goes on with."""
    settings = ("--set", f"database={postgres}", "--set", "operations=1")
    shared = {"SENSORIUM_BUCKETS": str(state / "buckets")}
    first = start(state / "first", *settings, **shared)
    second = start(state / "second", *settings, **shared)
    try:
        names = [begin(first, number) for number in range(OPERATIONS)]
        working = [look(second, name) for name in names]
        while not any(one["metadata"]["state"] == "RUNNING" for one in working):
            working = [look(second, name) for name in names]
        first.stop(signal.SIGKILL)
        until = time.monotonic() + 120
        found = [look(second, name) for name in names]
        while not all(one.get("done") for one in found) and time.monotonic() < until:
            time.sleep(0.5)
            found = [look(second, name) for name in names]
        assert all("response" in one for one in found), found
        for number in range(OPERATIONS):
            assert len(list((state / "buckets" / "b" / f"out{number}").iterdir())) == 1
    finally:
        first.stop()
        second.stop()
