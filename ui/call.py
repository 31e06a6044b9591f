"""`sensorium call`: one file or text, one answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from sensorium.agents.compositions import Kit, compositions
from sensorium.apis.client import Client, HttpClient, LocalClient
from sensorium.apis.core import JSON, Call, Command, discover
from sensorium.gateway.app import local_database, local_destinations, local_models, local_sources
from sensorium.gateway.operations import LocalOperations
from sensorium.gateway.settings import Settings
from sensorium.models.errors import InvalidArgument


def commands() -> dict[str, Command]:
    """Return every short name, such as `vision.text`."""
    return {one.name: one for api in discover().values() for one in api.commands.values()}


async def run(
    settings: Settings,
    method: str,
    content: bytes,
    *,
    options: Mapping[str, str],
    url: str | None = None,
    key: str = "",
) -> JSON:
    """Return the answer of a short name or a full RPC name, here or at `url`.

    A short name takes a file's bytes or a text, a full name the request as JSON; the name of a
    composition takes options too.
    """
    composed = compositions().get(method)
    if composed is None and options:
        raise InvalidArgument(
            f"{method} takes no options; {', '.join(compositions())} do.",
            hint="Send a whole request by the full name of an RPC.",
        )
    rpc, request = ("", {}) if composed else _request(method, content)
    if url and composed is None:
        return await HttpClient(url, key).call(rpc, request)
    models = local_models(settings)
    operations = LocalOperations(settings.limits)
    try:
        call = Call(
            models,
            local_sources(settings),
            settings.limits,
            operations=operations,
            destinations=local_destinations(settings),
            database=local_database(settings),
            state=settings.state,
            options=settings.options,
        )
        client: Client = HttpClient(url, key) if url else LocalClient(call)
        if composed:
            return await composed.call(Kit(client, models), content, options)
        return await client.call(rpc, request)
    finally:
        await operations.close()
        await models.close()


def _request(method: str, content: bytes) -> tuple[str, JSON]:
    """Return the RPC and the request that the words of the command line mean."""
    short = commands()
    if method in short:
        return short[method].rpc, short[method].build(content)
    if method.count(".") < 3:
        known = ", ".join(sorted([*short, *compositions()]))
        raise InvalidArgument(f"{method!r} is no short name; there are {known}.")
    try:
        request: Any = orjson.loads(content)
    except orjson.JSONDecodeError as broken:
        raise InvalidArgument(f"the request is not JSON: {broken}") from None
    return method, request
