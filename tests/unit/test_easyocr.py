"""The promise of EasyOCR: words with every letter's place, upright or not, and no pickles."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sensorium.models.errors import FailedPrecondition
from tests.conformance.pictures import check_text_reader
from tests.unit.tiny import brought
from tests.unit.tiny_easyocr import LETTERS, save_craft, save_reader, written


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("easyocr")
    brought("easyocr", made)  # skips where the libraries are missing
    from sensorium.models.engines._torchvision import ensure_torchvision

    ensure_torchvision()
    save_craft(made / "craft.safetensors")
    save_reader(made / "letters.pth")
    (made / "characters.txt").write_text(f"{LETTERS}\n")
    return made


@pytest.fixture(scope="module")
def reader(folder: Path) -> Any:
    from sensorium.models.engines.easyocr import EasyOcr

    return EasyOcr(folder, "cpu")


def page(*placed: tuple[Image.Image, tuple[int, int]]) -> Image.Image:
    made = Image.new("RGB", (704, 512), "white")
    for image, place in placed:
        made.paste(image, place)
    return made


def words(lines: Any) -> list[str]:
    return sorted(word.text for line in lines for word in line.words)


def test_the_reader_keeps_the_promises_of_its_task(folder: Path):
    check_text_reader(brought("easyocr", folder))


def test_words_are_read_and_every_letter_has_its_place(reader: Any):
    (lines,) = reader.read([np.asarray(page((written("OIIOI"), (60, 100))))])
    assert words(lines) == ["OIIOI"]
    (line,) = lines
    left = min(point.x for point in line.polygon)
    right = max(point.x for point in line.polygon)
    assert 60 <= left < right <= 60 + written("OIIOI").width
    letters = [letter for word in line.words for letter in word.symbols]
    starts = [letter.polygon[0].x for letter in letters]
    assert starts == sorted(starts)
    assert all(0.3 <= letter.confidence <= 1 for letter in letters)


@pytest.mark.parametrize("angle", [0, 90, 270, 12, -20])
def test_a_line_is_read_along_its_direction_whichever_it_is(
    reader: Any, angle: int, monkeypatch: pytest.MonkeyPatch
):
    import easyocr.detection

    word = written("OIIOI")
    image = word.rotate(angle, expand=True, fillcolor="white")
    quarter = angle in (90, 270)  # the detector's boxes then stand, and do not tell the direction
    corners = turned(image.size if quarter else word.size, image.size, 0 if quarter else angle)
    monkeypatch.setattr(easyocr.detection, "get_textbox", lambda *_: [[corners]])
    (lines,) = reader.read([np.asarray(image)])
    (told,) = words(lines)
    assert told == "OIIOI" or (quarter and told == "IOIIO"), "bars look alike upside down"
    first, last = (lines[0].words[0].symbols[at].polygon[0] for at in (0, -1))
    ahead = np.array([last.x - first.x, last.y - first.y])
    along = np.array([np.cos(np.deg2rad(angle)), -np.sin(np.deg2rad(angle))])
    towards = ahead @ along / np.linalg.norm(ahead)
    assert towards > 0.98 if told == "OIIOI" else towards < -0.98


def turned(size: tuple[int, int], canvas: tuple[int, int], angle: int) -> Any:
    """The corners of a picture that was turned about its middle, as the detector tells them."""
    corners = (np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) - 0.5) * size
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    places = corners @ np.array([[cos, -sin], [sin, cos]]) + np.array(canvas) / 2
    return places.astype(np.int32).reshape(-1)


def test_several_pictures_are_answered_each_in_its_place(reader: Any):
    one, two = (np.asarray(page((written(text), (50, 50)))) for text in ("IIO", "OOOO"))
    nothing = np.full((40, 40, 3), 255, np.uint8)
    hair = np.full((2, 900, 3), 255, np.uint8)
    found = [words(lines) for lines in reader.read([one, nothing, two, hair])]
    assert found == [["IIO"], [], ["OOOO"], []]


def test_an_unknown_recogniser_needs_its_letters(folder: Path, tmp_path: Path):
    from sensorium.models.engines.easyocr import EasyOcr

    for name in ("craft.safetensors", "letters.pth"):
        shutil.copy(folder / name, tmp_path)
    with pytest.raises(FailedPrecondition, match="cyrillic_g2"):
        EasyOcr(tmp_path, "cpu")
    (tmp_path / "characters.txt").write_text("I")
    with pytest.raises(FailedPrecondition, match="3 letters apart, and 1 are named"):
        EasyOcr(tmp_path, "cpu")


def test_a_pickle_that_would_run_code_is_refused(folder: Path, tmp_path: Path):
    import pickle

    from sensorium.models.engines.easyocr import EasyOcr

    class Bomb:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "exploded",)

    shutil.copy(folder / "craft.safetensors", tmp_path)
    (tmp_path / "latin_g2.pth").write_bytes(pickle.dumps({"weights": Bomb()}, 2))
    with pytest.raises(FailedPrecondition, match=r"latin_g2\.pth cannot be opened"):
        EasyOcr(tmp_path, "cpu")
    assert not (tmp_path / "exploded").exists()


def test_a_folder_without_both_networks_says_which_files_it_must_hold(tmp_path: Path):
    brought("easyocr", tmp_path)
    from sensorium.models.engines.easyocr import EasyOcr

    with pytest.raises(FailedPrecondition, match="CRAFT and one recogniser") as caught:
        EasyOcr(tmp_path, "cpu")
    assert "craft_mlt_25k.pth" in (caught.value.hint or "")
