"""The query: system parameters, and message fields by path."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorium.apis.wire.table import load
from sensorium.gateway.query import Query
from sensorium.models.errors import InvalidArgument
from tests.messages import same

INTENTS = "google.cloud.dialogflow.v2.ListIntentsRequest"
DETECT = "google.cloud.dialogflow.v2.DetectIntentRequest"
UPDATE = "google.cloud.dialogflow.v2.UpdateIntentRequest"
TRANSLATE = "sensorium.translation.v2.TranslateTextRequest"


def filled(name: str, *pairs: tuple[str, str]) -> Any:
    message = load().message(name)()
    Query(list(pairs)).fill(message)
    return message


def refused(name: str, *pairs: tuple[str, str]) -> str | None:
    with pytest.raises(InvalidArgument) as caught:
        filled(name, *pairs)
    return caught.value.field


def test_fields_are_set_by_either_name_from_their_text() -> None:
    message = filled(
        INTENTS, ("pageSize", "7"), ("language_code", "es"), ("intentView", "INTENT_VIEW_FULL")
    )
    assert (message.page_size, message.language_code, message.intent_view) == (7, "es", 1)
    assert filled(INTENTS, ("intentView", "1")).intent_view == 1


def test_nested_fields_are_set_by_path_in_either_case() -> None:
    message = filled(
        DETECT,
        ("queryInput.text.text", "hi"),
        ("query_input.text.languageCode", "en"),
        ("queryParams.resetContexts", "true"),
        ("queryParams.geoLocation.latitude", "1.5"),
        ("inputAudio", "YWJj"),
    )
    assert (message.query_input.text.text, message.query_input.text.language_code) == ("hi", "en")
    assert message.query_params.reset_contexts
    assert message.query_params.geo_location.latitude == 1.5
    assert message.input_audio == b"abc"


def test_a_parameter_that_is_given_twice_fills_a_list_and_replaces_a_value() -> None:
    message = filled(TRANSLATE, ("q", "a"), ("q", "b"), ("target", "es"), ("target", "fr"))
    assert (list(message.q), message.target) == (["a", "b"], "fr")


def test_a_field_mask_is_one_text() -> None:
    mask = filled(UPDATE, ("updateMask", "displayName,intent.isFallback")).update_mask
    assert list(mask.paths) == ["display_name", "intent.is_fallback"]


@pytest.mark.parametrize(
    "name",
    [
        "nope",
        "queryInput.nope",
        "queryInput.text.nope.deeper",
        "queryInput.text.text.deeper",
        "",
        ".",
        "..",
        "queryInput.",
        ".text",
        "queryParams.contexts.name",
        "a" * 10000,
    ],
    ids=lambda name: name[:20],
)
def test_a_parameter_that_the_request_does_not_have_is_ignored(name: str) -> None:
    assert not filled(DETECT, (name, "x")).ListFields()


@pytest.mark.parametrize(
    "name",
    [
        "key",
        "$key",
        "quotaUser",
        "$quotaUser",
        "access_token",
        "callback",
        "$.xgafv",
        "alt",
        "prettyPrint",
        "$prettyPrint",
        "uploadType",
        "upload_protocol",
        "userProject",
    ],
)
def test_system_parameters_are_no_fields(name: str) -> None:
    assert Query([(name, "json")]).fields == []


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (INTENTS, "pageSize", "many"),
        (INTENTS, "pageSize", "1.5"),
        (INTENTS, "pageSize", "99999999999"),
        (INTENTS, "intentView", "FULL"),
        (DETECT, "queryParams.resetContexts", "yes"),
        (DETECT, "queryParams.geoLocation.latitude", "north"),
        (DETECT, "queryInput", "x"),
        (DETECT, "queryParams.contexts", "x"),
        (UPDATE, "updateMask", "snake_case"),
        (DETECT, "inputAudio", "###"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_field(
    kind: str, name: str, value: str
) -> None:
    assert (refused(kind, (name, value)) or "").startswith(name)


def test_a_field_given_whole_and_in_parts_is_refused_in_either_order() -> None:
    whole, part = ("updateMask", "displayName"), ("updateMask.paths", "is_fallback")
    assert refused(UPDATE, whole, part) == "updateMask"
    assert refused(UPDATE, part, whole) == "updateMask"


@pytest.mark.parametrize(("value", "ints"), [("json", False), ("json;enum-encoding=int", True)])
@pytest.mark.parametrize("name", ["alt", "$alt"])
def test_alt_chooses_how_enums_are_written(name: str, value: str, ints: bool) -> None:
    assert Query([(name, value)]).enum_ints is ints


@pytest.mark.parametrize("value", ["", "proto", "media", "sse", "json;x", "json;enum-encoding="])
def test_any_other_alt_is_refused(value: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        Query([("$alt", value)])
    assert caught.value.field == "$alt"


@pytest.mark.parametrize(("value", "pretty"), [("true", True), ("1", True), ("false", False)])
def test_pretty_print_is_asked_for_by_either_name(value: str, pretty: bool) -> None:
    for name in ("prettyPrint", "$prettyPrint"):
        assert Query([(name, value)]).style == (orjson.OPT_INDENT_2 if pretty else 0)


NAMES = st.lists(
    st.sampled_from(
        ["queryInput", "query_input", "text", "queryParams", "payload", "timeZone", ""]
    ),
    min_size=1,
    max_size=4,
).map(".".join)


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, st.text(max_size=4)), max_size=4))
def test_no_query_breaks(pairs: list[tuple[str, str]]) -> None:
    try:
        message = filled(DETECT, *pairs)
    except InvalidArgument as refusal:
        told = bool(refusal.field)
    else:
        told = same(load().message(DETECT).FromString(message.SerializeToString()), message)
    assert told
