"""Voice activity, by the network that the `silero-vad` package carries, run by ONNX Runtime."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.models.errors import FailedPrecondition
from sensorium.models.registry import engine
from sensorium.models.tasks import HEARD_RATE, Samples, VoiceDetector, VoiceState

_FRAME, _CONTEXT = 512, 64  # samples that it looks at, and those before them that it sees again
_MEMORY = (2, 1, 128)


@engine(
    "silero_vad",
    task=VoiceDetector,
    requires=("silero_vad", "onnxruntime"),
    batch=8,
    memory="30MB",
    rank=10,
)
class SileroVad:
    """Tell where somebody speaks, in any language (Silero VAD)."""

    def __init__(self) -> None:
        import onnxruntime

        spec = importlib.util.find_spec("silero_vad")
        folders = spec.submodule_search_locations if spec else None
        if not folders:
            raise FailedPrecondition("The silero-vad package is not installed.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self._session: Any = onnxruntime.InferenceSession(
            str(Path(folders[0]) / "data" / "silero_vad.onnx"),
            options,
            providers=["CPUExecutionProvider"],
        )

    def voices(
        self, streams: Sequence[tuple[Samples, VoiceState | None]]
    ) -> list[tuple[NDArray[np.float32], VoiceState]]:
        """Return how likely each 32 ms of the next piece of each stream are speech."""
        return [self._heard(samples, state or _fresh()) for samples, state in streams]

    def _heard(self, samples: Samples, state: VoiceState) -> tuple[NDArray[np.float32], VoiceState]:
        whole = np.concatenate([state.rest, samples])
        count = len(whole) // _FRAME
        memory: Any = state.memory
        context: Any = state.context
        likely = np.zeros(count, np.float32)
        sound = whole[: count * _FRAME].astype(np.float32) / np.float32(32768)
        for at in range(count):
            frame = sound[None, at * _FRAME : (at + 1) * _FRAME]
            told, memory = self._session.run(
                None,
                {
                    "input": np.concatenate([context, frame], axis=1),
                    "state": memory,
                    "sr": np.array(HEARD_RATE, np.int64),
                },
            )
            likely[at] = told[0, 0]
            context = frame[:, -_CONTEXT:]
        return likely, VoiceState(memory, context, whole[count * _FRAME :])


def _fresh() -> VoiceState:
    return VoiceState(
        np.zeros(_MEMORY, np.float32), np.zeros((1, _CONTEXT), np.float32), np.zeros(0, np.int16)
    )
