"""The start page: what this gateway serves, and one line to try each thing."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse

from sensorium import __version__
from sensorium.apis.client import bound
from sensorium.apis.core import Api, Rpc, discover
from sensorium.apis.wire.router import camel
from sensorium.apis.wire.table import load


def mount(app: FastAPI) -> None:
    """Serve the start page at `/`."""

    @app.get("/", include_in_schema=False)
    async def start(request: Request) -> HTMLResponse:
        return HTMLResponse(page(str(request.base_url).rstrip("/")))


def page(base: str) -> str:
    """Return the start page as HTML that needs nothing from elsewhere; `base` is the gateway."""
    template = Template((files(__package__) / "start.html").read_text())
    apis = "\n".join(_section(api, base) for api in discover().values() if api.rpcs)
    return template.substitute(version=__version__, apis=apis)


def _section(api: Api, base: str) -> str:
    """Return the card of one API."""
    rows = "".join(_row(rpc, base) for rpc in api.rpcs.values())
    return f"<section><h2>{escape(api.title)}</h2><p>{escape(api.summary)}</p>{rows}</section>"


def _row(rpc: Rpc, base: str) -> str:
    """Return one RPC with its curl line folded away."""
    line = escape(tried(rpc, base))
    return (
        f"<details><summary>{escape(rpc.summary)} <code>{escape(rpc.name)}</code></summary>"
        f"<pre>{line}</pre></details>"
    )


def tried(rpc: Rpc, base: str) -> str:
    """Return a line to try an RPC with: for curl, or where gRPC alone serves it, what it is."""
    if load().methods[rpc.name].http:
        return curl(rpc, base)
    service, _, method = rpc.name.rpartition(".")
    return f"gRPC alone: /{service}/{method}; `sensorium connect` says how clients reach it."


def curl(rpc: Rpc, base: str) -> str:
    """Return a shell line that sends the RPC's example to a gateway."""
    binding, path, rest = bound(load().methods[rpc.name], rpc.example)
    body = None
    if binding.body:
        body = rest if binding.body == "*" else rest.pop(camel(binding.body), {})
    query = "" if binding.body == "*" else urlencode(rest)
    verb = "" if binding.verb == ("POST" if binding.body else "GET") else f" -X {binding.verb}"
    line = f"curl -s{verb} '{base}{path}{'?' if query else ''}{query}'"
    if body is None:
        return line
    text = json.dumps(body, ensure_ascii=False).replace("'", "'\\''")
    return f"{line} -H 'content-type: application/json' -d '{text}'"
