"""The codec: proto3 JSON both ways, as Google's own library maps it, but strict."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from google.protobuf import json_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensorium.apis.wire.codec import decode, encode
from sensorium.apis.wire.table import load
from sensorium.models.errors import InvalidArgument
from tests.messages import as_handler, as_json, messages, same

TYPES = (
    "google.cloud.vision.v1.BatchAnnotateImagesRequest",
    "google.cloud.vision.v1.BatchAnnotateImagesResponse",
    "google.cloud.speech.v1.LongRunningRecognizeResponse",
    "google.cloud.speech.v2.RecognizeRequest",
    "google.cloud.texttospeech.v1.SynthesizeSpeechRequest",
    "google.cloud.translation.v3.TranslateTextRequest",
    "google.cloud.language.v1.AnnotateTextResponse",
    "google.cloud.videointelligence.v1.AnnotateVideoRequest",
    "google.cloud.documentai.v1.ProcessRequest",
    "google.cloud.documentai.v1.Document",
    "google.cloud.dialogflow.v2.DetectIntentRequest",
    "google.cloud.dialogflow.cx.v3.Flow",
    "google.longrunning.Operation",
    "google.rpc.Status",
    "sensorium.translation.v2.DetectLanguageResponse",
)
VISION = "google.cloud.vision.v1.AnnotateImageRequest"
SPEECH = "google.cloud.speech.v1.RecognitionConfig"
AUDIO = "google.cloud.speech.v1.RecognitionAudio"
INTENT = "google.cloud.dialogflow.v2.DetectIntentRequest"
PARAMETERS = "google.cloud.dialogflow.v2.QueryParameters"
DOCUMENT = "google.cloud.documentai.v1.ProcessRequest"
VERTEX = "google.cloud.vision.v1.NormalizedVertex"
TRANSLATE = "google.cloud.translation.v3.TranslateTextRequest"
GLOSSARY = "google.cloud.translation.v3.UpdateGlossaryRequest"


def decoded(name: str, value: Any) -> Any:
    message = load().message(name)()
    decode(message, value)
    return message


def encoded(name: str, value: Any, **how: bool) -> Any:
    return orjson.loads(orjson.dumps(encode(load().message(name).DESCRIPTOR, value, **how)))


def parsed(name: str, value: Any) -> Any:
    message = load().message(name)()
    return json_format.ParseDict(value, message, descriptor_pool=load().pool)


def refused(name: str, value: Any) -> InvalidArgument:
    with pytest.raises(InvalidArgument) as caught:
        decoded(name, value)
    return caught.value


def snake_keys(name: str, value: Any) -> Any:
    message = parsed(name, value)
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, descriptor_pool=load().pool
    )


RANDOM = st.sampled_from(TYPES).flatmap(lambda name: messages(name).map(lambda m: (name, m)))
many = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


# --- round trips -------------------------------------------------------------------------------


@many
@given(RANDOM)
def test_what_google_writes_is_read_as_the_same_message(case: tuple[str, Any]) -> None:
    name, message = case
    assert same(decoded(name, as_json(message)), message)


@many
@given(RANDOM)
def test_snake_case_and_enum_numbers_are_read_as_the_same_message(case: tuple[str, Any]) -> None:
    name, message = case
    value = json_format.MessageToDict(
        message,
        preserving_proto_field_name=True,
        use_integers_for_enums=True,
        descriptor_pool=load().pool,
    )
    assert same(decoded(name, value), message)


@many
@given(RANDOM, st.booleans())
def test_what_a_handler_answers_is_written_as_google_reads_it(
    case: tuple[str, Any], enum_ints: bool
) -> None:
    name, message = case
    written = encoded(name, as_handler(message), enum_ints=enum_ints)
    assert same(parsed(name, written), message)


@many
@given(RANDOM)
def test_rest_and_grpc_give_the_same_answer_to_a_handlers_dict(case: tuple[str, Any]) -> None:
    name, message = case
    answer = as_handler(message)
    assert same(decoded(name, answer), parsed(name, encoded(name, answer)))


def test_a_message_that_is_set_and_empty_stays_set_on_the_wire() -> None:
    assert encoded(INTENT, {"queryInput": {"text": {}}}) == {"queryInput": {"text": {}}}


def test_an_empty_choice_of_a_oneof_stays_chosen_on_the_wire() -> None:
    assert encoded(AUDIO, {"uri": ""}) == {"uri": ""}


def test_empty_strings_lists_maps_and_none_are_left_out_of_an_answer() -> None:
    answer = {"contents": [], "labels": {}, "model": "", "glossaryConfig": None}
    assert encoded(TRANSLATE, answer) == {}


def test_a_misspelt_field_of_an_answer_is_a_bug() -> None:
    with pytest.raises(KeyError, match="contnets"):
        encoded(TRANSLATE, {"contnets": ["a"]})


def test_a_field_that_a_beta_lacks_is_left_out_of_its_answer() -> None:
    beta = "google.cloud.vision.v1p1beta1.AnnotateImageResponse"
    answer = {"localizedObjectAnnotations": [{"name": "cat"}], "context": {"uri": "gs://b/o"}}
    assert encoded(beta, answer, lenient=True) == {}


@pytest.mark.parametrize(("ints", "zero"), [(True, 0), (False, "UNKNOWN_LANDMARK")])
def test_an_enum_value_that_a_beta_lacks_is_its_unspecified_one(ints: bool, zero: Any) -> None:
    beta = "google.cloud.vision.v1p1beta1.FaceAnnotation"
    answer = {"landmarks": [{"type": "LEFT_CHEEK_CENTER"}, {"type": "LEFT_EYE"}]}
    written = encoded(beta, answer, lenient=True, enum_ints=ints)
    assert [one["type"] for one in written["landmarks"]] == [zero, 1 if ints else "LEFT_EYE"]


def test_numbers_that_are_not_finite_are_written_by_name() -> None:
    answer = {"x": float("nan"), "y": float("-inf")}
    assert encoded(VERTEX, answer) == {"x": "NaN", "y": "-Infinity"}


def test_bytes_inside_an_operations_answer_become_base64() -> None:
    kind = "type.googleapis.com/google.cloud.texttospeech.v1.SynthesizeSpeechResponse"
    written = encoded(
        "google.longrunning.Operation",
        {"name": "1", "response": {"@type": kind, "audioContent": b"abc"}},
    )
    assert written["response"] == {"@type": kind, "audioContent": "YWJj"}


# --- names, enums, numbers ---------------------------------------------------------------------


@pytest.mark.parametrize("value", ["FACE_DETECTION", 1, "1"])
def test_an_enum_is_read_by_name_and_by_number(value: Any) -> None:
    assert decoded(VISION, {"features": [{"type": value}]}).features[0].type_ == 1


@pytest.mark.parametrize(
    "value",
    ["FACE_DETECTOIN", 999, -1, "999", "9" * 5000, "", True, 1.5, [], {}, "\u0661", " 1"],
    ids=lambda value: repr(value)[:12],
)
def test_an_unknown_enum_value_is_refused_with_its_field(value: Any) -> None:
    failure = refused(VISION, {"features": [{"type": "FACE_DETECTION"}, {"type": value}]})
    assert failure.field == "features[1].type"
    assert "google.cloud.vision.v1.Feature.Type" in failure.message
    assert len(failure.message) < 1000


@pytest.mark.parametrize("value", [16000, "16000", 16000.0])
def test_an_integer_is_read_from_a_number_or_its_text(value: Any) -> None:
    assert decoded(SPEECH, {"sampleRateHertz": value}).sample_rate_hertz == 16000


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        "1.5",
        "1_0",
        " 1",
        "1 ",
        "+1",
        "",
        "x",
        "٣",
        True,
        [],
        {},
        2**31,
        -(2**31) - 1,
        "9" * 5000,
        10**5000,
        1e300,
        float("inf"),
        float("nan"),
    ],
    ids=lambda value: repr(value)[:12] if value != 10**5000 else "10^5000",
)
def test_what_is_no_32_bit_integer_is_refused_with_its_field(value: Any) -> None:
    assert refused(SPEECH, {"sampleRateHertz": value}).field == "sampleRateHertz"


@pytest.mark.parametrize("value", [2**63 - 1, str(2**63 - 1), -(2**63), str(-(2**63))])
def test_a_64_bit_integer_is_exact_as_number_and_as_text(value: Any) -> None:
    name = "google.cloud.documentai.v1.Document.TextAnchor.TextSegment"
    message = decoded(name, {"endIndex": value})
    assert message.end_index == int(value)
    assert encoded(name, {"endIndex": int(value)}) == {"endIndex": str(value)}


@pytest.mark.parametrize("value", [2**63, str(2**63), "1e3", 1e19])
def test_a_64_bit_integer_out_of_range_is_refused(value: Any) -> None:
    name = "google.cloud.documentai.v1.Document.TextAnchor.TextSegment"
    assert refused(name, {"endIndex": value}).field == "endIndex"


@pytest.mark.parametrize(
    ("value", "number"),
    [(1, 1.0), ("1", 1.0), ("1.5e2", 150.0), (-0.25, -0.25), ("Infinity", float("inf"))],
)
def test_a_float_is_read_from_a_number_or_its_text(value: Any, number: float) -> None:
    assert decoded(VERTEX, {"x": value}).x == number


@pytest.mark.parametrize(
    "value",
    [1e39, "1e39", -1e300, 10**400, 10**5000, "1_0", "inf", "nan", " 1", "0x1", "", True, [], {}],
    ids=lambda value: str(value)[:12] if value != 10**5000 else "10^5000",
)
def test_what_is_no_32_bit_float_is_refused_rather_than_made_infinite(value: Any) -> None:
    assert refused(VERTEX, {"x": value}).field == "x"


@pytest.mark.parametrize("value", ["true", 1, 0, [], {}])
def test_what_is_no_boolean_is_refused(value: Any) -> None:
    assert refused(SPEECH, {"profanityFilter": value}).field == "profanityFilter"


@pytest.mark.parametrize("value", [1, True, [], {}])
def test_what_is_no_string_is_refused(value: Any) -> None:
    assert refused(SPEECH, {"languageCode": value}).field == "languageCode"


def test_a_lone_surrogate_is_refused_wherever_it_stands() -> None:
    assert refused(SPEECH, {"languageCode": "\ud800"}).field == "languageCode"
    assert refused(TRANSLATE, {"contents": ["a", "\udfff"]}).field == "contents[1]"
    assert refused(TRANSLATE, {"labels": {"\ud800": "a"}})
    assert refused("google.cloud.dialogflow.cx.v3.Flow", {"knowledgeConnectorSettings": 1})


# --- base64 ------------------------------------------------------------------------------------


@given(st.binary(max_size=40))
def test_base64_is_read_standard_or_url_safe_padded_or_not(raw: bytes) -> None:
    for text in (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()):
        for form in (text, text.rstrip("=")):
            assert decoded(VISION, {"image": {"content": form}}).image.content == raw


@pytest.mark.parametrize(
    "value",
    [
        "###",
        "QUJD\nREVG",
        "QUJD REVG",
        "A",
        "QUJDR",
        "====",
        "=QUJ",
        "QU=D",
        "QUJD====",
        "éAAA",
        1,
        True,
        [],
        {},
    ],
    ids=repr,
)
def test_what_is_no_base64_is_refused_with_its_field(value: Any) -> None:
    assert refused(VISION, {"image": {"content": value}}).field == "image.content"


def test_a_large_content_is_read_whole() -> None:
    raw = bytes(range(256)) * 80_000
    message = decoded(VISION, {"image": {"content": base64.urlsafe_b64encode(raw).decode()}})
    assert message.image.content == raw


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
