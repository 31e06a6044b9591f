"""What several APIs do together as one call: `sensorium call translate.photo sign.jpg`.

@composition("translate.photo")
async def translate_photo(kit: Kit, content: bytes, *, to: str, source: str = "") -> JSON: ...
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache

from sensorium.apis.client import Client
from sensorium.apis.core import JSON
from sensorium.models.errors import InvalidArgument
from sensorium.models.pool import Models

Compose = Callable[..., Awaitable[JSON]]


@dataclass(frozen=True, slots=True)
class Kit:
    """What a composition works with: the APIs, here or elsewhere, and this machine's engines."""

    client: Client
    models: Models


@dataclass(frozen=True, slots=True)
class Composition:
    """A named call; its keyword arguments are what a caller may say besides the content."""

    name: str
    compose: Compose

    @property
    def summary(self) -> str:
        """Return the first line of its docstring."""
        return (self.compose.__doc__ or "").strip().partition("\n")[0]

    async def call(self, kit: Kit, content: bytes, options: Mapping[str, str]) -> JSON:
        """Return the answer to a file's bytes or a text. Raises InvalidArgument for options."""
        known = {
            name: one
            for name, one in inspect.signature(self.compose).parameters.items()
            if one.kind is inspect.Parameter.KEYWORD_ONLY
        }
        if strange := sorted(set(options) - set(known)):
            raise InvalidArgument(
                f"{self.name} has no option {strange[0]!r}; it has {', '.join(known)}."
            )
        for name, one in known.items():
            if one.default is inspect.Parameter.empty and name not in options:
                raise InvalidArgument(f"{self.name} needs the option {name!r}.")
        return await self.compose(kit, content, **options)


_compositions: dict[str, Composition] = {}


def composition(name: str) -> Callable[[Compose], Compose]:
    """Register the decorated function under a name."""

    def register(compose: Compose) -> Compose:
        _compositions[name] = Composition(name, compose)
        return compose

    return register


@cache
def compositions() -> Mapping[str, Composition]:
    """Return every composition by its name."""
    from sensorium import agents

    for module in pkgutil.walk_packages(agents.__path__, f"{agents.__name__}."):
        importlib.import_module(module.name)
    return dict(sorted(_compositions.items()))
