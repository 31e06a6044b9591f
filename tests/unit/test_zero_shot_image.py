"""The promise of zero-shot matching: each name's probability on its own, as the model says it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sensorium.apis.vision.vocabulary import vocabulary
from sensorium.models.engines import zero_shot_image
from sensorium.models.engines.zero_shot_image import _BACKGROUND, ZeroShotImage
from sensorium.models.errors import FailedPrecondition
from tests.conformance.pictures import check_image_matcher, odd_pictures
from tests.unit.installed import annotated, sensorium
from tests.unit.tiny import brought
from tests.unit.tiny_pictures import COLOURS, pixels, plain, save_labeler, save_matcher

NAMES = list(COLOURS)


@pytest.fixture(scope="module")
def siglip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("siglip")
    brought("zero_shot_image", made)  # skips where the libraries are missing
    save_matcher(made, "Siglip")
    return made


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("clip")
    brought("zero_shot_image", made)
    save_matcher(made, "CLIP", _BACKGROUND)
    return made


@pytest.fixture(params=["siglip", "clip"])
def folder(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def matcher(folder: Path) -> ZeroShotImage:
    return ZeroShotImage(folder, "cpu")


def test_a_matcher_by_card_keeps_the_promises_of_its_task(folder: Path):
    check_image_matcher(brought("zero_shot_image", folder))


def test_what_fits_is_likeliest_and_likelier_than_not(matcher: ZeroShotImage):
    images = [plain(name, 40, seed=50) for name in NAMES]
    for name, scores in zip(NAMES, matcher.match(images, NAMES), strict=True):
        told = dict(zip(NAMES, scores, strict=True))
        assert max(told, key=lambda one: told[one]) == name
        assert told[name] > 0.5


def test_siglip_finds_that_nothing_else_fits(siglip: Path):
    images = [plain(name, 40, seed=50) for name in NAMES]
    found = ZeroShotImage(siglip, "cpu").match(images, NAMES)
    for name, scores in zip(NAMES, found, strict=True):
        assert [score > 0.5 for score in scores] == [other == name for other in NAMES]


def test_names_do_not_change_each_others_figures(matcher: ZeroShotImage):
    image = plain("red", 40, seed=51)
    (together,) = matcher.match([image], NAMES)
    (twice,) = matcher.match([image], [*reversed(NAMES), "red"])
    assert twice == pytest.approx([*reversed(together), together[0]], abs=1e-5)


def test_siglip_says_what_transformers_says(siglip: Path):
    import torch
    from transformers import AutoTokenizer, SiglipModel

    matcher = ZeroShotImage(siglip, "cpu")
    model = SiglipModel.from_pretrained(siglip).eval()
    tokens = AutoTokenizer.from_pretrained(siglip)
    image = plain("green", 40, seed=52)
    prompts = [f"this is a photo of {name}." for name in NAMES]
    taken = tokens(prompts, padding="max_length", max_length=24, return_tensors="pt")
    with torch.inference_mode():
        logits = model(
            input_ids=taken["input_ids"], pixel_values=pixels(matcher._seer.processor, [image])
        ).logits_per_image
    assert matcher.match([image], NAMES)[0] == pytest.approx(
        torch.sigmoid(logits)[0].tolist(), abs=1e-4
    )


def test_clip_does_not_see_in_noise_what_it_has_words_for(clip: Path):
    (scores,) = ZeroShotImage(clip, "cpu").match([plain("noise", seed=0)], NAMES)
    assert max(scores) < 0.5


def test_a_batch_equals_its_pictures_one_by_one(matcher: ZeroShotImage):
    images = [*odd_pictures(), *(plain("blue", 20 + n, n) for n in range(12))]
    for image, scores in zip(images, matcher.match(images, NAMES), strict=True):
        assert matcher.match([image], NAMES)[0] == pytest.approx(scores, abs=1e-4)


def test_a_name_is_read_once_until_it_is_forgotten(
    matcher: ZeroShotImage, monkeypatch: pytest.MonkeyPatch
):
    read: list[str] = []
    texts = matcher._texts

    def counted(some: Any) -> Any:
        read.extend(some)
        return texts(some)

    monkeypatch.setattr(matcher, "_texts", counted)
    monkeypatch.setattr(zero_shot_image, "_REMEMBERED", 3)
    image = plain("red")
    matcher._vectors.clear()
    first = matcher.match([image], ["red", "red", "green"])
    assert matcher.match([image], ["red", "red", "green"]) == first
    assert len(read) == 2
    many = [f"name {n}" for n in range(200)]
    (scores,) = matcher.match([image], many)
    assert len(scores) == 200
    assert len(matcher._vectors) == 3
    assert matcher.match([image], ["red", "red", "green"]) == [pytest.approx(first[0], abs=1e-5)]
    assert len(read) == 204


def test_names_that_were_read_are_kept_for_the_next_start(
    siglip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for file in siglip.glob("*.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    names = [*NAMES, "🦊 fox\n", "it's {odd}"]
    image = plain("blue")
    first = ZeroShotImage(tmp_path, "cpu").match([image], names)
    again = ZeroShotImage(tmp_path, "cpu")
    monkeypatch.setattr(again, "_texts", None)  # cannot read
    assert again.match([image], names) == first


def test_what_was_kept_badly_is_read_again(siglip: Path, tmp_path: Path):
    for file in siglip.glob("*.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    image, place = plain("blue"), tmp_path / ".names.npz"
    (first,) = ZeroShotImage(siglip, "cpu").match([image], NAMES)
    for content in (b"", b"PK\x03\x04 and no more", b"\x80\x04pickle"):
        place.write_bytes(content)
        assert ZeroShotImage(tmp_path, "cpu").match([image], NAMES) == [pytest.approx(first)]
    place.unlink()
    place.mkdir()  # nothing can be kept there
    assert ZeroShotImage(tmp_path, "cpu").match([image], NAMES) == [pytest.approx(first)]
    assert [one.name for one in tmp_path.glob(".names*")] == [".names.npz"]


def test_a_model_without_words_is_refused(tmp_path: Path):
    save_labeler(tmp_path, ["a", "b", "c", "d"])
    with pytest.raises(FailedPrecondition, match=r"lacks the weights|pictures and words"):
        ZeroShotImage(tmp_path, "cpu")


# --- from a folder to Google's answer -----------------------------------------------------------


def test_a_matcher_of_ones_own_tells_labels_of_ones_own(siglip: Path, tmp_path: Path):
    how = ("--engine", "zero_shot_image", "--languages", "*", "--licence", "MIT")
    assert "imported" in sensorium(tmp_path, "cards", "new", "colours", str(siglip), *how)
    own = tmp_path / "vocabularies"
    own.mkdir()
    away = [f"-{entry.name}" for entry in vocabulary("labels", None)]
    (own / "labels.txt").write_text("\n".join([*away, *NAMES]))
    target = io.BytesIO()
    Image.fromarray(plain("green", 60, seed=53)).save(target, "PNG")
    (answer,) = annotated(tmp_path, "LABEL_DETECTION", target.getvalue())
    assert [one["description"] for one in answer["labelAnnotations"]] == ["Green"]
    assert answer["labelAnnotations"][0]["score"] > 0.5
