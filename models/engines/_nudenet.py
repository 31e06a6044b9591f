"""The network of nudenet, a YOLOv8 of 3 million weights, with what its backbone sees beside it."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import threading
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.models.errors import FailedPrecondition
from sensorium.models.tasks import Pixels

REQUIRES = ("nudenet", "onnx", "onnxruntime", "cv2")
SHA256 = "c15d8273adad2d0a92f014cc69ab2d6c311a06777a55545f2c4eb46f51911f0f"
SIDE = 320  # pixels of the square that the network looks at
_MAPS = ("/model.6/cv2", "/model.8/cv2", "/model.9/cv2")
CHANNELS = (128, 256, 256)  # of each map
_BATCH = 8
_THREADS = 2

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the network tells of a picture.

    `guesses` are 2,100 rows of center, size (in pixels of the square) and the score of each class;
    `maps` are three arrays, channels x height x width, of what the backbone sees.
    """

    guesses: Floats
    maps: tuple[Floats, Floats, Floats]


class Network:
    """The network, safe to share between threads."""

    def __init__(self) -> None:
        import onnx
        import onnxruntime

        path = _path()
        model = onnx.load(str(path))
        for name in _MAPS:
            model.graph.output.append(
                onnx.helper.make_tensor_value_info(
                    f"{name}/act/Mul_output_0", onnx.TensorProto.FLOAT, None
                )
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(_THREADS, len(os.sched_getaffinity(0)))
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def look(self, images: Sequence[Pixels]) -> Iterator[Seen]:
        """Yield what is seen in each picture, laid into the top left of a black square."""
        for first in range(0, len(images), _BATCH):
            squares = np.stack([_square(image) for image in images[first : first + _BATCH]])
            guesses, *maps = self._session.run(None, {"images": squares})
            for row in range(len(squares)):
                yield Seen(guesses[row].T, (maps[0][row], maps[1][row], maps[2][row]))


_networks: weakref.WeakValueDictionary[str, Network] = weakref.WeakValueDictionary()
_making = threading.Lock()


def network() -> Network:
    """Return the one network in memory; it goes when its last engine unloads."""
    with _making:
        found = _networks.get(SHA256)
        if found is None:
            found = _networks[SHA256] = Network()
        return found


def _path() -> Path:
    """Return the weights inside the package, which is not imported.

    Raises FailedPrecondition when they are not what they should be.
    """
    spec = importlib.util.find_spec("nudenet")
    if spec is None or not spec.submodule_search_locations:
        raise FailedPrecondition("nudenet is not installed.", hint="`pip install nudenet` gets it.")
    path = Path(spec.submodule_search_locations[0]) / "320n.onnx"
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise FailedPrecondition(
            f"{path.name} of nudenet has sha256 {found}, not {SHA256}.",
            hint="Install nudenet 3.4.2 again.",
        )
    return path


def _square(image: Pixels) -> Floats:
    """Return a picture as the network takes it: 3 x SIDE x SIDE, 0 to 1."""
    import cv2

    height, width = image.shape[:2]
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    square = np.zeros((SIDE, SIDE, 3), np.uint8)
    square[: size[1], : size[0]] = cv2.resize(image, size, interpolation=way)
    return np.ascontiguousarray(square.transpose(2, 0, 1), np.float32) / np.float32(255)
