"""Frames: what passes between the sandbox and its child."""

from __future__ import annotations

import os
import pickle
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sensorium.models.sandbox import frames
from sensorium.models.tasks import Point

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
