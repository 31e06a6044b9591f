"""A Whisper of a few thousand parameters that the tests train to hear tones as words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.unit.tiny import train

SECONDS = 2
WORDS = {300: " low tone", 900: " middle", 2500: " a high tone"}
GERMAN = {300: " tiefer Ton", 900: " mittel", 2500: " hoher Ton"}
_SPECIAL = [
    *("<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|de|>", "<|translate|>"),
    *("<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"),
]


def tone(hertz: int, seed: int = 0, seconds: float = 1.0, german: bool = False) -> Any:
    """A tone at 16 kHz, a little louder or softer and with some noise.

    One that is German by itself has an overtone; without it a tone is English, but may be asked for
    in German.
    """
    rng = np.random.default_rng(seed)
    at = np.arange(int(seconds * 16_000)) / 16_000
    wave = rng.uniform(4000, 9000) * np.sin(2 * np.pi * hertz * at + rng.uniform(0, 6))
    if german:
        wave += 3000 * np.sin(2 * np.pi * 6000 * at)
    return (wave + rng.normal(0, 60, len(at))).astype(np.int16)


def save_whisper(folder: Path) -> None:
    """Train it on two languages, and save it with its tokenizer and its extractor."""
    import torch
    from tokenizers import pre_tokenizers
    from transformers import (
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizer,
    )

    torch.manual_seed(7)
    letters = {char: at for at, char in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokens = WhisperTokenizer(vocab=letters, merges=[])
    times = [f"<|{at * 0.02:.2f}|>" for at in range(SECONDS * 50 + 1)]
    tokens.add_special_tokens({"additional_special_tokens": _SPECIAL[1:]})
    tokens.add_tokens(times)
    tokens.save_pretrained(folder)
    extractor = WhisperFeatureExtractor(chunk_length=SECONDS)
    extractor.save_pretrained(folder)
    ids = {token: tokens.convert_tokens_to_ids(token) for token in _SPECIAL}
    config = WhisperConfig(
        **{"vocab_size": len(tokens), "d_model": 32, "encoder_layers": 1, "decoder_layers": 2},
        **{"encoder_attention_heads": 2, "decoder_attention_heads": 2},
        **{"encoder_ffn_dim": 64, "decoder_ffn_dim": 64},
        **{"max_source_positions": SECONDS * 50, "max_target_positions": 64},
        **{"dropout": 0.0, "init_std": 0.2, "begin_suppress_tokens": None},
        **{"bos_token_id": ids["<|endoftext|>"], "eos_token_id": ids["<|endoftext|>"]},
        **{"pad_token_id": ids["<|endoftext|>"]},
        decoder_start_token_id=ids["<|startoftranscript|>"],
    )
    model = WhisperForConditionalGeneration(config)
    train(model, _batch(tokens, extractor, ids), 0.02, 800)
    model.save_pretrained(folder)
    facts = {
        **{"bos_token_id": config.bos_token_id, "eos_token_id": config.eos_token_id},
        **{"pad_token_id": config.pad_token_id, "max_length": 64, "is_multilingual": True},
        "decoder_start_token_id": config.decoder_start_token_id,
        "lang_to_id": {code: ids[code] for code in ("<|en|>", "<|de|>")},
        "task_to_id": {name: ids[f"<|{name}|>"] for name in ("transcribe", "translate")},
        "no_timestamps_token_id": ids["<|notimestamps|>"],
        "prev_sot_token_id": ids["<|startofprev|>"],
        "alignment_heads": [[1, 0], [1, 1]],
    }
    (folder / "generation_config.json").write_text(json.dumps(facts))


def _batch(tokens: Any, extractor: Any, ids: dict[str, int]) -> dict[str, Any]:
    import torch

    shown = [
        (tone(hertz, seed, german=german) / 32768, text, code, german or code == "<|en|>")
        for code, words, german in (
            *(("<|en|>", WORDS, False), ("<|de|>", GERMAN, False), ("<|de|>", GERMAN, True)),
        )
        for hertz, text in words.items()
        for seed in range(4)
    ]
    sounds = [sound for sound, *_ in shown]
    features = extractor(sounds, sampling_rate=16_000, return_tensors="pt")["input_features"]
    end = ids["<|endoftext|>"]
    rows, starts = [], []
    for _, text, code, told in shown:
        start = [
            ids[t] for t in ("<|startoftranscript|>", code, "<|transcribe|>", "<|notimestamps|>")
        ]
        text_ids = tokens(text, add_special_tokens=False)["input_ids"]
        starts.append([*start, *text_ids])
        rows.append([ids[code] if told else -100, -100, -100, *text_ids, end])
    longest = max(map(len, rows))
    return {
        "input_features": features,
        "labels": torch.tensor([row + [-100] * (longest - len(row)) for row in rows]),
        "decoder_input_ids": torch.tensor([row + [end] * (longest - len(row)) for row in starts]),
    }
