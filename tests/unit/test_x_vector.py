"""The promise of x_vector: a network that knows voices tells them apart, whichever it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.models.engines.x_vector import XVector
from tests.conformance.speech import check_speaker_diarizer
from tests.unit.tiny import brought, train

VOICES = (120.0, 400.0, 1300.0)  # Hz: who hums at which


def hum(voice: int, seed: int, seconds: float = 1.0) -> Any:
    rng = np.random.default_rng(seed)
    at = np.arange(int(seconds * 16_000)) / 16_000
    wave = rng.uniform(4000, 9000) * np.sin(2 * np.pi * VOICES[voice] * at + rng.uniform(0, 6))
    return (wave + rng.normal(0, 60, len(at))).astype(np.int16)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WavLM of a few thousand parameters, trained to know three who hum."""
    import torch
    from transformers import Wav2Vec2FeatureExtractor, WavLMConfig, WavLMForXVector

    torch.manual_seed(7)
    config = WavLMConfig(
        **{"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2},
        **{"intermediate_size": 32, "conv_dim": (16, 16), "conv_stride": (10, 8)},
        **{"conv_kernel": (20, 8), "num_feat_extract_layers": 2, "num_buckets": 32},
        **{"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2},
        **{"tdnn_dim": (16, 16, 32), "tdnn_kernel": (3, 1, 1), "tdnn_dilation": (1, 1, 1)},
        **{"xvector_output_dim": 16, "num_labels": len(VOICES), "layerdrop": 0.0},
        **{"hidden_dropout": 0.0, "attention_dropout": 0.0, "feat_proj_dropout": 0.0},
        **{"final_dropout": 0.0, "apply_spec_augment": False},
    )
    extractor = Wav2Vec2FeatureExtractor()
    sounds = [hum(voice, seed) / 32768 for voice in range(len(VOICES)) for seed in range(6)]
    made = extractor(sounds, sampling_rate=16_000, return_tensors="pt")
    labels = torch.tensor([voice for voice in range(len(VOICES)) for _ in range(6)])
    model = WavLMForXVector(config)
    train(model, {"input_values": made["input_values"], "labels": labels}, 0.01, 120)
    where = tmp_path_factory.mktemp("xvector")
    model.save_pretrained(where)
    extractor.save_pretrained(where)
    return where


def test_it_does_what_every_diarizer_does(folder: Path):
    check_speaker_diarizer(brought("x_vector", folder))


def test_voices_it_knows_are_told_apart(folder: Path):
    order = [1, 1, 0, 2, 0, 1, 2, 2, 0, 1]
    turns = [hum(voice, 50 + at) for at, voice in enumerate(order)]
    numbers = {1: 1, 0: 2, 2: 3}
    assert XVector(folder, "cpu").speakers([turns], 3, 3) == [[numbers[one] for one in order]]


def test_a_turn_that_is_too_short_for_the_network_is_repeated(folder: Path):
    turns = [hum(0, 1), hum(2, 2), hum(0, 3)[:300], hum(2, 4)[:1]]
    (told,) = XVector(folder, "cpu").speakers([turns], 2, 2)
    assert told[:3] == [1, 2, 1]
