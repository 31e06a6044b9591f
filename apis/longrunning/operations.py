"""The five methods of google.longrunning.Operations, for every product at once."""

from __future__ import annotations

import re
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.longrunning import longrunning
from sensorium.apis.longrunning.filters import matcher
from sensorium.apis.operations import Listing
from sensorium.models.errors import InvalidArgument

_SERVICE = "google.longrunning.Operations"
_EXAMPLE = {"name": "projects/p/locations/us/operations/0123456789abcdef"}
_PAGE = 100
_LARGEST_PAGE = 1000
_MARGIN = 0.9  # of the time that a call may take


@longrunning.rpc(f"{_SERVICE}.GetOperation", example=_EXAMPLE)
async def get_operation(request: Any, call: Call) -> JSON:
    """Return an operation as it stands.

    `done` comes with either `response` or `error`. Operations of other keys' owners, and those
    that are forgotten, are NOT_FOUND. What is done is kept for a day.
    """
    return (await call.operations.get(_name(request), call.owner)).wire()


@longrunning.rpc(
    f"{_SERVICE}.ListOperations", example={"name": "projects/p/locations/us", "filter": "done=true"}
)
async def list_operations(request: Any, call: Call) -> JSON:
    """List the caller's operations under a project and location, newest first.

    `filter` takes `done`, `state`, `name` and `type` (a part of the metadata type's name), as
    `FIELD=VALUE` terms joined by AND. Without a name every operation of the caller is listed.
    """
    if request.page_size < 0:
        raise InvalidArgument("pageSize cannot be negative.", field="pageSize")
    size = min(request.page_size or _PAGE, _LARGEST_PAGE)
    # Document AI writes the collection's name, others its parent's
    under = re.sub(r"(^|/)operations$", "", request.name.rstrip("/"))
    listing = Listing(under, matcher(request.filter), size, request.page_token)
    found, token = await call.operations.list(listing, call.owner)
    return {"operations": [one.wire() for one in found], "nextPageToken": token}


@longrunning.rpc(f"{_SERVICE}.WaitOperation", example={**_EXAMPLE, "timeout": "5s"})
async def wait_operation(request: Any, call: Call) -> JSON:
    """Return an operation once it is done, or as it stands after `timeout`.

    The wait ends a little before the time that a call may take, without a failure.
    """
    most = call.limits.seconds * _MARGIN
    asked = request.timeout.ToTimedelta().total_seconds() if request.HasField("timeout") else most
    seconds = min(max(asked, 0.0), most)
    return (await call.operations.wait(_name(request), call.owner, seconds)).wire()


@longrunning.rpc(f"{_SERVICE}.CancelOperation", example=_EXAMPLE)
async def cancel_operation(request: Any, call: Call) -> JSON:
    """Stop an operation; it is then done, with the error CANCELLED.

    Nothing happens to one that is done. What it has written already stays.
    """
    await call.operations.cancel(_name(request), call.owner)
    return {}


@longrunning.rpc(f"{_SERVICE}.DeleteOperation", example=_EXAMPLE)
async def delete_operation(request: Any, call: Call) -> JSON:
    """Forget an operation and its answer; work under way is not stopped."""
    await call.operations.delete(_name(request), call.owner)
    return {}


def _name(request: Any) -> str:
    """Return the name that a request holds."""
    if not request.name:
        raise InvalidArgument("An operation's name is needed.", field="name")
    return str(request.name)
