"""The pool: engines loaded when needed, run one batch at a time, unloaded when idle."""

from __future__ import annotations

import asyncio
import collections.abc
import inspect
import sys
import threading
import time
import typing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar

from sensorium.models import registry, tasks
from sensorium.models.errors import FailedPrecondition, Unavailable
from sensorium.models.pool.activity import Activity
from sensorium.models.pool.memory import Memory
from sensorium.models.pool.run import Job
from sensorium.models.pool.slot import Slot
from sensorium.models.registry import EngineSpec
from sensorium.models.sandbox.isolated import Bounds, Isolated

P = ParamSpec("P")
R = TypeVar("R")


class Models(Protocol):
    """Where handlers find engines: `await models.use(Translator.translate)(texts, "en", "es")`."""

    def use(
        self,
        method: Callable[Concatenate[Any, P], R],
        *,
        engine: str | None = None,
        language: str | None = None,
        timeout: float = 60.0,
    ) -> Callable[P, Awaitable[R]]:
        """Return the task method as a coroutine function, run by the best engine that can.

        Raises FailedPrecondition when no engine can, ResourceExhausted when its queue is full,
        DeadlineExceeded after `timeout` seconds, Internal when the engine breaks.
        """
        ...

    def chosen(
        self,
        method: Callable[..., Any],
        *,
        engine: str | None = None,
        language: str | None = None,
    ) -> str:
        """Return the name of the engine that `use` would run now; raises FailedPrecondition."""
        ...

    def able(self, task: type) -> tuple[str, ...]:
        """Return the names of all engines that can do a task now, best first."""
        ...


_CHOICE_SECONDS = 5.0  # after that a newly pulled engine of higher rank is noticed
_CHOICES = 1024

Presence = Literal["ready", "loading", "loaded", "unavailable"]
_PRESENT: Mapping[str, Presence] = {  # what unloads is in memory still
    "loading": "loading",
    "loaded": "loaded",
    "unloading": "loaded",
}


@dataclass(frozen=True, slots=True)
class EngineState:
    """What `GET /v1/engines` says of an engine.

    `reason` tells why it is unavailable or why its last load failed; `memory` is granted bytes, 0
    unless loaded; `queued` callers wait and `running` threads compute; `last_used` is a Unix time,
    None when it was never used.
    """

    name: str
    task: str
    state: Presence
    reason: str | None
    memory: int
    queued: int
    running: int
    last_used: float | None
    activity: Activity

    @property
    def loaded(self) -> bool:
        """Tell whether the engine is in memory."""
        return self.state == "loaded"

    @property
    def runs(self) -> int:
        """Return the number of calls of the engine so far."""
        return self.activity.runs

    @property
    def items(self) -> int:
        """Return the number of items in them."""
        return self.activity.items

    def describe(self) -> dict[str, Any]:
        """Return the state as plain JSON values."""
        facts = asdict(self)
        facts["activity"]["sizes"] = {str(size): n for size, n in self.activity.sizes.items()}
        return facts


@dataclass(frozen=True, slots=True)
class _Method:
    """A task method as the pool sees it: `items` names the first argument if it is a Sequence."""

    name: str
    task: type
    items: str | None


class LocalModels:
    """Run engines in this process: one line of callers, and threads of its own, for each.

    `weights` resolves a model card to the folder of its weights, None when they are missing.
    `preferences` names an engine by task name. `memory_budget` is in bytes; `idle_seconds` unloads
    an engine that nobody used for so long (None or 0: never). `patience` is the most seconds that a
    caller should stand in line before it is told to come back instead; `bounds` hold for a call of
    an isolated engine.
    """

    def __init__(
        self,
        specs: Sequence[EngineSpec] | None = None,
        *,
        device: str = "cpu",
        weights: Callable[[str], Path | None] = lambda card: None,
        preferences: Mapping[str, str] | None = None,
        memory_budget: int | None = None,
        idle_seconds: float | None = 600.0,
        patience: float = 0.5,
        bounds: Bounds | None = None,
    ) -> None:
        self.specs = registry.ranked(registry.discover() if specs is None else specs)
        self._device = device
        self._weights = weights
        self._preferred = dict(preferences or {})
        self._memory = Memory(memory_budget)
        self._idle_seconds = idle_seconds or None
        self._patience = patience
        self._bounds = bounds
        self._slots: dict[str, Slot] = {}
        self._methods: dict[Callable[..., Any], _Method] = {}
        self._choices: dict[tuple[type, str | None, str | None], tuple[float, Slot]] = {}
        self._lock = threading.Lock()
        self._closed = False

    def use(
        self,
        method: Callable[Concatenate[Any, P], R],
        *,
        engine: str | None = None,
        language: str | None = None,
        timeout: float = 60.0,
    ) -> Callable[P, Awaitable[R]]:
        """Return the task method as a coroutine function, run by the best engine that can.

        Raises FailedPrecondition when no engine can; the coroutine raises ResourceExhausted when
        its queue is full, DeadlineExceeded after `timeout` seconds, Internal when the engine
        breaks. A cancelled call that still waits is never computed.
        """
        known = self._methods.get(method) or self._inspect(method)
        slot = self._choose(known.task, engine, language)
        name = known.name
        first = known.items if slot.spec.batch > 1 else None

        async def call(*args: P.args, **kwargs: P.kwargs) -> R:
            loop = asyncio.get_running_loop()
            future: asyncio.Future[R] = loop.create_future()
            if first is None:
                job = Job(future, name, args, kwargs)
            elif args:
                job = Job(future, name, args[1:], kwargs, typing.cast("Sequence[Any]", args[0]))
            else:
                rest: dict[str, Any] = dict(kwargs)
                job = Job(future, name, (), rest, rest.pop(first))
            if job.items is not None and len(job.items) == 0:
                return typing.cast("R", [])
            slot.submit(job, timeout)
            timer = loop.call_later(timeout, slot.expire, job, timeout)
            try:
                return await future
            except asyncio.CancelledError:
                slot.drop(job)
                raise
            finally:
                timer.cancel()

        return call

    def chosen(
        self,
        method: Callable[..., Any],
        *,
        engine: str | None = None,
        language: str | None = None,
    ) -> str:
        """Return the name of the engine that `use` would run now; raises FailedPrecondition."""
        known = self._methods.get(method) or self._inspect(method)
        return self._choose(known.task, engine, language).spec.name

    def able(self, task: type) -> tuple[str, ...]:
        """Return the names of all engines that can do a task now, best first."""
        return tuple(
            spec.name
            for spec in self.specs
            if task in spec.task.__mro__ and self._missing(spec) is None
        )

    def states(self) -> tuple[EngineState, ...]:
        """Return every registered engine, best first, with its state and the reason for it."""
        return tuple(self._state(spec) for spec in self.specs)

    def activity(self) -> Mapping[str, Activity]:
        """Return the counters of every engine that was used so far, by name; cheap."""
        return {name: slot.activity for name, slot in tuple(self._slots.items())}

    def depth(self) -> Mapping[str, int]:
        """Return the number of callers in line at every engine that was used so far."""
        return {name: slot.waiting for name, slot in tuple(self._slots.items())}

    @property
    def memory_used(self) -> int:
        """Return the bytes granted to loaded engines."""
        return self._memory.used

    def unload(self, name: str) -> bool:
        """Begin to unload an engine unless it is in use; tell whether it did."""
        slot = self._slots.get(name)
        return slot is not None and slot.evict()

    async def close(self, grace: float = 5.0) -> None:
        """Refuse callers from now on and unload; wait at most `grace` seconds for threads."""
        with self._lock:
            self._closed = True
            slots = tuple(self._slots.values())
        for slot in slots:
            slot.close()
        deadline = time.monotonic() + grace
        for slot in slots:
            left = max(0.0, deadline - time.monotonic())
            await asyncio.to_thread(slot.join, left)

    # --- choosing -----------------------------------------------------------------------------

    def _choose(self, task: type, name: str | None, language: str | None) -> Slot:
        """Return the slot of the best engine; the answer is kept for a few seconds."""
        key = (task, name, language)
        now = time.monotonic()
        kept = self._choices.get(key)
        if kept is not None and now < kept[0]:
            return kept[1]
        wanted = name or self._preference(task, language)
        spec = registry.choose(
            self.specs, task, name=wanted, language=language, missing=self._missing
        )
        slot = self._slot(spec)
        if len(self._choices) >= _CHOICES:  # languages come from requests
            self._choices.clear()
        self._choices[key] = (now + _CHOICE_SECONDS, slot)
        return slot

    def _preference(self, task: type, language: str | None) -> str | None:
        """Return the engine that the settings prefer, unless it does not speak the language."""
        name = self._preferred.get(task.__name__)
        spec = next((one for one in self.specs if one.name == name), None)
        return name if spec is None or spec.speaks(language) else None

    def _missing(self, spec: EngineSpec) -> str | None:
        """Return why an engine cannot run here, or None."""
        if reason := spec.missing():
            return reason
        if spec.card is not None and self._weights(spec.card) is None:
            return f"its weights are not here; `sensorium pull {spec.card}` gets them"
        return None

    def _inspect(self, method: Callable[..., Any]) -> _Method:
        """Find the task that a method belongs to, and whether its first argument is a Sequence."""
        name = method.__name__
        known_tasks = {spec.task for spec in self.specs}
        task = next((one for one in known_tasks if vars(one).get(name) is method), None)
        if task is None:
            owner = method.__qualname__.rpartition(".")[0]
            task = getattr(sys.modules.get(method.__module__), owner, None)
        if not isinstance(task, type):
            raise FailedPrecondition(f"No engine is registered for {method.__qualname__}.")
        parameters = list(inspect.signature(method).parameters.values())[1:]
        first = parameters[0] if parameters else None
        batched = first is not None and _is_sequence(method, first)
        known = _Method(name, task, first.name if first is not None and batched else None)
        self._methods[method] = known
        return known

    # --- the slots ----------------------------------------------------------------------------

    def _slot(self, spec: EngineSpec) -> Slot:
        with self._lock:
            if self._closed:
                raise Unavailable("The gateway is shutting down.", retry_after=1.0)
            slot = self._slots.get(spec.name)
            if slot is None:
                slot = self._slots[spec.name] = Slot(
                    spec,
                    lambda: self._build(spec),
                    memory=self._memory,
                    size=lambda: max(spec.memory, self._weights_size(spec)),
                    patience=self._patience,
                    idle_seconds=self._idle_seconds,
                )
            return slot

    def _build(self, spec: EngineSpec) -> Any:
        """Make the engine with those of `weights` and `device` that its constructor names."""
        facts: dict[str, Any] = {"device": self._device}
        if spec.card is not None:
            facts["weights"] = self._weights(spec.card)
            if facts["weights"] is None:
                raise FailedPrecondition(f"Engine {spec.name!r} cannot run: {self._missing(spec)}.")
        wanted = inspect.signature(spec.factory).parameters
        facts = {name: fact for name, fact in facts.items() if name in wanted}
        if not spec.isolated:
            return spec.factory(**facts)
        values = {*tasks.MODULES, spec.task.__module__}
        return Isolated(spec.factory, facts, name=spec.name, bounds=self._bounds, values=values)

    def _weights_size(self, spec: EngineSpec) -> int:
        """Return the bytes of an engine's weights: it cannot need less than it reads."""
        path = self._weights(spec.card) if spec.card is not None else None
        if path is None:
            return 0
        files = path.rglob("*") if path.is_dir() else (path,)
        return sum(file.stat().st_size for file in files if file.is_file())

    def _state(self, spec: EngineSpec) -> EngineState:
        slot = self._slots.get(spec.name)
        missing = self._missing(spec)
        state = EngineState(
            name=spec.name,
            task=spec.task.__name__,
            state="unavailable" if missing else "ready",
            reason=missing,
            memory=0,
            queued=0,
            running=0,
            last_used=None,
            activity=Activity(),
        )
        if slot is None:
            return state
        return replace(
            state,
            state=_PRESENT.get(slot.state, state.state),
            reason=missing or slot.error,
            memory=self._memory.size(slot),
            queued=slot.waiting,
            running=slot.running,
            last_used=time.time() - time.monotonic() + slot.last_used if slot.last_used else None,
            activity=slot.activity,
        )


def _is_sequence(method: Callable[..., Any], parameter: inspect.Parameter) -> bool:
    """Tell whether a parameter is annotated as a Sequence, even where names cannot be resolved."""
    try:
        hint = typing.get_type_hints(method)[parameter.name]
    except (NameError, KeyError):
        return str(parameter.annotation).startswith(("Sequence[", "collections.abc.Sequence["))
    return typing.get_origin(hint) is collections.abc.Sequence
