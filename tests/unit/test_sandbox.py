"""The sandbox: whatever a parser does, only its own call pays for it."""

from __future__ import annotations

import asyncio
import os
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sensorium.models.errors import Internal, InvalidArgument, OutOfRange
from sensorium.models.pool import LocalModels
from sensorium.models.registry import EngineSpec
from sensorium.models.sandbox import frames
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


# --- what passes between the processes ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tame:
    value: int


@dataclass(frozen=True)
class Loose:
    value: int


HERE = {__name__}


def across(write: Callable[[socket.socket], None], limit: int = 10**7) -> Any:
    """Return what arrives of something written in another thread."""
    near, far = socket.socketpair()
    with near, far:

        def work() -> None:
            write(far)
            far.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            return frames.receive(near, limit=limit, values=HERE)
        finally:
            near.close()
            thread.join(20)


def crafted(body: bytes) -> Callable[[socket.socket], None]:
    head = (1).to_bytes(4, "little") + len(body).to_bytes(8, "little")
    return lambda link: link.sendall(head + body)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
    max_leaves=12,
)


@given(plain)
@settings(max_examples=50, deadline=None)
def test_every_plain_value_crosses(value: Any):
    assert across(lambda link: frames.send(link, value)) == value


numbers = arrays.boolean_dtypes() | arrays.integer_dtypes() | arrays.floating_dtypes()


@given(arrays.arrays(numbers, arrays.array_shapes(min_dims=0, min_side=0, max_side=5)))
@settings(max_examples=50, deadline=None)
def test_every_array_of_numbers_crosses(value: Any):
    for one in (value, value.T, value[::-1] if value.ndim else value):
        there = across(lambda link, one=one: frames.send(link, one))
        assert there.dtype == one.dtype
        np.testing.assert_array_equal(there, one)


def test_numpy_numbers_cross():
    value = across(lambda link: frames.send(link, [np.float32(1.5), np.int64(-3), np.True_]))
    assert value == [1.5, -3, True]
    assert [type(one) for one in value] == [np.float32, np.int64, np.bool_]


def test_dataclasses_with_slots_cross():
    assert across(lambda link: frames.send(link, Tame(3))) == Tame(3)


@pytest.mark.parametrize(
    "value", [Loose(1), os.getcwd, np.dtype("i4"), range(3), ValueError("x"), Path("x"), Point]
)
def test_nothing_else_crosses(value: Any):
    with pytest.raises(frames.FrameError):
        across(crafted(pickle.dumps(value, protocol=5)))


class Setter:
    """Pickles as a call, or as a state that would be set on a class."""

    def __init__(self, *reduced: Any) -> None:
        self.reduced = reduced

    def __reduce__(self) -> Any:
        return self.reduced


@pytest.mark.parametrize(
    "value",
    [
        Setter(os.system, ("false",)),
        Setter(eval, ("1",)),
        Setter(frames.array, ("O", (1,), b"12345678")),
        Setter(frames.array, ("i4,O", (1,), b"1234567890ab")),
        Setter(frames.array, ("u1", (2**40,), b"1")),
        Setter(frames.array, ("u1", (1,), b"1"), (None, {"__doc__": "x"})),
    ],
)
def test_no_call_but_the_making_of_arrays_is_done(value: Any):
    body = pickle.dumps(value, protocol=5)
    try:
        there = across(crafted(body))
    except frames.FrameError:
        return
    assert isinstance(there, np.ndarray)
    assert frames.array.__doc__ != "x"


def test_a_class_cannot_be_changed_by_a_crafted_state():
    build = b"\x80\x05" + pickle.GLOBAL + f"{__name__}\nTame\n".encode()
    state = pickle.dumps((None, {"value": 1}), protocol=5)[2:-1]
    with pytest.raises(frames.FrameError):
        across(crafted(build + state + pickle.BUILD + b"."))
    assert Tame(5).value == 5


@pytest.mark.parametrize(
    "raw",
    [
        b"\0\0\0\0",
        b"\xff\xff\xff\xff",
        b"\1\0\0\0" + b"\xff" * 8,
        b"\1\0\0\0" + (9 * 10**7).to_bytes(8, "little"),
        b"\1\0\0\0" + (4).to_bytes(8, "little") + b"junk",
    ],
)
def test_malformed_messages_are_refused_before_memory_is_taken(raw: bytes):
    with pytest.raises(frames.FrameError):
        across(lambda link: link.sendall(raw))


@pytest.mark.parametrize("raw", [b"", b"\1\0", b"\1\0\0\0" + (9).to_bytes(8, "little") + b"abc"])
def test_a_message_that_stops_short_is_an_end(raw: bytes):
    with pytest.raises(EOFError):
        across(lambda link: link.sendall(raw))
