"""`sensorium connect`: the printed lines, for this gateway's settings."""

from __future__ import annotations

from urllib.parse import urlsplit

from sensorium.gateway import connect
from sensorium.gateway.settings import Settings
from sensorium.models.errors import InvalidArgument


def lines(settings: Settings, what: str, *, universe: str = "", url: str = "") -> str:
    """Return the lines that point a program here; "env" makes the credentials it needs.

    `url` is the REST address where it is not the settings' own; gRPC is then left out.
    """
    address = _address(settings, url)
    to = None
    if what == "env" and (universe or settings.universe):
        to = connect.credentials(settings.certificates, universe or settings.universe)
    return connect.lines(what, address, to=to)


def _address(settings: Settings, url: str) -> connect.Address:
    if not url:
        grpc = settings.grpc_port if settings.grpc_port > 0 else None
        tls = settings.tls_port if settings.tls_port > 0 else None
        return connect.Address(settings.host, settings.port, grpc, tls)
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError as error:
        raise InvalidArgument(f"{url!r}: {error}.", field="url") from error
    if parts.scheme != "http" or not parts.hostname:
        raise InvalidArgument(f"{url!r} must read http://HOST:PORT.", field="url")
    return connect.Address(parts.hostname, port, None, None)
