"""The promise of detectors by card: what transformers itself would say, and only what is sure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.models.engines import object_detection
from sensorium.models.engines.object_detection import ObjectDetection, likelihoods
from sensorium.models.errors import FailedPrecondition
from tests.conformance.pictures import check_object_detector
from tests.unit.networks import BLUE, RED, painted
from tests.unit.tiny import brought
from tests.unit.tiny_pictures import numbered, save_detector, save_labeler, save_processor

KINDS = ["cat", "dog", "tree"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("detector")
    brought("object_detection", made)  # skips where the libraries are missing
    save_detector(made)
    return made


@pytest.fixture(scope="module")
def detector(folder: Path) -> ObjectDetection:
    return ObjectDetection(folder, "cpu")


def test_a_detector_by_card_keeps_the_promises_of_its_task(folder: Path):
    check_object_detector(brought("object_detection", folder))


@pytest.mark.parametrize(("width", "height"), [(64, 64), (128, 128), (400, 200), (48, 96)])
def test_things_are_found_where_they_are_in_pictures_of_any_shape(
    detector: ObjectDetection, width: int, height: int
):
    place = (width // 2, 0, width, height // 2)
    found = detector.objects(
        [painted(width, height, (colour, place)) for colour in (RED, BLUE)]
        + [painted(width, height)]
    )
    assert [[one.name for one in things] for things in found] == [["red thing"], ["blue thing"], []]
    box = found[0][0].box
    assert box.left == pytest.approx(place[0], abs=width * 0.08)
    assert box.top == pytest.approx(place[1], abs=height * 0.08)
    assert box.right == pytest.approx(place[2], abs=width * 0.08)
    assert box.bottom == pytest.approx(place[3], abs=height * 0.08)
    assert found[0][0].score > 0.9


def small(name: str) -> Any:
    """A detector of this kind with weights as they come."""
    import torch
    import transformers

    torch.manual_seed(7)
    model = getattr(transformers, f"{name}ForObjectDetection")(config(name)).eval()
    with torch.no_grad():  # else all queries would say the same
        for weights in model.parameters():
            if weights.ndim > 1:
                weights += 0.15 * torch.randn_like(weights)
    return model


def config(name: str) -> Any:
    import transformers

    sizes: dict[str, Any] = {
        **{"d_model": 32, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32},
        **{"encoder_layers": 1, "decoder_layers": 2},
        **{"encoder_attention_heads": 2, "decoder_attention_heads": 2, "num_queries": 20},
        **numbered(KINDS),
    }
    depths = {"embedding_size": 8, "hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1]}
    if name in ("RTDetr", "RTDetrV2", "DFine"):
        backbone = transformers.RTDetrResNetConfig(
            **depths, layer_type="basic", out_features=["stage2", "stage3", "stage4"]
        )
        sizes |= {"encoder_hidden_dim": 32, "encoder_in_channels": [16, 24, 32]}
        sizes |= {"decoder_in_channels": [32, 32, 32], "feat_strides": [8, 16, 32]}
        if name == "DFine":
            sizes |= {"decoder_n_points": [4, 4, 4], "num_denoising": 0}
    else:
        backbone = transformers.ResNetConfig(**depths, layer_type="basic", out_features=["stage4"])
        sizes |= {"use_timm_backbone": False, "use_pretrained_backbone": False, "backbone": None}
    return getattr(transformers, f"{name}Config")(backbone_config=backbone, **sizes)


@pytest.mark.parametrize("name", ["Detr", "ConditionalDetr", "RTDetr", "RTDetrV2", "DFine"])
def test_every_kind_of_detector_says_what_transformers_makes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    import torch

    model = small(name)
    model.save_pretrained(tmp_path)
    kind = {"Detr": "Detr"}.get(name, "RTDetr")
    processor = save_processor(tmp_path, kind, size={"height": 64, "width": 64})
    monkeypatch.setattr(object_detection, "_LEAST", 0.0)
    rng = np.random.default_rng(5)
    images = [rng.integers(0, 256, (*size, 3), np.uint8) for size in ((64, 64), (50, 90))]
    found = ObjectDetection(tmp_path, "cpu").objects(images)
    for image, things in zip(images, found, strict=True):
        made = processor(images=[image], return_tensors="pt")
        with torch.inference_mode():
            told = model(**made)
        how = {} if kind == "Detr" else {"use_focal_loss": True}
        (expected,) = processor.post_process_object_detection(told, 0.0, [image.shape[:2]], **how)
        best: dict[tuple[float, ...], tuple[float, str]] = {}
        for score, label, box in zip(
            expected["scores"].tolist(),
            expected["labels"].tolist(),
            expected["boxes"].tolist(),
            strict=True,
        ):
            key = tuple(round(side, 3) for side in box)
            best[key] = max(best.get(key, (0.0, "")), (score, KINDS[label]))
        surest, where = max((one, key) for key, one in best.items())
        assert things[0].score == pytest.approx(surest[0], abs=1e-4)
        assert things[0].name == surest[1]
        assert things[0].box.left == pytest.approx(max(where[0], 0), abs=0.01)
        assert things[0].box.bottom == pytest.approx(min(where[3], image.shape[0]), abs=0.01)


def test_nothing_is_a_label_of_its_own_where_the_model_has_one_more():
    logits = np.array([[0.0, 0.0, 5.0], [9.0, 0.0, 0.0]], np.float32)
    shares = likelihoods(logits, 2)
    assert shares.shape == (2, 2)
    assert shares[0].max() < 0.01
    assert shares[1].argmax() == 0
    alone = likelihoods(logits, 3)
    assert alone[1] == pytest.approx([1, 0.5, 0.5], abs=1e-3)


def test_gaps_in_the_numbering_are_no_things(folder: Path, tmp_path: Path):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / "config.json"
    path.write_text(path.read_text().replace("red thing", "N/A"))
    gap = ObjectDetection(tmp_path, "cpu")
    assert gap.names() == ("blue thing",)
    assert gap.objects([painted(64, 64, (RED, (32, 0, 64, 32)))]) == [[]]


def test_a_classifier_is_no_detector(tmp_path: Path):
    save_labeler(tmp_path, ["a", "b", "c", "d"])
    with pytest.raises(FailedPrecondition, match="cannot be opened"):
        ObjectDetection(tmp_path, "cpu")
