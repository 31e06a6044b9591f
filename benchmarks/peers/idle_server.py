"""The whole gateway with one RPC that computes nothing: what the gateway itself costs."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from sensorium.apis.core import JSON, Call, discover
from sensorium.gateway.app import create
from sensorium.gateway.serve import Bound, run
from sensorium.gateway.settings import Settings

RPC = "google.cloud.language.v1.LanguageService.ClassifyText"


async def nothing(request: Any, call: Call) -> JSON:
    """Answer what Google's answer to a short text looks like."""
    return {"categories": [{"name": "/Food & Drink", "confidence": 0.9}]}


def told(bound: Bound) -> None:
    """Print the ports."""
    print(bound.rest, bound.grpc, flush=True)


if __name__ == "__main__":
    discover()["language"].rpc(RPC, example={})(nothing)
    with tempfile.TemporaryDirectory() as state:
        settings = Settings(port=0, grpc_port=0, state=Path(state), log_level=sys.argv[1])
        run(create(settings), told)
