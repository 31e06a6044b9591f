"""A gRPC server on a free port, and what clients are told by it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest

from sensorium.apis.core import Call
from sensorium.apis.wire.table import Table, load
from sensorium.gateway.grpc import server
from tests.fakes import service

DETECT = "google.cloud.dialogflow.v2.Sessions.DetectIntent"
SERVER = "google.cloud.dialogflow.cx.v3.Sessions.ServerStreamingDetectIntent"
BIDI = "google.cloud.speech.v1.Speech.StreamingRecognize"


def with_server(
    go: Callable[[Any], Awaitable[Any]],
    one: Any = None,
    largest: int = 10**6,
    table: Table | None = None,
) -> Any:
    """Run `go` with a channel to a server that was started for it."""

    async def run() -> Any:
        aio, port = server(one or service(), table or load(), "127.0.0.1:0", largest)
        await aio.start()
        try:
            options = (("grpc.max_send_message_length", -1),)
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options) as channel:
                return await go(channel)
        finally:
            await aio.stop(0)

    return asyncio.run(run())


def stub(channel: Any, name: str, kind: str | None = None) -> Any:
    """Return a stub of an RPC, of its own streaming kind."""
    method = load().methods[name]
    make = {
        "unary": channel.unary_unary,
        "server": channel.unary_stream,
        "client": channel.stream_unary,
        "bidi": channel.stream_stream,
    }[kind or method.kind]
    return make(
        f"/{method.service}/{name.rpartition('.')[2]}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=method.response.FromString,
    )


def request(name: str, **fields: Any) -> Any:
    return load().methods[name].request(**fields)


async def refused(call: Any) -> Any:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


def refusal(name: str, one: Any = None, message: Any = None, **how: Any) -> Any:
    """Return the error that a unary RPC ends with."""
    message = request(name) if message is None else message
    largest = how.pop("largest", 10**6)
    return with_server(lambda ch: refused(stub(ch, name)(message, **how)), one, largest)


async def echo(request: Any, call: Call) -> dict[str, Any]:
    """Answer with the session and the owner."""
    return {"responseId": request.session, "queryResult": {"queryText": call.owner}}
