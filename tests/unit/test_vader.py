"""The promise of the `vader` engine: the sign and strength of English sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from sensorium.models.engines.vader import Vader
from sensorium.models.tasks import Sentiment

LIBRARY = SentimentIntensityAnalyzer()
REVIEWS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "sentiment"
WORDS = st.sampled_from(
    ["a", "the", "good", "bad", "not", "never", "so", "this", "without", "doubt", "VERY", "great!",
     "kind", "of", "sort", "no", "or", "nor", "at", "least", "but", "terrible", "love", ":)", "😀",
     "hate", "bomb", "yeah", "right", "isn't"]
)  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Vader:
    return Vader()


def feel(engine: Vader, sentence: str) -> Sentiment:
    return engine.sentiment([sentence], "en")[0]


@pytest.mark.parametrize(
    ("sentence", "sign"),
    [
        ("I love this lamp, it works perfectly.", 1),
        ("The staff were rude and the room was dirty.", -1),
        ("This is not good.", -1),
        ("I don\u2019t like it.", -1),
        ("😀", 1),
        ("The train leaves at nine.", 0),
        ("", 0),
        ("\0 \n", 0),
    ],
)
def test_the_score_has_the_sign_of_the_feeling(engine: Vader, sentence: str, sign: int):
    score = feel(engine, sentence).score
    assert (score > 0) - (score < 0) == sign


def test_emphasis_makes_a_feeling_stronger(engine: Vader):
    plain, loud = feel(engine, "The food was great."), feel(engine, "The food was GREAT!!!")
    assert loud.score > plain.score > 0


def test_praise_and_blame_cancel_in_the_score_and_add_up_in_the_magnitude(engine: Vader):
    mixed = feel(engine, "The food was great and the service was terrible.")
    assert mixed.magnitude > abs(mixed.score) + 0.3


def test_punctuation_weighs_in_the_magnitude_as_in_the_score(engine: Vader):
    loud = feel(engine, "Great!!!")
    assert loud.magnitude == loud.score > feel(engine, "Great.").magnitude


def test_every_sentence_gets_its_own_answer_in_order(engine: Vader):
    sentences = ["Lovely.", "Table.", "Awful."]
    together = engine.sentiment(sentences, "en")
    assert together == [feel(engine, sentence) for sentence in sentences]


@given(
    sentence=st.text(st.characters(exclude_characters="\u2019\u02bc\uff07"))
    | st.lists(WORDS, max_size=40).map(" ".join)
)
def test_scores_are_those_of_the_library_and_magnitudes_bound_them(engine: Vader, sentence: str):
    found = feel(engine, sentence)
    assert found.score == LIBRARY.polarity_scores(sentence)["compound"]
    assert abs(found.score) <= found.magnitude + 1e-4
    assert found.magnitude <= 1


def test_a_sentence_of_thousands_of_emoji_is_scored(engine: Vader):
    assert feel(engine, "😀" * 5_000).score == 1.0


@pytest.mark.skipif(not REVIEWS.is_dir(), reason="../shared/data/sentiment is absent")
def test_two_thirds_of_labelled_review_sentences_get_the_right_sign(engine: Vader):
    rows = [
        line.rstrip("\n").rsplit("\t", 1)
        for file in sorted(REVIEWS.glob("*.txt"))
        for line in file.read_text("utf-8").split("\n")
        if "\t" in line
    ]
    found = engine.sentiment([sentence for sentence, _ in rows], "en")
    right = sum(
        one.score > 0 if label == "1" else one.score < 0
        for one, (_, label) in zip(found, rows, strict=True)
    )
    assert len(rows) == 3_000
    assert right / len(rows) > 0.66
