"""The table of processor types: what enriches a document that was read."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai.options import Options
from sensorium.apis.documentai.reading import Reading
from sensorium.models.errors import NotFound

Processor = Callable[[Reading, JSON, Options, Call], Awaitable[JSON]]
P = Callable[[Processor], Processor]


@dataclass(frozen=True, slots=True)
class ProcessorType:
    """A processor type: Google's name, its category, and what serves it.

    `version` is the id of the version that every processor of the type has from the start, empty
    where one must be trained first; `trainable` types take trainProcessorVersion. `also` are the
    media types that it opens itself beside PDF and pictures.
    """

    type: str
    category: str
    summary: str
    version: str
    trainable: bool
    also: tuple[str, ...]
    process: Processor = field(repr=False)

    @property
    def id(self) -> str:
        """Return the id of the processor of this type that is always there, such as `ocr`."""
        return self.type.removesuffix("_PROCESSOR").lower().replace("_", "-")

    def includes(self, version: str) -> bool:
        """Tell whether an id means the version that is there from the start.

        So do `stable`, `rc` and Google's own names, such as `pretrained-ocr-v2.0-2023-06-02`.
        """
        return bool(self.version) and (
            version in ("", "stable", "rc") or version.startswith("pretrained-")
        )


_types: dict[str, ProcessorType] = {}


def processes(
    kind: str,
    *,
    category: str,
    summary: str,
    version: str = "pretrained-v1.0",
    trainable: bool = False,
    also: tuple[str, ...] = (),
) -> P:
    """Register the decorated coroutine as processor type `kind`."""

    def register(process: Processor) -> Processor:
        _types[kind] = ProcessorType(kind, category, summary, version, trainable, also, process)
        return process

    return register


@cache
def types() -> Mapping[str, ProcessorType]:
    """Return every processor type that is served, by its name."""
    from sensorium.apis.documentai import parsers

    for module in pkgutil.iter_modules(parsers.__path__):
        importlib.import_module(f"{parsers.__name__}.{module.name}")
    return dict(sorted(_types.items()))


def known(kind: str, field: str) -> ProcessorType:
    """Return a processor type; NotFound names those that are served."""
    if kind not in types():
        raise NotFound(
            f"Processor type {kind[:80]!r} is not served.",
            field=field,
            hint=f"Served are {', '.join(types())}.",
        )
    return types()[kind]


def always_there(identity: str) -> ProcessorType | None:
    """Return the type whose processor of this id every place has, None for any other id."""
    return next((one for one in types().values() if one.id == identity), None)
