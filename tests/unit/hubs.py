"""A hub that tests make, and cards of what it has."""

from __future__ import annotations

import hashlib
from typing import Any

from sensorium.models.weights.cards import Card, File

CONTENT = bytes(range(256)) * 4096  # 1 MiB
OTHER = b"{}\n"


def file_of(path: str, content: bytes, **changes: Any) -> File:
    facts: dict[str, Any] = {
        "path": path,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return File(**{**facts, **changes})


def card_of(*files: File, name: str = "tiny") -> Card:
    return Card(
        name=name,
        summary="A model of a test",
        task="ObjectDetector",
        repo="owner/tiny",
        revision="main",
        licence="Apache-2.0",
        limits="None of this is real.",
        files=files or (file_of("onnx/model.onnx", CONTENT), file_of("config.json", OTHER)),
    )
