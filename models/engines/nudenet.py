"""nudenet: which pictures show naked people, by the parts of bodies that its network finds.

Only the weights file of the package is read, nothing of it is imported. Its LICENSE file is the
AGPL-3.0, though its metadata says MIT.
"""

from __future__ import annotations

from collections.abc import Sequence

from sensorium.models.engines._nudenet import REQUIRES, network
from sensorium.models.registry import engine
from sensorium.models.tasks import Pixels, SafetyRater

# places of the network's classes among its scores
_BUTTOCKS, _BREAST, _VULVA, _ANUS, _PENIS = 2, 3, 4, 6, 14
_COVERED_GENITALS, _COVERED_BUTTOCKS = 0, 17
_ADULT = (_BUTTOCKS, _BREAST, _VULVA, _ANUS, _PENIS)  # each of them exposed
_RACY = (*_ADULT, _COVERED_GENITALS, _COVERED_BUTTOCKS)


@engine("nudenet", task=SafetyRater, requires=REQUIRES, batch=8, memory="150MB", rank=20)
class NudeNet:
    """Rate pictures adult and racy by the naked parts of bodies found in them.

    Violence, medical and spoof are not its business. Covered breasts, bellies, feet and armpits
    are not held against a picture.
    """

    def __init__(self) -> None:
        self._network = network()

    def rate(self, images: Sequence[Pixels]) -> list[dict[str, float]]:
        """Return the surest find's score for `adult` and `racy`, from .5 on a finding.

        `adult` is what is exposed, `racy` that and what underwear covers. Of 2,500 photos of things
        and clothes 13 score .5 for adult by mistake, 20 for racy, and none scores .8.
        """
        rated = []
        for seen in self._network.look(images):
            scores = seen.guesses[:, 4:].max(axis=0)
            adult, racy = (float(scores[list(kinds)].max()) for kinds in (_ADULT, _RACY))
            rated.append({"adult": min(1.0, adult), "racy": min(1.0, racy)})
        return rated
