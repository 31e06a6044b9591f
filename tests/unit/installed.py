"""A state folder filled by the command line, and Vision asked in process with its engines."""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
from pathlib import Path
from typing import Any

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call
from sensorium.gateway.app import local_models
from sensorium.gateway.settings import Settings

ANNOTATE = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"


def sensorium(state: Path, *words: str) -> str:
    """What a command prints that works on the state folder."""
    done = subprocess.run(
        [sys.executable, "-m", "sensorium", *words, "--set", f"state={state}"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def annotated(state: Path, feature: str, *contents: bytes) -> list[Any]:
    """The answer for each picture, none of which may be an error."""

    async def run() -> list[Any]:
        models = local_models(Settings(state=state, device="cpu"))
        nowhere: Any = None
        requests = [
            {
                "image": {"content": base64.b64encode(content).decode()},
                "features": [{"type": feature}],
            }
            for content in contents
        ]
        try:
            client = LocalClient(Call(models, nowhere, state=state))
            answer = await client.call(ANNOTATE, {"requests": requests})
        finally:
            await models.close()
        return list(answer["responses"])

    answers = asyncio.run(run())
    assert not any("error" in one for one in answers), answers
    return answers
