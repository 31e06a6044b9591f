"""Whisper through transformers beside the same through faster-whisper.

    python -m benchmarks.whispers [--rounds 3]

A network of the size of whisper-base with random weights listens to eight stretches of four
seconds and writes up to 24 tokens of each: what it writes has no meaning, what it costs is that of
a trained one. Both run in turns in one process, each with all cores.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from sensorium.models.engines.faster_whisper import FasterWhisper
from sensorium.models.engines.whisper import Whisper
from tests.unit.standard_whisper import save_standard_whisper

_STRETCHES, _SECONDS, _TOKENS = 8, 4, 24
_SIZE = {
    **{"d_model": 512, "encoder_layers": 6, "decoder_layers": 6},
    **{"encoder_attention_heads": 8, "decoder_attention_heads": 8},
    **{"encoder_ffn_dim": 2048, "decoder_ffn_dim": 2048},
}


def main() -> int:
    """Print how many seconds of sound each hears in a second."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    rng = np.random.default_rng(7)
    sounds = [rng.integers(-3000, 3000, 16_000 * _SECONDS, np.int16) for _ in range(_STRETCHES)]
    with tempfile.TemporaryDirectory() as place:
        engines = _engines(Path(place))
        spent: dict[str, list[float]] = {name: [] for name in engines}
        for _ in range(rounds + 1):
            for name, engine in engines.items():
                started = time.perf_counter()
                engine.transcribe(sounds, "en")
                spent[name].append(time.perf_counter() - started)
    print("| whisper-base's size, random weights | times real time |\n|---|---|")
    for name, seconds in spent.items():
        print(f"| {name} | {_STRETCHES * _SECONDS / median(seconds[1:]):.1f} |")
    slow, fast = (median(seconds[1:]) for seconds in spent.values())
    print(f"| faster-whisper against transformers | {slow / fast:.2f}x |")
    return 0


def _engines(place: Path) -> dict[str, Any]:
    from ctranslate2.converters import TransformersConverter

    published, converted = place / "published", place / "converted"
    save_standard_whisper(published, **_SIZE)
    copied = ["tokenizer.json", "preprocessor_config.json"]
    TransformersConverter(str(published), copy_files=copied).convert(str(converted))
    slow, fast = Whisper(published, "cpu"), FasterWhisper(converted, "cpu")
    slow._model.generation_config.max_length = _TOKENS
    fast._model.transcribe = partial(
        fast._model.transcribe,
        max_new_tokens=_TOKENS,
        log_prob_threshold=None,
        compression_ratio_threshold=None,
    )
    return {"transformers, 32-bit, batched": slow, "faster-whisper, 8-bit": fast}


if __name__ == "__main__":
    raise SystemExit(main())
