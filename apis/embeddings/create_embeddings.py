"""embeddings: a vector for each text."""

from __future__ import annotations

import base64
from typing import Any

from google.protobuf import json_format

from sensorium.apis.core import JSON, Call
from sensorium.apis.embeddings import embeddings
from sensorium.models.errors import InvalidArgument
from sensorium.models.tasks import TextEmbedder, Vector

_RPC = "sensorium.embeddings.v1.Embeddings.CreateEmbeddings"
_MOST = 2048  # texts of one request, as OpenAI has it
_FORMATS = ("float", "base64")


@embeddings.rpc(
    _RPC, example={"input": ["Where is my order?", "My parcel has not arrived."], "model": ""}
)
async def create_embeddings(request: Any, call: Call) -> JSON:
    """Return a vector of unit length for each text of `input`.

    `input` is a text or a list of at most 2,048; token ids are refused, for they belong to another
    tokenizer. `model` names an installed engine, empty or `default` means the best one; the answer
    names the one that ran. `encoding_format` is `float` or `base64` (little-endian float32).
    `dimensions` must be the engine's own. `usage` counts the engine's tokens.
    """
    texts = _texts(json_format.MessageToDict(request).get("input"), call.limits.text_characters)
    if request.encoding_format not in ("", *_FORMATS):
        raise InvalidArgument(f"must be one of {', '.join(_FORMATS)}.", field="encoding_format")
    engine = None if request.model in ("", "default") else request.model
    models, seconds = call.models, call.limits.seconds
    name = models.chosen(TextEmbedder.embed, engine=engine)
    vectors = await models.use(TextEmbedder.embed, engine=name, timeout=seconds)(texts)
    size = len(vectors[0])
    if request.dimensions not in (0, size):
        raise InvalidArgument(
            f"{name} has {size} dimensions, not {request.dimensions}.", field="dimensions"
        )
    counts = await models.use(TextEmbedder.tokens, engine=name, timeout=seconds)(texts)
    packed = request.encoding_format == "base64"
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _written(vector, packed)}
            for index, vector in enumerate(vectors)
        ],
        "model": name,
        "usage": {"prompt_tokens": sum(counts), "total_tokens": sum(counts)},
    }


@embeddings.command("text", _RPC)
def embedding_of_text(content: bytes) -> JSON:
    """Turn a text into a vector."""
    return {"input": content.decode("utf-8", "replace")}


def _texts(given: Any, most: int) -> list[str]:
    """Return the texts of a request; InvalidArgument for none, too many, too long, or others."""
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts:
        raise InvalidArgument("must be a text or a list of texts.", field="input")
    if len(texts) > _MOST:
        raise InvalidArgument(f"holds {len(texts)} texts, {_MOST} are allowed.", field="input")
    for index, text in enumerate(texts):
        where = "input" if isinstance(given, str) else f"input[{index}]"
        if not isinstance(text, str):
            raise InvalidArgument(
                "must be a text; token ids belong to a tokenizer that is not here.", field=where
            )
        if not text:
            raise InvalidArgument("is empty.", field=where)
        if len(text) > most:
            raise InvalidArgument(
                f"has {len(text):,} characters, {most:,} are allowed.", field=where
            )
    return texts


def _written(vector: Vector, packed: bool) -> Any:
    """Return a vector as JSON."""
    if packed:
        return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")
    return [float(number) for number in vector]
