"""API keys: shown once, hashed at rest, revoked without a restart."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.gateway.keys import Keys
from sensorium.models.errors import FailedPrecondition, InvalidArgument, NotFound


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "keys.json"


def test_a_key_opens_for_its_owner_and_reads_as_one(path: Path) -> None:
    key, text = Keys(path).create("alice")
    assert text.startswith(f"sk-sensorium-{key.id}-")
    assert Keys(path).verify(text) == "alice"
    assert [one.name for one in Keys(path).list()] == ["alice"]


def test_no_part_of_the_secret_is_kept(path: Path) -> None:
    _, text = Keys(path).create("alice")
    secret = text.rpartition("-")[2]
    assert secret not in path.read_text()
    assert secret[:16] not in path.read_text()


def test_the_file_and_its_folder_are_closed_to_others(path: Path) -> None:
    Keys(path).create("alice")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in path.parent.iterdir())


def test_another_process_revokes_a_key_of_a_running_gateway(path: Path) -> None:
    running, console = Keys(path), Keys(path)
    key, text = console.create("alice")
    assert running.verify(text) == "alice"
    assert console.revoke(key.id) == (key,)
    assert running.verify(text) is None
    _, again = console.create("alice")
    assert running.verify(again) == "alice"


def test_revoking_a_name_takes_all_its_keys_and_no_other(path: Path) -> None:
    keys = Keys(path)
    texts = [keys.create(name)[1] for name in ("alice", "alice", "bob")]
    assert len(keys.revoke("alice")) == 2
    assert [keys.verify(text) for text in texts] == [None, None, "bob"]
    with pytest.raises(NotFound, match="'alice'"):
        keys.revoke("alice")


def test_a_key_ends_when_its_lifetime_does(path: Path) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    keys = Keys(path, clock=lambda: now)
    _, text = keys.create("alice", timedelta(hours=1))
    assert keys.verify(text) == "alice"
    later = Keys(path, clock=lambda: now + timedelta(hours=1))
    assert later.verify(text) is None


@pytest.mark.parametrize("lifetime", [timedelta(), timedelta(seconds=-1)])
def test_a_lifetime_that_is_over_is_refused(path: Path, lifetime: timedelta) -> None:
    with pytest.raises(InvalidArgument, match="lifetime"):
        Keys(path).create("alice", lifetime)


@pytest.mark.parametrize("name", ["", " x", "a\nb", "x" * 65, "../x", "a\x1b[31m"])
def test_a_name_that_could_mislead_a_reader_is_refused(path: Path, name: str) -> None:
    with pytest.raises(InvalidArgument, match="name"):
        Keys(path).create(name)
    assert not path.exists()


def test_any_changed_character_closes_the_door(path: Path) -> None:
    _, text = Keys(path).create("alice")
    for position in range(len(text)):
        changed = "0" if text[position] != "0" else "1"
        assert Keys(path).verify(text[:position] + changed + text[position + 1 :]) is None


@given(st.text(max_size=100))
def test_no_text_breaks_the_check(text: str) -> None:
    assert Keys(Path("/nonexistent/keys.json")).verify(text) is None


def test_a_key_of_one_gateway_is_none_of_another(path: Path, tmp_path: Path) -> None:
    key, text = Keys(path).create("alice")
    other = tmp_path / "other.json"
    records = json.loads(path.read_text())
    records[key.id]["sha256"] = "0" * 64
    other.write_text(json.dumps(records))
    assert Keys(other).verify(text) is None


def test_many_threads_lose_no_key(path: Path) -> None:
    keys = Keys(path)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda n: Keys(path).create(f"user{n}"), range(40)))
    assert len(keys.list()) == 40
    assert [keys.verify(text) for _, text in made] == [f"user{n}" for n in range(40)]


def _create(path: Path, first: int) -> None:
    for number in range(first, first + 5):
        Keys(path).create(f"user{number}")


def test_many_processes_lose_no_key(path: Path) -> None:
    spawn = get_context("spawn")
    processes = [spawn.Process(target=_create, args=(path, first)) for first in (0, 5, 10)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert sorted(key.name for key in Keys(path).list()) == sorted(f"user{n}" for n in range(15))


@pytest.mark.parametrize("content", ["{", "[]", '{"id": 7}', "\xff"])
def test_a_damaged_file_lets_nobody_in_and_says_so(path: Path, content: str) -> None:
    _, text = Keys(path).create("alice")
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(FailedPrecondition, match=r"keys\.json cannot be read"):
        Keys(path).verify(text)
    with pytest.raises(FailedPrecondition):
        Keys(path).create("bob")
    assert path.read_bytes() == content.encode("latin-1")


def test_there_is_no_key_before_the_first(path: Path) -> None:
    assert not Keys(path)
    assert Keys(path).list() == []
    Keys(path).create("alice")
    assert Keys(path)
