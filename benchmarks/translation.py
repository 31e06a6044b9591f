"""Translation: Apertium beside its own command line, and Marian in batches beside one by one.

    python -m benchmarks.translation

Apertium translates 500 sentences that differ, through the pool as the gateway does, and the
`apertium` program the same text in one go and, for a tenth of them, a process each. Marian is a
model of OPUS-MT's size with random weights on the CPU (which never ends a sentence by itself, so
that all get the most tokens), through the engine's own code.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from typing import Any

from sensorium.models.engines import _seq2seq
from sensorium.models.engines._seq2seq import Writer
from sensorium.models.pool import LocalModels
from sensorium.models.tasks import Translator

THINGS = ("dog", "house", "train", "letter", "doctor", "river", "market", "song", "garden", "book")
SENTENCES = [
    f"The {thing} that I saw in room {number} was not as big as the other one."
    for number in range(50)
    for thing in THINGS
]
MARIAN = 32  # sentences


def main() -> int:
    """Print the figures."""
    asyncio.run(apertium())
    marian()
    return 0


async def apertium() -> None:
    """Compare Apertium through the pool with its command line."""
    models = LocalModels()
    translate = models.use(Translator.translate, engine="apertium", timeout=120.0)
    await translate(SENTENCES[:1], "en", "es")
    began = time.perf_counter()
    found = await translate(SENTENCES, "en", "es")
    together = len(found) / (time.perf_counter() - began)
    began = time.perf_counter()
    for one in SENTENCES[:100]:
        await translate([one], "en", "es")
    alone = 100 / (time.perf_counter() - began)
    await models.close()
    began = time.perf_counter()
    _command("\n".join(SENTENCES))
    whole = len(SENTENCES) / (time.perf_counter() - began)
    began = time.perf_counter()
    for one in SENTENCES[:50]:
        _command(one)
    each = 50 / (time.perf_counter() - began)
    print("| sentences a second, en to es | together | one by one |\n|---|---|---|")
    print(f"| Sensorium, Apertium's pipes | {together:.0f} | {alone:.0f} |")
    print(f"| `apertium en-es` | {whole:.0f} | {each:.1f} |")
    print(f"| ratio | {together / whole:.2f} | {alone / each:.0f} |\n")


def _command(text: str) -> None:
    subprocess.run(
        ["apertium", "-u", "eng-spa"], input=text.encode(), check=True, capture_output=True
    )


def marian() -> None:
    """Compare batches of sentences with one at a time."""
    import torch
    from transformers import MarianConfig, MarianMTModel

    torch.manual_seed(7)
    config = MarianConfig(
        **{"vocab_size": 58_101, "d_model": 512, "encoder_layers": 6, "decoder_layers": 6},
        **{"encoder_ffn_dim": 2048, "decoder_ffn_dim": 2048, "max_position_embeddings": 512},
        **{"encoder_attention_heads": 8, "decoder_attention_heads": 8, "pad_token_id": 58_100},
        **{"decoder_start_token_id": 58_100, "eos_token_id": 0, "forced_eos_token_id": 0},
    )
    model = MarianMTModel(config).eval()
    texts = SENTENCES[:MARIAN]
    figures = {}
    for size in (_seq2seq.BATCH, 1):
        writer = Writer(model, _Words(), "cpu")
        began = time.perf_counter()
        writer.translate(texts, "en", "way", _encode, size=size, num_beams=1)
        figures[size] = MARIAN / (time.perf_counter() - began)
    batched, single = figures.values()
    print("| Marian of OPUS-MT's size, random weights | sentences a second |\n|---|---|")
    print(f"| in batches of {_seq2seq.BATCH} | {batched:.2f} |")
    print(f"| one by one | {single:.2f} |")
    print(f"| ratio | {batched / single:.2f} |")


class _Words:
    """A tokenizer that only counts."""

    def batch_decode(self, rows: Any, **how: Any) -> list[str]:
        return ["x"] * len(rows)


def _encode(some: list[str]) -> Any:
    import torch

    longest = max(len(text.split()) for text in some)
    ids = torch.randint(1, 58_000, (len(some), longest))
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


if __name__ == "__main__":
    raise SystemExit(main())
