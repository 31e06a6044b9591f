"""Train the picture heads: `python -m sensorium.models.adapters.train_pictures --data FOLDER`.

The same data, seed and machine give the same weights. Two CPU cores need a quarter of an hour,
most of it for looking; `--seen FILE` keeps what was seen for the next time.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.models.adapters import sight
from sensorium.models.adapters.photos import Photo, family, photos, said
from sensorium.models.adapters.regions import MEAN, PARTS, QUARTERS, Floats, regions
from sensorium.models.engines._nudenet import CHANNELS, network
from sensorium.models.errors import Failure
from sensorium.models.tasks import Pixels

_AXES = 64  # of the vectors, for each map
_RATE, _EPOCHS, _BATCH = 2e-3, 40, 256
_FOLDS = 4
_FALSE = 0.02  # of photos of unknown things, how many may get a label
_LOOKS = 16

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Looks:
    """A row for each photo as it is, mirrored, and shrunk; half precision saves memory."""

    plain: NDArray[np.float16]
    mirrored: NDArray[np.float16]
    small: NDArray[np.float16]


def look(known: Sequence[Photo]) -> Looks:
    """Return what the backbone sees of every photo."""
    from PIL import Image

    net = network()

    def rows(images: list[Pixels]) -> list[NDArray[np.float16]]:
        pairs = zip(images, net.look(images), strict=True)
        seen = (regions(one.maps, *image.shape[:2]) for image, one in pairs)
        return [sight.flattened(one).astype(np.float16) for one in seen]

    plain, mirrored, small = [], [], []
    for first in range(0, len(known), _LOOKS):
        images = [
            np.asarray(Image.open(one.path).convert("RGB")) for one in known[first : first + _LOOKS]
        ]
        plain += rows(images)
        mirrored += rows([image[:, ::-1] for image in images])
        small += rows([sight.shrunk(image) for image in images])
        if first % (50 * _LOOKS) == 0:
            print(f"{first} of {len(known)} photos seen", flush=True)
    return Looks(np.array(plain), np.array(mirrored), np.array(small))


def fit(looks: Looks, rows: Rows, kinds: Rows, count: int, seed: int) -> tuple[Floats, Floats]:
    """Return weights and biases of one line for each kind, told apart from all the others.

    `rows` are the photos to learn from and `kinds` theirs. Each photo is seen as often mirrored as
    not, with half of what is seen left out.
    """
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits, dropout, one_hot

    torch.manual_seed(seed)
    views = [one[rows].astype(np.float32) for one in (looks.plain, looks.mirrored)]
    center, spread = views[0].mean(axis=0), views[0].std(axis=0) + 1e-3
    plain, mirrored = (torch.from_numpy((view - center) / spread) for view in views)
    wanted = one_hot(torch.from_numpy(kinds), count).float()
    line = torch.nn.Linear(plain.shape[1], count)
    torch.nn.init.constant_(line.bias, -4.0)  # each kind is rare
    optimizer = torch.optim.AdamW(line.parameters(), lr=_RATE, weight_decay=0.1)
    steps = _EPOCHS * -(-len(rows) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
    for _ in range(_EPOCHS):
        order: Any = torch.randperm(len(rows))
        for part in order.split(_BATCH):
            turned = torch.rand(len(part), 1) < 0.5
            seen = dropout(torch.where(turned, mirrored[part], plain[part]), 0.5)
            loss: Any = binary_cross_entropy_with_logits(line(seen), wanted[part], reduction="sum")
            optimizer.zero_grad()
            (loss / len(part)).backward()
            optimizer.step()
            schedule.step()
    weight = line.weight.detach().numpy() / spread
    bias = line.bias.detach().numpy() - weight @ center
    return weight.astype(np.float32), bias.astype(np.float32)


def calibrate(
    looks: Looks, kinds: Rows, families: Rows, held: NDArray[np.bool_], seed: int
) -> Floats:
    """Return slope, offset and the least score that is told.

    A quarter of the families at a time is kept from training, so that there are photos of unknown
    things. A score's probability is that of being right where half of the photos show such things
    (Platt, "Probabilistic Outputs for Support Vector Machines", 1999); what is told is what at most
    _FALSE of them reach.
    """
    order = np.random.default_rng(seed).permutation(families.max() + 1)
    scores, rights, unknown = [], [], []
    for fold in range(_FOLDS):
        left_out = np.isin(families, order[fold::_FOLDS])
        names, places = np.unique(kinds[~left_out], return_inverse=True)
        numbered = np.full(len(kinds), -1)
        numbered[~left_out] = places
        rows = np.flatnonzero(~held & ~left_out)
        weight, bias = fit(looks, rows, numbered[rows], len(names), seed + fold)
        for which in (held & ~left_out, left_out):
            told = looks.plain[which].astype(np.float32) @ weight.T + bias
            scores.append(told.max(axis=1))
            rights.append(told.argmax(axis=1) == numbered[which])
            unknown.append(np.full(len(told), which is left_out))
        print(f"{fold + 1} of {_FOLDS} tried without a quarter of the kinds", flush=True)
    score, right, strange = (np.concatenate(one) for one in (scores, rights, unknown))
    least = float(np.quantile(score[strange], 1 - _FALSE))
    known = ~strange & (score >= least)
    print(f"of known things {known.sum() / (~strange).sum():.3f} get a label from {least:.2f} on,")
    print(f"{right[known].mean():.3f} of them the right one; of unknown ones {_FALSE} do")
    slope, offset = _platt(score, right, np.where(strange, 1 / strange.sum(), 1 / (~strange).sum()))
    return np.array([slope, offset, least], np.float32)


def _platt(score: Floats, right: NDArray[np.bool_], weight: Floats) -> tuple[float, float]:
    """Return the line whose logistic fits best how often scores are right, by Newton's method."""
    seen = np.stack([score, np.ones_like(score)], axis=1).astype(np.float64)
    line = np.zeros(2)
    for _ in range(50):
        likely = 1 / (1 + np.exp(-seen @ line))
        slope = seen.T @ (weight * (likely - right))
        bend = (seen * (weight * likely * (1 - likely))[:, None]).T @ seen
        line = line - np.linalg.solve(bend, slope)
    return float(line[0]), float(line[1])


def axes(small: NDArray[np.float16]) -> dict[str, Any]:
    """Return for each map the center of regions and the axes along which they differ most.

    Regions of training photos differ by 1 along every axis (principal components, whitened).
    """
    found: dict[str, Any] = {}
    first = 0
    for at, channels in enumerate(CHANNELS):
        part = small[:, first : first + PARTS * channels].reshape(-1, PARTS, channels)
        first += PARTS * channels
        kept = np.concatenate([part[:, [MEAN]], part[:, QUARTERS]], axis=1)
        rows = kept.reshape(-1, channels).astype(np.float64)
        center = rows.mean(axis=0)
        spreads, turned = np.linalg.eigh(np.cov((rows - center).T))
        most = slice(None, -_AXES - 1, -1)
        found[f"vector.{at}.center"] = center
        found[f"vector.{at}.axes"] = turned[:, most] / np.sqrt(spreads[most])
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write the weights beside this file."""
    import torch
    from safetensors.numpy import save_file

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public data")
    parser.add_argument("--out", type=Path, default=sight.WEIGHTS)
    parser.add_argument("--seen", type=Path, help="where to keep what was seen (.npz)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args(arguments)
    torch.set_num_threads(asked.threads)
    torch.use_deterministic_algorithms(True)
    try:
        known = photos(asked.data)
    except Failure as failure:
        parser.exit(2, f"{failure}\n")
    looks = _looks(known, asked.seen)
    names, kinds = np.unique([one.kind for one in known], return_inverse=True)
    held = np.array([one.held for one in known])
    rows = np.flatnonzero(~held)
    _, families = np.unique([family(one.kind) for one in known], return_inverse=True)
    calibration = calibrate(looks, kinds, families, held, asked.seed)
    weight, bias = fit(looks, rows, kinds[rows], len(names), asked.seed)
    guesses = (looks.plain[held].astype(np.float32) @ weight.T + bias).argmax(axis=1)
    print(f"likeliest is right for {(guesses == kinds[held]).mean():.3f} of {held.sum()} held back")
    tensors = {"label.weight": weight, **axes(looks.small[rows])}
    kept: dict[str, Any] = {
        name: np.ascontiguousarray(one, np.float16) for name, one in tensors.items()
    }
    kept |= {"label.bias": bias, "label.calibration": calibration}
    save_file(kept, asked.out, {"names": json.dumps([said(name) for name in names])})
    return 0


def _looks(known: Sequence[Photo], kept: Path | None) -> Looks:
    """Return what is seen of the photos, from a file of it where there is one."""
    if kept is None or not kept.is_file():
        looks = look(known)
        if kept is not None:
            np.savez(kept, plain=looks.plain, mirrored=looks.mirrored, small=looks.small)
        return looks
    with np.load(kept) as file:
        return Looks(file["plain"], file["mirrored"], file["small"])


if __name__ == "__main__":
    raise SystemExit(main())
