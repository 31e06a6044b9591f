"""The promise of Natural Language: sentiment with exact offsets, or a refusal that says why."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.models.errors import FailedPrecondition, InvalidArgument, NotFound
from sensorium.models.pool import LocalModels
from sensorium.models.registry import EngineSpec
from sensorium.models.tasks import Sentiment, SentimentAnalyzer, TextAnalysis

V1 = "google.cloud.language.v1.LanguageService.AnalyzeSentiment"
V2 = "google.cloud.language.v2.LanguageService.AnalyzeSentiment"
MIXED = "I love this phone. The battery is terrible! It is on the table."
CODECS = {"UTF8": ("utf-8", 1), "UTF16": ("utf-16-le", 2), "UTF32": ("utf-32-le", 4)}
TEXTS = st.text() | st.lists(
    st.sampled_from(
        ["Good. ", "Bad!\r\n", "\n\n", "\0", "😀", "e\u0301", "你好。", "\ufeff", '"', " x", "𝒳?"]
    )
).map("".join)


class Bucket:
    """Objects that the tests put there."""

    def __init__(self, **objects: bytes) -> None:
        self.objects = objects

    async def read(self, uri: str, *, field: str, limit: int | None = None) -> bytes:
        name = uri.rpartition("/")[2]
        if name not in self.objects:
            raise NotFound(f"There is no {uri}.", field=field)
        return self.objects[name]


class Counter:
    """An engine that any text suits: a score for each sentence in turn."""

    def analyze(self, sentences: list[str], language: str) -> list[TextAnalysis]:
        nothing = np.zeros(2, np.float32)
        return [
            TextAnalysis((), Sentiment(1 / (1 + index), 1.0), nothing, {})
            for index in range(len(sentences))
        ]


class Anything:
    """Models with one engine."""

    def use(self, method: Any, **which: Any) -> Callable[..., Awaitable[Any]]:
        if not hasattr(Counter, method.__name__):
            raise FailedPrecondition(f"No engine can {method.__name__}.")

        async def call(*args: Any) -> Any:
            return getattr(Counter(), method.__name__)(*args)

        return call


@pytest.fixture(scope="module")
def models() -> Iterator[LocalModels]:
    pool = LocalModels()
    yield pool
    asyncio.run(pool.close())


@pytest.fixture
def ask(models: LocalModels) -> Callable[..., Any]:
    def ask(rpc: str, document: dict[str, Any], limits: Limits | None = None, **rest: Any) -> Any:
        bucket = Bucket(good=MIXED.encode(), latin="é".encode("latin-1"), long=b"a" * 100)
        call = Call(models, bucket, limits or Limits())
        return asyncio.run(LocalClient(call).call(rpc, {"document": document, **rest}))

    return ask


def spans(answer: dict[str, Any]) -> list[tuple[str, int]]:
    return [
        (one["text"]["content"], one["text"].get("beginOffset", 0)) for one in answer["sentences"]
    ]


def place(text: str, offset: int, encoding: str) -> str:
    """Return what stands behind an offset of a text."""
    name, size = CODECS[encoding]
    return text.encode(name)[offset * size :].decode(name)


def analyze(text: str, encoding: str, kind: str = "PLAIN_TEXT") -> dict[str, Any]:
    client = LocalClient(Call(Anything(), Bucket()))
    document = {"type": kind, "content": text, "language": "en"}
    return asyncio.run(client.call(V1, {"document": document, "encodingType": encoding}))


# --- scores -----------------------------------------------------------------------------------


def test_v1_scores_every_sentence_and_names_the_language(ask: Callable[..., Any]):
    answer = ask(V1, {"type": "PLAIN_TEXT", "content": MIXED}, encodingType="UTF8")
    assert answer["language"] == "en"
    assert spans(answer) == [
        ("I love this phone.", 0),
        ("The battery is terrible!", 19),
        ("It is on the table.", 44),
    ]
    good, bad, neutral = (one["sentiment"].get("score", 0) for one in answer["sentences"])
    assert good > 0.3 > 0 > -0.3 > bad
    assert abs(neutral) <= 0.25


def test_v2_answers_with_its_own_names(ask: Callable[..., Any]):
    answer = ask(V2, {"type": "PLAIN_TEXT", "content": MIXED, "languageCode": "en-GB"})
    assert answer["languageCode"] == "en-GB"
    assert answer["languageSupported"] is True
    assert "language" not in answer


@pytest.mark.parametrize("rpc", [V1, V2])
def test_the_document_is_the_mean_of_scores_and_the_sum_of_magnitudes(
    ask: Callable[..., Any], rpc: str
):
    answer = ask(rpc, {"type": "PLAIN_TEXT", "content": MIXED})
    parts = [one["sentiment"] for one in answer["sentences"]]
    scores = [one.get("score", 0.0) for one in parts]
    magnitudes = [one.get("magnitude", 0.0) for one in parts]
    whole = answer["documentSentiment"]
    assert whole["score"] == pytest.approx(sum(scores) / len(scores), abs=1e-6)
    assert whole["magnitude"] == pytest.approx(sum(magnitudes), abs=1e-6)
    assert all(m >= abs(s) for m, s in zip(magnitudes, scores, strict=True))


# --- offsets ----------------------------------------------------------------------------------


@given(TEXTS, st.sampled_from(sorted(CODECS)))
def test_a_sentence_stands_at_its_offset_in_every_encoding(text: str, encoding: str):
    try:
        answer = analyze(text, encoding)
    except InvalidArgument:
        assert not text.strip().strip("\ufeff\u200b \r\n")
        return
    for content, offset in spans(answer):
        assert place(text, offset, encoding).startswith(content)
    offsets = [offset for _, offset in spans(answer)]
    assert offsets == sorted(set(offsets))


@given(st.lists(TEXTS, min_size=1), st.sampled_from(sorted(CODECS)))
def test_offsets_of_a_page_count_its_markup(texts: list[str], encoding: str):
    import html

    page = "".join(f"<pre>{html.escape(text)}</pre>" for text in texts)
    try:
        answer = analyze(page, encoding, "HTML")
    except InvalidArgument:
        assert not "".join(texts).strip().strip("\ufeff\u200b \r\n")
        return
    for content, offset in spans(answer):
        assert place(page, offset, encoding).startswith(html.escape(content))


def test_offsets_reach_far_into_a_long_text():
    text = "Ünïcödé 😀 is fun. " * 3_000
    for encoding in CODECS:
        content, offset = spans(analyze(text, encoding))[-1]
        assert place(text, offset, encoding) == content + " "


@pytest.mark.parametrize("encoding", ["NONE", None])
def test_without_an_encoding_every_offset_is_minus_one(
    ask: Callable[..., Any], encoding: str | None
):
    rest = {"encodingType": encoding} if encoding else {}
    answer = ask(V1, {"type": "PLAIN_TEXT", "content": MIXED}, **rest)
    assert {offset for _, offset in spans(answer)} == {-1}


def test_a_page_gives_its_text_and_places_in_its_source(ask: Callable[..., Any]):
    page = "<h1>Caf&eacute; review</h1><script>hate()</script><p>I <b>love</b> it &amp; you.</p>"
    answer = ask(V1, {"type": "HTML", "content": page, "language": "en"}, encodingType="UTF16")
    assert spans(answer) == [
        ("Café review", page.index("Caf")),
        ("I love it & you.", page.index("I <b>")),
    ]


# --- where the text comes from ----------------------------------------------------------------


def test_a_text_may_lie_in_a_bucket(ask: Callable[..., Any]):
    answer = ask(V1, {"type": "PLAIN_TEXT", "gcsContentUri": "gs://b/good"})
    assert len(answer["sentences"]) == 3


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"content": "Hi there."}, "document.type"),
        ({}, "document.type"),
        ({"type": "PLAIN_TEXT"}, "document.content"),
        ({"type": "PLAIN_TEXT", "content": ""}, "document.content"),
        ({"type": "PLAIN_TEXT", "content": " \r\n\u200b"}, "document.content"),
        ({"type": "HTML", "content": "<p><script>love()</script>"}, "document.content"),
        ({"type": "PLAIN_TEXT", "content": "a" * 65}, "document.content"),
        ({"type": "PLAIN_TEXT", "content": "Hi", "gcsContentUri": "gs://b/good"}, "document"),
        ({"type": "PLAIN_TEXT", "gcsContentUri": "gs://b/latin"}, "document.gcsContentUri"),
        ({"type": "PLAIN_TEXT", "gcsContentUri": "gs://b/long"}, "document.gcsContentUri"),
        ({"type": "PLAIN_TEXT", "content": "Hi", "language": "en us"}, "document.language"),
    ],
)
def test_a_wrong_document_is_refused_with_its_field(
    ask: Callable[..., Any], document: dict[str, Any], field: str
):
    with pytest.raises(InvalidArgument) as refusal:
        ask(V1, document, Limits(text_characters=64))
    assert (refusal.value.field or "").startswith(field)


def test_an_object_that_is_not_there_is_not_found(ask: Callable[..., Any]):
    with pytest.raises(NotFound, match="gcsContentUri"):
        ask(V2, {"type": "PLAIN_TEXT", "gcsContentUri": "gs://b/nothing"})


# --- languages --------------------------------------------------------------------------------


@pytest.mark.parametrize(("rpc", "field"), [(V1, "language"), (V2, "languageCode")])
def test_a_language_that_no_engine_analyzes_is_refused_with_the_reason(
    ask: Callable[..., Any], rpc: str, field: str
):
    with pytest.raises(InvalidArgument) as refusal:
        ask(rpc, {"type": "PLAIN_TEXT", "content": "Der Zug ist heute leider verspätet."})
    assert refusal.value.field == f"document.{field}"
    assert refusal.value.message == (
        "The language de is not supported for document_sentiment analysis."
    )
    assert "vader does not speak 'de'" in (refusal.value.hint or "")


@pytest.mark.parametrize("text", ["I love it", "Love it!", "Great pork sandwich."])
def test_a_few_english_words_are_taken_as_english(ask: Callable[..., Any], text: str):
    assert ask(V1, {"type": "PLAIN_TEXT", "content": text})["language"] == "en"


def test_v1_refuses_a_text_whose_language_cannot_be_told_unless_it_is_named(
    ask: Callable[..., Any],
):
    document = {"type": "PLAIN_TEXT", "content": "👍👍"}
    with pytest.raises(InvalidArgument, match="cannot be told"):
        ask(V1, document)
    assert ask(V1, {**document, "language": "EN"})["language"] == "en"


def test_a_language_that_is_named_is_not_detected():
    class English:
        def sentiment(self, sentences: list[str], language: str) -> list[Sentiment]:
            return [Sentiment(0.5, 0.5) for _ in sentences]

    spec = EngineSpec("english", SentimentAnalyzer, English, languages=("en",))
    client = LocalClient(Call(LocalModels([spec]), Bucket()))
    document = {"type": "PLAIN_TEXT", "content": "Guten Tag."}
    named = asyncio.run(client.call(V1, {"document": {**document, "language": "en"}}))
    assert named["documentSentiment"]["score"] == 0.5
    with pytest.raises(FailedPrecondition, match="LanguageIdentifier"):
        asyncio.run(client.call(V1, {"document": document}))


def test_a_text_of_the_largest_size_is_analyzed_whole(ask: Callable[..., Any]):
    text = ("The battery is great but the screen was terrible. " * 20_000)[:1_000_000]
    answer = ask(V1, {"type": "PLAIN_TEXT", "content": text, "language": "en"}, encodingType="UTF8")
    assert " ".join(content for content, _ in spans(answer)) == text.strip()
