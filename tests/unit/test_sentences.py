"""The promise of `models/sentences.py`: sentences with their exact place, and nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models import sentences
from sensorium.models.sentences import split

LANGUAGES = ("en", "de-DE", "zh-Hant", "ja", "hi", "ar", "th", "und", "")
PIECES = st.sampled_from(
    [
        "Hello. ",
        "Mr. ",
        "?",
        "!\r\n",
        "\n\n",
        "\0",
        "😀",
        "e\u0301",
        "。",
        "\ufeff",
        "\u200b",
        '"',
        "(",
        " x",
    ]
)
TEXTS = st.text() | st.lists(PIECES).map("".join)


@given(TEXTS, st.sampled_from(LANGUAGES))
def test_a_sentence_is_the_text_between_its_offsets(text: str, language: str):
    for sentence in split(text, language):
        assert text[sentence.start : sentence.end] == sentence.text


@given(TEXTS, st.sampled_from(LANGUAGES))
def test_only_blank_characters_lie_between_sentences(text: str, language: str):
    end = 0
    for sentence in split(text, language):
        assert sentence.start >= end
        assert not text[end : sentence.start].strip().strip("\ufeff\u200b \n\r")
        assert sentence.text == sentence.text.strip() != ""
        end = sentence.end
    assert not text[end:].strip().strip("\ufeff\u200b \n\r")


@given(TEXTS, st.integers(3, 12))
def test_text_survives_a_window_of_any_size(text: str, window: int):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sentences, "WINDOW", window)
        found = split(text)
    blank = str.maketrans("", "", "\ufeff\u200b")
    together = "".join(sentence.text for sentence in found)
    assert "".join(together.translate(blank).split()) == "".join(text.translate(blank).split())
    assert all(len(sentence.text) <= window for sentence in found)


def test_abbreviations_and_quotes_do_not_end_a_sentence():
    found = split('Mr. Smith met Dr. Lee. "Go. Now!" he said. They paid $3.50 for it.')
    assert [sentence.text for sentence in found] == [
        "Mr. Smith met Dr. Lee.",
        '"Go. Now!" he said.',
        "They paid $3.50 for it.",
    ]


def test_full_stops_of_other_scripts_end_a_sentence():
    assert [one.text for one in split("你好。再见！", "zh")] == ["你好。", "再见！"]
    assert [one.text for one in split("वह घर गया। मैं यहाँ हूँ।", "hi")] == ["वह घर गया।", "मैं यहाँ हूँ।"]


def test_a_blank_line_ends_a_sentence():
    assert [one.text for one in split("A heading\n\nThe text.")] == ["A heading", "The text."]


def test_sentences_on_both_sides_of_a_window_stay_whole():
    sentence = "The quick brown fox is on the other side of the fence now."
    text = " ".join([sentence] * 500)
    assert len(text) > 2 * sentences.WINDOW
    assert {one.text for one in split(text)} == {sentence}


def test_a_text_without_sentence_ends_is_cut_at_a_space():
    found = split("word " * 3_000)
    assert len(found) == 3
    assert all(one.text.startswith("word ") and one.text.endswith(" word") for one in found)


@pytest.mark.parametrize("unit", ["a", " ", "\n", "你好。", "Hi. ", '"(', ".", "é "])
def test_a_million_characters_are_split_without_loss(unit: str):
    text = (unit * 1_000_000)[:1_000_000]
    assert "".join(one.text for one in split(text)).replace(" ", "") == "".join(text.split())
