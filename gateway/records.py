"""Operations in the database: the SQL, in functions of a connection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from sensorium.apis.storage import KEY, metadata, now

Record = Row[Any]

operations = Table(
    "operations",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False, index=True),
    Column("rpc", Text, nullable=False),  # whose work it is
    Column("asked", Text, nullable=False),  # as the caller knows it
    Column("request", LargeBinary, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("options", JSON, nullable=False),
    Column("phase", Text, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("executor", Text, nullable=False),  # the process that works on it
    Column("fields", JSON, nullable=False),  # of the metadata, as the work tells them
    Column("response", JSON),
    Column("error", JSON),
    Column("began", Text, nullable=False),  # RFC 3339, as all times
    Column("changed", Text, nullable=False),
    Column("ended", Text, nullable=False, index=True),  # empty while it is not done
    sqlite_autoincrement=True,  # a key is never given twice, so that page tokens stay true
)
executors = Table(
    "executors",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seen", Text, nullable=False),
)


def create(connection: Connection, values: Mapping[str, Any], most: int) -> Record | None:
    """Keep a new operation; None when there are `most` that are not done."""
    table = operations.c
    count = select(func.count()).select_from(operations).where(table.ended == "")
    if (connection.execute(count).scalar() or 0) >= most:
        return None
    moment = now()
    connection.execute(
        insert(operations).values(
            phase="waiting",
            attempts=0,
            executor="",
            fields={},
            began=moment,
            changed=moment,
            ended="",
            **values,
        )
    )
    return found(connection, values["id"])


def found(connection: Connection, identity: str) -> Record | None:
    """Return an operation, None if there is none."""
    return connection.execute(select(operations).where(operations.c.id == identity)).first()


def listed(
    connection: Connection, owner: str, under: str, before: int | None, count: int
) -> list[Record]:
    """Return an owner's operations whose names are `under/...`, newest first."""
    table = operations.c
    wanted = select(operations).where(table.owner == owner)
    if under:
        wanted = wanted.where(table.name.startswith(under + "/", autoescape=True))
    if before is not None:
        wanted = wanted.where(table.key < before)
    return list(connection.execute(wanted.order_by(table.key.desc()).limit(count)))


def attempt(connection: Connection, identity: str, executor: str) -> Record | None:
    """Note that a process begins the work of an operation; None if that is done or gone."""
    table = operations.c
    connection.execute(
        update(operations)
        .where(table.id == identity, table.ended == "")
        .values(phase="running", attempts=table.attempts + 1, executor=executor, changed=now())
    )
    row = found(connection, identity)
    return None if row is None or row.ended else row


def hand_back(connection: Connection, identity: str) -> None:
    """Note that a process gave up the work of an operation that it is not to blame for."""
    table = operations.c
    connection.execute(
        update(operations)
        .where(table.id == identity, table.ended == "")
        .values(phase="waiting", attempts=table.attempts - 1, executor="")
    )


def tell(connection: Connection, identity: str, fields: Mapping[str, Any]) -> None:
    """Keep what the work of an operation tells of how far it is."""
    table = operations.c
    connection.execute(
        update(operations)
        .where(table.id == identity, table.ended == "")
        .values(fields=dict(fields), changed=now())
    )


def end(
    connection: Connection,
    identity: str,
    phase: str,
    response: Mapping[str, Any] | None,
    error: Mapping[str, Any] | None,
) -> bool:
    """Keep how an operation ended, and tell whether that is its first end, which counts."""
    table = operations.c
    moment = now()
    done = connection.execute(
        update(operations)
        .where(table.id == identity, table.ended == "")
        .values(phase=phase, response=response, error=error, changed=moment, ended=moment)
    )
    return done.rowcount == 1


def drop(connection: Connection, identity: str) -> None:
    """Forget an operation."""
    connection.execute(delete(operations).where(operations.c.id == identity))


def waiting(connection: Connection) -> list[str]:
    """Return the operations that nobody has begun."""
    table = operations.c
    wanted = select(table.id).where(table.ended == "", table.phase == "waiting")
    return [row.id for row in connection.execute(wanted.order_by(table.key))]


def expire(connection: Connection, seconds: float, kept: int) -> list[str]:
    """Forget what ended so long ago, and the oldest of more than `kept`; return what that was."""
    table = operations.c
    oldest = _stamp(seconds)
    done = select(table.id).where(table.ended != "")
    newest = done.order_by(table.key.desc()).limit(kept)
    gone = [
        row.id
        for row in connection.execute(
            done.where((table.ended < oldest) | table.id.not_in(newest.scalar_subquery()))
        )
    ]
    if gone:
        connection.execute(delete(operations).where(table.id.in_(gone)))
    return gone


# --- processes that share a database -----------------------------------------------------------


def beat(connection: Connection, executor: str) -> None:
    """Note that a process is alive."""
    seen = update(executors).where(executors.c.id == executor).values(seen=now())
    if connection.execute(seen).rowcount == 0:
        connection.execute(insert(executors).values(id=executor, seen=now()))


def bury(connection: Connection, seconds: float) -> list[str]:
    """Forget the processes that were not alive for so long; each is told to one caller."""
    late = select(executors.c.id).where(executors.c.seen < _stamp(seconds))
    gone = []
    for row in connection.execute(late).all():
        taken = connection.execute(delete(executors).where(executors.c.id == row.id))
        if taken.rowcount == 1:
            gone.append(row.id)
    return gone


def leave(connection: Connection, executor: str) -> None:
    """Note that a process ends."""
    connection.execute(delete(executors).where(executors.c.id == executor))


def _stamp(ago: float) -> str:
    moment = datetime.now(UTC) - timedelta(seconds=ago)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
