"""Import torchvision beside a torch that was built without CUDA.

Its wheels are built for CUDA; there the compiled part does not load, and its Python part fails for
want of two operators that detectors use and none of our engines calls. Declared, it imports.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from sensorium.models.errors import FailedPrecondition

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_kept: list[Any] = []  # a library of operators lasts as long as its object


def ensure_torchvision() -> None:
    """Import torchvision; FailedPrecondition when it cannot be."""
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        _again()
    except ImportError as error:
        raise FailedPrecondition(f"torchvision cannot be imported: {error}") from error


def _again() -> None:
    import torch

    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    library: Any = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for schema in _SCHEMAS:
        library.define(schema)
    _kept.append(library)
    try:
        importlib.import_module("torchvision")
    except (RuntimeError, ImportError) as error:
        raise FailedPrecondition(f"torchvision cannot be imported: {error}") from error
