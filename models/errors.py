"""What can go wrong, as exceptions.

Every failure that a caller may see is one of these; anything else is a bug and is reported as
INTERNAL without its text.

    Failure                 code                    when
    ├── InvalidArgument     INVALID_ARGUMENT        the request is wrong, whatever the state
    ├── OutOfRange          OUT_OF_RANGE            a page or an offset past the end
    ├── NotFound            NOT_FOUND               the named thing does not exist
    ├── AlreadyExists       ALREADY_EXISTS          the named thing exists
    ├── PermissionDenied    PERMISSION_DENIED       this key may not do this
    ├── FailedPrecondition  FAILED_PRECONDITION     nothing installed can; `hint` says what would
    ├── ResourceExhausted   RESOURCE_EXHAUSTED      over a limit or overloaded; see `retry_after`
    ├── Aborted             ABORTED                 given up after repeated failures
    ├── Cancelled           CANCELLED               the caller has gone
    ├── DeadlineExceeded    DEADLINE_EXCEEDED       the time allowed has passed
    ├── Unimplemented       UNIMPLEMENTED           this method is not served
    ├── Unavailable         UNAVAILABLE             loading or shutting down; try again soon
    └── Internal            INTERNAL                an engine broke
"""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """The canonical status codes, numbered as in google/rpc/code.proto."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class Failure(Exception):
    """Something a caller should be told.

    `field` is the path of the offending request field (`requests[0].image.content`), `hint` the
    next step in words (`sensorium pull whisper-base`), `retry_after` seconds until a retry makes
    sense.
    """

    code: Code = Code.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.hint = hint
        self.retry_after = retry_after

    def __str__(self) -> str:
        """Return the whole sentence: where, what, and the next step."""
        where = f"{self.field}: " if self.field else ""
        then = f" {self.hint}" if self.hint else ""
        return f"{where}{self.message}{then}"

    def within(self, prefix: str) -> Failure:
        """Return the same failure seen from one level up: its field prefixed."""
        outer = type(self)(
            self.message,
            field=f"{prefix}.{self.field}" if self.field else prefix,
            hint=self.hint,
            retry_after=self.retry_after,
        )
        outer.__cause__ = self
        return outer


class InvalidArgument(Failure):
    """The request is wrong, whatever the state of the system."""

    code = Code.INVALID_ARGUMENT


class OutOfRange(Failure):
    """A page or an offset lies past the end."""

    code = Code.OUT_OF_RANGE


class NotFound(Failure):
    """The named thing does not exist."""

    code = Code.NOT_FOUND


class AlreadyExists(Failure):
    """The named thing exists already."""

    code = Code.ALREADY_EXISTS


class PermissionDenied(Failure):
    """The caller may not do this."""

    code = Code.PERMISSION_DENIED


class FailedPrecondition(Failure):
    """Nothing that is installed can do this; the hint says what would."""

    code = Code.FAILED_PRECONDITION


class ResourceExhausted(Failure):
    """A limit is reached or an engine is overloaded."""

    code = Code.RESOURCE_EXHAUSTED


class Aborted(Failure):
    """The work was given up after repeated failures."""

    code = Code.ABORTED


class Cancelled(Failure):
    """The caller has gone."""

    code = Code.CANCELLED


class DeadlineExceeded(Failure):
    """The time allowed has passed."""

    code = Code.DEADLINE_EXCEEDED


class Unimplemented(Failure):
    """The method exists in the schema and is not served."""

    code = Code.UNIMPLEMENTED


class Unavailable(Failure):
    """The gateway is loading or shutting down; the same call will work soon."""

    code = Code.UNAVAILABLE


class Internal(Failure):
    """An engine broke; the message names it, never its input."""

    code = Code.INTERNAL
