"""gRPC: one generic handler over the same table, dispatch and account as REST."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import cache
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message

from sensorium.apis.core import JSON, dispatch, served_as, stream
from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.table import Method, Table
from sensorium.apis.wire.transfer import transfer
from sensorium.gateway.errors import clipped, status_bytes
from sensorium.gateway.observe import Answer
from sensorium.gateway.service import Service, new_request_id
from sensorium.models.errors import Failure, InvalidArgument

_DETAILS = "grpc-status-details-bin"
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class Rpcs(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Answers every RPC of the table; those that nothing serves name themselves."""

    def __init__(self, service: Service, table: Table) -> None:
        self._service = service
        self._methods = {
            f"/{method.service}/{method.name.rpartition('.')[2]}": method
            for method in table.methods.values()
        }
        self._handler = cache(self._make)

    def service(self, details: Any) -> Any:
        """Return the handler of a call, or None for an RPC that no schema has."""
        return self._handler(details.method) if details.method in self._methods else None

    def _make(self, path: str) -> Any:
        """Return a handler of the method's streaming kind."""
        method = self._methods[path]
        # requests come as bytes: grpc would answer UNKNOWN for those that are no message
        codecs = {"request_deserializer": None, "response_serializer": _serialize}
        unary, streamed = self._unary(method), self._streamed(method)
        match method.kind:
            case "unary":
                return grpc.unary_unary_rpc_method_handler(unary, **codecs)
            case "client":
                return grpc.stream_unary_rpc_method_handler(unary, **codecs)
            case "server":
                return grpc.unary_stream_rpc_method_handler(streamed, **codecs)
            case "bidi":
                return grpc.stream_stream_rpc_method_handler(streamed, **codecs)

    def _unary(self, method: Method) -> Callable[[Any, Any], Awaitable[Message | None]]:
        """Return what answers with one message."""

        async def answer(request: Any, context: Any) -> Message | None:
            try:
                with self._admitted(method, context) as call:
                    return _message(method, await dispatch(method, _read(method, request), call))
            except Failure as failure:
                await _abort(context, failure)
                return None

        return answer

    def _streamed(self, method: Method) -> Callable[[Any, Any], AsyncIterator[Message]]:
        """Return what answers with a stream of messages."""

        async def answer(request: Any, context: Any) -> AsyncIterator[Message]:
            try:
                with self._admitted(method, context) as call:
                    async with aclosing(stream(method, _read(method, request), call)) as values:
                        async for value in values:
                            yield _message(method, value)
            except Failure as failure:
                await _abort(context, failure)

        return answer

    def _admitted(self, method: Method, context: Any) -> Any:
        """Admit the call by its metadata, within the client's deadline."""
        metadata = {
            key: value for key, value in context.invocation_metadata() if isinstance(value, str)
        }
        answer = Answer(method.name, "grpc", new_request_id())
        context.set_trailing_metadata((("x-request-id", answer.request_id),))
        return self._service.admitted(answer, metadata, None, context.time_remaining())


def _read(method: Method, request: Any) -> Any:
    """Return a request's message, or the stream of them."""
    return _parsed(method, request) if isinstance(request, bytes) else _each(method, request)


async def _each(method: Method, requests: AsyncIterator[bytes]) -> AsyncIterator[Message]:
    """Yield the messages of a stream of bytes."""
    async for raw in requests:
        yield _parsed(method, raw)


def _parsed(method: Method, raw: bytes) -> Message:
    """Return the message in these bytes."""
    try:
        return method.request.FromString(raw)
    except DecodeError as broken:
        raise InvalidArgument(str(broken)) from None


def _message(method: Method, value: JSON) -> Message:
    """Return a handler's dict as the method's response message.

    A dict that the type cannot hold is a bug here, not the caller's mistake.
    """
    stable = served_as(method).response()
    try:
        decode(stable, value)
    except InvalidArgument as misfit:
        raise TypeError(f"{method.name} answered what its type cannot hold") from misfit
    if method.alias is None:
        return stable
    message = method.response()
    transfer(stable, message)
    return message


def _serialize(message: Message) -> bytes:
    """Return a message's wire form."""
    return message.SerializeToString()


async def _abort(context: Any, failure: Failure) -> None:
    """End the call with a status, its details in the standard trailer."""
    failure = clipped(failure)
    request_id = dict(context.trailing_metadata()).get("x-request-id", "")
    trailers = (
        *context.trailing_metadata(),
        (_DETAILS, status_bytes(failure, str(request_id))),
    )
    await context.abort(_CODES[int(failure.code)], str(failure), trailing_metadata=trailers)


def server(service: Service, table: Table, address: str, largest: int) -> tuple[Any, int]:
    """Return an unstarted server and the port it got; messages of up to `largest` bytes pass."""
    options = (
        ("grpc.max_receive_message_length", largest),
        ("grpc.max_send_message_length", -1),
        ("grpc.so_reuseport", 0),
    )
    aio = grpc.aio.server(handlers=(Rpcs(service, table),), options=options)
    return aio, aio.add_insecure_port(address)
