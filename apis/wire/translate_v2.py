"""Translation v2 as descriptors: the one surface here that Google publishes without protos.

Shapes as the v2 reference and its clients have them: `detections` is a list of lists, so that its
element is a ListValue; answers are wrapped in `data`.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from sensorium.apis.wire.described import message

PACKAGE = "sensorium.translation.v2"

FILE = FileDescriptorProto(
    name="sensorium/translation/v2/translation.proto",
    package=PACKAGE,
    syntax="proto3",
    dependency=["google/protobuf/struct.proto"],
    message_type=[
        message(
            "TranslateTextRequest",
            ("q", True, "string"),
            ("source", False, "string"),
            ("target", False, "string"),
            ("format", False, "string"),
            ("model", False, "string"),
            ("cid", True, "string"),
        ),
        message(
            "Translation",
            ("translated_text", False, "string"),
            ("detected_source_language", False, "string"),
            ("model", False, "string"),
        ),
        message("Translations", ("translations", True, f".{PACKAGE}.Translation")),
        message("TranslateTextResponse", ("data", False, f".{PACKAGE}.Translations")),
        message("DetectLanguageRequest", ("q", True, "string")),
        message("Detections", ("detections", True, ".google.protobuf.ListValue")),
        message("DetectLanguageResponse", ("data", False, f".{PACKAGE}.Detections")),
        message(
            "GetSupportedLanguagesRequest", ("target", False, "string"), ("model", False, "string")
        ),
        message("Language", ("language", False, "string"), ("name", False, "string")),
        message("Languages", ("languages", True, f".{PACKAGE}.Language")),
        message("GetSupportedLanguagesResponse", ("data", False, f".{PACKAGE}.Languages")),
    ],
)


def _method(name: str, path: str) -> tuple[str, dict[str, Any]]:
    """Return the route of an RPC that can be posted as JSON or asked with a query."""
    return f"{PACKAGE}.TranslationService.{name}", {
        "kind": "unary",
        "http": [["POST", path, "*"], ["GET", path, ""]],
        "request": f"{PACKAGE}.{name}Request",
        "response": f"{PACKAGE}.{name}Response",
    }


METHODS = dict(
    (
        _method("TranslateText", "/language/translate/v2"),
        _method("DetectLanguage", "/language/translate/v2/detect"),
        _method("GetSupportedLanguages", "/language/translate/v2/languages"),
    )
)
