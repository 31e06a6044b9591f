"""Sensorium itself: the whole gateway, with the engine of the benchmarks as language identifier."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import engine

from sensorium.gateway.app import create
from sensorium.gateway.serve import run
from sensorium.gateway.settings import Settings
from sensorium.models.pool import LocalModels
from sensorium.models.registry import EngineSpec
from sensorium.models.tasks import LanguageIdentifier, LanguageScore


class Engine:
    """The engine of the benchmarks behind a task."""

    def identify(self, texts: Sequence[str]) -> list[list[LanguageScore]]:
        """Call every text English."""
        engine.run(texts)
        return [[LanguageScore("en", 1.0)] for _ in texts]

    def languages(self) -> tuple[str, ...]:
        """Return the one code."""
        return ("en",)


if __name__ == "__main__":
    spec = EngineSpec(
        "synthetic",
        LanguageIdentifier,
        Engine,
        batch=engine.BATCH,
        queue=int(os.environ.get("BENCHMARK_QUEUE", "256")),
    )
    with tempfile.TemporaryDirectory() as state:
        gateway = create(
            Settings(
                port=int(sys.argv[1]),
                grpc_port=-1,
                state=Path(state),
                log_level=os.environ.get("BENCHMARK_LOG_LEVEL", "warning"),
            )
        )
        gateway.models = gateway.service.models = LocalModels([spec])
        run(gateway, lambda bound: None)
