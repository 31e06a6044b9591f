"""The tags of tokens: what begins, continues or stands outside a mention."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensorium.models.tasks import EntityKind

KINDS: tuple[EntityKind, ...] = (
    "PERSON",
    "LOCATION",
    "ORGANIZATION",
    "EVENT",
    "WORK_OF_ART",
    "CONSUMER_GOOD",
    "OTHER",
)
TAGS = ("O", *(f"{part}-{kind}" for kind in KINDS for part in "BI"))

Span = tuple[int, int, EntityKind]  # first token, token behind the last, kind

# What may follow what: I-KIND only B-KIND or I-KIND.
_BARRED = np.zeros((len(TAGS), len(TAGS)), np.float32)
_BARRED[:, 2::2] = -1e4
for _kind in range(len(KINDS)):
    _BARRED[[2 * _kind + 1, 2 * _kind + 2], 2 * _kind + 2] = 0.0
_START = np.where(np.arange(len(TAGS)) % 2 == 0, -1e4, 0.0).astype(np.float32)
_START[0] = 0.0


def best(logits: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the likeliest sequence of tags that is well formed (Viterbi); tokens x tags in."""
    score = logits[0] + _START
    steps = []
    for row in logits[1:]:
        paths = score[:, None] + _BARRED
        step = paths.argmax(0)
        steps.append(step)
        score = paths[step, np.arange(len(TAGS))] + row
    tag = int(score.argmax())
    found = [tag]
    for step in reversed(steps):
        tag = int(step[tag])
        found.append(tag)
    return np.array(found[::-1])


def spans(tags: NDArray[np.int64]) -> list[Span]:
    """Return the spans that a well-formed sequence of tags tells."""
    found: list[Span] = []
    for place, tag in enumerate(tags):
        if tag == 0:
            continue
        if tag % 2:
            found.append((place, place + 1, KINDS[(tag - 1) // 2]))
        else:
            first, _, kind = found[-1]
            found[-1] = (first, place + 1, kind)
    return found
