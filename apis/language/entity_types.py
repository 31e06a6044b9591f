"""Entity types of the caller's own: `x-sensorium-entity-types: medication, dosage`.

Google's requests have no field for them, so they come as a header or gRPC metadata (decision 006).
Names outside of ASCII are percent-encoded UTF-8.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import unquote

from sensorium.apis.core import Call
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.tasks import Mention, OpenEntityRecognizer

OPTION = "entity-types"
_HEADER = f"x-sensorium-{OPTION}"
_MOST = 25  # as many as such models are trained with at once
_LONGEST = 64

Finder = Callable[[Sequence[str]], Awaitable[list[list[Mention]]]]


def asked(call: Call) -> tuple[str, ...]:
    """Return the types that a call asks for, each once; InvalidArgument for what is no list."""
    given = call.options.get(OPTION, "").split(",")
    try:
        named = {" ".join(unquote(one, errors="strict").split()): None for one in given}
    except UnicodeDecodeError:
        raise InvalidArgument("The list is no percent-encoded UTF-8.", field=_HEADER) from None
    named.pop("", None)
    if len(named) > _MOST:
        raise InvalidArgument(f"{len(named)} types are named, {_MOST} may be.", field=_HEADER)
    for name in named:
        if len(name) > _LONGEST or not name.isprintable():
            raise InvalidArgument(
                f"A type is a name of at most {_LONGEST} characters, not {name[:80]!r}.",
                field=_HEADER,
            )
    return tuple(named)


def finder(language: str, call: Call) -> Finder | None:
    """Return what finds the types that a call asks for, None where it asks for none.

    Raises FailedPrecondition when no engine can.
    """
    labels = asked(call)
    if not labels:
        return None
    try:
        find = call.models.use(OpenEntityRecognizer.entities_of, language=language)
    except FailedPrecondition as lacking:
        raise FailedPrecondition(
            f"Nothing here can find {', '.join(labels)}. {lacking.message}",
            field=_HEADER,
            hint="Bring a GLiNER model with `sensorium cards new NAME FOLDER --engine gliner`.",
        ) from lacking

    async def found(texts: Sequence[str]) -> list[list[Mention]]:
        return await find(texts, labels, language)

    return found


def merged(usual: Sequence[Mention], own: Sequence[Mention]) -> tuple[Mention, ...]:
    """Return the mentions of both in order; those of the caller's own types come first."""
    kept = [
        one
        for one in usual
        if all(one.end <= other.start or other.end <= one.start for other in own)
    ]
    return tuple(sorted([*kept, *own], key=lambda mention: mention.start))
