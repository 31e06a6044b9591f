"""The promise of Translation's languages: detection, and a list that is true of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.apis.translate import codes
from sensorium.models.engines.fast_langdetect import FastLangdetect
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.pool import LocalModels
from sensorium.models.registry import EngineSpec
from sensorium.models.tasks import LanguageIdentifier, Translator

DETECT = "google.cloud.translation.v3.TranslationService.DetectLanguage"
LANGUAGES = "google.cloud.translation.v3.TranslationService.GetSupportedLanguages"
DETECT_V2 = "sensorium.translation.v2.TranslationService.DetectLanguage"
LANGUAGES_V2 = "sensorium.translation.v2.TranslationService.GetSupportedLanguages"
PARENT = "projects/p/locations/global"
GERMAN = "Der Zug nach Hamburg hat heute leider Verspätung."
PLAIN = {"parent": PARENT, "mimeType": "text/plain"}

IDENTIFIER = EngineSpec("identifier", LanguageIdentifier, FastLangdetect, batch=8)


class Phrasebook:
    """A translator of two pairs."""

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        return list(texts)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        return (("en", "zh-Hant"), ("es", "en"))


Ask = Callable[..., Any]


def asking(*specs: EngineSpec) -> Iterator[Ask]:
    pool = LocalModels(specs)

    def ask(rpc: str, limits: Limits | None = None, **request: Any) -> Any:
        call = Call(pool, None, limits or Limits())  # type: ignore[arg-type]
        return asyncio.run(LocalClient(call).call(rpc, request))

    yield ask
    asyncio.run(pool.close())


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    yield from asking(IDENTIFIER)


@pytest.fixture(scope="module")
def ask_translator() -> Iterator[Ask]:
    yield from asking(IDENTIFIER, EngineSpec("phrasebook", Translator, Phrasebook))


@pytest.fixture(scope="module")
def ask_nobody() -> Iterator[Ask]:
    yield from asking()


# --- detection, v3 ----------------------------------------------------------------------------


def test_the_likeliest_language_comes_first(ask: Ask):
    found = ask(DETECT, **PLAIN, content=GERMAN)["languages"]
    confidences = [one["confidence"] for one in found]
    assert found[0]["languageCode"] == "de"
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) <= 1 + 1e-6


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("火车站在哪里？今天天气很好。", "zh-CN"),
        ("火車站在哪裡？我們去公園吧。", "zh-TW"),
        ("איפה תחנת הרכבת?", "he"),
    ],
)
def test_codes_are_written_as_google_writes_them(ask: Ask, text: str, code: str):
    assert ask(DETECT, **PLAIN, content=text)["languages"][0]["languageCode"] == code


@pytest.mark.parametrize("text", ["1234", "👍", "...", "\n"])
def test_what_cannot_be_told_is_und_without_confidence(ask: Ask, text: str):
    (only,) = ask(DETECT, **PLAIN, content=text)["languages"]
    assert only["languageCode"] == "und"
    assert only.get("confidence", 0) == 0


@pytest.mark.parametrize("kind", [{}, {"mimeType": "text/html"}])
def test_markup_is_not_read_as_language(ask: Ask, kind: dict[str, str]):
    english = "all that the reader of this page would ever have wanted to know about it " * 3
    page = f"<p title='{english}'>Gdzie jest dworzec?</p><script>{english}</script>"
    as_text = ask(DETECT, parent=PARENT, content=page, mimeType="text/plain")["languages"]
    assert as_text[0]["languageCode"] == "en"
    found = ask(DETECT, parent=PARENT, content=page, **kind)["languages"]
    assert found[0]["languageCode"] == "pl"


def test_the_default_model_may_be_named(ask: Ask):
    model = f"{PARENT}/models/language-detection/default"
    assert ask(DETECT, **PLAIN, model=model, content=GERMAN)["languages"]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"content": ""}, "content"),
        ({}, "content"),
        ({"content": "a" * 65}, "content"),
        ({"content": "Hi", "mimeType": "text/markdown"}, "mimeType"),
        ({"content": "Hi", "model": f"{PARENT}/models/language-detection/best"}, "model"),
        ({"content": "Hi", "model": "default"}, "model"),
        ({"content": "Hi", "parent": "p"}, "parent"),
        ({"content": "Hi", "parent": ""}, "parent"),
    ],
)
def test_a_wrong_request_is_refused_with_its_field(ask: Ask, request_: dict[str, str], field: str):
    with pytest.raises(InvalidArgument) as refusal:
        ask(DETECT, Limits(text_characters=64), **{**PLAIN, **request_})
    assert refusal.value.field == field


def test_detection_without_an_engine_says_that_there_is_none(ask_nobody: Ask):
    with pytest.raises(FailedPrecondition, match="LanguageIdentifier"):
        ask_nobody(DETECT, **PLAIN, content=GERMAN)


# --- detection, v2 ----------------------------------------------------------------------------


def test_v2_gives_each_text_a_list_of_one_detection(ask: Ask):
    answer = ask(DETECT_V2, q=[GERMAN, "123", "", "Where is the station?"])
    detections = answer["data"]["detections"]
    assert [len(one) for one in detections] == [1, 1, 1, 1]
    assert [one[0]["language"] for one in detections] == ["de", "und", "und", "en"]
    assert detections[0][0]["confidence"] > 0.5
    assert all(one[0]["isReliable"] is False for one in detections)


@pytest.mark.parametrize("texts", [[], ["a"] * 129, ["a" * 65], ["a" * 40] * 2])
def test_v2_refuses_no_texts_and_too_much_text(ask: Ask, texts: list[str]):
    with pytest.raises(InvalidArgument, match=r"^q: "):
        ask(DETECT_V2, Limits(text_characters=64), q=texts)


def test_v2_takes_as_many_texts_as_google(ask: Ask):
    assert len(ask(DETECT_V2, q=["Hello there"] * 128)["data"]["detections"]) == 128


# --- supported languages ----------------------------------------------------------------------


def test_without_a_translation_engine_no_language_can_be_translated(ask: Ask):
    found = ask(LANGUAGES, parent=PARENT)["languages"]
    codes = [one["languageCode"] for one in found]
    assert len(codes) == 177
    assert codes == sorted(codes)
    assert {"en", "zh-CN", "zh-TW"} <= set(codes)
    assert not any(one.get("supportSource") or one.get("supportTarget") for one in found)
    assert ask(LANGUAGES, parent=PARENT, model=f"{PARENT}/models/general/nmt") == {}
    assert ask(LANGUAGES_V2) in ({"data": {}}, {"data": {"languages": []}})


def test_a_translation_engine_marks_what_it_reads_and_writes(ask_translator: Ask):
    model = f"{PARENT}/models/general/nmt"
    found = ask_translator(LANGUAGES, parent=PARENT, model=model)["languages"]
    assert [
        (one["languageCode"], one.get("supportSource", False), one.get("supportTarget", False))
        for one in found
    ] == [("en", True, True), ("es", True, False), ("zh-TW", False, True)]
    assert len(ask_translator(LANGUAGES, parent=PARENT)["languages"]) == 177


def test_names_are_written_in_the_language_asked_for(ask_translator: Ask):
    found = ask_translator(LANGUAGES, parent=PARENT, displayLanguageCode="fr")["languages"]
    names = {one["languageCode"]: one["displayName"] for one in found}
    assert (names["de"], names["zh-TW"]) == ("allemand", "chinois (traditionnel)")
    assert all(names.values())
    plain = ask_translator(LANGUAGES, parent=PARENT)["languages"]
    assert not any(one.get("displayName") for one in plain)


def test_v2_lists_what_can_be_translated_and_names_it_only_for_a_target(ask_translator: Ask):
    bare = ask_translator(LANGUAGES_V2)["data"]["languages"]
    assert bare == [{"language": "en"}, {"language": "es"}, {"language": "zh-TW"}]
    named = ask_translator(LANGUAGES_V2, target="zh-CN", model="nmt")["data"]["languages"]
    assert named[0] == {"language": "en", "name": "英语"}


@pytest.mark.parametrize(
    ("rpc", "request_", "field"),
    [
        (LANGUAGES, {"displayLanguageCode": "xx"}, "displayLanguageCode"),
        (LANGUAGES, {"displayLanguageCode": "../en"}, "displayLanguageCode"),
        (LANGUAGES, {"model": f"{PARENT}/models/TRL123"}, "model"),
        (LANGUAGES, {"parent": "locations/global"}, "parent"),
        (LANGUAGES_V2, {"target": "xx"}, "target"),
        (LANGUAGES_V2, {"model": "premium"}, "model"),
    ],
)
def test_an_unknown_language_or_model_is_refused_with_its_field(
    ask: Ask, rpc: str, request_: dict[str, str], field: str
):
    parent = {"parent": PARENT} if rpc == LANGUAGES else {}
    with pytest.raises(InvalidArgument) as refusal:
        ask(rpc, **{**parent, **request_})
    assert refusal.value.field == field


def test_a_language_without_a_name_is_called_by_its_code():
    assert codes.namer("en", field="target")("azb") == "azb"
