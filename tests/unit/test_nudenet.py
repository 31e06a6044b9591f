"""The promise of nudenet's engines: what its network finds, told in Google's words."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from sensorium.models.engines import _nudenet
from sensorium.models.engines import nudenet as rating
from sensorium.models.errors import FailedPrecondition
from sensorium.models.tasks import Pixels
from tests.unit.test_yunet import opened

PICTURE = np.full((60, 90, 3), 128, np.uint8)
# as the network numbers them
FACE, BUTTOCKS, BREAST, VULVA, MAN_BREAST, ANUS, FEET, BELLY = 1, 2, 3, 4, 5, 6, 7, 13
PENIS, COVERED_BREAST, COVERED_BUTTOCKS = 14, 16, 17


class Network:
    """Is as sure of one class, in one place of the picture, as it was made."""

    def __init__(self, kind: int, score: float) -> None:
        self.guesses = np.full((2100, 22), 0.01, np.float32)
        self.guesses[700, 4 + kind] = score

    def look(self, images: Sequence[Pixels]) -> Iterator[_nudenet.Seen]:
        nothing = np.zeros((1, 1, 1), np.float32)
        for _ in images:
            yield _nudenet.Seen(self.guesses, (nothing, nothing, nothing))


def rated(monkeypatch: pytest.MonkeyPatch, kind: int, score: float = 0.8) -> dict[str, float]:
    monkeypatch.setattr(rating, "network", lambda: Network(kind, score))
    (found,) = rating.NudeNet().rate([PICTURE])
    return {name: round(likely, 3) for name, likely in found.items()}


@pytest.mark.parametrize("kind", [BUTTOCKS, BREAST, VULVA, ANUS, PENIS])
def test_naked_parts_make_a_picture_adult_and_racy(monkeypatch, kind):
    assert rated(monkeypatch, kind) == {"adult": 0.8, "racy": 0.8}


def test_underwear_makes_a_picture_racy_alone(monkeypatch):
    assert rated(monkeypatch, COVERED_BUTTOCKS) == {"adult": 0.01, "racy": 0.8}


@pytest.mark.parametrize("kind", [FACE, MAN_BREAST, FEET, BELLY, COVERED_BREAST])
def test_people_who_are_not_naked_are_neither(monkeypatch, kind):
    assert rated(monkeypatch, kind) == {"adult": 0.01, "racy": 0.01}


def test_the_package_is_read_and_not_imported():
    rating.NudeNet().rate([PICTURE])
    assert "nudenet" not in sys.modules


def test_weights_that_are_not_the_known_ones_are_refused(monkeypatch):
    monkeypatch.setattr(_nudenet, "SHA256", "0" * 64)
    with pytest.raises(FailedPrecondition, match=r"320n\.onnx of nudenet has sha256"):
        rating.NudeNet()


def test_photos_of_everyday_things_are_for_everybody(shared: Path):
    names = ("face_no_surprise", "face-input", "puppies", "landmark", "text_menu", "wakeupcat")
    photos = [opened(shared / "data" / "images" / f"{name}.jpg") for name in names]
    for name, found in zip(names, rating.NudeNet().rate(photos), strict=True):
        assert max(found.values()) < 0.2, name
