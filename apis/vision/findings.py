"""What several features want to know of one picture: asked of the engine once."""

from __future__ import annotations

from sensorium.apis.core import Call
from sensorium.apis.vision.picture import Picture
from sensorium.apis.vision.vocabulary import vocabulary
from sensorium.models.errors import FailedPrecondition
from sensorium.models.tasks import (
    Face,
    FaceDetector,
    ImageLabeler,
    ImageMatcher,
    Label,
    ObjectDetector,
    Thing,
)

SURE = 0.5  # what is likelier than not is told


async def faces(picture: Picture, call: Call, engine: str | None = None) -> list[Face]:
    """Return the faces, surest first; FailedPrecondition without an engine."""

    async def find() -> list[Face]:
        detect = call.models.use(FaceDetector.faces, engine=engine, timeout=call.limits.seconds)
        (found,) = await detect([picture.pixels])
        return found

    return await picture.once(("faces", engine), find)


async def things(picture: Picture, call: Call, engine: str | None = None) -> list[Thing]:
    """Return the things, surest first; FailedPrecondition without an engine."""

    async def find() -> list[Thing]:
        detect = call.models.use(ObjectDetector.objects, engine=engine, timeout=call.limits.seconds)
        (found,) = await detect([picture.pixels])
        return found

    return await picture.once(("things", engine), find)


async def labels(picture: Picture, call: Call, engine: str | None = None) -> list[Label]:
    """Return what the picture shows as a whole, likeliest first, of every engine that can tell.

    A labeler's own labels and those of the vocabulary that a matcher finds likelier than not are
    put together, the higher score of two that have a name in common. FailedPrecondition when
    neither is there.
    """

    async def find() -> list[Label]:
        found: dict[str, Label] = {}
        reasons: list[FailedPrecondition] = []
        try:
            tell = call.models.use(ImageLabeler.labels, engine=engine, timeout=call.limits.seconds)
            (own,) = await tell([picture.pixels])
        except FailedPrecondition as lacking:
            reasons.append(lacking)
            own = []
        names = [entry.name for entry in vocabulary("labels", call.state)]
        try:
            matched = await matches(picture, names, call, engine)
        except FailedPrecondition as lacking:
            reasons.append(lacking)
            matched = []
        if len(reasons) == 2:
            message = " ".join(reason.message for reason in reasons)
            raise FailedPrecondition(message, hint=reasons[1].hint)
        likely = [Label(name, score) for name, score in matched if score >= SURE]
        for label in [*own, *likely]:
            key = label.name.casefold()
            if key not in found or label.score > found[key].score:
                found[key] = label
        return sorted(found.values(), key=lambda label: -label.score)

    return await picture.once(("labels", engine), find)


async def matches(
    picture: Picture, names: list[str], call: Call, engine: str | None = None
) -> list[tuple[str, float]]:
    """Return how likely each name fits the picture; FailedPrecondition without an engine."""
    match = call.models.use(ImageMatcher.match, engine=engine, timeout=call.limits.seconds)
    if not names:
        return []
    (scores,) = await match([picture.pixels], names)
    return list(zip(names, scores, strict=True))


def shown(name: str) -> str:
    """Return a name as Google writes it: its first letter a capital."""
    return name[:1].upper() + name[1:]
