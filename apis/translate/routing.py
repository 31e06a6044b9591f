"""Which installed engine, or which two, translate a pair of languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sensorium.apis.core import Call
from sensorium.apis.translate import codes
from sensorium.models.errors import InvalidArgument
from sensorium.models.pool import Models
from sensorium.models.tasks import Translator

Pair = tuple[str, str]
_MODEL = re.compile(r"(projects/[^/]+/locations/[^/]+/models/)([\w./+-]+)")
_ANY = ("general/nmt", "general/base")

# What engines translate between; found out once, because it may load their weights.
_known: WeakKeyDictionary[Models, dict[str, tuple[Pair, ...]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Leg:
    """One engine's part of a way: from one language into another, in its own codes."""

    engine: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Route:
    """The way from one language into another: one engine, or two with a language between them."""

    legs: tuple[Leg, ...]

    @property
    def model(self) -> str:
        """Return what it is called: the engines' names, joined by "+"."""
        return "+".join(dict.fromkeys(leg.engine for leg in self.legs))

    async def translate(self, texts: Sequence[str], call: Call) -> list[str]:
        """Return the translation of each text."""
        found = list(texts)
        for leg in self.legs:
            translate = call.models.use(
                Translator.translate, engine=leg.engine, timeout=call.limits.seconds
            )
            found = await translate(found, leg.source, leg.target)
        return found


async def pairs(call: Call) -> Mapping[str, tuple[Pair, ...]]:
    """Return what each engine that can run translates between, best engine first.

    Raises FailedPrecondition when there is none.
    """
    names = call.models.able(Translator)
    if not names:
        call.models.chosen(Translator.translate)  # which says what would make it work
    known = _known.setdefault(call.models, {})
    for name in names:
        if name not in known:
            ask = call.models.use(Translator.pairs, engine=name, timeout=call.limits.seconds)
            known[name] = await ask()
    return {name: known[name] for name in names}


async def route(source: str, target: str, call: Call, model: str = "", field: str = "") -> Route:
    """Return the best way from `source` into `target`.

    A direct pair of the best engine comes first, then one of another engine, then two of them.
    `model` is as a request has it. Raises InvalidArgument for a model that is not there, and for a
    pair that no engine can do, with what each side could be.
    """
    found = _named(await pairs(call), model)
    for engine, known in found.items():
        for one in known:
            if _same(source, one[0]) and _same(target, one[1]):
                return Route((Leg(engine, *one),))
    for first, of_first in found.items():
        for start in (one for one in of_first if _same(source, one[0])):
            for second, of_second in found.items():
                for end in of_second:
                    if _same(target, end[1]) and end[0] == start[1]:
                        return Route((Leg(first, *start), Leg(second, *end)))
    raise _unsupported(source, target, found, field)


def named(model: str, parent: str, route: Route) -> str:
    """Return how a response names the way, beside the place of the request."""
    found = _MODEL.fullmatch(model)
    if found:
        return f"{found[1]}{route.model}"
    place = parent if "/locations/" in parent else f"{parent}/locations/global"
    return f"{place}/models/{route.model}"


def _named(found: Mapping[str, tuple[Pair, ...]], model: str) -> Mapping[str, tuple[Pair, ...]]:
    """Return the engines that a request's model means."""
    if not model:
        return found
    match = _MODEL.fullmatch(model)
    name = match[2] if match else model
    if name in _ANY or model in ("nmt", "base"):
        return found
    wanted = {one: found[one] for one in name.split("+") if one in found}
    if len(wanted) != len(set(name.split("+"))):
        raise InvalidArgument(
            f"There is no model {model[:300]!r} to translate with.",
            field="model",
            hint=f"Leave it empty or name one of .../models/general/nmt, {', '.join(found)}.",
        )
    return wanted


def _same(wanted: str, own: str) -> bool:
    """Tell whether a request's language is an engine's: alike, or without a country of its own."""
    code = codes.engine(wanted).casefold()
    return code == own.casefold() or (
        "-" not in own and code.partition("-")[0] == own and not _has_script(code)
    )


def _has_script(code: str) -> bool:
    return any(len(part) == 4 for part in code.split("-")[1:])


def _unsupported(
    source: str, target: str, found: Mapping[str, tuple[Pair, ...]], field: str
) -> InvalidArgument:
    every = [one for known in found.values() for one in known]
    into = _list(to for start, to in every if _same(source, start))
    from_ = _list(start for start, to in every if _same(target, to))
    return InvalidArgument(
        f"No installed engine translates from {source!r} into {target!r}."
        f" From {source!r}: {into}. Into {target!r}: {from_}.",
        field=field,
        hint="`sensorium engines` lists what could be installed.",
    )


def _list(found: Iterable[str]) -> str:
    return ", ".join(sorted({codes.google(code) for code in found})) or "nothing"
