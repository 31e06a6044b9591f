"""Short names of the command line: one feature of one picture."""

from __future__ import annotations

from sensorium.apis.core import JSON
from sensorium.apis.vision import vision

_RPC = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"


@vision.command("faces", _RPC)
def faces(content: bytes) -> JSON:
    """Find the faces in a picture."""
    return _asking("FACE_DETECTION", content)


@vision.command("labels", _RPC)
def labels(content: bytes) -> JSON:
    """Tell what a picture shows."""
    return _asking("LABEL_DETECTION", content)


@vision.command("objects", _RPC)
def objects(content: bytes) -> JSON:
    """Find the things in a picture."""
    return _asking("OBJECT_LOCALIZATION", content)


@vision.command("colors", _RPC)
def colors(content: bytes) -> JSON:
    """Tell the colours that dominate a picture."""
    return _asking("IMAGE_PROPERTIES", content)


@vision.command("crop", _RPC)
def crop(content: bytes) -> JSON:
    """Tell how to cut a picture to a square."""
    request = _asking("CROP_HINTS", content)
    request["requests"][0]["imageContext"] = {"cropHintsParams": {"aspectRatios": [1.0]}}
    return request


@vision.command("safe", _RPC)
def safe(content: bytes) -> JSON:
    """Tell how likely a picture is not for everybody."""
    return _asking("SAFE_SEARCH_DETECTION", content)


def _asking(feature: str, content: bytes) -> JSON:
    """Return the request for one feature of one picture."""
    return {"requests": [{"image": {"content": content}, "features": [{"type": feature}]}]}
