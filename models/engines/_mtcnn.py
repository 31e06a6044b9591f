"""The three networks of MTCNN, with the weights of the `mtcnn` package and none of its code.

K. Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional
Networks" (2016). The package's own code wants TensorFlow, so the networks are put together here as
ONNX graphs. Its weights are compressed pickles of Keras' lists of arrays: kernel, bias and slope of
each layer in turn, channels last. A pickle may run anything, so each is opened only when it is the
very file that is known here.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.models.errors import FailedPrecondition

REQUIRES = ("mtcnn", "joblib", "lz4", "onnx", "onnxruntime", "cv2")
SHA256 = {
    "pnet": "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5",
    "rnet": "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee",
    "onet": "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3",
}
CELL, STRIDE = 12, 2  # pixels of a face that the first network sees, and between two such places
SIDES = {"rnet": 24, "onet": 48}  # pixels of the squares that the others look at
_OPSET = 17

Floats = NDArray[np.float32]


class Networks:
    """The cascade: places that may be faces, those that are, and their boxes and landmarks.

    Pictures and squares are n x height x width x 3, red first, from 0 to 255.
    """

    def __init__(self) -> None:
        self._first = _first().session()
        self._second = _second().session()
        self._third = _third().session()

    def propose(self, image: Floats) -> tuple[Floats, Floats]:
        """Return how likely there is a face at each place, and by what shares its sides move."""
        moved, sure = self._first.run(None, {"images": _planes(image[None])})
        return sure[0, 1], moved[0].transpose(1, 2, 0)

    def refine(self, squares: Floats) -> tuple[Floats, Floats]:
        """Return how likely squares are faces, and by what shares their sides move."""
        moved, sure = self._second.run(None, {"images": _planes(squares)})
        return sure[:, 1], moved

    def decide(self, squares: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the same of the last network, and five landmarks in shares of the squares.

        Landmarks are n x 5 x 2: the eyes, the nose, the corners of the mouth.
        """
        moved, points, sure = self._third.run(None, {"images": _planes(squares)})
        return sure[:, 1], moved, points.reshape(-1, 2, 5).transpose(0, 2, 1)


class _Graph:
    """A network in the making: every layer takes the next of the weights."""

    def __init__(self, name: str) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._numpy = helper, numpy_helper
        self._weights = _arrays(name)
        self._nodes: list[Any] = []
        self._values: list[Any] = []
        self._outputs: list[str] = []

    def node(self, kind: str, *inputs: str, **facts: Any) -> str:
        """Add an operator and return the name of its output."""
        name = f"{kind}{len(self._nodes)}"
        self._nodes.append(self._helper.make_node(kind, inputs, [name], **facts))
        return name

    def _weight(self, *order: int) -> str:
        """Return the name of the next weights, with their axes in this order."""
        array = self._weights.pop(0)
        name = f"weights{len(self._values)}"
        array = np.ascontiguousarray(array.transpose(order) if order else array)
        self._values.append(self._numpy.from_array(array, name))
        return name

    def plain(self, seen: str) -> str:
        """Add a convolution."""
        return self.node("Conv", seen, self._weight(3, 2, 0, 1), self._weight())

    def conv(self, seen: str) -> str:
        """Add a convolution, and the slope of what is below 0."""
        return self.node("PRelu", self.plain(seen), self._weight(2, 0, 1))

    def pool(self, seen: str, side: int, *, whole: bool = False) -> str:
        """Add the highest of squares two apart; `whole` leaves those out that reach beyond."""
        kernel = [side, side]
        return self.node(
            "MaxPool", seen, kernel_shape=kernel, strides=[2, 2], ceil_mode=int(not whole)
        )

    def dense(self, seen: str) -> str:
        """Add a layer over everything."""
        return self.node("Gemm", seen, self._weight(), self._weight())

    def hidden(self, seen: str) -> str:
        """Add a layer over everything, across before down, and its slope."""
        flat = self.node("Flatten", self.node("Transpose", seen, perm=[0, 3, 2, 1]))
        return self.node("PRelu", self.dense(flat), self._weight())

    def tell(self, *outputs: str) -> None:
        """Make these the outputs, the last of them as probabilities."""
        *told, sure = outputs
        self._outputs = [*told, self.node("Softmax", sure, axis=1)]

    def session(self) -> Any:
        """Return the network, ready to run in the thread that calls it."""
        import onnxruntime

        def value(name: str, shape: Sequence[str | int] | None) -> Any:
            return self._helper.make_tensor_value_info(name, 1, shape)  # 1: 32-bit floats

        graph = self._helper.make_graph(
            self._nodes,
            "mtcnn",
            [value("images", ["n", 3, "height", "width"])],
            [value(name, None) for name in self._outputs],
            self._values,
        )
        opset = self._helper.make_opsetid("", _OPSET)
        model = self._helper.make_model(graph, opset_imports=[opset], ir_version=8)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )


def _first() -> _Graph:
    graph = _Graph("pnet")
    seen = graph.pool(graph.conv("images"), 2)
    seen = graph.conv(graph.conv(seen))
    graph.tell(graph.plain(seen), graph.plain(seen))
    return graph


def _second() -> _Graph:
    graph = _Graph("rnet")
    seen = graph.pool(graph.conv("images"), 3)
    seen = graph.pool(graph.conv(seen), 3, whole=True)
    seen = graph.hidden(graph.conv(seen))
    graph.tell(graph.dense(seen), graph.dense(seen))
    return graph


def _third() -> _Graph:
    graph = _Graph("onet")
    seen = graph.pool(graph.conv("images"), 3)
    seen = graph.pool(graph.conv(seen), 3, whole=True)
    seen = graph.pool(graph.conv(seen), 2)
    seen = graph.hidden(graph.conv(seen))
    graph.tell(graph.dense(seen), graph.dense(seen), graph.dense(seen))
    return graph


def _planes(images: Floats) -> Floats:
    """Return pictures as the first layer takes them."""
    planes = (images - np.float32(127.5)) / np.float32(128)
    return np.ascontiguousarray(planes.transpose(0, 3, 1, 2))


def _arrays(name: str) -> list[Floats]:
    """Return the weights of a network; FailedPrecondition when they are not what they should be."""
    import joblib

    spec = importlib.util.find_spec("mtcnn")
    if spec is None or not spec.submodule_search_locations:
        raise FailedPrecondition("mtcnn is not installed.", hint="`pip install mtcnn` gets it.")
    path = Path(spec.submodule_search_locations[0]) / "assets" / "weights" / f"{name}.lz4"
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256[name]:
        raise FailedPrecondition(
            f"{path.name} of mtcnn has sha256 {found}, not {SHA256[name]}.",
            hint="Install mtcnn 1.0.0 again.",
        )
    return [np.asarray(one, np.float32) for one in joblib.load(io.BytesIO(content))]
