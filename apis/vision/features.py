"""The table of features: what annotates a picture, and how what fails is told.

A feature is one module with one coroutine:

    @annotates("CROP_HINTS")
    async def crop_hints(picture: Picture, asked: Asked, call: Call) -> JSON: ...

which returns the fields of `AnnotateImageResponse` that it fills.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.vision.picture import Picture
from sensorium.models.errors import (
    Cancelled,
    FailedPrecondition,
    Failure,
    InvalidArgument,
    ResourceExhausted,
    Unavailable,
    Unimplemented,
)


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature as a request asks for it; `field` is its place there."""

    kind: str
    model: str
    max_results: int
    field: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The features that one annotator is to serve, the image context and its place.

    `beside` are the kinds of all features that are asked of the picture.
    """

    features: tuple[Feature, ...]
    context: Any
    field: str
    beside: frozenset[str] = frozenset()

    @property
    def most(self) -> int:
        """Return how many results are wanted: ten unless the features say, as with Google."""
        return max(feature.max_results for feature in self.features) or _RESULTS

    def lacking(self, lacking: FailedPrecondition, task: type) -> FailedPrecondition:
        """Return the failure of a feature that no engine serves, with what would make it work."""
        feature = self.features[0]
        if feature.model not in GOOGLE_MODELS:
            return FailedPrecondition(
                lacking.message, field=f"{feature.field}.model", hint=lacking.hint
            )
        return FailedPrecondition(
            f"{feature.kind}: {lacking.message}",
            field=f"{feature.field}.type",
            hint=f"`sensorium pull --task {task.__name__}` fetches what can where a card has it, "
            "`sensorium cards new` brings a model of your own.",
        )

    @property
    def engine(self) -> str | None:
        """Return the engine that the features name, None for Google's names of its own models.

        Raises InvalidArgument when they name several.
        """
        names = {feature.model for feature in self.features} - GOOGLE_MODELS
        if len(names) > 1:
            raise InvalidArgument(
                f"Features that share a model name several: {', '.join(sorted(names))}.",
                field=self.features[-1].field + ".model",
            )
        return next(iter(names), None)


Annotator = Callable[[Picture, Asked, Call], Awaitable[JSON]]
GOOGLE_MODELS = frozenset({"", "builtin/stable", "builtin/latest"})
_RESULTS = 10
_annotators: dict[str, Annotator] = {}


def annotates(*kinds: str) -> Callable[[Annotator], Annotator]:
    """Register the decorated coroutine for these values of `Feature.Type`."""

    def register(annotator: Annotator) -> Annotator:
        _annotators.update(dict.fromkeys(kinds, annotator))
        return annotator

    return register


def read(features: Sequence[Any], where: str) -> tuple[Feature, ...]:
    """Return the features of a request message; InvalidArgument for what makes no sense."""
    if not features:
        raise InvalidArgument("At least one feature is needed.", field=f"{where}.features")
    found = []
    for i, message in enumerate(features):
        field = f"{where}.features[{i}]"
        kinds = message.DESCRIPTOR.fields_by_name["type_"].enum_type.values_by_number
        if not message.type_ or message.type_ not in kinds:
            raise InvalidArgument("A feature needs a type.", field=f"{field}.type")
        if message.max_results < 0:
            raise InvalidArgument("maxResults cannot be negative.", field=f"{field}.maxResults")
        kind = kinds[message.type_].name
        found.append(Feature(kind, message.model, message.max_results, field))
    return tuple(found)


async def annotate(
    picture: Picture, features: Sequence[Feature], context: Any, where: str, call: Call
) -> JSON:
    """Return the response for one picture: every feature that can be served, and what cannot."""
    groups: dict[Annotator, list[Feature]] = {}
    failures: list[Failure] = []
    for feature in features:
        if annotator := _annotators.get(feature.kind):
            groups.setdefault(annotator, []).append(feature)
        else:
            failures.append(_unserved(feature))
    field = f"{where}.imageContext"
    beside = frozenset(feature.kind for feature in features)
    outcomes = await asyncio.gather(
        *(
            annotator(picture, Asked(tuple(group), context, field, beside), call)
            for annotator, group in groups.items()
        ),
        return_exceptions=True,
    )
    response: JSON = {}
    for outcome in outcomes:
        if isinstance(outcome, dict):
            response |= outcome
        elif isinstance(outcome, Failure):
            failures.append(outcome)
        else:
            raise outcome
    if failures:
        response["error"] = error(failures)
    return response


def error(failures: Sequence[Failure]) -> JSON:
    """Return a `google.rpc.Status` for what went wrong with one picture.

    Raises instead what concerns the gateway and not the picture, such as overload: the whole
    request is then worth a retry.
    """
    for failure in failures:
        if isinstance(failure, Cancelled | Unavailable) or (
            isinstance(failure, ResourceExhausted) and failure.retry_after is not None
        ):
            raise failure
    return {"code": int(failures[0].code), "message": " ".join(map(str, failures))}


def _unserved(feature: Feature) -> Failure:
    return Unimplemented(
        f"{feature.kind} is not served: no engine for it is installed.",
        field=f"{feature.field}.type",
        hint=f"Served are {', '.join(sorted(_annotators))}.",
    )
