"""Labels of pictures: how many are right.

The embedded labeler on the fifth of Caltech-101 and clothing-dataset-small (111 classes) that it
never saw. "Likeliest" is its best guess whether told or not; a label is told where it is sure.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from sensorium.models.adapters.photos import SOURCES, photos, said
from sensorium.models.adapters.regions import Floats, regions
from sensorium.models.adapters.sight import flattened, load
from sensorium.models.engines._nudenet import network

DATA = Path(__file__).parents[2] / "shared" / "data"
_LOOKS = 16


def table() -> str:
    """Return the figures as Markdown."""
    if not DATA.is_dir():
        return "Not measured: the public data is not beside this checkout."
    held, heads = [one for one in photos(DATA) if one.held], load()
    scores = np.concatenate(list(_scores([one.path for one in held], heads.scores)))
    kinds = sorted({one.kind for one in photos(DATA)})
    likeliest = np.array([kinds[at] == one.kind for at, one in zip(scores.argmax(1), held)])  # noqa: B905
    told = [heads.labels(row) for row in scores]
    rows = ["| photos held back | likeliest | with a label | labels that are right |"]
    rows.append("|---|---|---|---|")
    for source in (*SOURCES, ""):
        mine = [at for at, one in enumerate(held) if one.kind.startswith(source)]
        labels = [(label.name, said(held[at].kind)) for at in mine for label in told[at]]
        right = np.mean([name == truth for name, truth in labels])
        some = np.mean([bool(told[at]) for at in mine])
        rows.append(
            f"| {source or 'all'} ({len(mine)}) | {likeliest[mine].mean():.3f} | {some:.3f} "
            f"| {right:.3f} |"
        )
    return "\n".join(rows)


def _scores(paths: list[Path], score: object) -> Iterator[Floats]:
    """Yield what the heads make of some photos at a time."""
    net, left = network(), iter(paths)
    while some := list(islice(left, _LOOKS)):
        images = [np.asarray(Image.open(path).convert("RGB")) for path in some]
        pairs = zip(images, net.look(images), strict=True)
        seen = np.stack([flattened(regions(one.maps, *im.shape[:2])) for im, one in pairs])
        yield score(seen)  # type: ignore[operator]
