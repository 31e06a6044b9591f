"""ONNX networks of a few weights that see colours, in the shape of detectors that people pull."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

STRIDES = (8, 16, 32)
RED, BLUE, GREY = (220, 20, 20), (20, 20, 220), (128, 128, 128)
# of blue, green and red, as the networks get them
_REDDER, _BLUER, _COLOURED = (-0.5, -0.5, 1.0), (1.0, -0.5, -0.5), (0.5, -1.0, 0.5)


def _cells(
    name: str, stride: int, channels: list[tuple[Any, float]], label: str = "all"
) -> tuple[list[Any], str]:
    """Nodes that turn `name` into n x cells x channels: colour of each cell, weighed, plus bias."""
    from onnx import helper, numpy_helper

    weights = np.zeros((len(channels), 3, stride, stride), np.float32)
    for row, (colour, _) in enumerate(channels):
        weights[row] = np.array(colour, np.float32)[:, None, None] / stride**2
    bias = np.array([one for _, one in channels], np.float32)
    stem = f"{name}_{stride}_{label}"
    constants = {f"{stem}_w": weights, f"{stem}_b": bias, f"{stem}_s": np.array([0, 0, -1])}
    nodes = [
        helper.make_node("Constant", [], [key], value=numpy_helper.from_array(value))
        for key, value in constants.items()
    ]
    shaped = [*constants]
    nodes += [
        helper.make_node(
            "Conv", [name, *shaped[:2]], [f"{stem}_c"], strides=[stride] * 2, name=f"{stem}_c"
        ),
        helper.make_node("Reshape", [f"{stem}_c", shaped[2]], [f"{stem}_r"]),
        helper.make_node("Transpose", [f"{stem}_r"], [f"{stem}_t"], perm=[0, 2, 1]),
    ]
    return nodes, f"{stem}_t"


def _save(path: Path, nodes: list[Any], given: Any, told: list[Any]) -> None:
    import onnx
    from onnx import helper

    graph = helper.make_graph(nodes, "tiny", [given], told)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))


def save_yolox(
    folder: Path,
    *,
    side: tuple[int, int] = (96, 96),
    batch: int | str = 1,
    seen: int = 32,
    names: str | None = "red thing\nblue thing\n",
) -> None:
    """Save a YOLOX that finds red and blue cells of the stride `seen`, as large as the cells."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, rows = [], []
    for stride in STRIDES:
        sure = -5.0 if stride == seen else -50.0
        channels = [((0, 0, 0), 0.5)] * 2 + [((0, 0, 0), 0.0)] * 2
        channels += [(tuple(0.1 * one for one in _COLOURED), sure)]
        channels += [(tuple(0.05 * one for one in kind), -5.0) for kind in (_REDDER, _BLUER)]
        made, row = _cells("images", stride, channels)
        nodes += made
        rows.append(row)
    sizes = numpy_helper.from_array(np.array([4, 3]))
    nodes += [
        helper.make_node("Concat", rows, ["all"], axis=1),
        helper.make_node("Constant", [], ["sizes"], value=sizes),
        helper.make_node("Split", ["all", "sizes"], ["box", "rest"], axis=2),
        helper.make_node("Sigmoid", ["rest"], ["likely"]),
        helper.make_node("Concat", ["box", "likely"], ["output"], axis=2),
    ]
    given = helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, *side])
    told = helper.make_tensor_value_info("output", TensorProto.FLOAT, [batch, None, 7])
    _save(folder / "yolox_tiny.onnx", nodes, given, [told])
    if names is not None:
        (folder / "names.txt").write_text(names)


def save_yunet(folder: Path, seen: int = 32) -> None:
    """Save a YuNet that takes red cells of the stride `seen` for faces, a little turned."""
    from onnx import TensorProto, helper

    nodes, told = [], []
    still = ((0, 0, 0), 0.0)
    points = (0.3, 0.3, 0.7, 0.4, 0.5, 0.55, 0.35, 0.75, 0.65, 0.8)
    for stride in STRIDES:
        sure = -6.0 if stride == seen else -50.0
        red = (tuple(0.06 * one for one in _REDDER), sure)
        outputs: dict[str, list[Any]] = {
            "cls": [red],
            "obj": [red],
            "bbox": [((0, 0, 0), 0.5)] * 2 + [still] * 2,
            "kps": [((0, 0, 0), place) for place in points],
        }
        for kind, channels in outputs.items():
            made, row = _cells("input", stride, channels, kind)
            last = "Sigmoid" if kind in ("cls", "obj") else "Identity"
            nodes += made
            nodes.append(helper.make_node(last, [row], [f"{kind}_{stride}"]))
            told.append(
                helper.make_tensor_value_info(
                    f"{kind}_{stride}", TensorProto.FLOAT, ["n", None, len(channels)]
                )
            )
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 3, "h", "w"])
    _save(folder / "yunet_tiny.onnx", nodes, given, told)


def painted(
    width: int, height: int, *patches: tuple[tuple[int, int, int], tuple[int, int, int, int]]
) -> Any:
    """A grey picture with patches of colour: (colour, (left, top, right, bottom))."""
    image = np.full((height, width, 3), GREY, np.uint8)
    for colour, (left, top, right, bottom) in patches:
        image[top:bottom, left:right] = colour
    return image
