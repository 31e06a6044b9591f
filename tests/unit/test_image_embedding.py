"""The promise of image embeddings by card: one vector a picture, whatever model made it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.models.engines.image_embedding import ImageEmbedding
from sensorium.models.errors import FailedPrecondition
from tests.conformance.pictures import check_image_embedder, odd_pictures
from tests.unit.tiny import brought
from tests.unit.tiny_pictures import (
    numbered,
    pixels,
    plain,
    save_labeler,
    save_processor,
    vision,
)

MODELS = ("dinov2", "vit", "siglip_vision", "clip_vision", "convnext", "resnet", "swin")


def save(folder: Path, kind: str) -> tuple[Any, Any]:
    """Save a model of this kind with weights as they come; return it and its processor."""
    import torch
    import transformers

    torch.manual_seed(7)
    staged = {"num_channels": 3, "hidden_sizes": [8, 16], "depths": [1, 1]}
    makers: dict[str, tuple[str, dict[str, Any]]] = {
        "dinov2": ("Dinov2", vision()),
        "vit": ("ViT", vision()),
        "siglip_vision": ("SiglipVision", vision()),
        "clip_vision": ("CLIPVision", vision()),
        "convnext": ("ConvNext", {**staged, "num_stages": 2}),
        "resnet": ("ResNet", {**staged, "embedding_size": 8, "layer_type": "basic"}),
        "swin": (
            "Swin",
            {
                **{"image_size": 32, "patch_size": 2, "embed_dim": 8, "depths": [1, 1]},
                **{"num_heads": [1, 2], "window_size": 4},
            },
        ),
    }
    name, sizes = makers[kind]
    config = getattr(transformers, f"{name}Config")(**sizes)
    model = getattr(transformers, f"{name}Model")(config).eval()
    model.save_pretrained(folder)
    return model, save_processor(folder)


@pytest.mark.parametrize("kind", MODELS)
def test_every_kind_of_model_keeps_the_promises_of_the_task(tmp_path: Path, kind: str):
    brought("image_embedding", tmp_path)  # skips where the libraries are missing
    save(tmp_path, kind)
    check_image_embedder(brought("image_embedding", tmp_path))


def test_dinov2_is_told_by_its_class_token(tmp_path: Path):
    import torch

    model, processor = save(tmp_path, "dinov2")
    image = plain("red", 40)
    (vector,) = ImageEmbedding(tmp_path, "cpu").embed_images([image])
    with torch.inference_mode():
        expected = model(pixels(processor, [image])).pooler_output[0].numpy()
    assert vector == pytest.approx(expected / np.linalg.norm(expected), abs=1e-5)


def test_siglip_is_told_by_its_joint_features(tmp_path: Path):
    import torch
    import transformers

    torch.manual_seed(7)
    sizes = {name: size for name, size in vision().items() if name != "image_size"}
    model = transformers.SiglipModel(
        transformers.SiglipConfig(text_config=sizes, vision_config=vision())
    ).eval()
    model.save_pretrained(tmp_path)
    image = plain("red", 40)
    values = pixels(save_processor(tmp_path), [image])
    with torch.inference_mode():
        expected = model.get_image_features(values).pooler_output[0].numpy()
    (vector,) = ImageEmbedding(tmp_path, "cpu").embed_images([image])
    assert vector == pytest.approx(expected / np.linalg.norm(expected), abs=1e-5)


def test_siglip2_of_any_proportions_is_embedded(tmp_path: Path):
    import torch
    import transformers

    torch.manual_seed(7)
    sizes = {name: size for name, size in vision().items() if name != "image_size"}
    text = {**sizes, "vocab_size": 100, "projection_size": 32}
    config = transformers.Siglip2Config(
        text_config=text, vision_config={**sizes, "num_patches": 16}
    )
    transformers.Siglip2Model(config).save_pretrained(tmp_path)
    save_processor(tmp_path, "Siglip2", size=None, patch_size=8, max_num_patches=16)
    check_image_embedder(brought("image_embedding", tmp_path))


def test_half_precision_is_made_whole_on_a_processor(tmp_path: Path):
    model, _ = save(tmp_path, "dinov2")
    (whole,) = ImageEmbedding(tmp_path, "cpu").embed_images([plain("red")])
    model.half().save_pretrained(tmp_path)
    (half,) = ImageEmbedding(tmp_path, "cpu").embed_images([plain("red")])
    assert half == pytest.approx(whole, abs=0.01)


def test_a_classifiers_trunk_will_do(tmp_path: Path):
    save_labeler(tmp_path, ["a", "b", "c", "d"])  # a ViT that was saved without a pooler
    red, other, blue = ImageEmbedding(tmp_path, "cpu").embed_images(
        [plain("red", seed=3), plain("red", seed=4), plain("blue")]
    )
    assert red @ other > red @ blue


def test_a_batch_equals_its_pictures_one_by_one(tmp_path: Path):
    save(tmp_path, "dinov2")
    engine = ImageEmbedding(tmp_path, "cpu")
    images = [*odd_pictures(), *(plain("green", 20 + n, n) for n in range(20))]
    for image, vector in zip(images, engine.embed_images(images), strict=True):
        (alone,) = engine.embed_images([image])
        assert alone == pytest.approx(vector, abs=1e-4)


def test_a_processor_that_keeps_proportions_makes_no_hair_of_a_mile(tmp_path: Path):
    save(tmp_path, "dinov2")
    crop = {"height": 32, "width": 32}
    save_processor(
        tmp_path, "CLIP", size={"shortest_edge": 32}, crop_size=crop, do_center_crop=True
    )
    wall = np.zeros((20_000, 2, 3), np.uint8)
    (vector,) = ImageEmbedding(tmp_path, "cpu").embed_images([wall])
    assert np.isfinite(vector).all()


def test_missing_weights_are_told_and_not_made_up(tmp_path: Path):
    import transformers

    save(tmp_path, "dinov2")
    transformers.Dinov2Config(**vision(num_hidden_layers=3), **numbered(["a"])).save_pretrained(
        tmp_path
    )
    with pytest.raises(FailedPrecondition, match=r"lacks the weights .*layer\.2"):
        ImageEmbedding(tmp_path, "cpu")
