"""Pages of a list: the token of a page says where the one before it ended."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.apis.core import JSON
from sensorium.models.errors import InvalidArgument

_USUAL, _MOST = 10, 100
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page:
    """The page that a request asks for: rows whose key is above `after`, at most `size`."""

    after: int
    size: int
    scope: str

    def answer(self, field: str, rows: Sequence[Any], shown: Callable[[Any], JSON]) -> JSON:
        """Return the response for `size + 1` rows, if there are so many, as `field` and token."""
        answer: JSON = {field: [shown(row) for row in rows[: self.size]]}
        if len(rows) > self.size:
            token = f"{rows[self.size - 1].key}:{self.scope}".encode()
            answer["nextPageToken"] = base64.urlsafe_b64encode(token).decode()
        return answer


def page(request: Any, scope: str, usual: int = _USUAL, most: int = _MOST) -> Page:
    """Return the page that a list request asks for; `scope` names the list.

    Raises InvalidArgument for a size beyond `most` and for a token of another list.
    """
    size = request.page_size
    if not 0 <= size <= most:
        raise InvalidArgument(f"A page has 1 to {most} items, not {size}.", field="pageSize")
    return Page(_after(request.page_token, scope), size or usual, scope)


def _after(token: str, scope: str) -> int:
    """Return the key at which the page before ended."""
    if not token:
        return 0
    try:
        key, _, of = base64.b64decode(token, b"-_", validate=True).decode().partition(":")
        after = int(key)
    except (binascii.Error, ValueError):
        after, of = -1, ""
    if of != scope or not 0 <= after <= _LARGEST:
        raise InvalidArgument("This token is not of a page of this list.", field="pageToken")
    return after
