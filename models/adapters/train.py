"""Train the adapters: `python -m sensorium.models.adapters.train --data FOLDER`.

The same data, seed and machine give the same weights. Two CPU cores need about half an hour.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from sensorium.models.adapters import corpora, encoder, figures, hazards, text
from sensorium.models.adapters.batches import Batch, batches, tokenizer
from sensorium.models.adapters.corpora import Felt, Tagged
from sensorium.models.errors import Failure

WEIGHTS = Path(__file__).with_name("minilm.safetensors")
_BATCH_TOKENS = 1600
_RATE = 1.5e-3


def learn(
    tagged: Sequence[Tagged],
    felt: Sequence[Felt],
    *,
    seed: int,
    epochs: int,
    device: str = "cpu",
) -> encoder.Tensors:
    """Return adapters and heads trained on both tasks, batch about batch."""
    import torch

    torch.manual_seed(seed)
    own = {name: one.to(device) for name, one in encoder.frozen().items()}
    # drawn on the processor, so that every device starts alike
    extra = {name: one.to(device).requires_grad_() for name, one in encoder.fresh().items()}
    words = tokenizer()
    plan: list[Batch] = []
    for epoch in range(epochs):
        made = batches(words, tagged, felt, _BATCH_TOKENS, random.Random(seed * 100 + epoch))
        random.Random(seed * 100 + epoch).shuffle(made)
        plan += made
    groups = [
        {"params": [one for name, one in extra.items() if name[0].isdigit()], "lr": _RATE},
        {"params": [one for name, one in extra.items() if not name[0].isdigit()], "lr": _RATE},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [_RATE, _RATE], total_steps=len(plan) + 1, pct_start=0.1
    )
    start = time.monotonic()
    seen = [0.0, 0.0]
    for step, batch in enumerate(plan):
        loss = _loss(own, extra, batch, device)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(extra.values()), 1.0)
        optimizer.step()
        schedule.step()
        at = int(batch.felt is not None)
        seen[at] = 0.95 * seen[at] + 0.05 * float(loss.detach())
        if step % 50 == 0:
            spent = time.monotonic() - start
            print(f"{step}/{len(plan)} {seen[0]:.4f} {seen[1]:.4f} {spent:.0f} s", flush=True)
    return {name: one.detach().cpu() for name, one in extra.items()}


def _loss(own: encoder.Tensors, extra: encoder.Tensors, batch: Batch, device: str) -> Any:
    import torch
    from torch.nn.functional import dropout

    def here(array: NDArray[Any]) -> Any:
        return torch.from_numpy(array).to(device)

    ids = here(batch.ids)
    with torch.autocast(device.partition(":")[0], torch.bfloat16):
        with torch.no_grad():
            low, bias = encoder.lower(own, ids)
            plain = encoder.upper(own, {}, low, bias) if batch.felt is not None else low
        low = encoder.shaped(extra, low, here(batch.shapes))
        high = dropout(encoder.upper(own, extra, dropout(low, 0.1), bias), 0.1)
        if batch.felt is not None:
            logits = encoder.feelings(extra, high, dropout(plain, 0.1), ids).float()
            target = here(batch.felt) * 0.94 + 0.02
            return -(logits.log_softmax(-1) * target).sum(-1).mean()
        logits = encoder.tags(extra, high).float()
    likely = logits.log_softmax(-1)
    # What the annotators of a source did not look for may be anything that they would call O.
    masked = likely[..., None, :] + here(batch.allowed)
    chosen = torch.logsumexp(masked, -1).squeeze(-1)
    weight = here(batch.weights)
    return -(chosen * weight).sum() / weight.sum()


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, write the weights beside this file, and print the figures."""
    import torch
    from safetensors.torch import save_file

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public data")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", help="cpu, or cuda where there is a GPU")
    parser.add_argument("--sample", type=float, default=1.0, help="share of the data to use")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(asked.threads)
    torch.use_deterministic_algorithms(True, warn_only=asked.device != "cpu")
    try:
        public = corpora.entities(asked.data, "train")
        known, _ = corpora.reviews(asked.data)
    except Failure as failure:
        parser.exit(2, f"{failure}\n")
    chance = random.Random(asked.seed)
    tagged = text.augmented(public, chance) + text.entities("train", chance)
    felt = known * 2 + text.feelings("train", chance) + text.plain(public["sec"], chance)
    tagged = chance.sample(tagged, int(len(tagged) * asked.sample))
    extra = learn(tagged, felt, seed=asked.seed, epochs=asked.epochs, device=asked.device)
    extra.update(hazards.learn(text.hazards("train")))
    save_file({name: one.half().contiguous() for name, one in extra.items()}, asked.out)
    print(figures.table(asked.data, asked.out))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
