"""google-cloud-language, unmodified, on both transports and both versions."""

from __future__ import annotations

import pytest

pytest.importorskip("google.cloud.language_v1")

from google.api_core import exceptions
from google.cloud import dialogflow_v2 as dialogflow
from google.cloud import language_v1, language_v2

from sensorium.models.engines.minilm import WEIGHTS
from tests.contract.clients import TRANSPORTS, client
from tests.gateway import Running

needs_weights = pytest.mark.skipif(
    not WEIGHTS.is_file(), reason=f"minilm: {WEIGHTS.name} is absent"
)

VERSIONS = (language_v1, language_v2)
TEXT = "😀 I love the soup. The waiter was terribly rude."


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.__name__[-2:])
def test_sentences_come_with_their_sentiment_and_place(gateway: Running, transport, version):
    answer = client(version.LanguageServiceClient, transport, gateway).analyze_sentiment(
        document={"type_": "PLAIN_TEXT", "content": TEXT}, encoding_type="UTF16"
    )
    first, second = answer.sentences
    assert first.text.content == "😀 I love the soup."
    assert first.text.begin_offset == 0
    assert second.text.begin_offset == len("😀 I love the soup. ".encode("utf-16-le")) // 2
    assert first.sentiment.score > 0 > second.sentiment.score
    assert answer.document_sentiment.magnitude > 0
    assert (getattr(answer, "language", "") or answer.language_code) == "en"


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.__name__[-2:])
def test_an_empty_document_is_refused(gateway: Running, transport, version):
    with pytest.raises(exceptions.BadRequest, match="document"):
        client(version.LanguageServiceClient, transport, gateway).analyze_sentiment(
            document={"type_": "PLAIN_TEXT"}
        )


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_is_not_served_names_itself(gateway: Running, transport):
    with pytest.raises(exceptions.MethodNotImplemented, match="DetectIntent"):
        client(dialogflow.SessionsClient, transport, gateway).detect_intent(
            session="projects/p/agent/sessions/s",
            query_input={"text": {"text": "Hi", "language_code": "en"}},
        )


# --- every method ------------------------------------------------------------------------------

STORY = (
    "Maria Ortega flew from Lisbon to New York for a concert of the Vienna Philharmonic. The "
    "orchestra played wonderfully, but the hotel at 12 Broad Street was dirty for $320 a night."
)


@needs_weights
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.__name__[-2:])
def test_entities_have_mentions_at_their_places(gateway: Running, transport, version):
    answer = client(version.LanguageServiceClient, transport, gateway).analyze_entities(
        document={"type_": "PLAIN_TEXT", "content": STORY}, encoding_type="UTF32"
    )
    found = {mention.text.content for one in answer.entities for mention in one.mentions}
    assert "$320" in found
    check_places(answer.entities)
    (price,) = (one for one in answer.entities if one.type_.name == "PRICE")
    assert price.metadata["currency"] == "USD"


@needs_weights
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_entity_sentiment_is_a_method_of_v1(gateway: Running, transport):
    answer = client(language_v1.LanguageServiceClient, transport, gateway).analyze_entity_sentiment(
        document={"type_": "PLAIN_TEXT", "content": STORY}, encoding_type="UTF32"
    )
    check_places(answer.entities)
    assert all("sentiment" in mention for one in answer.entities for mention in one.mentions)
    assert answer.language == "en"


@needs_weights
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.__name__[-2:])
def test_categories_have_a_confidence(gateway: Running, transport, version):
    answer = client(version.LanguageServiceClient, transport, gateway).classify_text(
        document={"type_": "PLAIN_TEXT", "content": STORY}
    )
    for one in answer.categories:
        assert one.name.startswith("/")
        assert 0 < one.confidence <= 1


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.__name__[-2:])
def test_a_text_too_short_to_classify_is_refused(gateway: Running, transport, version):
    with pytest.raises(exceptions.BadRequest, match="document"):
        client(version.LanguageServiceClient, transport, gateway).classify_text(
            document={"type_": "PLAIN_TEXT", "content": "Too short."}
        )


@needs_weights
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.__name__[-2:])
def test_every_category_of_moderation_is_answered(gateway: Running, transport, version):
    answer = client(version.LanguageServiceClient, transport, gateway).moderate_text(
        document={"type_": "PLAIN_TEXT", "content": STORY}
    )
    names = {one.name for one in answer.moderation_categories}
    assert {"Toxic", "Insult", "Violent", "Finance"} <= names
    assert all(0 <= one.confidence <= 1 for one in answer.moderation_categories)


@needs_weights
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.__name__[-2:])
def test_annotate_text_answers_what_the_methods_answer(gateway: Running, transport, version):
    asked = client(version.LanguageServiceClient, transport, gateway)
    document = {"type_": "PLAIN_TEXT", "content": STORY}
    answer = asked.annotate_text(
        document=document,
        features={
            "extract_entities": True,
            "extract_document_sentiment": True,
            "classify_text": True,
            "moderate_text": True,
        },
        encoding_type="UTF32",
    )
    check_places(answer.entities)
    alone = asked.analyze_entities(document=document, encoding_type="UTF32")
    assert [one.name for one in answer.entities] == [one.name for one in alone.entities]
    feeling = asked.analyze_sentiment(document=document).document_sentiment
    # eight bits are scaled by what is read together
    assert answer.document_sentiment.score == pytest.approx(feeling.score, abs=0.1)
    assert len(answer.sentences) == 2
    assert answer.moderation_categories


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_without_a_parser_syntax_is_refused_with_what_would_help(gateway: Running, transport):
    asked = client(language_v1.LanguageServiceClient, transport, gateway)
    document = {"type_": "PLAIN_TEXT", "content": STORY}
    refused = (exceptions.FailedPrecondition, exceptions.BadRequest)  # REST knows the status only
    with pytest.raises(refused, match=r"parse sentences.*SyntaxParser"):
        asked.analyze_syntax(document=document)
    with pytest.raises(refused, match=r"parse sentences.*SyntaxParser"):
        asked.annotate_text(document=document, features={"extract_syntax": True})


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.__name__[-2:])
def test_entity_types_of_the_callers_own_come_as_metadata(gateway: Running, transport, version):
    asked = client(version.LanguageServiceClient, transport, gateway)
    document = {"type_": "PLAIN_TEXT", "content": STORY}
    refused = (exceptions.FailedPrecondition, exceptions.BadRequest)
    wanted = [("x-sensorium-entity-types", "instrument, k%C3%BCche")]
    with pytest.raises(refused, match=r"find instrument, küche.*--engine gliner"):
        asked.analyze_entities(document=document, metadata=wanted)
    wanted = [("x-sensorium-entity-types", "x" * 65)]
    with pytest.raises(refused, match="at most 64 characters"):
        asked.analyze_entities(document=document, metadata=wanted)


def check_places(entities) -> None:
    """Every mention stands where it says."""
    assert entities
    for one in entities:
        for mention in one.mentions:
            start = mention.text.begin_offset
            assert STORY[start:].startswith(mention.text.content)
