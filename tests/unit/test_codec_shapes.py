"""JSON of the wrong shape, nested too deeply or of any kind: refused clearly or read exactly."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.errors import InvalidArgument
from tests.messages import as_json, same
from tests.unit.messages import AUDIO, INTENT, RANDOM, TRANSLATE, VISION, decoded, many, refused

PARAMETERS = "google.cloud.dialogflow.v2.QueryParameters"


DOCUMENT = "google.cloud.documentai.v1.ProcessRequest"


GLOSSARY = "google.cloud.translation.v3.UpdateGlossaryRequest"


# --- shapes ------------------------------------------------------------------------------------


def test_unknown_fields_are_ignored_at_every_level() -> None:
    message = decoded(VISION, {"imagery": 1, "image": {"source": {"nope": {}, "imageUri": "a"}}})
    assert message.image.source.image_uri == "a"


def test_null_is_unset_for_every_shape_of_field() -> None:
    names = ("contents", "mimeType", "labels", "glossaryConfig", "parent")
    assert not decoded(TRANSLATE, dict.fromkeys(names)).ListFields()
    assert decoded(AUDIO, {"content": None, "uri": "gs://b/o"}).WhichOneof("audio_source") == "uri"


def test_two_choices_of_a_oneof_are_refused_by_name() -> None:
    failure = refused(AUDIO, {"content": "QUJD", "uri": "gs://b/o"})
    assert failure.field == "uri"
    assert "'content'" in failure.message
    assert "'uri'" in failure.message


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"features": {}}, "features"),
        ({"features": "x"}, "features"),
        ({"features": [1]}, "features[0]"),
        ({"features": [{}, None]}, "features[1]"),
        ({"image": []}, "image"),
        ({"image": {"source": "gs://b/o"}}, "image.source"),
        ({"image_context": {"language_hints": "en"}}, "image_context.language_hints"),
        ({"imageContext": {"languageHints": ["en", 1]}}, "imageContext.languageHints[1]"),
        ([], None),
        (None, None),
        ("x", None),
    ],
)
def test_a_value_of_the_wrong_shape_is_refused_with_its_path(value: Any, field: str) -> None:
    assert refused(VISION, value).field == field


def test_maps_are_read_and_wrong_ones_refused_with_the_key() -> None:
    assert dict(decoded(TRANSLATE, {"labels": {"a": "1", "": "2"}}).labels) == {"a": "1", "": "2"}
    assert refused(TRANSLATE, {"labels": []}).field == "labels"
    assert refused(TRANSLATE, {"labels": {"a": 1}}).field == "labels['a']"
    assert refused(TRANSLATE, {"labels": {"a": None}}).field == "labels['a']"


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("google.cloud.speech.v1.SpeechAdaptationInfo", {"timeoutMessage": 1}, "timeoutMessage"),
        ("google.cloud.speech.v1.WordInfo", {"startTime": "1"}, "startTime"),
        ("google.cloud.speech.v1.WordInfo", {"startTime": 1.5}, "startTime"),
        ("google.cloud.speech.v1.WordInfo", {"startTime": "9" * 30 + "s"}, "startTime"),
        ("google.cloud.speech.v1.WordInfo", {"startTime": {}}, "startTime"),
        ("google.cloud.translation.v3.Glossary", {"submitTime": "yesterday"}, "submitTime"),
        ("google.cloud.translation.v3.Glossary", {"submitTime": "2024-13-01T00:00:00Z"}, None),
        ("google.cloud.translation.v3.Glossary", {"submitTime": 5}, "submitTime"),
        (GLOSSARY, {"updateMask": ["name"]}, "updateMask"),
        (GLOSSARY, {"updateMask": "snake_case"}, "updateMask"),
        (PARAMETERS, {"payload": []}, "payload"),
        (PARAMETERS, {"payload": "x"}, "payload"),
        ("google.longrunning.Operation", {"response": {"@type": "nonsense"}}, "response.@type"),
        ("google.longrunning.Operation", {"response": {"a": 1}}, "response.@type"),
        ("google.longrunning.Operation", {"response": {"@type": {}}}, "response.@type"),
        ("google.longrunning.Operation", {"response": []}, "response"),
    ],
)
def test_a_wrong_well_known_value_is_refused_with_its_field(
    name: str, value: Any, field: str | None
) -> None:
    failure = refused(name, value)
    assert failure.field == (field or next(iter(value)))
    assert len(failure.message) < 500


def test_well_known_values_are_read() -> None:
    word = decoded("google.cloud.speech.v1.WordInfo", {"startTime": "1.500s", "endTime": None})
    assert (word.start_time.seconds, word.start_time.nanos) == (1, 500_000_000)
    assert not word.HasField("end_time")
    mask = decoded(GLOSSARY, {"updateMask": "name,inputConfig"}).update_mask
    assert list(mask.paths) == ["name", "input_config"]
    payload = decoded(PARAMETERS, {"payload": {"a": [1, None, {"b": "c"}]}}).payload
    assert json_format.MessageToDict(payload) == {"a": [1.0, None, {"b": "c"}]}


# --- hostile nesting ---------------------------------------------------------------------------


def nest(levels: int, around: Any) -> Any:
    value = around(None)
    for _ in range(levels):
        value = around(value)
    return value


@pytest.mark.parametrize("levels", [101, 400, 1000, 100_000])
@pytest.mark.parametrize(
    "around", [lambda inner: {"a": inner}, lambda inner: {"a": [inner]}], ids=["objects", "arrays"]
)
def test_a_struct_nested_too_deeply_is_refused(levels: int, around: Any) -> None:
    assert refused(INTENT, {"queryParams": {"payload": nest(levels, around)}}).field


@pytest.mark.parametrize("levels", [101, 400, 1000, 100_000])
def test_an_array_nested_too_deeply_where_an_object_belongs_is_refused(levels: int) -> None:
    deep = nest(levels, lambda inner: [inner])
    assert refused(INTENT, {"queryParams": {"payload": deep}}).field == "queryParams.payload"
    assert refused(INTENT, {"queryParams": deep}).field == "queryParams"
    assert refused(VISION, {"features": [{"type": deep}]}).field == "features[0].type"


@pytest.mark.parametrize("levels", [101, 400, 100_000])
def test_messages_nested_too_deeply_are_refused(levels: int) -> None:
    entity = nest(levels, lambda inner: {"properties": [inner or {}]})
    failure = refused(DOCUMENT, {"inlineDocument": {"entities": [entity]}})
    assert "deeper" in failure.message
    assert len(failure.field or "") <= 200


@pytest.mark.parametrize("levels", [101, 100_000])
def test_an_any_nested_too_deeply_is_refused(levels: int) -> None:
    status = nest(
        levels,
        lambda inner: {
            "@type": "type.googleapis.com/google.rpc.Status",
            "details": [inner] if inner else [],
        },
    )
    assert refused("google.rpc.Status", {"details": [status]})


def test_nesting_as_deep_as_protobuf_allows_is_read() -> None:
    entity = nest(90, lambda inner: {"properties": [inner or {"mentionText": "x"}]})
    message = decoded(DOCUMENT, {"inlineDocument": {"entities": [entity]}})
    assert same(type(message).FromString(message.SerializeToString()), message)


# --- anything ----------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@many
@given(RANDOM, st.data())
def test_a_value_replaced_by_anything_is_read_or_refused_and_nothing_else(
    case: tuple[str, Any], data: st.DataObject
) -> None:
    name, message = case
    value = as_json(message)
    here, spots = value, []
    stack: list[Any] = [value]
    while stack:
        here = stack.pop()
        items = here.items() if isinstance(here, dict) else enumerate(here)
        for key, item in items:
            spots.append((here, key))
            if isinstance(item, (dict, list)):
                stack.append(item)
    if spots:
        container, key = data.draw(st.sampled_from(spots))
        container[key] = data.draw(ANYTHING)
    try:
        read = decoded(name, value)
    except InvalidArgument as refusal:
        told = bool(refusal.field)
    else:
        told = same(decoded(name, as_json(read)), read)
    assert told
