"""The promise of classifiers of pictures by card: sure labels by their names, nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sensorium.models.engines.image_classification import ImageClassification
from sensorium.models.errors import FailedPrecondition
from tests.conformance.pictures import check_image_labeler, odd_pictures
from tests.unit.tiny import brought
from tests.unit.tiny_pictures import plain, save_labeler

LABELS = ["scarlet, red", "green", "blue", "noise, static"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("labeler")
    brought("image_classification", made)  # skips where the libraries are missing
    save_labeler(made, LABELS)
    return made


@pytest.fixture(scope="module")
def labeler(folder: Path) -> ImageClassification:
    return ImageClassification(folder, "cpu")


def relabelled(folder: Path, target: Path, labels: list[str]) -> Path:
    """A copy of the model whose labels have other names."""
    for file in folder.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    config = json.loads((target / "config.json").read_text())
    config["id2label"] = dict(enumerate(labels))
    config["label2id"] = {name: number for number, name in enumerate(labels)}
    (target / "config.json").write_text(json.dumps(config))
    return target


def test_a_classifier_by_card_keeps_the_promises_of_its_task(folder: Path):
    check_image_labeler(brought("image_classification", folder))


def test_a_picture_has_the_first_of_its_labels_names(labeler: ImageClassification):
    found = labeler.labels([plain("blue", 50, seed=91), plain("red", 20, 92), plain("noise", 90)])
    assert [[label.name for label in labels] for labels in found] == [
        ["blue"],
        ["scarlet"],
        ["noise"],
    ]
    assert all(labels[0].score > 0.9 for labels in found)


def test_what_is_not_sure_is_not_told(labeler: ImageClassification):
    between = ((plain("red").astype(int) + plain("green")) // 2).astype(np.uint8)
    (labels,) = labeler.labels([between])
    assert all(label.score >= 0.5 for label in labels)
    assert len(labels) <= 1


def test_a_batch_equals_its_pictures_one_by_one(labeler: ImageClassification):
    images = [*odd_pictures(), *(plain("green", 30 + n, n) for n in range(20))]
    together = labeler.labels(images)
    for image, labels in zip(images, together, strict=True):
        (alone,) = labeler.labels([image])
        assert [one.name for one in alone] == [one.name for one in labels]
        for one, other in zip(alone, labels, strict=True):
            assert one.score == pytest.approx(other.score, abs=1e-4)


def test_labels_of_one_name_are_one_label(folder: Path, tmp_path: Path):
    crane = relabelled(folder, tmp_path, ["crane", "crane, bird", "blue", "noise"])
    half = np.concatenate([plain("red")[:, :16], plain("green")[:, :16]], axis=1)
    (labels,) = ImageClassification(crane, "cpu").labels([half])
    assert [label.name for label in labels] == ["crane"]
    assert labels[0].score <= 1


def test_labels_that_stand_for_themselves_may_be_several(tmp_path: Path):
    save_labeler(tmp_path, LABELS, "multi_label_classification")
    (labels,) = ImageClassification(tmp_path, "cpu").labels([plain("green", seed=77)])
    assert [label.name for label in labels] == ["green"]


def test_labels_without_names_are_refused(folder: Path, tmp_path: Path):
    nameless = relabelled(folder, tmp_path, [f"LABEL_{n}" for n in range(4)])
    with pytest.raises(FailedPrecondition, match=r"what its labels are called.*id2label"):
        ImageClassification(nameless, "cpu")


def test_a_folder_without_a_processor_is_refused_by_what_it_lacks(folder: Path, tmp_path: Path):
    for file in folder.iterdir():
        if file.name != "preprocessor_config.json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(FailedPrecondition, match=r"cannot be opened.*preprocessor_config\.json"):
        ImageClassification(tmp_path, "cpu")
