"""Universe: the domain under which Google's clients look for a service, `SERVICE.NAME`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sensorium.models.errors import InvalidArgument

DEFAULT = "sensorium.localhost"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_FORMAT = re.compile(rf"({_LABEL}(?:\.{_LABEL})+)(?::([0-9]{{1,5}}))?")


@dataclass(frozen=True, slots=True)
class Universe:
    """A universe domain, `NAME` or `NAME:PORT`, as GOOGLE_CLOUD_FORMAT_DOMAIN takes it.

    With a port only Python's clients find it: Node.js and Go put `:443` behind whatever is there.
    """

    domain: str
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Universe:
        """Read a universe domain, "" for the default one.

        Raises InvalidArgument for one label and for Google's own domain.
        """
        match = _FORMAT.fullmatch((text or DEFAULT).lower())
        if not match or len(match[1]) > 200 or (match[2] and not 0 < int(match[2]) < 65536):
            raise InvalidArgument(
                f"{text!r} is not a domain of two labels or more (sensorium.localhost, "
                "ai.example.org); TLS knows no wildcard for one label.",
                field="universe",
            )
        if match[1] == "googleapis.com" or match[1].endswith(".googleapis.com"):
            raise InvalidArgument("googleapis.com is Google's own universe.", field="universe")
        return cls(match[1], int(match[2]) if match[2] else None)

    def holds(self, host: str) -> bool:
        """Tell whether a host name is the domain or below it."""
        return host.lower() == self.domain or host.lower().endswith(f".{self.domain}")

    def __str__(self) -> str:
        """Return the text that was parsed."""
        return f"{self.domain}:{self.port}" if self.port else self.domain
