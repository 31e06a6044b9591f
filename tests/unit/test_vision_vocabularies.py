"""Vision features that go by vocabularies: landmarks, logos and the web."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from sensorium.apis.core import Call
from sensorium.apis.vision import similar, vocabulary
from sensorium.apis.vision.logos import written
from sensorium.apis.vision.references import scored
from sensorium.models.tasks import (
    ImageEmbedder,
    ImageMatcher,
    TextReader,
)
from tests.unit import patches, seeing
from tests.unit.patches import TREE, Ask, corners, drawn, own_words, png
from tests.unit.seeing import BLUE, RED, TASKS, spec

ask = patches.ask
openers = patches.openers
words = patches.words


# --- landmarks ----------------------------------------------------------------------------------

PLACES = "Red Rock\t36.1\t-115.4\nGreen Hill\t52.5\t13.4\n"


def test_a_landmark_of_the_vocabulary_has_its_location(ask: Ask, words):
    words("landmarks", PLACES)
    (one,) = ask(png(drawn()), "LANDMARK_DETECTION")["landmarkAnnotations"]
    assert (one["description"], one["score"]) == ("Green Hill", pytest.approx(0.8))
    assert one["locations"] == [{"latLng": {"latitude": 52.5, "longitude": 13.4}}]
    assert corners(one["boundingPoly"]) == (0, 0, 400, 200)


@pytest.mark.parametrize(
    ("low", "high", "score"),
    [
        ((50, 10), (55, 15), 0.8),
        ((10, 10), (20, 20), 0.4),
        ((50, 170), (55, -170), 0.4),
        ((50, 10), (55, -170), 0.8),
    ],
)
def test_places_outside_of_the_rectangle_count_half(ask: Ask, words, low, high, score):
    words("landmarks", PLACES)
    rectangle = {
        "minLatLng": {"latitude": low[0], "longitude": low[1]},
        "maxLatLng": {"latitude": high[0], "longitude": high[1]},
    }
    (one,) = ask(png(drawn()), "LANDMARK_DETECTION", latLongRect=rectangle)["landmarkAnnotations"]
    assert one["score"] == pytest.approx(score)


def test_a_rectangle_that_is_not_on_earth_is_refused(ask: Ask):
    rectangle = {"minLatLng": {"latitude": 95}}
    answer = ask(png(drawn()), "LANDMARK_DETECTION", latLongRect=rectangle)
    assert answer["error"]["code"] == 3
    assert "requests[0].imageContext.latLongRect.minLatLng" in answer["error"]["message"]


def test_the_users_own_pictures_teach_landmarks(ask: Ask, words, tmp_path):
    words("landmarks", "Our Barn\t1.5\t2.5\n")
    for name, colour in {"Our Barn": RED, "Our Pond": BLUE}.items():
        folder = tmp_path / "references" / "landmarks" / name
        folder.mkdir(parents=True)
        for i in range(2):
            shade = tuple(max(0, c - 8 * i) for c in colour)
            (folder / f"{i}.png").write_bytes(png(Image.new("RGB", (40, 40), shade)))
        (folder / "broken.jpg").write_bytes(b"not a picture")
        (folder / "notes.txt").write_text("ignored")
    barn = png(Image.new("RGB", (60, 30), (210, 25, 22)))
    (one,) = ask(barn, "LANDMARK_DETECTION", without=(ImageMatcher,))["landmarkAnnotations"]
    assert one["description"] == "Our Barn"
    assert one["score"] > 0.9
    assert one["locations"]
    first = seeing.calls["embed"]
    ask(barn, "LANDMARK_DETECTION", without=(ImageMatcher,))
    assert seeing.calls["embed"] < first  # references are embedded once
    meadow = png(Image.new("RGB", (60, 30), (30, 200, 30)))
    assert ask(meadow, "LANDMARK_DETECTION", without=(ImageMatcher,)) == {}


def test_references_without_an_engine_to_compare_them_are_refused(ask: Ask, words, tmp_path):
    folder = tmp_path / "references" / "logos" / "Acme"
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(png(drawn()))
    answer = ask(png(drawn()), "LOGO_DETECTION", without=(ImageMatcher, ImageEmbedder))
    assert answer["error"]["code"] == 9


def test_a_score_is_what_a_picture_has_beyond_what_all_have_in_common():

    def unit(*parts: float) -> Any:
        return (np.array(parts) / np.linalg.norm(parts)).astype(np.float32)

    one, other = unit(1, 0.5, 0), unit(1, 0, 0.5)
    references = {"one": [one], "other": [other]}
    (found,) = scored(one, references)
    assert found.name == "one"
    assert found.score == pytest.approx(1)
    assert scored(unit(0, 0.9, 0.1), references) == []
    assert scored(unit(1, 0, 0), {}) == []


# --- logos --------------------------------------------------------------------------------------


def test_lettering_is_a_logo_where_it_stands_for_itself(ask: Ask, words, monkeypatch):
    words("logos", "Acme Tools\nApple\n")
    monkeypatch.setattr(seeing.Reader, "written", "ACME TOOLS")
    reader = spec(TextReader, seeing.Reader)
    without = (ImageMatcher, ImageEmbedder)
    answer = ask(png(drawn()), "LOGO_DETECTION", without=without, engines=(reader,))
    (one,) = answer["logoAnnotations"]
    assert one["description"] == "Acme Tools"
    assert one["score"] == pytest.approx(0.96)
    assert corners(one["boundingPoly"]) == (10, 10, 110, 30)
    assert "error" not in answer


def test_a_word_in_a_sentence_is_no_logo():
    assert written([seeing.line("She ate an apple at noon")], ["Apple"]) == []
    (one,) = written([seeing.line("Apple Inc")], ["Apple"])
    assert one.name == "Apple"
    assert 0.5 < one.score < 0.7
    assert written([seeing.line("Pineapple")], ["Apple"]) == []


def test_lettering_and_likeness_of_one_brand_are_one_logo(ask: Ask, words, monkeypatch):
    words("logos", "Other\nAcme\n")
    monkeypatch.setattr(seeing.Reader, "written", "acme")
    reader = spec(TextReader, seeing.Reader)
    (one,) = ask(png(drawn()), "LOGO_DETECTION", engines=(reader,))["logoAnnotations"]
    assert (one["description"], one["score"]) == ("Acme", pytest.approx(0.96))
    assert corners(one["boundingPoly"])[0] == 10


def test_where_nothing_knows_logos_and_none_is_written_that_is_said(ask: Ask, words):
    words("logos", "Acme\n")
    reader = spec(TextReader, seeing.Reader)
    answer = ask(png(drawn()), "LOGO_DETECTION", without=tuple(TASKS), engines=(reader,))
    assert answer["error"]["code"] == 9


# --- the web ------------------------------------------------------------------------------------


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> None:
    class Index:
        async def similar(self, picture: Any, most: int, call: Call) -> list[similar.Similar]:
            return [similar.Similar("gs://b/far.jpg", 0.6), similar.Similar("gs://b/near.jpg", 0.9)]

    monkeypatch.setattr(similar, "_indexes", [Index()])


def test_the_best_guess_is_a_label_and_the_rest_is_empty(ask: Ask, words):
    answer = ask(png(drawn(TREE)), "WEB_DETECTION")["webDetection"]
    assert answer == {"bestGuessLabels": [{"label": "forest", "languageCode": "en"}]}


def test_similar_pictures_come_from_the_users_own_index(ask: Ask, words, index):
    answer = ask(png(drawn(TREE)), "WEB_DETECTION", without=tuple(TASKS))["webDetection"]
    assert [one["url"] for one in answer["visuallySimilarImages"]] == [
        "gs://b/near.jpg",
        "gs://b/far.jpg",
    ]
    assert set(answer) == {"visuallySimilarImages"}


# --- vocabularies -------------------------------------------------------------------------------


def test_a_vocabulary_is_names_a_line_with_places_and_the_users_changes():
    found = vocabulary.parse(
        "# places\nRed Rock\t36.1\t-115.4\nNowhere\tx\ty\n\nFar\t99\t0\nred rock\nOld\n-old\n"
    )
    assert [(one.name, one.place) for one in found] == [
        ("red rock", None),
        ("Nowhere", None),
        ("Far", None),
    ]


def test_the_users_names_come_on_top(monkeypatch, tmp_path):
    monkeypatch.setattr(vocabulary, "_text", lambda kind: "cat\ndog\n")
    assert [one.name for one in vocabulary.vocabulary("labels", None)] == ["cat", "dog"]
    own_words(tmp_path, "labels", "-dog\nowl\n")
    assert [one.name for one in vocabulary.vocabulary("labels", tmp_path)] == ["cat", "owl"]
