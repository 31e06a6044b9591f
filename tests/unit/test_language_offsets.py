"""Every offset of Natural Language is a place in what was sent, in bytes or in units."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.tasks import Mention, Sentiment, TextAnalysis, Token

CODECS = {"UTF8": ("utf-8", 1), "UTF16": ("utf-16-le", 2), "UTF32": ("utf-32-le", 4)}
FEATURES = {
    "extractEntities": True,
    "extractEntitySentiment": True,
    "extractDocumentSentiment": True,
    "extractSyntax": True,
}
ASKED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("v1", "AnalyzeSentiment", {}),
    ("v1", "AnalyzeEntities", {}),
    ("v1", "AnalyzeEntitySentiment", {}),
    ("v1", "AnalyzeSyntax", {}),
    ("v1", "AnnotateText", {"features": FEATURES}),
    ("v2", "AnalyzeSentiment", {}),
    ("v2", "AnalyzeEntities", {}),
    (
        "v2",
        "AnnotateText",
        {"features": {"extractEntities": True, "extractDocumentSentiment": True}},
    ),
)
WORDS = st.sampled_from(
    [
        *(
            "Maria",
            "likes",
            "it.",
            "Zürich",
            "e\u0301te\u0301",
            "n\u0303",
            "\u0301x",
            "a\u0300\u0323",
        ),
        *(
            "😀",
            "👩‍👩‍👧",
            "🇩🇪",
            "👍🏽!",
            "𝒳𝒴",
            "שלום",
            "مرحبا،",
            "\u202eabc\u202c",
            "你好。",
            "日本",
        ),
        *(
            "$5.20",
            "2024-03-05",
            "+49 30 901820",
            "\ufeff",
            "\u200b",
            "\0",
            "but",
            "12",
            "Dr.",
            "…",
        ),
    ]
)
SPACES = st.sampled_from([" ", "  ", "\n", "\r\n", "\r\n\r\n", "\t", "\u00a0", "\u3000", ""])
TAGS = st.sampled_from(
    [
        "<b>",
        "</b>",
        "<br>",
        "<p>",
        "</p>",
        "<li>",
        "<!-- x -->",
        "<script>Maria</script>",
        "<i a='>'>",
    ]
)
REFERENCES = st.sampled_from(
    ["&amp;", "&lt;", "&nbsp;", "&#128512;", "&#x1F600;", "&eacute;", "&notin;", "&hellip;", "&amp"]
)
HIDDEN = re.compile(r"<script>.*?</script>|<!--.*?-->|<i a='>'>|<[a-z/]*>", re.DOTALL)


class Everything:
    """An engine to which every word is a name, and a sentence a chain of words."""

    def analyze(self, sentences: list[str], language: str) -> list[TextAnalysis]:
        return [
            TextAnalysis(
                tuple(
                    Mention(one.start(), one.end(), "OTHER", 0.5)
                    for one in re.finditer(r"\S+", sentence)
                ),
                Sentiment(0.5, 0.5),
                np.ones(1, np.float32),
                {},
            )
            for sentence in sentences
        ]

    def parse(self, sentences: list[str], language: str) -> list[list[Token]]:
        return [
            [
                Token(one.start(), one.end(), one[0], "X", {}, max(0, at - 1), "dep")
                for at, one in enumerate(re.finditer(r"\S+", sentence))
            ]
            for sentence in sentences
        ]


class Models:
    """Models with this one engine."""

    def use(self, method: Any, **which: Any) -> Callable[..., Awaitable[Any]]:
        if not hasattr(Everything, method.__name__):
            raise FailedPrecondition(f"No engine can {method.__name__}.")

        async def call(*args: Any) -> Any:
            return getattr(Everything(), method.__name__)(*args)

        return call


def ask(
    which: tuple[str, str, dict[str, Any]], text: str, kind: str, encoding: str | None
) -> list[tuple[str, int]] | None:
    """Every text span of the answer; None where the text has nothing to read."""
    version, method, rest = which
    models: Any = Models()
    request = {
        "document": {
            "type": kind,
            "content": text,
            "language" if version == "v1" else "languageCode": "en",
        },
        **rest,
        **({"encodingType": encoding} if encoding else {}),
    }
    rpc = f"google.cloud.language.{version}.LanguageService.{method}"
    try:
        answer = asyncio.run(LocalClient(Call(models, models)).call(rpc, request))
    except InvalidArgument as refused:
        if refused.field != "document.content":
            raise
        return None
    return list(spans(answer))


def spans(value: Any) -> Iterator[tuple[str, int]]:
    if isinstance(value, list):
        for one in value:
            yield from spans(one)
    elif isinstance(value, dict):
        if isinstance(value.get("text"), dict):
            yield value["text"]["content"], value["text"].get("beginOffset", 0)
        for one in value.values():
            yield from spans(one)


def behind(text: str, offset: int, encoding: str) -> str:
    """What stands behind an offset; it must not split a character."""
    codec, size = CODECS[encoding]
    return text.encode(codec)[offset * size :].decode(codec)


def shown(page: str) -> str:
    """What a piece of a page shows, white space collapsed: written without the scanner's help."""
    plain = HIDDEN.sub(lambda tag: "\n" if tag[0] == "<br>" else "", page)
    return html.unescape(plain)


def collapsed(text: str) -> str:
    return re.sub(r"[ \t\n\f\r]+", " ", text)


@given(
    st.sampled_from(ASKED),
    st.sampled_from(sorted(CODECS)),
    st.lists(st.one_of(WORDS, SPACES), min_size=1, max_size=30).map("".join) | st.text(max_size=60),
)
def test_what_is_named_stands_at_its_offset_in_a_text(
    which: tuple[str, str, dict[str, Any]], encoding: str, text: str
):
    found = ask(which, text, "PLAIN_TEXT", encoding)
    if found is None:
        assert not text.strip().strip("\ufeff\u200b").strip()
        return
    assert found
    for content, offset in found:
        assert content
        assert behind(text, offset, encoding).startswith(content)


@given(
    st.sampled_from(ASKED),
    st.sampled_from(sorted(CODECS)),
    st.lists(
        st.one_of(WORDS.filter(lambda word: word != "\0"), SPACES, TAGS, REFERENCES),
        min_size=1,
        max_size=30,
    ).map("".join),
)
def test_what_is_named_stands_at_its_offset_in_a_page(
    which: tuple[str, str, dict[str, Any]], encoding: str, page: str
):
    found = ask(which, page, "HTML", encoding)
    for content, offset in found or ():
        rest = collapsed(shown(behind(page, offset, encoding)))
        assert rest.startswith(collapsed(content)), (content, rest)


@pytest.mark.parametrize("which", ASKED, ids=lambda which: f"{which[0]}-{which[1]}")
@pytest.mark.parametrize("encoding", ["NONE", None])
def test_without_an_encoding_nothing_has_a_place(which: Any, encoding: str | None):
    found = ask(which, "Maria likes Zürich. 😀", "PLAIN_TEXT", encoding)
    assert found
    assert {offset for _, offset in found} == {-1}


@pytest.mark.parametrize("which", ASKED, ids=lambda which: f"{which[0]}-{which[1]}")
def test_the_encodings_count_what_they_say(which: Any):
    text = "😀é Maria"
    places = {}
    for encoding in CODECS:
        found = ask(which, text, "PLAIN_TEXT", encoding)
        assert found
        places[encoding] = max(offset for _, offset in found)
    expected = {"UTF8": 7, "UTF16": 4, "UTF32": 3}
    assert places in (expected, dict.fromkeys(CODECS, 0))
