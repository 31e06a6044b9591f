"""OpenAI's embeddings as descriptors, so that they are one more row of the table.

Shapes as the public API reference has them: `input` is a text or a list of texts, `embedding` a
list of numbers or, if `encoding_format` says so, little-endian floats in base64.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from sensorium.apis.wire.described import message

PACKAGE = "sensorium.embeddings.v1"
_VALUE = ".google.protobuf.Value"

FILE = FileDescriptorProto(
    name="sensorium/embeddings/v1/embeddings.proto",
    package=PACKAGE,
    syntax="proto3",
    dependency=["google/protobuf/struct.proto"],
    message_type=[
        message(
            "CreateEmbeddingsRequest",
            ("input", False, _VALUE),
            ("model", False, "string"),
            ("encoding_format", False, "string"),
            ("dimensions", False, "int32"),
            ("user", False, "string"),
            camel=False,
        ),
        message(
            "Embedding",
            ("object", False, "string"),
            ("index", False, "int32"),
            ("embedding", False, _VALUE),
            camel=False,
        ),
        message(
            "Usage",
            ("prompt_tokens", False, "int32"),
            ("total_tokens", False, "int32"),
            camel=False,
        ),
        message(
            "CreateEmbeddingsResponse",
            ("object", False, "string"),
            ("data", True, f".{PACKAGE}.Embedding"),
            ("model", False, "string"),
            ("usage", False, f".{PACKAGE}.Usage"),
            camel=False,
        ),
    ],
)

METHODS: dict[str, Any] = {
    f"{PACKAGE}.Embeddings.CreateEmbeddings": {
        "kind": "unary",
        "http": [["POST", "/v1/embeddings", "*"]],
        "request": f"{PACKAGE}.CreateEmbeddingsRequest",
        "response": f"{PACKAGE}.CreateEmbeddingsResponse",
    }
}
