"""google-cloud-translate, unmodified: v3 on both transports, v2 on its own."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("google.cloud.translate_v3")

from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import translate_v2, translate_v3, translate_v3beta1

from tests.contract.clients import TRANSPORTS, client
from tests.gateway import Running

PARENT = "projects/p/locations/global"
HAS_PAIRS = Path("/usr/share/apertium/modes/eng-spa.mode").exists()
needs_pairs = pytest.mark.skipif(not HAS_PAIRS, reason="apertium-eng-spa is not installed")
CLIENTS = (translate_v3.TranslationServiceClient, translate_v3beta1.TranslationServiceClient)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", CLIENTS, ids=["v3", "v3beta1"])
def test_v3_tells_the_language(gateway: Running, transport, kind):
    answer = client(kind, transport, gateway).detect_language(
        request={
            "parent": PARENT,
            "content": "Wo ist der Bahnhof, bitte?",
            "mime_type": "text/plain",
        }
    )
    assert answer.languages[0].language_code == "de"
    assert answer.languages[0].confidence > 0.5


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_v3_lists_languages_with_names_in_the_language_asked_for(gateway: Running, transport):
    answer = client(
        translate_v3.TranslationServiceClient, transport, gateway
    ).get_supported_languages(parent=PARENT, display_language_code="de")
    names = {language.language_code: language.display_name for language in answer.languages}
    assert names.get("fr", "Französisch") == "Französisch"
    assert any(language.support_target for language in answer.languages) == HAS_PAIRS


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_v3_refuses_empty_content(gateway: Running, transport):
    with pytest.raises(exceptions.BadRequest, match="content"):
        client(translate_v3.TranslationServiceClient, transport, gateway).detect_language(
            parent=PARENT, content=""
        )


@pytest.fixture
def v2(gateway: Running) -> translate_v2.Client:
    return translate_v2.Client(
        credentials=AnonymousCredentials(), client_options={"api_endpoint": gateway.url}
    )


def test_v2_tells_the_language_of_each_text(v2):
    answers = v2.detect_language(["Où est la gare, s'il vous plaît ?", "¿Dónde está la estación?"])
    assert [answer["language"] for answer in answers] == ["fr", "es"]
    assert answers[0]["input"].startswith("Où")


def test_v2_lists_languages(v2):
    languages = v2.get_languages(target_language="en")
    assert all(set(language) == {"language", "name"} for language in languages)


@needs_pairs
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", CLIENTS, ids=["v3", "v3beta1"])
def test_v3_translates_texts_and_pages(gateway: Running, transport, kind):
    answer = client(kind, transport, gateway).translate_text(
        request={
            "parent": PARENT,
            "contents": ["<p>The <b>red</b> house</p>", "The house &amp; the dog"],
            "source_language_code": "en",
            "target_language_code": "es",
        }
    )
    page, text = answer.translations
    assert page.translated_text == "<p>La <b>casa</b> roja</p>"
    assert text.translated_text == "La casa &amp; el perro"
    assert page.model == f"{PARENT}/models/apertium"


@needs_pairs
def test_v2_translates_one_text_or_several(v2):
    one = v2.translate("The house", source_language="en", target_language="es")
    assert one["translatedText"] == "La casa"
    assert one["input"] == "The house"
    several = v2.translate(
        ["I would like to see the house.", "La casa es grande y roja."], target_language="ca"
    )
    assert [found["detectedSourceLanguage"] for found in several] == ["en", "es"]
    assert several[1]["translatedText"] == "La casa és gran i vermella."


def test_v2_refuses_a_pair_that_nobody_knows(v2):
    with pytest.raises(exceptions.BadRequest):
        v2.translate("hello", source_language="en", target_language="tlh")
