"""The codec: proto3 JSON both ways, as Google's own library maps it, but strict."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from sensorium.apis.wire.codec import encode
from sensorium.apis.wire.table import load
from tests.messages import as_handler, as_json, same
from tests.unit.messages import AUDIO, INTENT, RANDOM, TRANSLATE, VISION, decoded, many, refused

SPEECH = "google.cloud.speech.v1.RecognitionConfig"


VERTEX = "google.cloud.vision.v1.NormalizedVertex"


def encoded(name: str, value: Any, **how: bool) -> Any:
    return orjson.loads(orjson.dumps(encode(load().message(name).DESCRIPTOR, value, **how)))


def parsed(name: str, value: Any) -> Any:
    message = load().message(name)()
    return json_format.ParseDict(value, message, descriptor_pool=load().pool)


def snake_keys(name: str, value: Any) -> Any:
    message = parsed(name, value)
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, descriptor_pool=load().pool
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
