"""The registry of engines: one decorator, one folder scan, and the truth about what can run.

An engine is a class in `models/engines/NAME.py`:

    @engine("whisper", task=Transcriber, requires=("transformers",), card="whisper-base", rank=20)
    class Whisper:
        def __init__(self, weights: Path, device: str) -> None: ...

Its library is imported inside `__init__`, so that listing engines stays cheap.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, TypeVar

from sensorium.models.errors import FailedPrecondition, InvalidArgument

if TYPE_CHECKING:
    from sensorium.models.weights.cards import Card

T = TypeVar("T", bound=type)
ANY: tuple[str, ...] = ("*",)
BY_CARD = "*"  # the engine runs any model whose card names it

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


@dataclass(frozen=True)
class EngineSpec:
    """What the registry knows of an engine without importing its library.

    `requires` are import names, `programs` executables, `card` the model card whose weights must
    be pulled (None: embedded, weights come with the package; BY_CARD: see `with_cards`).
    `isolated` engines parse hostile bytes: they live in a killable, memory-capped child process
    (`models/sandbox/`). `memory` is the expected resident size in bytes, `batch` the most items
    run in one call, `queue` the most callers that may wait.
    """

    name: str
    task: type
    factory: type = field(repr=False)
    requires: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    card: str | None = None
    languages: tuple[str, ...] = ANY
    concurrency: int = 1
    queue: int = 16
    batch: int = 1
    memory: int = 0
    rank: int = 0
    isolated: bool = False

    @property
    def summary(self) -> str:
        """Return the first line of the engine's docstring."""
        return (self.factory.__doc__ or "").strip().partition("\n")[0]

    def speaks(self, language: str | None) -> bool:
        """Tell whether a language, or its primary subtag, is among the engine's."""
        if language is None or self.languages == ANY:
            return True
        return language in self.languages or language.partition("-")[0] in self.languages

    def missing(self) -> str | None:
        """Return why the engine cannot run on this machine, or None; weights are not considered."""
        for module in self.requires:
            if importlib.util.find_spec(module) is None:
                return f"the Python package that provides {module!r} is not installed"
        for program in self.programs:
            if shutil.which(program) is None:
                return f"the program {program!r} is not installed"
        if self.card == BY_CARD:
            return "no model card names it; `sensorium cards new` writes one for your own model"
        return None


_engines: dict[str, EngineSpec] = {}


def engine(name: str, *, task: type, memory: str = "0B", **facts: Any) -> Callable[[T], T]:
    """Register the decorated class as engine `name` for `task`; `memory` reads like `"1.2GB"`."""

    def register(factory: T) -> T:
        # a line shorter than two batches would keep batches from filling
        facts.setdefault("queue", max(16, 2 * facts.get("batch", 1)))
        _engines[name] = EngineSpec(
            name=name, task=task, factory=factory, memory=parse_size(memory), **facts
        )
        return factory

    return register


def parse_size(text: str) -> int:
    """Return the bytes that a size such as `"300MB"` means (decimal units)."""
    digits = text.rstrip("KMGB")
    return int(float(digits) * _UNITS[text[len(digits) :]])


@cache
def discover(plugins: bool = False) -> tuple[EngineSpec, ...]:
    """Import every file of `models/engines` and, if asked, third parties' entry points.

    Entry points (group `sensorium.engines`) run somebody's code, so they are opt-in.
    """
    from sensorium.models import engines

    for found in pkgutil.iter_modules(engines.__path__):
        importlib.import_module(f"{engines.__name__}.{found.name}")
    if plugins:
        for point in entry_points(group="sensorium.engines"):
            point.load()
    return ranked(_engines.values())


def with_cards(specs: Iterable[EngineSpec], cards: Iterable[Card]) -> tuple[EngineSpec, ...]:
    """Put in place of each BY_CARD engine one engine for each card that names it.

    It has the card's name and languages. Raises InvalidArgument for a card that names no such
    engine, another task than the engine's, or itself like another engine.
    """
    known = {spec.name: spec for spec in specs}
    named = [card for card in cards if card.engine is not None]
    made = []
    for card in named:
        spec = known.get(card.engine or "")
        where = f"model card {card.name!r}"
        if spec is None or spec.card != BY_CARD:
            able = ", ".join(sorted(one.name for one in known.values() if one.card == BY_CARD))
            raise InvalidArgument(f"{where}: engine must be one of {able}, not {card.engine!r}.")
        if card.task != spec.task.__name__:
            raise InvalidArgument(f"{where}: the task of {spec.name!r} is {spec.task.__name__}.")
        if card.name in known:
            raise InvalidArgument(f"{where}: an engine has this name already.")
        made.append(replace(spec, name=card.name, card=card.name, languages=card.languages))
    taken = {card.engine for card in named}
    return ranked([*(spec for spec in known.values() if spec.name not in taken), *made])


def ranked(specs: Iterable[EngineSpec]) -> tuple[EngineSpec, ...]:
    """Return the engines best first: by rank, then by name so that ties are stable."""
    return tuple(sorted(specs, key=lambda spec: (-spec.rank, spec.name)))


def choose(
    specs: Sequence[EngineSpec],
    task: type,
    *,
    name: str | None = None,
    language: str | None = None,
    missing: Callable[[EngineSpec], str | None] = EngineSpec.missing,
) -> EngineSpec:
    """Return the best engine that can do `task` now, or the named one.

    An engine for a task that extends `task` can do both. Raises FailedPrecondition that lists every
    candidate with the reason it cannot run.
    """
    reasons = []
    for spec in specs:
        if task not in spec.task.__mro__ or (name is not None and spec.name != name):
            continue
        if not spec.speaks(language):
            reasons.append(f"{spec.name} does not speak {language!r}")
        elif reason := missing(spec):
            reasons.append(f"{spec.name}: {reason}")
        else:
            return spec
    wanted = f"engine {name!r}" if name else f"engine for {task.__name__}"
    why = f" ({'; '.join(reasons)})" if reasons else ""
    raise FailedPrecondition(
        f"No {wanted} can run here{why}.", hint="`sensorium engines` lists what could."
    )
