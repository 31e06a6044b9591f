"""google-cloud-language, unmodified, on both transports and both versions."""

from __future__ import annotations

import pytest

pytest.importorskip("google.cloud.language_v1")

from google.api_core import exceptions
from google.cloud import language_v1, language_v2

from tests.contract.clients import TRANSPORTS, client
from tests.gateway import Running

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
    with pytest.raises(exceptions.MethodNotImplemented, match="AnalyzeSyntax"):
        client(language_v1.LanguageServiceClient, transport, gateway).analyze_syntax(
            document={"type_": "PLAIN_TEXT", "content": "Hi"}
        )
