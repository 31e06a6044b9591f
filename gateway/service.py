"""What REST and gRPC share: admission, the call, and the account of how it ended."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sensorium.apis.core import Call, Limits
from sensorium.apis.destinations import Destinations
from sensorium.apis.operations import Operations
from sensorium.apis.sources import Sources
from sensorium.apis.storage import Database
from sensorium.gateway.auth import Access
from sensorium.gateway.errors import told
from sensorium.gateway.observe import Answer, Metrics, Tracer
from sensorium.gateway.quota import Quota
from sensorium.models.errors import Unavailable
from sensorium.models.pool import Models

_OPTION = "x-sensorium-"


@dataclass
class Service:
    """The parts that answer a request, whichever transport it came by."""

    models: Models
    sources: Sources
    limits: Limits
    access: Access
    quota: Quota
    metrics: Metrics
    tracer: Tracer
    operations: Operations
    destinations: Destinations
    database: Database = field(default_factory=Database)
    state: Path | None = None
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    draining: bool = False

    @contextmanager
    def admitted(
        self, answer: Answer, headers: Mapping[str, str], key: str | None, seconds: float | None
    ) -> Iterator[Call]:
        """Admit a request and yield what its handler may use.

        Raises Unavailable at shutdown, PermissionDenied and ResourceExhausted. Whatever the body
        raises becomes the request's status in the log and the metrics.
        """
        with self.tracer.span(answer):
            try:
                if self.draining:
                    raise Unavailable("The gateway is shutting down.", retry_after=5.0)
                answer.owner = owner = self.access.owner(headers, key)
                with self.quota.taken(owner):
                    yield self._call(answer.request_id, owner, seconds, headers)
            except BaseException as error:
                failure = told(error, answer.request_id) if isinstance(error, Exception) else None
                answer.status = failure.code.name if failure else "CANCELLED"
                if failure is None or failure is error:
                    raise
                raise failure from error
            finally:
                self.metrics.answered(answer)

    @property
    def context(self) -> Call:
        """Return what the work of an operation may use, for nobody in particular."""
        return self._call("", "", None, {})

    def _call(
        self, request_id: str, owner: str, seconds: float | None, headers: Mapping[str, str]
    ) -> Call:
        """Return the call of a request; a client's own deadline shortens the time allowed."""
        limits = self.limits
        if seconds is not None and seconds < limits.seconds:
            limits = dataclasses.replace(limits, seconds=seconds)
        given = {
            name.removeprefix(_OPTION): value
            for name, value in headers.items()
            if name.startswith(_OPTION)
        }
        options = {**self.options, **given}
        return Call(
            self.models,
            self.sources,
            limits,
            request_id,
            owner,
            options,
            operations=self.operations,
            destinations=self.destinations,
            database=self.database,
            state=self.state,
        )


def new_request_id() -> str:
    """Return a fresh id that a user can quote."""
    return secrets.token_hex(8)
