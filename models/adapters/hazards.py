"""The heads that tell hazards: one logistic regression a category, over the plain embedding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.models.adapters import encoder
from sensorium.models.adapters.batches import tokenizer
from sensorium.models.tasks import HAZARDS

_STEPS = 60
_DECAY = 2e-3


def learn(known: Sequence[tuple[str, frozenset[str]]]) -> dict[str, Any]:
    """Return the weights of the heads; the embedding is multiplied by 10 before them."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits, linear

    seen = torch.from_numpy(embeddings([text for text, _ in known])) * 10
    target = torch.tensor([[float(name in names) for name in HAZARDS] for _, names in known])
    # A category is rare among all sentences, so that its own count for more.
    rare = ((1 - target).sum(0) / target.sum(0)).sqrt()
    weight = torch.zeros(len(HAZARDS), encoder.WIDTH, requires_grad=True)
    bias = torch.zeros(len(HAZARDS), requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimizer.zero_grad()
        logits = linear(seen, weight, bias)
        loss = binary_cross_entropy_with_logits(logits, target, pos_weight=rare)
        loss = loss + _DECAY * (weight**2).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return {"hazard.weight": weight.detach() * 10, "hazard.bias": bias.detach()}


def embeddings(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the encoder's own embeddings, of unit length."""
    import torch

    own, words = encoder.frozen(), tokenizer()
    made = np.zeros((len(texts), encoder.WIDTH), np.float32)
    for place, code in enumerate(words.encode_batch(list(texts))):
        ids = torch.tensor([code.ids])
        with torch.no_grad():
            low, bias = encoder.lower(own, ids)
            mean = encoder.pooled(encoder.upper(own, {}, low, bias), ids)[0]
        made[place] = (mean / mean.norm()).numpy()
    return made
