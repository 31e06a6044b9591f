"""Failures as Google's clients know them: an HTTP status and body, or a gRPC status.

Shape of google.rpc.Status (google/rpc/status.proto, error_details.proto). On REST the client's
exception follows the HTTP status alone and only 503 is retried, so the mapping is by effect.
"""

from __future__ import annotations

import logging
from typing import Any

from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.table import load
from sensorium.models.errors import Code, Failure, Internal

_TYPE = "type.googleapis.com/google.rpc."
DOMAIN = "sensorium"
HTTP = {
    Code.CANCELLED: 499,
    Code.UNKNOWN: 500,
    Code.INVALID_ARGUMENT: 400,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 400,
    Code.ABORTED: 409,
    Code.OUT_OF_RANGE: 400,
    Code.UNIMPLEMENTED: 501,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.DATA_LOSS: 500,
    Code.UNAUTHENTICATED: 401,
}
log = logging.getLogger("sensorium")


def told(error: BaseException, request_id: str) -> Failure:
    """Return what the caller is told of an exception; a bug is logged and not quoted."""
    if isinstance(error, Failure):
        return error
    log.error("unexpected %s", type(error).__name__, exc_info=error, extra={"id": request_id})
    return Internal(f"Something broke here; the log has it under request {request_id}.")


def details(failure: Failure, request_id: str) -> list[dict[str, Any]]:
    """Return the error details: reason, offending field, next step, when to retry, request id."""
    found: list[dict[str, Any]] = [
        {"@type": f"{_TYPE}ErrorInfo", "reason": failure.code.name, "domain": DOMAIN}
    ]
    if failure.field:
        violation = {"field": failure.field, "description": failure.message}
        found.append({"@type": f"{_TYPE}BadRequest", "fieldViolations": [violation]})
    if failure.hint:
        found.append({"@type": f"{_TYPE}LocalizedMessage", "locale": "en", "message": failure.hint})
    if failure.retry_after is not None:
        delay = f"{failure.retry_after:.3f}s"
        found.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": delay})
    if request_id:
        found.append({"@type": f"{_TYPE}RequestInfo", "requestId": request_id})
    return found


def body(failure: Failure, request_id: str) -> dict[str, Any]:
    """Return the JSON error body."""
    return {
        "error": {
            "code": HTTP[failure.code],
            "message": str(failure),
            "status": failure.code.name,
            "details": details(failure, request_id),
        }
    }


def clipped(failure: Failure) -> Failure:
    """Return the failure short enough for trailers: clients drop calls with more than 8 kB."""
    short = type(failure)(
        _clip(failure.message, 600),
        field=failure.field and _clip(failure.field, 200),
        hint=failure.hint and _clip(failure.hint, 300),
        retry_after=failure.retry_after,
    )
    return short if str(short) != str(failure) else failure


def _clip(text: str, most: int) -> str:
    """Return a text's first `most` bytes."""
    raw = text.encode("utf-8", "replace")
    return text if len(raw) <= most else raw[: most - 3].decode("utf-8", "ignore") + "..."


def status_bytes(failure: Failure, request_id: str) -> bytes:
    """Return the serialized google.rpc.Status for the `grpc-status-details-bin` trailer."""
    table = load()
    status = table.message("google.rpc.Status")()
    decode(status, {"code": int(failure.code), "message": str(failure)})
    for detail in details(failure, request_id):
        kind = detail.pop("@type").rpartition("/")[2]
        message = table.message(kind)()
        decode(message, detail)
        status.details.add().Pack(message)  # type: ignore[attr-defined]
    return status.SerializeToString()
