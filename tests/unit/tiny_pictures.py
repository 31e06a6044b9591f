"""Vision models of a few thousand parameters that the tests train until they know colours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.unit.networks import painted
from tests.unit.tiny import tokenizer, train

COLOURS = {"red": (220, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 220)}
SIDE = 32
_HALF = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}


def plain(name: str, side: int = SIDE, seed: int = 0) -> Any:
    """A picture of nearly one colour; of noise where the name is no colour."""
    rng = np.random.default_rng(seed)
    if name not in COLOURS:
        return rng.integers(0, 256, (side, side, 3), np.uint8)
    shade = np.array(COLOURS[name]) + rng.integers(-30, 31, 3)
    grain = rng.integers(-10, 11, (side, side, 3))
    return np.clip(shade + grain, 0, 255).astype(np.uint8)


def save_processor(folder: Path, kind: str = "ViT", **how: Any) -> Any:
    """Save an image processor of a fixed size, and return it."""
    import importlib

    module = {
        "ViT": "vit",
        "CLIP": "clip",
        "Siglip": "siglip",
        "Yolos": "yolos",
        "RTDetr": "rt_detr",
    }
    named = module.get(kind, kind.lower())
    where = f"transformers.models.{named}.image_processing_pil_{named}"
    maker = getattr(importlib.import_module(where), f"{kind}ImageProcessorPil")
    processor = maker(**{"size": {"height": SIDE, "width": SIDE}, **_HALF, **how})
    processor.save_pretrained(folder)
    return processor


def pixels(processor: Any, images: Sequence[Any]) -> Any:
    """What a processor makes of pictures."""
    made = processor(images=list(images), input_data_format="channels_last", return_tensors="pt")
    return made["pixel_values"]


def vision(**more: Any) -> dict[str, Any]:
    """The sizes of a transformer of two layers of width 32 that sees 32 x 32 pixels."""
    return {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "image_size": SIDE,
        "patch_size": 8,
        **more,
    }


def numbered(labels: Sequence[str]) -> dict[str, Any]:
    """Labels as a configuration has them."""
    return {
        "id2label": dict(enumerate(labels)),
        "label2id": {name: number for number, name in enumerate(labels)},
    }


def save_labeler(folder: Path, labels: Sequence[str], problem: str | None = None) -> None:
    """Train a ViT on pictures of one colour each, noise among them, and save it."""
    import torch
    from transformers import ViTConfig, ViTForImageClassification

    torch.manual_seed(7)
    processor = save_processor(folder)
    kinds = [*COLOURS, "noise"]
    shown = [(kind, seed) for kind in range(4) for seed in range(8)]
    batch = pixels(processor, [plain(kinds[kind], seed=seed) for kind, seed in shown])
    wanted = torch.tensor([kind for kind, _ in shown])
    if problem == "multi_label_classification":
        wanted = torch.nn.functional.one_hot(wanted, 4).float()
    config = ViTConfig(**vision(), **numbered(labels), problem_type=problem)
    model = ViTForImageClassification(config)
    train(model, {"pixel_values": batch, "labels": wanted}, 0.02)
    model.save_pretrained(folder)


def save_detector(folder: Path) -> None:
    """Train a YOLOS to find a red or a blue quarter of a grey picture, and save it."""
    import torch
    from transformers import YolosConfig, YolosForObjectDetection

    torch.manual_seed(7)
    processor = save_processor(folder, "Yolos", size={"height": 64, "width": 64}, do_pad=False)
    rng = np.random.default_rng(7)
    images: list[Any] = [np.full((64, 64, 3), shade, np.uint8) for shade in (0, 90, 128, 255)]
    images += [plain("noise", 64, seed) for seed in range(4)]
    wanted = [([], [])] * len(images)
    for at in range(64):
        kind, left, top, step = at % 2, 64 * (at // 2 % 2), 64 * (at // 4 % 2), 1 + at // 8 % 2
        colour = np.array(list(COLOURS.values())[2 * kind]) + rng.integers(-20, 21, 3)
        image = painted(128, 128, (colour.clip(0, 255), (left, top, left + 64, top + 64)))
        grain = rng.integers(-12, 13, image.shape)
        images.append((image + grain).clip(0, 255).astype(np.uint8)[::step, ::step])
        wanted.append(([kind], [[(left + 32) / 128, (top + 32) / 128, 0.5, 0.5]]))
    told = [
        {
            "class_labels": torch.tensor(kinds, dtype=torch.long),
            "boxes": torch.tensor(boxes, dtype=torch.float).reshape(-1, 4),
        }
        for kinds, boxes in wanted
    ]
    batch = torch.cat([pixels(processor, [image]) for image in images])
    config = YolosConfig(
        **vision(image_size=[64, 64], patch_size=16, num_detection_tokens=4),
        **numbered(["red thing", "blue thing"]),
        initializer_range=0.2,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    model = YolosForObjectDetection(config)
    for places in ("position_embeddings", "detection_tokens"):  # all zero, they learn slowly
        torch.nn.init.normal_(getattr(model.vit.embeddings, places), std=0.3)
    train(model, {"pixel_values": batch, "labels": told}, 0.1, 800)
    model.save_pretrained(folder)


def save_matcher(folder: Path, kind: str, background: Sequence[str] = ()) -> None:
    """Train a SigLIP or a CLIP on three colours and their names, and save it.

    A CLIP also learns that `background` is what pictures of noise are called.
    """
    import torch
    import transformers

    torch.manual_seed(7)
    processor = save_processor(folder, kind, do_center_crop=False)
    prompts = [f"This is a photo of {name}." for name in COLOURS] + list(background)
    images = [plain(name) for name in COLOURS]
    images += [plain("noise", seed=seed) for seed, _ in enumerate(background)]
    if kind == "Siglip":
        prompts = [prompt.lower() for prompt in prompts]
    tokens = tokenizer([*prompts, "abcdefghijklmnopqrstuvwxyz"], 24)
    tokens.save_pretrained(folder)
    text = {
        **{name: size for name, size in vision().items() if "size" not in name},
        **{"hidden_size": 32, "intermediate_size": 64, "vocab_size": len(tokens)},
        **{"max_position_embeddings": 24, "projection_dim": 32, "projection_size": 32},
        **{"eos_token_id": tokens.sep_token_id, "pad_token_id": tokens.pad_token_id},
        "bos_token_id": tokens.cls_token_id,
    }
    config = getattr(transformers, f"{kind}Config")(
        text_config=text, vision_config=vision(projection_dim=32), projection_dim=32
    )
    model = getattr(transformers, f"{kind}Model")(config)
    encoded = tokens(
        prompts,
        padding=True if kind == "CLIP" else "max_length",
        truncation=True,
        max_length=24,
        return_tensors="pt",
    )
    batch = {"input_ids": encoded["input_ids"], "pixel_values": pixels(processor, images)}
    if kind == "CLIP":
        batch["attention_mask"] = encoded["attention_mask"]
    train(model, {**batch, "return_loss": True}, 0.1)
    model.save_pretrained(folder)
