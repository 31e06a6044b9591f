"""The gateway's database: whole transactions, many writers, and nothing lost at a restart."""

from __future__ import annotations

import asyncio
import multiprocessing
import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection

from sensorium.apis.paging import Page
from sensorium.apis.storage import Database
from sensorium.apis.vision.products import store
from sensorium.apis.vision.products.names import Name
from sensorium.models.errors import AlreadyExists, FailedPrecondition, Unavailable

PLACE = Name("p", "eu")
EVERY = Page(0, 1000, "")


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'sensorium.db'}"


def make(connection: Connection, identity: str) -> None:
    store.create_product_set(connection, Name("p", "eu", identity), identity)


def made(database: Database) -> list[str]:
    return [row.id for row in database.run(False, store.list_product_sets, PLACE, EVERY)]


def many(where: str, prefix: str, count: int) -> None:
    database = Database(where)
    for n in range(count):
        database.run(True, make, f"{prefix}{n}")
    database.close()


@pytest.fixture(params=["memory", "file"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    return Database() if request.param == "memory" else Database(url(tmp_path))


def test_what_raises_is_not_kept(database):
    def half(connection: Connection) -> None:
        make(connection, "half")
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        database.run(True, half)
    assert made(database) == []


def test_threads_write_one_after_the_other(database):
    threads = [
        threading.Thread(
            target=lambda i=i: [database.run(True, make, f"{i}-{n}") for n in range(20)]
        )
        for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made(database))) == 160


def test_of_many_that_take_one_name_at_once_one_gets_it(database):
    async def race() -> list[object]:
        tasks = (database.write(make, "same") for _ in range(10))
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = asyncio.run(race())
    assert results.count(None) == 1
    assert sum(isinstance(result, AlreadyExists) for result in results) == 9


def test_processes_write_to_one_file_and_make_its_tables_at_once(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    arguments = [(url(tmp_path), prefix, 25) for prefix in "abc"]
    processes = [context.Process(target=many, args=one) for one in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(made(Database(url(tmp_path)))) == 75


def test_a_database_in_memory_ends_with_its_object():
    one, other = Database(), Database()
    one.run(True, make, "s")
    assert made(one) == ["s"]
    assert made(other) == []


def test_the_file_is_its_owners_alone(tmp_path: Path):
    database = Database(url(tmp_path))
    database.run(True, make, "s")
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    database.close()


def test_a_key_is_never_given_twice(database):
    for n in range(3):
        database.run(True, make, f"s{n}")
    last = database.run(False, store.product_set, Name("p", "eu", "s2")).key
    database.run(True, store.delete_product_set, Name("p", "eu", "s2"))
    database.run(True, make, "s2")
    assert database.run(False, store.product_set, Name("p", "eu", "s2")).key > last


def test_a_url_that_is_none_is_refused_without_its_password():
    with pytest.raises(FailedPrecondition) as refused:
        Database("secret password")
    assert "secret" not in str(refused.value)
    with pytest.raises(FailedPrecondition, match="not installed") as refused:
        Database("oracle+nothing://user:secret@host/name").open()
    assert "secret" not in str(refused.value)


def test_a_database_that_cannot_be_reached_is_unavailable(tmp_path: Path):
    (tmp_path / "sensorium.db").write_bytes(b"no database" * 100)
    with pytest.raises(Unavailable) as refused:
        made(Database(url(tmp_path)))
    assert refused.value.retry_after
    with pytest.raises(FailedPrecondition, match="cannot be written"):
        made(Database(f"sqlite:///{tmp_path}/none/sensorium.db"))


def test_postgresql_keeps_the_same_promises(postgres: str):
    where = postgres
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=many, args=(where, prefix, 25)) for prefix in "ab"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    database = Database(where)
    assert len(made(database)) == 50
    with pytest.raises(AlreadyExists):
        database.run(True, make, "a1")
    for identity in made(database):
        database.run(True, store.delete_product_set, Name("p", "eu", identity))
    database.close()
