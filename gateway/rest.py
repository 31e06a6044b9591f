"""REST: bytes in, bytes out, routed by Google's own path templates.

The endpoint stands before FastAPI: its body handling would answer 422 in a shape that Google's
clients do not know.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import aclosing
from typing import Any
from urllib.parse import parse_qsl

import orjson

from sensorium.apis.core import Call, Limits, dispatch, stream
from sensorium.apis.wire.codec import decode, encode
from sensorium.apis.wire.router import Match, Router
from sensorium.gateway.errors import HTTP, body
from sensorium.gateway.observe import Answer
from sensorium.gateway.query import KEYS, Query
from sensorium.gateway.service import Service, new_request_id
from sensorium.models.errors import Cancelled, DeadlineExceeded, Failure, InvalidArgument

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_THREAD_BYTES = 256_000  # bodies above this are parsed off the event loop
_JSON = (b"content-type", b"application/json; charset=UTF-8")


class Rest:
    """An ASGI app: requests for an RPC are answered here, all others by `otherwise`."""

    def __init__(self, service: Service, router: Router, otherwise: App) -> None:
        self._service = service
        self._router = router
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        match = None
        if scope["type"] == "http":
            path = scope.get("raw_path") or scope["path"].encode()
            match = self._router.match(scope["method"], path.partition(b"?")[0].decode("latin-1"))
        if match is None:
            await self._otherwise(scope, receive, send)
        else:
            await _Exchange(self._service, match, scope, receive, send).run()


class _Exchange:
    """One request and its answer."""

    def __init__(
        self, service: Service, match: Match, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._service = service
        self._match = match
        self._receive = receive
        self._send = send
        self._headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        self._query_string = scope["query_string"].decode("latin-1")
        self._started = False
        self._ended = False
        self._disconnected = False

    async def run(self) -> None:
        """Read, answer, and turn any failure into Google's error body."""
        request_id = new_request_id()
        answer = Answer(self._match.method.name, "rest", request_id)
        try:
            pairs = parse_qsl(self._query_string, keep_blank_values=True)
            key = next((value for name, value in pairs if name in KEYS), None)
            with self._service.admitted(answer, self._headers, key, None) as call:
                query = Query(pairs)
                request = await self._request(await self._body(call.limits), query)
                await self._while_connected(self._answer(request, query, call))
        except Failure as failure:
            await self._fail(failure, request_id)
        except asyncio.CancelledError:
            if not self._gone():
                raise

    def _gone(self) -> bool:
        """Tell whether the cancellation was this exchange's own: the client went away."""
        task = asyncio.current_task()
        return self._disconnected and task is not None and task.uncancel() == 0

    async def _body(self, limits: Limits) -> bytes:
        """Return the request's body, decompressed, refused as soon as it is too long."""
        limit = limits.body_bytes
        too_long = InvalidArgument(
            f"The request is larger than the {limit} bytes allowed.",
            hint="Use a gs:// URI for large media, or raise SENSORIUM_BODY_BYTES.",
        )
        declared = self._headers.get("content-length", "0")
        if declared.isdecimal() and (len(declared) > 18 or int(declared) > limit):
            raise too_long
        chunks = bytearray()
        more = True
        while more:
            event = await self._part_of_body(limits.seconds)
            chunks += event.get("body", b"")
            if len(chunks) > limit:
                raise too_long
            more = event.get("more_body", False)
        coding = self._headers.get("content-encoding", "identity").strip().lower()
        if coding == "identity":
            return bytes(chunks)
        if coding != "gzip":
            raise InvalidArgument(f"content-encoding {coding!r} is not understood; use gzip.")
        return await asyncio.to_thread(_gunzip, bytes(chunks), limit, too_long)

    async def _part_of_body(self, seconds: float) -> Event:
        """Return the next part of the body; a client that stops sending is given up."""
        try:
            async with asyncio.timeout(seconds):
                event = await self._receive()
        except TimeoutError:
            raise DeadlineExceeded(f"No more of the request came for {seconds:g} s.") from None
        if event["type"] == "http.disconnect":
            raise Cancelled("The client went away before its request was whole.")
        return event

    async def _request(self, raw: bytes, query: Query) -> Any:
        """Return the request message from path, query and body."""
        if len(raw) > _THREAD_BYTES:
            return await asyncio.to_thread(self._decode, raw, query)
        return self._decode(raw, query)

    def _decode(self, raw: bytes, query: Query) -> Any:
        message = self._match.method.request()
        field = self._match.binding.body
        if field and raw.strip():
            value = _parse(raw)
            decode(message, value if field == "*" else {field: value})
        if query.fields:
            query.fill(message)
        for name, value in self._match.fields.items():
            target = message
            *parents, last = name.split(".")
            for parent in parents:
                target = getattr(target, parent)
            setattr(target, last, value)
        return message

    async def _while_connected(self, work: Awaitable[None]) -> None:
        """Await `work`, cancelled as soon as the client has gone."""
        task = asyncio.current_task()
        assert task is not None
        watcher = asyncio.ensure_future(self._receive())

        def left(done: asyncio.Future[Event]) -> None:
            if not done.cancelled() and not self._ended:
                self._disconnected = True
                task.cancel()

        watcher.add_done_callback(left)
        try:
            await work
        finally:
            watcher.remove_done_callback(left)
            watcher.cancel()

    async def _answer(self, request: Any, query: Query, call: Call) -> None:
        """Run the RPC and send what it returns."""
        method = self._match.method
        lenient = method.alias is not None
        if method.kind == "server":
            await self._stream(request, query, call)
            return
        value = await dispatch(method, request, call)
        value = encode(method.response_type, value, enum_ints=query.enum_ints, lenient=lenient)
        await self._respond(200, orjson.dumps(value, option=query.style), call.request_id)

    async def _stream(self, request: Any, query: Query, call: Call) -> None:
        """Send the messages of a server stream as one JSON array, each as soon as it is there."""
        method = self._match.method
        lenient = method.alias is not None
        opening = b"["
        async with aclosing(stream(method, request, call)) as values:
            async for value in values:
                encoded = encode(
                    method.response_type, value, enum_ints=query.enum_ints, lenient=lenient
                )
                part = opening + orjson.dumps(encoded, option=query.style)
                await self._part(part, call.request_id)
                opening = b",\n"
        await self._part(b"]" if self._started else b"[]", call.request_id, last=True)

    async def _part(self, part: bytes, request_id: str, last: bool = False) -> None:
        """Send a piece of a streamed answer."""
        self._ended = last
        if not self._started:
            self._started = True
            headers = [_JSON, (b"x-request-id", request_id.encode())]
            await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._send({"type": "http.response.body", "body": part, "more_body": not last})

    async def _fail(self, failure: Failure, request_id: str) -> None:
        """Send an error; in a stream that has begun as a last piece that leaves the array open.

        No reader can take such an answer for whole, and Google's client quotes what it could not
        finish reading.
        """
        if self._started:
            if not self._ended and not self._disconnected:
                torn = b",\n" + orjson.dumps(body(failure, request_id)).removesuffix(b"}")
                await self._part(torn, request_id, last=True)
            return
        extra = []
        if failure.retry_after is not None:
            extra.append((b"retry-after", str(max(1, round(failure.retry_after))).encode()))
        raw = orjson.dumps(body(failure, request_id), option=orjson.OPT_INDENT_2)
        await self._respond(HTTP[failure.code], raw, request_id, extra)

    async def _respond(
        self,
        status: int,
        raw: bytes,
        request_id: str,
        extra: list[tuple[bytes, bytes]] | None = None,
    ) -> None:
        """Send a whole answer."""
        self._started = self._ended = True
        headers = [
            _JSON,
            (b"content-length", str(len(raw)).encode()),
            (b"x-request-id", request_id.encode()),
            (b"x-content-type-options", b"nosniff"),
            *(extra or ()),
        ]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": raw})


def _parse(raw: bytes) -> Any:
    """Return the JSON of a body."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as broken:
        raise InvalidArgument(f"The body is not valid JSON: {broken}") from None


def _gunzip(raw: bytes, limit: int, too_long: InvalidArgument) -> bytes:
    """Return gzip data decompressed, up to `limit` bytes; several members are one text."""
    plain = bytearray()
    while raw:
        inflater = zlib.decompressobj(wbits=31)
        try:
            plain += inflater.decompress(raw, limit + 1 - len(plain))
        except zlib.error as broken:
            raise InvalidArgument(f"The body is not valid gzip: {broken}") from None
        if len(plain) > limit:
            raise too_long
        if not inflater.eof:
            raise InvalidArgument("The body is not valid gzip: it is cut off.")
        raw = inflater.unused_data
    return bytes(plain)
