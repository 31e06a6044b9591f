"""Call the APIs as a program: in this process, or over HTTP at a gateway elsewhere.

Bots, the playground and the command line all come this way, never around it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

from google.protobuf import json_format

from sensorium.apis.core import JSON, Call, dispatch
from sensorium.apis.wire.codec import decode, encode
from sensorium.apis.wire.router import camel, expand
from sensorium.apis.wire.table import Binding, Method, load
from sensorium.models.errors import Failure, InvalidArgument, Unavailable


class Client(Protocol):
    """Something that answers RPCs by their full name."""

    async def call(self, rpc: str, request: JSON) -> JSON:
        """Return an RPC's answer as proto-JSON.

        Raises the Failure that the gateway answers with.
        """
        ...


def method(rpc: str) -> Method:
    """Return a unary method of the schema by its full name.

    Raises InvalidArgument when there is none.
    """
    found = load().methods.get(rpc)
    if found is None:
        raise InvalidArgument(
            f"There is no RPC {rpc!r}.", hint="`sensorium apis` lists the ones that are served."
        )
    if found.kind != "unary":
        raise InvalidArgument(f"{rpc} is a stream; call it with one of Google's own clients.")
    return found


@dataclass(frozen=True)
class LocalClient:
    """Answers in this process, with this process's engines; `context` is every call's."""

    context: Call

    async def call(self, rpc: str, request: JSON) -> JSON:
        """Return the handler's answer, through the same codecs as on the wire."""
        one = method(rpc)
        message = one.request()
        decode(message, request)
        answer: JSON = encode(one.response_type, await dispatch(one, message, self.context))
        return answer


@dataclass(frozen=True)
class HttpClient:
    """Answers from a gateway at `url`, with its API key if it needs one."""

    url: str
    key: str = ""
    seconds: float = 120.0

    async def call(self, rpc: str, request: JSON) -> JSON:
        """Return the gateway's answer to the first HTTP binding that the request fits."""
        import httpx

        one = method(rpc)
        message = one.request()
        decode(message, request)  # refuse here what the gateway would refuse
        plain = json_format.MessageToDict(message, descriptor_pool=load().pool)
        binding, path, rest = bound(one, plain)
        body = rest if binding.body == "*" else rest.pop(camel(binding.body), None)
        headers = {"x-goog-api-key": self.key} if self.key else {}
        async with httpx.AsyncClient(timeout=self.seconds) as http:
            try:
                answer = await http.request(
                    binding.verb,
                    self.url.rstrip("/") + path,
                    json=body if binding.body else None,
                    params=None if binding.body == "*" else rest,
                    headers=headers,
                )
            except httpx.TransportError as failed:
                raise Unavailable(
                    f"No gateway answers at {self.url} ({type(failed).__name__}).",
                    hint="Start one with `sensorium serve`.",
                ) from None
        return _answered(answer.status_code, answer.text)


def bound(one: Method, request: JSON) -> tuple[Binding, str, JSON]:
    """Return the first HTTP binding that a request fits, its path, and the rest of the request.

    Raises InvalidArgument when it fits none, or the RPC has none.
    """
    if not one.http:
        raise InvalidArgument(f"{one.name} has no HTTP binding; it is served over gRPC only.")
    for binding in one.http[:-1]:
        try:
            return binding, *expand(binding.path, request)
        except InvalidArgument:
            continue
    return one.http[-1], *expand(one.http[-1].path, request)


def _answered(status: int, text: str) -> JSON:
    """Return an HTTP answer's JSON, or raise the Failure that it carries."""
    try:
        value: Any = json.loads(text)
    except ValueError:
        raise Unavailable(f"The gateway answered {status} with something else than JSON.") from None
    if status == 200:
        answer: JSON = value
        return answer
    error = value.get("error", {}) if isinstance(value, dict) else {}
    kinds = {kind.code.name: kind for kind in Failure.__subclasses__()}
    kind = kinds.get(error.get("status", ""), Failure)
    raise kind(error.get("message", f"The gateway answered {status}."))
