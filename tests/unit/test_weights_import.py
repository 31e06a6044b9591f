"""Weights that are imported from a folder, and cards that are chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorium.models.errors import (
    InvalidArgument,
    NotFound,
)
from sensorium.models.weights import Weights
from tests.unit.hubs import CONTENT, OTHER, card_of, file_of

SHARED = Path(__file__).parents[2] / ".." / "shared" / "weights"


# --- importing and choosing -------------------------------------------------------------------


def test_import_finds_files_by_their_bytes_whatever_they_are_called(tmp_path: Path) -> None:
    stick = tmp_path / "stick" / "deep"
    stick.mkdir(parents=True)
    (stick / "renamed.bin").write_bytes(CONTENT)
    (stick / "c.json").write_bytes(OTHER)
    weights = Weights(tmp_path / "weights", {"tiny": card_of()})
    (told,) = weights.import_folder(tmp_path / "stick")
    assert (told.card, told.state) == ("tiny", "imported")
    folder = weights.locate("tiny")
    assert folder is not None
    assert (folder / "onnx" / "model.onnx").read_bytes() == CONTENT
    (again,) = weights.import_folder(tmp_path / "stick")
    assert again.state == "present"


def test_import_names_what_is_missing_and_what_is_altered(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_bytes(OTHER)
    one = card_of()
    two = card_of(file_of("special.onnx", b"right"), name="two")
    three = card_of(file_of("absent.onnx", b"nowhere"), name="three")
    weights = Weights(tmp_path / "weights", {"tiny": one, "two": two, "three": three})
    (tmp_path / "special.onnx").write_bytes(b"wrong")
    told = {one.card: one for one in weights.import_folder(tmp_path)}
    assert set(told) == {"tiny", "two"}
    assert told["tiny"].state == "incomplete"
    assert "onnx/model.onnx" in told["tiny"].detail
    assert told["two"].state == "mismatch"
    assert "special.onnx" in told["two"].detail
    assert weights.locate("two") is None


def test_import_of_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="is not a folder"):
        Weights(tmp_path, {}).import_folder(tmp_path / "none")


def test_cards_are_selected_by_name_task_and_profile(tmp_path: Path) -> None:
    small = card_of(name="small")
    big = small.model_copy(update={"name": "big", "profile": "gpu", "task": "Transcriber"})
    weights = Weights(tmp_path, {"small": small, "big": big})
    assert weights.select(["big"]) == [big]
    assert weights.select(task="ObjectDetector") == [small]
    assert weights.select(profile="cpu") == [small]
    assert weights.select(profile="gpu") == [small, big]
    with pytest.raises(NotFound, match="Did you mean 'small'"):
        weights.select(["smal"])
    with pytest.raises(NotFound, match="ObjectDetector, Transcriber"):
        weights.select(task="Painter")


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/weights is absent")
def test_the_real_yunet_file_is_imported_under_its_card(tmp_path: Path) -> None:
    weights = Weights(tmp_path)
    told = {one.card: one.state for one in weights.import_folder(SHARED)}
    assert told["yunet"] == "imported"
    assert weights.locate("yunet")
