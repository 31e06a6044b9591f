"""Faces: how many are found.

The embedded MTCNN on photos of Caltech-101: every fourth of `Faces`, which show one person each,
and up to 12 of each class of animals, plants and things that show nobody. The score from which a
face is told was chosen on others.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from sensorium.models.engines.mtcnn import Mtcnn

DATA = Path(__file__).parents[2] / "shared" / "data" / "labels" / "caltech101"
NOBODY = (
    *("airplanes", "ant", "anchor", "beaver", "butterfly", "car_side", "chair", "cougar_face"),
    *("crab", "crocodile_head", "cup", "dalmatian", "dolphin", "dragonfly", "elephant", "emu"),
    *("flamingo", "hawksbill", "hedgehog", "kangaroo", "lamp", "Leopards", "llama", "lobster"),
    *("lotus", "Motorbikes", "okapi", "pagoda", "panda", "pigeon", "pizza", "platypus", "rhino"),
    *("rooster", "scissors", "sea_horse", "soccer_ball", "starfish", "stop_sign", "strawberry"),
    *("sunflower", "tick", "umbrella", "watch", "wild_cat", "windsor_chair", "wrench"),
)
_EVERY, _MOST = 4, 12


def table() -> str:
    """Return the figures as Markdown."""
    if not DATA.is_dir():
        return "Not measured: the public data is not beside this checkout."
    people = sorted((DATA / "Faces").glob("*.jpg"))[1::_EVERY]
    nobody = [
        path for name in NOBODY for path in sorted((DATA / name).glob("*.jpg"))[_MOST : 2 * _MOST]
    ]
    rows = ["| photos | faces there | right count | too few | too many |", "|---|---|---|---|---|"]
    detector = Mtcnn()
    for name, paths, there in (("of one person", people, 1), ("of nobody", nobody, 0)):
        counts = np.array([_count(detector, path) for path in paths])
        shares = (counts == there).mean(), (counts < there).mean(), (counts > there).mean()
        told = " | ".join(f"{share:.3f}" for share in shares)
        rows.append(f"| {name} ({len(paths)}) | {there} | {told} |")
    return "\n".join(rows)


def _count(detector: Mtcnn, path: Path) -> int:
    pixels = np.asarray(Image.open(path).convert("RGB"))
    (found,) = detector.faces([pixels])
    return len(found)
