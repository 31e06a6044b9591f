"""The promise of classifiers by card: a sentiment from labels that say what they are worth."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorium.models.engines.text_classification import TextClassification, worth
from sensorium.models.errors import FailedPrecondition
from tests.conformance.language import check_sentiment_analyzer
from tests.unit.tiny import BAD, GOOD, PLAIN, brought, save_classifier

THREE = ["negative", "neutral", "positive"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("classifier")
    brought("text_classification", made)  # skips where the libraries are missing
    save_classifier(made, THREE, {"bad": 0, "plain": 1, "good": 2})
    return made


@pytest.fixture(scope="module")
def classifier(folder: Path) -> TextClassification:
    return TextClassification(folder, "cpu")


def test_a_classifier_by_card_keeps_the_promises_of_its_task(folder: Path):
    check_sentiment_analyzer(brought("text_classification", folder))


def test_good_is_up_bad_is_down_and_plain_is_neither(classifier: TextClassification):
    for text in GOOD:
        assert classifier.sentiment([text], "en")[0].score > 0.8
    for text in BAD:
        assert classifier.sentiment([text], "en")[0].score < -0.8
    for text in PLAIN:
        (plain,) = classifier.sentiment([text], "en")
        assert abs(plain.score) < 0.2
        assert plain.magnitude < 0.2


def test_a_batch_equals_its_texts_one_by_one_and_space_is_neutral(classifier: TextClassification):
    texts = [*GOOD, "", *BAD, " \n", *PLAIN, GOOD[0] * 30, "\ud800 😀"]
    together = classifier.sentiment(texts, "en")
    for text, one in zip(texts, together, strict=True):
        (alone,) = classifier.sentiment([text], "en")
        assert one.score == pytest.approx(alone.score, abs=1e-4)
        assert one.magnitude == pytest.approx(alone.magnitude, abs=1e-4)
        assert abs(one.score) <= one.magnitude + 1e-9
        if not text.strip():
            assert (one.score, one.magnitude) == (0.0, 0.0)


def test_a_long_text_counts_all_its_windows(classifier: TextClassification):
    half = " ".join(GOOD * 12), " ".join(BAD * 12)
    good, bad, both = classifier.sentiment([*half, " ".join(half)], "en")
    assert bad.score < both.score < good.score


def test_stars_are_worth_what_they_count(tmp_path: Path):
    save_classifier(
        tmp_path, [f"{n} stars" for n in range(1, 6)], {"bad": 0, "plain": 2, "good": 4}
    )
    good, bad, plain = TextClassification(tmp_path, "cpu").sentiment(
        [GOOD[0], BAD[0], PLAIN[0]], "en"
    )
    assert bad.score < -0.8 < -0.2 < plain.score < 0.2 < 0.8 < good.score
    assert plain.magnitude < 0.2


def test_two_labels_have_no_neutral_text_to_measure_strength_by(tmp_path: Path):
    save_classifier(tmp_path, ["NEGATIVE", "POSITIVE"], {"bad": 0, "good": 1})
    (good,) = TextClassification(tmp_path, "cpu").sentiment([GOOD[0]], "en")
    assert good.score == good.magnitude > 0.8


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        (["1 star", "2 stars", "3 stars", "4 stars", "5 stars"], (-1, -0.5, 0, 0.5, 1)),
        (["1", "2", "3", "4", "5"], (-1, -0.5, 0, 0.5, 1)),
        (["POS", "NEU", "NEG"], (1, 0, -1)),
        (
            ["Very Negative", "negative", "neutral", "positive", "very_positive"],
            (-1, -0.5, 0, 0.5, 1),
        ),
        (["positive", "mixed", "negative"], (1, 0, -1)),
        (["LABEL_0", "LABEL_1"], None),
        (["joy", "anger"], None),
        (["positive", "neutral"], None),
        (["6 stars", "1 star"], None),
        ([], None),
    ],
)
def test_labels_are_worth_what_they_say_or_nothing_at_all(
    labels: list[str], values: tuple[float, ...] | None
):
    assert worth(labels) == values


@pytest.mark.parametrize("labels", [["LABEL_0", "LABEL_1"], ["joy", "anger"]])
def test_a_classifier_of_something_else_is_refused_with_its_labels(
    tmp_path: Path, labels: list[str]
):
    save_classifier(tmp_path, labels, {"bad": 0, "good": 1})
    with pytest.raises(FailedPrecondition, match=f"labels are {labels[0]}, {labels[1]}.*id2label"):
        TextClassification(tmp_path, "cpu")


def test_a_tagger_is_no_classifier(tmp_path: Path):
    from tests.unit.tiny import save_tagger

    save_tagger(tmp_path)
    with pytest.raises(FailedPrecondition, match="lacks the weights"):
        TextClassification(tmp_path, "cpu")
