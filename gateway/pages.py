"""Everything over HTTP that is not an RPC: health, metrics, engines, OpenAPI and its docs page."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from sensorium import __version__
from sensorium.apis.core import served
from sensorium.apis.wire.table import Table
from sensorium.gateway import openapi
from sensorium.gateway.errors import HTTP, body
from sensorium.gateway.service import Service
from sensorium.models.errors import Failure, NotFound, PermissionDenied


def build(service: Service, table: Table) -> FastAPI:
    """Return the app of these pages; its errors have Google's shape too."""
    app: FastAPI = FastAPIOffline(
        title="Sensorium",
        version=__version__,
        redoc_url=None,
        swagger_ui_parameters={"docExpansion": "none", "filter": True, "tryItOutEnabled": True},
    )
    # FastAPI's own document knows nothing of the RPCs
    app.router.routes = [
        route for route in app.router.routes if getattr(route, "path", "") != app.openapi_url
    ]
    _add_specification(app, table)
    _add_health(app, service)
    _add_insight(app, service)
    app.add_exception_handler(Failure, _failed)
    app.add_exception_handler(HTTPException, _missed)
    return app


def _add_specification(app: FastAPI, table: Table) -> None:
    """Serve the OpenAPI document, made when it is first asked for."""

    @cache
    def specification() -> bytes:
        return orjson.dumps(openapi.document(table.methods.values(), served()))

    @app.get("/openapi.json", include_in_schema=False)
    def openapi_json() -> Response:
        return _json(specification())


def _add_health(app: FastAPI, service: Service) -> None:
    """Tell that the process lives, and whether it takes new requests."""

    @app.get("/healthz")
    async def healthz() -> Response:
        return _json(b'{"status":"ok"}')

    @app.get("/readyz")
    async def readyz() -> Response:
        if service.draining:
            return _json(b'{"status":"draining"}', 503)
        return _json(b'{"status":"ready"}')


def _add_insight(app: FastAPI, service: Service) -> None:
    """Show metrics and engines to those who may ask."""

    def guard(request: Request) -> None:
        service.access.owner(request.headers, request.query_params.get("key"))

    @app.get("/metrics")
    def metrics(request: Request) -> Response:
        guard(request)
        return Response(service.metrics.page(), media_type="text/plain; version=0.0.4")

    @app.get("/v1/engines")
    async def engines(request: Request) -> Response:
        guard(request)
        models: Any = service.models
        rows = [state.describe() for state in models.states()]
        return _json(orjson.dumps({"engines": rows}, option=orjson.OPT_INDENT_2))


async def _failed(_: Request, failure: Any) -> Response:
    """Answer a failure in Google's shape."""
    return _json(orjson.dumps(body(failure, "")), HTTP[failure.code])


async def _missed(request: Request, error: Any) -> Response:
    """Answer a path or a verb that nothing here has."""
    if error.status_code in (404, 405):
        method = f"{request.method} {request.url.path}"
        return await _failed(request, NotFound(f"{method} is no method of this gateway."))
    return await _failed(request, PermissionDenied(str(error.detail)))


def _json(raw: bytes, status: int = 200) -> Response:
    """Return a JSON answer."""
    return Response(raw, status_code=status, media_type="application/json")
