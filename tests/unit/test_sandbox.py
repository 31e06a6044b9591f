"""The sandbox: whatever a parser does, only its own call pays for it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sensorium.models.errors import Internal, InvalidArgument, OutOfRange
from sensorium.models.pool import LocalModels
from sensorium.models.registry import EngineSpec
from sensorium.models.sandbox.isolated import Bounds, Isolated
from sensorium.models.tasks import ImageReader, Point

PARSER = """
import ctypes, os, socket, time
import numpy as np
from sensorium.models.errors import OutOfRange
from sensorium.models.tasks import Point

class Special(OutOfRange):
    pass

class Parser:
    def __init__(self, refuse=False):
        if refuse:
            raise OutOfRange("will not start", hint="try again")
    def same(self, value): return value
    def pid(self): return os.getpid()
    def points(self, n): return tuple(Point(float(i), -1.0) for i in range(n))
    def pixels(self, height, width): return [np.full((height, width, 3), 7, np.uint8)]
    def segfault(self): ctypes.string_at(0)
    def abort(self): os.abort()
    def leave(self): os._exit(3)
    def hang(self):
        while True:
            pass
    def sleep(self): time.sleep(60)
    def burst(self): return len(bytearray(10**11))
    def leak(self): self.kept = [bytearray(10**7) for _ in range(16)]
    def flood(self): return b"x" * (3 * 10**8)
    def refuse(self):
        raise Special("no page 9", field="pages[0]", hint="There are 2.", retry_after=1.5)
    def bug(self): raise KeyError("my secret")
    def module(self): return os
    def objects(self): return np.array([object()])
    def evil(self):
        class Evil:
            def __reduce__(self): return (os.system, ("true",))
        return Evil()
    def environment(self): return dict(os.environ)
    def print(self):
        print("to whom it may concern", flush=True)
        os.write(1, b"raw")
        return "said"
    def network(self, port):
        with socket.create_connection(("127.0.0.1", port), 2) as link:
            return link.getpeername()[1]
    def frames(self, content, max_pixels, pages=()):
        if content == b"bad":
            ctypes.string_at(0)
        return [np.frombuffer(content, np.uint8).reshape(1, -1, 3)]
    def count(self, content): return 1
"""


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[type]:
    """An engine in a file that the child can import."""
    folder = tmp_path_factory.mktemp("parsers")
    (folder / "hostile_parser.py").write_text(PARSER)
    sys.path.insert(0, str(folder))
    import hostile_parser

    yield hostile_parser.Parser
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def isolated(parser: type) -> Iterator[Any]:
    """The engine in its child, with a quarter of a gigabyte and a second."""
    engine = Isolated(parser, name="hostile", bounds=Bounds(memory=250_000_000, seconds=1.0))
    yield engine
    engine.close()


def test_values_come_back_as_they_were(isolated: Any):
    value = {"a": [1, 2.5, None, True, b"x", "é"], "b": (Point(1.0, 2.0), {3, 4})}
    assert isolated.same(value) == value
    assert isolated.points(3) == (Point(0.0, -1.0), Point(1.0, -1.0), Point(2.0, -1.0))


def test_pictures_come_back_writable(isolated: Any):
    (pixels,) = isolated.pixels(300, 200)
    assert pixels.shape == (300, 200, 3)
    assert (pixels == 7).all()
    pixels[0, 0] = 255


def test_the_child_is_kept_between_calls(isolated: Any):
    assert isolated.pid() == isolated.pid() != os.getpid()


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("segfault", "crashed (SIGSEGV)"),
        ("abort", "crashed (SIGABRT)"),
        ("leave", "ended with status 3"),
        ("hang", "took longer than 1 s"),
        ("sleep", "took longer than 1 s"),
        ("burst", "needed more than 250 MB"),
    ],
)
def test_a_dying_parser_costs_its_call_only(isolated: Any, method: str, reason: str):
    before = isolated.pid()
    with pytest.raises(InvalidArgument) as caught:
        getattr(isolated, method)()
    assert str(caught.value) == f"The content could not be processed: hostile {reason}."
    assert isolated.pid() != before
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


def test_a_child_that_has_grown_is_replaced_before_it_refuses_the_innocent(isolated: Any):
    before = isolated.pid()
    isolated.leak()
    assert isolated.pid() != before


def test_an_answer_larger_than_the_bounds_is_not_read(isolated: Any):
    with pytest.raises((InvalidArgument, Internal)):
        isolated.flood()
    assert isolated.same(1) == 1


def test_failures_arrive_as_they_were_raised(isolated: Any):
    before = isolated.pid()
    with pytest.raises(OutOfRange) as caught:
        isolated.refuse()
    failure = caught.value
    assert (failure.message, failure.field, failure.hint, failure.retry_after) == (
        "no page 9",
        "pages[0]",
        "There are 2.",
        1.5,
    )
    assert isolated.pid() == before


def test_a_bug_is_told_without_its_text(isolated: Any, caplog: pytest.LogCaptureFixture):
    with pytest.raises(Internal, match=r"^Engine 'hostile' broke: KeyError\.$"):
        isolated.bug()
    assert "my secret" in caplog.text


@pytest.mark.parametrize("method", ["module", "objects", "evil"])
def test_answers_that_are_no_values_do_not_pass(isolated: Any, method: str):
    with pytest.raises(Internal):
        getattr(isolated, method)()
    assert isolated.same(1) == 1


def test_a_child_sees_no_secrets_of_the_environment(isolated: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SENSORIUM_SECRET", "x")
    assert set(isolated.environment()) <= {"LC_ALL", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"}


def test_what_a_parser_prints_disturbs_nothing(isolated: Any, capfd: pytest.CaptureFixture[str]):
    assert isolated.print() == "said"
    assert capfd.readouterr().out == ""


def test_a_child_has_no_network(isolated: Any):
    leaves = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x50000000) != 0)"
    if subprocess.run([sys.executable, "-c", leaves], check=False).returncode:
        pytest.skip("the kernel does not let a process leave the network")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        with pytest.raises(Internal):
            isolated.network(server.getsockname()[1])
        with pytest.raises(BlockingIOError):  # nobody knocked
            server.accept()


def test_a_constructor_that_refuses_is_heard(parser: type):
    with pytest.raises(OutOfRange, match="will not start") as caught:
        Isolated(parser, {"refuse": True})
    assert caught.value.hint == "try again"


def test_an_engine_that_cannot_be_imported_is_told(parser: type):
    class Local:
        pass

    with pytest.raises(Internal, match="broke"):
        Isolated(Local, name="local")


def test_threads_have_a_child_each(parser: type):
    engine = Isolated(parser, bounds=Bounds(seconds=20.0))
    meet, pids = threading.Barrier(2), []

    def work() -> None:
        meet.wait(20)
        with pytest.raises(InvalidArgument):
            engine.segfault()
        pids.append(engine.pid())

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(pids) == 2
    engine.close()


def test_closing_ends_the_children(parser: type):
    engine = Isolated(parser)
    pid = engine.pid()
    engine.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_pool_runs_isolated_engines_and_one_bad_file_fails_alone(parser: type):
    spec = EngineSpec("hostile", ImageReader, parser, isolated=True, concurrency=2)

    async def main() -> None:
        pool = LocalModels([spec])
        read = pool.use(ImageReader.frames)
        good, bad, also = await asyncio.gather(
            read(b"abc", 10), read(b"bad", 10), read(b"defghi", 10), return_exceptions=True
        )
        assert isinstance(bad, InvalidArgument)
        assert "crashed (SIGSEGV)" in str(bad)
        assert isinstance(good, list)
        assert isinstance(also, list)
        assert good[0].tobytes() == b"abc"
        assert also[0].tobytes() == b"defghi"
        await pool.close()

    asyncio.run(main())
