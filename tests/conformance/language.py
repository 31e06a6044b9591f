"""What engines that read language promise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np
import pytest

from sensorium.models import tasks
from sensorium.models.errors import InvalidArgument
from sensorium.models.registry import EngineSpec
from tests.conformance.asking import ask

UNIVERSAL_TAGS = frozenset(
    "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split()  # noqa: SIM905
)


STRANGE = ["", " \n", "\ud800 🦊 e\u0301 \u202e", "x" * 3_000, "אנה בפריז", "？！"]


def check_mentions(text: str, mentions: Sequence[tasks.Mention]) -> None:
    """Mentions are in order, do not overlap, and hold more than space."""
    end = 0
    for one in mentions:
        assert end <= one.start < one.end <= len(text)
        named = text[one.start : one.end]
        assert named.strip() == named
        assert one.kind in get_args(tasks.EntityKind)
        assert 0 <= one.confidence <= 1
        end = one.end


def check_language_identifier(spec: EngineSpec) -> None:
    texts = ["Where is the railway station, please?", ""]
    sure, nothing = ask(spec, tasks.LanguageIdentifier.identify, texts)
    assert sure[0].language == "en"
    assert nothing == []
    confidences = [one.confidence for one in sure]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= 1 for confidence in confidences)
    assert "en" in ask(spec, tasks.LanguageIdentifier.languages)


def check_sentiment_analyzer(spec: EngineSpec) -> None:
    good, bad = ask(
        spec, tasks.SentimentAnalyzer.sentiment, ["This is wonderful.", "This is horrible."], "en"
    )
    assert -1 <= bad.score < 0 < good.score <= 1
    assert good.magnitude >= abs(good.score)
    assert ask(spec, tasks.SentimentAnalyzer.sentiment, [], "en") == []


def check_entity_recognizer(spec: EngineSpec) -> None:
    texts = ["Maria Baker left Nordwind for Lisbon .", *STRANGE]
    found = ask(spec, tasks.EntityRecognizer.entities, texts, "en")
    assert len(found) == len(texts)
    for text, mentions in zip(texts, found, strict=True):
        check_mentions(text, mentions)
    assert found[0]
    assert found[1] == found[2] == []
    assert ask(spec, tasks.EntityRecognizer.entities, [], "en") == []


def check_open_entity_recognizer(spec: EngineSpec) -> None:
    check_entity_recognizer(spec)
    texts = ["Maria Baker plays the violin in Lisbon .", *STRANGE]
    found = ask(spec, tasks.OpenEntityRecognizer.entities_of, texts, ("instrument",), "en")
    for text, mentions in zip(texts, found, strict=True):
        check_mentions(text, mentions)
        assert all((one.kind, one.label) == ("OTHER", "instrument") for one in mentions)
    assert [texts[0][one.start : one.end] for one in found[0]] == ["violin"]
    assert ask(spec, tasks.OpenEntityRecognizer.entities_of, [], ("instrument",), "en") == []


def check_text_embedder(spec: EngineSpec) -> None:
    texts = ["The train is late.", "The railway is delayed.", "I like pears.", *STRANGE]
    found = ask(spec, tasks.TextEmbedder.embed, texts)
    assert {one.shape for one in found} == {found[0].shape}
    for one in found:
        assert one.dtype == np.float32
        assert np.linalg.norm(one) == pytest.approx(1, abs=1e-3)
    assert found[0] @ found[1] > found[0] @ found[2]
    assert ask(spec, tasks.TextEmbedder.embed, []) == []


def check_text_analyzer(spec: EngineSpec) -> None:
    texts = ["This is wonderful.", "This is horrible.", "Maria Baker lives in Lisbon.", *STRANGE]
    found = ask(spec, tasks.TextAnalyzer.analyze, texts, "en")
    assert len(found) == len(texts)
    for text, one in zip(texts, found, strict=True):
        check_mentions(text, one.mentions)
        assert abs(one.sentiment.score) <= one.sentiment.magnitude + 1e-6
        assert np.linalg.norm(one.embedding) == pytest.approx(1, abs=1e-3)
        assert set(one.moderation) == set(found[0].moderation)
        assert all(0 <= likely <= 1 for likely in one.moderation.values())
    assert -1 <= found[1].sentiment.score < 0 < found[0].sentiment.score <= 1
    assert {"PERSON", "LOCATION"} <= {one.kind for one in found[2].mentions}
    assert ask(spec, tasks.TextAnalyzer.analyze, [], "en") == []


def check_translator(spec: EngineSpec) -> None:
    pairs = ask(spec, tasks.Translator.pairs)
    assert pairs
    assert len(set(pairs)) == len(pairs)
    assert all(source != target for source, target in pairs)
    source, target = pairs[0]
    texts = ["a", *STRANGE, "\ue000 a \ue001", "  a\n"]
    found = ask(spec, tasks.Translator.translate, texts, source, target)
    assert len(found) == len(texts)
    assert found[1] == ""
    for text, one in zip(texts, found, strict=True):
        assert isinstance(one, str)
        assert bool(one.strip()) == bool(text.strip())
    assert ask(spec, tasks.Translator.translate, [], source, target) == []
    with pytest.raises(InvalidArgument):
        ask(spec, tasks.Translator.translate, ["a"], "tlh", target)


def check_romanizer(spec: EngineSpec) -> None:
    found = ask(spec, tasks.Romanizer.romanize, ["Москва", "", "Ada 5 €", *STRANGE], "ru")
    assert found[:3] == ["Moskva", "", "Ada 5 €"]
    assert len(found) == 3 + len(STRANGE)
    assert ask(spec, tasks.Romanizer.romanize, [], "ru") == []


def check_syntax_parser(spec: EngineSpec) -> None:
    texts = ["The fox sees two dogs .", *STRANGE]
    found = ask(spec, tasks.SyntaxParser.parse, texts, "en")
    assert len(found) == len(texts)
    for text, tokens in zip(texts, found, strict=True):
        end = 0
        for at, token in enumerate(tokens):
            assert end <= token.start < token.end <= len(text)
            assert text[token.start : token.end].strip()
            assert 0 <= token.head < len(tokens)
            assert token.pos in UNIVERSAL_TAGS
            assert (token.relation.lower() == "root") == (token.head == at)
            end = token.end
        heads = [token.head for token in tokens]
        for at in range(len(tokens)):
            for _ in tokens:
                at = heads[at]
            assert heads[at] == at, "every way up ends at a root"
    assert len(found[0]) == 6
    assert found[1] == found[2] == []
    assert ask(spec, tasks.SyntaxParser.parse, [], "en") == []


CHECKS: dict[type, Callable[[EngineSpec], None]] = {
    tasks.LanguageIdentifier: check_language_identifier,
    tasks.SentimentAnalyzer: check_sentiment_analyzer,
    tasks.EntityRecognizer: check_entity_recognizer,
    tasks.OpenEntityRecognizer: check_open_entity_recognizer,
    tasks.TextEmbedder: check_text_embedder,
    tasks.TextAnalyzer: check_text_analyzer,
    tasks.SyntaxParser: check_syntax_parser,
    tasks.Translator: check_translator,
    tasks.Romanizer: check_romanizer,
}
