"""The encoder, its adapted branch and every head as one ONNX graph, weights in 8 bits.

Weights of the layers are rounded to 8 bits row by row here, activations as they come
(DynamicQuantizeMatMul of ONNX Runtime's contributed operators); heads and norms stay in 32 bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.models.adapters.encoder import HEADS, LAYERS, SHARED
from sensorium.models.adapters.shapes import TABLES

OUTPUTS = ("tags", "feelings", "embedding", "hazards")
_QKV = tuple(f"attention.self.{part}" for part in ("query", "key", "value"))
_CONTRIB = "com.microsoft"
Array = NDArray[np.float32]
Weights = Mapping[str, Array]


def build(own: Weights, extra: Weights, *, eight_bits: bool = True) -> bytes:
    """Return the graph: ids (texts x tokens, 0 pads) and shapes (texts x tokens x 3) in.

    Out come the logits of tags, feelings and hazards, and the embedding of unit length. Without
    adapters (`extra` is empty) the embedding is the only output, and ids the only input.
    """
    graph = _Graph(eight_bits)
    hidden, mask = _embedded(graph, own)
    for layer in range(SHARED):
        hidden = _layer(graph, own, {}, layer, hidden)
    if not extra:
        for layer in range(SHARED, LAYERS):
            hidden = _layer(graph, own, {}, layer, hidden)
        _embedding(graph, hidden, mask)
        return graph.model(OUTPUTS[2:3])
    plain = adapted = hidden
    for column, name in enumerate(TABLES):
        row = graph.node("Gather", "shapes", graph.value(np.int64(column)), axis=2)
        written = graph.node("Gather", graph.value(extra[f"shape.{name}"]), row, axis=0)
        adapted = graph.node("Add", adapted, written)
    for layer in range(SHARED, LAYERS):
        plain = _layer(graph, own, {}, layer, plain)
        adapted = _layer(graph, own, extra, layer, adapted)
    _heads(graph, extra, plain, adapted, mask)
    return graph.model(OUTPUTS)


class _Graph:
    """Nodes and values while a graph is built."""

    def __init__(self, eight_bits: bool) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._numpy = helper, numpy_helper
        self._nodes: list[Any] = []
        self._values: list[Any] = []
        self._eight_bits = eight_bits

    def value(self, array: Any) -> str:
        """Add a constant and return its name."""
        name = f"v{len(self._values)}"
        self._values.append(self._numpy.from_array(np.asarray(array, order="C"), name))
        return name

    def node(self, kind: str, *inputs: str, out: str = "", count: int = 1, **facts: Any) -> str:
        """Add an operator and return the name of its output, the first of several."""
        name = out or f"n{len(self._nodes)}"
        outputs = [name, *(f"{name}.{extra}" for extra in range(1, count))]
        self._nodes.append(self._helper.make_node(kind, list(inputs), outputs, **facts))
        return name

    def dense(self, seen: str, weight: Array) -> str:
        """Add a product with a weight of rows out x columns in."""
        if not self._eight_bits:
            return self.node("MatMul", seen, self.value(weight.T))
        scale = np.abs(weight).max(1) / 127
        codes = np.rint(weight / scale[:, None]).astype(np.int8).T
        return self.node(
            "DynamicQuantizeMatMul",
            seen,
            self.value(codes),
            self.value(scale.astype(np.float32)),
            domain=_CONTRIB,
        )

    def norm(self, seen: str, skip: str, bias: Array, scale: Array, shift: Array) -> str:
        """Add the residual, the bias and layer normalization in one operator."""
        values = [self.value(one) for one in (scale, shift, bias)]
        return self.node(
            "SkipLayerNormalization", seen, skip, *values, domain=_CONTRIB, epsilon=1e-12
        )

    def model(self, names: Sequence[str]) -> bytes:
        """Return the whole as bytes."""
        from onnx import TensorProto

        describe = self._helper.make_tensor_value_info
        inputs = [
            describe("ids", TensorProto.INT64, ["texts", "tokens"]),
        ]
        if len(names) > 1:
            shape: list[str | int | None] = ["texts", "tokens", len(TABLES)]
            inputs.append(describe("shapes", TensorProto.INT64, shape))
        outputs = [describe(name, TensorProto.FLOAT, None) for name in names]
        graph = self._helper.make_graph(self._nodes, "minilm", inputs, outputs, self._values)
        domains = [self._helper.make_opsetid("", 18), self._helper.make_opsetid(_CONTRIB, 1)]
        model = self._helper.make_model(graph, opset_imports=domains, ir_version=9)
        return bytes(model.SerializeToString())


def _embedded(graph: _Graph, own: Weights) -> tuple[str, str]:
    """Add the layer that turns ids into vectors; return them and the mask, texts x tokens."""
    # Half precision halves what stays in memory, and what it loses is less than 8 bits lose.
    table = graph.value(own["embeddings.word_embeddings.weight"].astype(np.float16))
    words = graph.node("Cast", graph.node("Gather", table, "ids"), to=1)
    length = graph.node("Shape", "ids", start=1, end=2)
    kind = own["embeddings.token_type_embeddings.weight"][0]
    places = graph.node(
        "Slice",
        graph.value(own["embeddings.position_embeddings.weight"] + kind),
        graph.value(np.array([0])),
        length,
        graph.value(np.array([0])),
    )
    summed = graph.node("Add", words, places)
    normed = graph.node(
        "LayerNormalization",
        summed,
        graph.value(own["embeddings.LayerNorm.weight"]),
        graph.value(own["embeddings.LayerNorm.bias"]),
        epsilon=1e-12,
    )
    known = graph.node("Greater", "ids", graph.value(np.int64(0)))
    graph.node("Cast", known, out="mask", to=6)
    return normed, graph.node("Cast", known, to=1)


def _layer(graph: _Graph, own: Weights, extra: Weights, layer: int, hidden: str) -> str:
    """Add one layer of the encoder, its adapters added to its weights."""
    name = f"encoder.layer.{layer}"

    def weight(part: str) -> Array:
        found = own[f"{name}.{part}.weight"]
        if f"{layer}.{part}.a" in extra:
            found = found + extra[f"{layer}.{part}.b"] @ extra[f"{layer}.{part}.a"]
        return found

    joined = graph.dense(hidden, np.concatenate([weight(part) for part in _QKV]))
    bias = np.concatenate([own[f"{name}.{part}.bias"] for part in _QKV])
    query = graph.node("Split", joined, axis=-1, num_outputs=3, count=3)
    mixed = graph.node(
        "MultiHeadAttention",
        query,
        f"{query}.1",
        f"{query}.2",
        graph.value(bias),
        "mask",
        domain=_CONTRIB,
        num_heads=HEADS,
    )
    for part in ("attention.output", "output"):
        if part == "output":
            inner = graph.dense(hidden, weight("intermediate.dense"))
            shift = graph.value(own[f"{name}.intermediate.dense.bias"])
            mixed = graph.node("BiasGelu", inner, shift, domain=_CONTRIB)
        hidden = graph.norm(
            graph.dense(mixed, weight(f"{part}.dense")),
            hidden,
            own[f"{name}.{part}.dense.bias"],
            own[f"{name}.{part}.LayerNorm.weight"],
            own[f"{name}.{part}.LayerNorm.bias"],
        )
    return hidden


def _heads(graph: _Graph, extra: Weights, plain: str, adapted: str, mask: str) -> None:
    """Add what the last hidden states are read by."""

    def linear(seen: str, name: str, out: str = "") -> str:
        product = graph.node("MatMul", seen, graph.value(extra[f"{name}.weight"].T))
        return graph.node("Add", product, graph.value(extra[f"{name}.bias"]), out=out)

    linear(adapted, "tag", "tags")
    center = _embedding(graph, plain, mask)
    first = graph.node("Gather", adapted, graph.value(np.int64(0)), axis=1)
    seen = graph.node("Concat", first, _mean(graph, adapted, mask), center, axis=-1)
    inner = graph.node("Gelu", linear(seen, "feel.inner"), domain=_CONTRIB)
    linear(inner, "feel", "feelings")
    linear("embedding", "hazard", "hazards")


def _embedding(graph: _Graph, hidden: str, mask: str) -> str:
    """Add the embedding, and return the mean that it is made of."""
    center = _mean(graph, hidden, mask)
    graph.node("LpNormalization", center, out="embedding", axis=-1, p=2)
    return center


def _mean(graph: _Graph, hidden: str, mask: str) -> str:
    """Add the mean over the tokens of each text."""
    weights = graph.node("Unsqueeze", mask, graph.value(np.array([-1])))
    tokens = graph.node("ReduceSum", weights, graph.value(np.array([1])), keepdims=0)
    kept = graph.node("Mul", hidden, weights)
    total = graph.node("ReduceSum", kept, graph.value(np.array([1])), keepdims=0)
    return graph.node("Div", total, tokens)
