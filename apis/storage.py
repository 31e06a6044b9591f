"""The gateway's database: SQLite in the state folder, or what a URL names (PostgreSQL).

Tables are declared on `metadata` by the modules that own them and made when first needed. Work is a
plain function of a connection, run in a transaction and off the event loop:

    sets = await call.database.read(product_sets_of, parent)
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Integer,
    MetaData,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from sensorium.models.errors import AlreadyExists, FailedPrecondition, Unavailable

P = ParamSpec("P")
R = TypeVar("R")

metadata = MetaData()
# of the rows of a table, in the order in which they were made; SQLite counts up only plain integers
KEY = BigInteger().with_variant(Integer, "sqlite")
_WRITES = "sensorium_writes"
_BUSY_SECONDS = 30.0  # how long a writer of SQLite waits for the one before it
_LOCK = 0x53656E73  # the advisory lock of PostgreSQL under which tables are made


def now() -> str:
    """Return the time as tables keep it: RFC 3339, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Database:
    """Transactions on one database; safe among threads, and among processes that share it.

    Without a URL it lives in memory and ends with the object. Connections are opened when needed.
    """

    def __init__(self, url: str = "sqlite://") -> None:
        self._made = False
        self._lock = threading.Lock()
        try:
            self._url: URL = make_url(url)
        except ArgumentError:
            raise FailedPrecondition(
                "The database's URL cannot be read.",
                hint="It reads like sqlite:////FOLDER/FILE or postgresql+psycopg://USER@HOST/NAME.",
            ) from None

    async def read(
        self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Return what `work` makes of a connection, all of whose reads see one moment."""
        return await asyncio.to_thread(lambda: self.run(False, work, *args, **kwargs))

    async def write(
        self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Return what `work` makes of a connection; it is kept whole, or not at all if it raises.

        Raises AlreadyExists when another transaction took a unique name meanwhile.
        """
        return await asyncio.to_thread(lambda: self.run(True, work, *args, **kwargs))

    def run(
        self,
        writes: bool,
        work: Callable[Concatenate[Connection, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Do the work of `read` or `write` in this thread."""
        with self._reported(), self._alone, _transaction(self._engine, writes) as connection:
            return work(connection, *args, **kwargs)

    def open(self) -> None:
        """Find the database's driver; FailedPrecondition when it is not installed."""
        _ = self._connections

    def close(self) -> None:
        """Close every connection that is not in use."""
        self._connections.dispose()

    @property
    def _engine(self) -> Engine:
        """Return the engine of a database whose tables exist."""
        if not self._made:
            with self._lock:
                if not self._made:
                    self._make(self._connections)
                    self._made = True
        return self._connections

    @cached_property
    def _alone(self) -> Any:
        """Return what only one transaction may hold at a time where all share a connection."""
        return threading.RLock() if self._in_memory else nullcontext()

    @property
    def _in_memory(self) -> bool:
        return self._url.get_backend_name() == "sqlite" and not self._url.database

    @cached_property
    def _connections(self) -> Engine:
        """Return the engine, without a connection yet."""
        try:
            if self._url.get_backend_name() == "sqlite":
                return _sqlite(self._url, self._in_memory)
            # a read must see one moment, as it does with SQLite
            return create_engine(
                self._url, isolation_level="REPEATABLE READ", pool_pre_ping=True, pool_size=10
            )
        except (ImportError, NoSuchModuleError) as missing:
            raise FailedPrecondition(
                f"The driver of {self._url.drivername!r} databases is not installed ({missing}).",
                hint="For PostgreSQL, `pip install sensorium[postgres]`.",
            ) from None

    def _make(self, engine: Engine) -> None:
        """Make the tables that are missing, one process at a time."""
        shared = engine.dialect.name == "postgresql"
        # whoever waited for the lock must see the tables that were made meanwhile
        level = engine.execution_options(isolation_level="READ COMMITTED") if shared else engine
        with _transaction(level, True) as connection:
            if shared:
                connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK})
            metadata.create_all(connection)

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Turn what a driver raises into failures; its text may name hosts and stays inside."""
        try:
            yield
        except IntegrityError as broken:
            raise AlreadyExists("Another request has just taken this name.") from broken
        except DBAPIError as broken:
            raise Unavailable(
                "The gateway's database is busy or cannot be reached.", retry_after=2.0
            ) from broken


@contextmanager
def _transaction(engine: Engine, writes: bool) -> Iterator[Connection]:
    """Yield a connection in a transaction, which ends as the block does."""
    with (
        engine.connect().execution_options(**{_WRITES: writes}) as connection,
        connection.begin(),
    ):
        yield connection


def _sqlite(url: URL, in_memory: bool) -> Engine:
    """Return an engine whose transactions begin as what they are: readers or the one writer."""
    if in_memory:
        engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        _own(str(url.database))
        engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        if not in_memory:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # A reader that turns into a writer cannot wait for another one: it fails at once.
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _own(path: str) -> None:
    """Make the file, if it is new, readable by its owner only; it will hold users' pictures."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as refused:
        raise FailedPrecondition(
            f"The database file cannot be written ({refused.strerror}).",
            hint="Set SENSORIUM_STATE or SENSORIUM_DATABASE to where this user may write.",
        ) from None
