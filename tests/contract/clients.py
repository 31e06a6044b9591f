"""Google's official clients, pointed at a running gateway."""

from __future__ import annotations

from typing import Any

import grpc
from google.api_core.client_options import ClientOptions

from tests.gateway import Running

TRANSPORTS = ("rest", "grpc")
# those of the channels that the clients make themselves
OPTIONS = (("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1))


def client(kind: type[Any], transport: str, gateway: Running, key: str = "k") -> Any:
    """Return an unmodified client that talks to the gateway in plaintext."""
    if transport == "rest":
        options = ClientOptions(api_endpoint=gateway.url, api_key=key)
        return kind(transport="rest", client_options=options)
    channel = grpc.insecure_channel(gateway.grpc, options=OPTIONS)
    return kind(transport=kind.get_transport_class("grpc")(channel=channel))
