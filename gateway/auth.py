"""Who may ask: keys and tokens, or everyone on this machine while no key exists.

A bad key is PERMISSION_DENIED: UNAUTHENTICATED would send Google's clients into a loop of token
refreshes. Open access is for programs of this machine, not for web pages that a browser here shows:
the Host header must be loopback's (DNS rebinding), and a foreign Origin is refused (cross-site
requests).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_address

from sensorium.models.errors import PermissionDenied

Verify = Callable[[str], str | None]  # a secret -> its owner
_HOST = re.compile(r"(\[[\dA-Fa-f:.]+\]|[\w.-]+)(?::\d+)?")  # a name or an address, and a port

# how a browser fetches what no person clicked on
_UNSEEN = ("no-cors", "cors", "same-origin", "websocket")


class Access:
    """Decide on each request; `verify_key` and `verify_token` name the owner of a secret."""

    def __init__(
        self,
        *,
        open_access: Callable[[], bool],
        verify_key: Verify,
        verify_token: Verify,
        allowed_hosts: tuple[str, ...] = (),
    ) -> None:
        self._open = open_access
        self._verify_key = verify_key
        self._verify_token = verify_token
        self._allowed_hosts = frozenset(name.lower() for name in allowed_hosts)

    def owner(self, headers: Mapping[str, str], query_key: str | None = None) -> str:
        """Return who asks: the owner of the key, or "" under open access.

        `headers` have lower-case names. Raises PermissionDenied.
        """
        if self._open():
            self._refuse_strangers(headers)
            return ""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        bearer = token.strip() if scheme.lower() == "bearer" else ""
        secret = headers.get("x-goog-api-key") or query_key or bearer
        if not secret:
            raise PermissionDenied(
                "This gateway needs an API key.",
                hint="Send it as `x-goog-api-key`, `?key=` or a bearer token.",
            )
        owner = self._verify_key(secret)
        if owner is None and bearer:
            owner = self._verify_token(bearer)
        if owner is None:
            raise PermissionDenied("The API key is not valid, or was revoked.")
        return owner

    def _refuse_strangers(self, headers: Mapping[str, str]) -> None:
        """Refuse requests that a foreign web page could have caused."""
        host = headers.get("host")  # gRPC has none; no web page can speak it
        if host and not self._known(_named(host)):
            raise PermissionDenied(
                f"Open access answers to loopback names only, not to {host[:200]!r}.",
                hint="Add the name to SENSORIUM_ALLOWED_HOSTS, or use keys.",
            )
        if (
            headers.get("sec-fetch-site") == "cross-site"
            and headers.get("sec-fetch-mode") in _UNSEEN
        ):
            # an <img> has no Origin; it reads nothing, but it would make engines work
            raise PermissionDenied("Foreign pages may not use open access.", hint="Use an API key.")
        origin = headers.get("origin")
        if origin and not self._known(_named(origin.partition("://")[2])):
            raise PermissionDenied(
                f"Pages of {origin[:200]} may not use open access.", hint="Use an API key."
            )

    def _known(self, host: str) -> bool:
        """Tell whether a host name is loopback's or allowed."""
        return host in self._allowed_hosts or _is_loopback(host)


@lru_cache(256)
def _is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's own."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@lru_cache(256)
def _named(host: str) -> str:
    """Return the name in a Host header or behind an origin's scheme; "" if it is no such thing."""
    found = _HOST.fullmatch(host)
    return found[1].strip("[]").lower() if found else ""
