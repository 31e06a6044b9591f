"""Ask one engine, as the gateway would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sensorium.models.pool import LocalModels
from sensorium.models.registry import EngineSpec


def ask(spec: EngineSpec, method: Callable[..., Any], *arguments: Any) -> Any:
    """Run a method of just this engine, as the gateway would."""

    async def run() -> Any:
        models = LocalModels([spec])
        try:
            return await models.use(method)(*arguments)
        finally:
            await models.close()

    return asyncio.run(run())
