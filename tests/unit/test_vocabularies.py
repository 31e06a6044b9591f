"""The vocabularies that come with the gateway: readable, in order, each name once."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from sensorium.apis.vision.vocabulary import Kind, vocabulary
from tests.conftest import ROOT

KINDS = get_args(Kind)


def lines(kind: str) -> list[str]:
    text = (ROOT / "models" / "vocabularies" / f"{kind}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(("kind", "least"), [("labels", 1000), ("landmarks", 250), ("logos", 300)])
def test_a_vocabulary_has_every_line_as_a_name(kind: Kind, least: int):
    entries = vocabulary(kind, None)
    assert len(entries) == len(lines(kind)) >= least
    assert [entry.name for entry in entries] == [line.split("\t")[0] for line in lines(kind)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_vocabulary_is_in_order_and_says_what_it_is(kind: str):
    names = [line.split("\t")[0] for line in lines(kind)]
    assert names == sorted(names, key=str.casefold)
    first = (ROOT / "models" / "vocabularies" / f"{kind}.txt").read_text(encoding="utf-8")
    assert first.startswith("# ")


def test_labels_follow_the_words_this_is_a_photo_of():
    assert {"cat", "truck", "duck", "sunset"} <= {
        entry.name for entry in vocabulary("labels", None)
    }
    assert all(not line.startswith(("a ", "an ", "the ")) for line in lines("labels"))


def test_every_landmark_has_its_place_on_earth():
    places = {entry.name: entry.place for entry in vocabulary("landmarks", None)}
    assert None not in places.values()
    assert len(set(places.values())) == len(places)
    assert places["Eiffel Tower"] == pytest.approx((48.86, 2.29), abs=0.01)
    assert places["Sydney Opera House"] == pytest.approx((-33.86, 151.22), abs=0.01)
    assert places["Machu Picchu"] == pytest.approx((-13.16, -72.55), abs=0.01)


def test_brands_that_are_everyday_words_of_menus_and_signs_are_left_out():
    """Lettering is enough for a logo, so "Orange" on a menu would be one."""
    names = {entry.name.casefold() for entry in vocabulary("logos", None)}
    assert not names & {"orange", "mango", "mars", "sky", "man", "boots", "target", "x", "subway"}


def test_a_users_file_adds_and_takes_away(tmp_path: Path):
    own = tmp_path / "vocabularies"
    own.mkdir()
    (own / "landmarks.txt").write_text("Our Barn\t1.5\t2.5\n- Eiffel Tower\n")
    names = {entry.name: entry.place for entry in vocabulary("landmarks", tmp_path)}
    assert names["Our Barn"] == (1.5, 2.5)
    assert "Eiffel Tower" not in names
    assert len(names) == len(vocabulary("landmarks", None))
