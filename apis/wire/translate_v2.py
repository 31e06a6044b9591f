"""Translation v2 as descriptors: the one surface here that Google publishes without protos.

Shapes as the v2 reference and its clients have them: `detections` is a list of lists, so that its
element is a ListValue; answers are wrapped in `data`.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

PACKAGE = "sensorium.translation.v2"
_F = FieldDescriptorProto
_STRING, _MESSAGE = _F.TYPE_STRING, _F.TYPE_MESSAGE


def _message(name: str, *fields: tuple[str, bool, str | None]) -> DescriptorProto:
    """Return a message of (name, repeated, message type or None for string) fields."""
    message = DescriptorProto(name=name)
    for number, (field, repeated, kind) in enumerate(fields, start=1):
        head, *rest = field.split("_")
        message.field.add(
            name=field,
            json_name=head + "".join(part.title() for part in rest),
            number=number,
            label=_F.LABEL_REPEATED if repeated else _F.LABEL_OPTIONAL,
            type=_MESSAGE if kind else _STRING,
            type_name=kind,
        )
    return message


FILE = FileDescriptorProto(
    name="sensorium/translation/v2/translation.proto",
    package=PACKAGE,
    syntax="proto3",
    dependency=["google/protobuf/struct.proto"],
    message_type=[
        _message(
            "TranslateTextRequest",
            ("q", True, None),
            ("source", False, None),
            ("target", False, None),
            ("format", False, None),
            ("model", False, None),
            ("cid", True, None),
        ),
        _message(
            "Translation",
            ("translated_text", False, None),
            ("detected_source_language", False, None),
            ("model", False, None),
        ),
        _message("Translations", ("translations", True, f".{PACKAGE}.Translation")),
        _message("TranslateTextResponse", ("data", False, f".{PACKAGE}.Translations")),
        _message("DetectLanguageRequest", ("q", True, None)),
        _message("Detections", ("detections", True, ".google.protobuf.ListValue")),
        _message("DetectLanguageResponse", ("data", False, f".{PACKAGE}.Detections")),
        _message("GetSupportedLanguagesRequest", ("target", False, None), ("model", False, None)),
        _message("Language", ("language", False, None), ("name", False, None)),
        _message("Languages", ("languages", True, f".{PACKAGE}.Language")),
        _message("GetSupportedLanguagesResponse", ("data", False, f".{PACKAGE}.Languages")),
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
