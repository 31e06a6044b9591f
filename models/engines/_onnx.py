"""Open the ONNX file of a model's folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sensorium.models.errors import FailedPrecondition

_THREADS = 4  # more help little with pictures of a few hundred pixels


def open_session(folder: Path, device: str) -> Any:
    """Return a session of the only .onnx file in a folder, on `device` where that can run it.

    Raises FailedPrecondition when there is none, or several, or it cannot be opened.
    """
    import onnxruntime

    found = sorted(folder.glob("*.onnx"))
    if len(found) != 1:
        held = ", ".join(path.name for path in found) or "none"
        raise FailedPrecondition(f"{folder.name} must hold one .onnx file; it holds {held}.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(_THREADS, len(os.sched_getaffinity(0)))
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what fails is raised
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers = ["CPUExecutionProvider"]
    if device.startswith("cuda"):
        able = onnxruntime.get_available_providers()
        providers = [one for one in ("CUDAExecutionProvider",) if one in able] + providers
    try:
        return onnxruntime.InferenceSession(str(found[0]), options, providers=providers)
    except Exception as error:  # onnxruntime's own exceptions have no base in common
        raise FailedPrecondition(f"{found[0].name} cannot be opened: {error}") from error
