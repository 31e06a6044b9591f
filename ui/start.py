"""The start page: what this gateway serves, and one line to try each thing."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from string import Template

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse

from sensorium import __version__
from sensorium.apis.client import bound
from sensorium.apis.core import Api, Rpc, discover
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
    line = escape(curl(rpc, base))
    return (
        f"<details><summary>{escape(rpc.summary)} <code>{escape(rpc.name)}</code></summary>"
        f"<pre>{line}</pre></details>"
    )


def curl(rpc: Rpc, base: str) -> str:
    """Return a shell line that sends the RPC's example to a gateway."""
    binding, path, rest = bound(load().methods[rpc.name], rpc.example)
    if not binding.body:
        query = "&".join(f"{key}={value}" for key, value in rest.items())
        return f"curl -s '{base}{path}{'?' if query else ''}{query}'"
    body = json.dumps(rest, ensure_ascii=False).replace("'", "'\\''")
    return f"curl -s '{base}{path}' -H 'content-type: application/json' -d '{body}'"
