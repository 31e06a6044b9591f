"""Where bytes come from: inline, `gs://`, or an allowed `https://`; all capped."""

from __future__ import annotations

from typing import Protocol


class Sources(Protocol):
    """Resolve a URI of a request to its bytes."""

    async def read(self, uri: str, *, field: str, limit: int | None = None) -> bytes:
        """Return the object's bytes.

        Raises InvalidArgument for a malformed or forbidden URI and for more than `limit` bytes,
        NotFound when there is no such object; `field` is the request field for the message.
        """
        ...
