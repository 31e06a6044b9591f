"""Messages between this process and its children: pickles with their arrays beside them.

Arrays travel as raw buffers, uncopied. What a child sends is read by an unpickler that knows
numbers, texts, containers, arrays of numbers and the dataclasses of the tasks, nothing else: a
child that hostile bytes have taken over cannot make this process call anything. It can still make
it allocate memory, up to a multiple of `limit`.
"""

from __future__ import annotations

import copyreg
import dataclasses
import io
import pickle
import socket
import struct
import sys
import time
from collections.abc import Collection
from typing import Any

import numpy as np

_COUNT = struct.Struct("<I")
_SIZE = struct.Struct("<Q")
_BUFFERS = 65_536
_CHUNK = 1 << 20


class FrameError(Exception):
    """A message is malformed, too large, or holds what it must not hold."""


class _Array:
    """Build an array; an instance without attributes, so that nothing can be set on it."""

    __slots__ = ()

    def __call__(self, dtype: str, shape: tuple[int, ...], data: Any) -> Any:
        kind = np.dtype(dtype)
        if kind.kind not in "biufc":
            raise FrameError(f"arrays of {kind} are not let through")
        return np.frombuffer(data, kind).reshape(shape)

    def __reduce__(self) -> str:
        return "array"


class _Scalar(_Array):
    """Build a numpy number."""

    __slots__ = ()

    def __call__(self, dtype: str, shape: tuple[int, ...], data: Any) -> Any:
        return super().__call__(dtype, (1,), data)[0]

    def __reduce__(self) -> str:
        return "scalar"


array = _Array()
scalar = _Scalar()


def _reduce_array(value: Any) -> tuple[Any, ...]:
    if value.dtype.kind not in "biufc":
        raise FrameError(f"arrays of {value.dtype} are not let through")
    flat: Any = np.ascontiguousarray(value)
    return array, (value.dtype.str, value.shape, pickle.PickleBuffer(flat))


def _reduce_scalar(value: Any) -> tuple[Any, ...]:
    return scalar, (value.dtype.str, (), value.tobytes())


_REDUCERS: dict[Any, Any] = dict(copyreg.dispatch_table)
_REDUCERS[np.ndarray] = _reduce_array
_REDUCERS.update({np.dtype(code).type: _reduce_scalar for code in "?bhilqBHILQefdFD"})


class _Pieces:
    """A file that keeps what is written as it is: large bytes are not copied together."""

    def __init__(self) -> None:
        self.pieces: list[memoryview] = []
        self.size = 0

    def write(self, piece: Any) -> int:
        view = memoryview(piece).cast("B")
        self.pieces.append(view)
        self.size += view.nbytes
        return view.nbytes


def send(link: socket.socket, value: Any, deadline: float | None = None) -> None:
    """Send one message; raises TimeoutError at the deadline, OSError when nobody listens."""
    buffers: list[pickle.PickleBuffer] = []
    body = _Pieces()
    pickler = pickle.Pickler(body, protocol=5, buffer_callback=buffers.append)
    pickler.dispatch_table = _REDUCERS
    pickler.dump(value)
    parts = [buffer.raw() for buffer in buffers]
    sizes = [body.size, *(part.nbytes for part in parts)]
    head = _COUNT.pack(len(sizes)) + b"".join(_SIZE.pack(size) for size in sizes)
    for part in (memoryview(head), *body.pieces, *parts):
        sent = 0
        while sent < part.nbytes:
            _allow(link, deadline)
            sent += link.send(part[sent : sent + _CHUNK])


def receive(
    link: socket.socket,
    *,
    limit: int,
    deadline: float | None = None,
    values: Collection[str] | None = None,
) -> Any:
    """Return the next message of at most `limit` bytes.

    `values` are the modules whose dataclasses may be in it; None trusts the sender, as a child
    may trust its parent. Raises
    EOFError when the other side has gone, TimeoutError at the deadline, FrameError for what is not
    let through.
    """
    (count,) = _COUNT.unpack(_exactly(link, _COUNT.size, deadline))
    if not 0 < count <= _BUFFERS:
        raise FrameError(f"a message of {count} parts")
    heads = bytes(_exactly(link, _SIZE.size * count, deadline))
    sizes = [size for (size,) in _SIZE.iter_unpack(heads)]
    if sum(sizes) > limit:
        raise FrameError(f"a message of {sum(sizes)} bytes, the most is {limit}")
    body, *buffers = [_exactly(link, size, deadline) for size in sizes]
    if values is None:
        return pickle.loads(body, buffers=buffers)  # noqa: S301
    try:
        return _Values(io.BytesIO(body), buffers, values).load()
    except FrameError:
        raise
    except Exception as error:
        raise FrameError(f"a malformed message: {type(error).__name__}") from error


class _Values(pickle.Unpickler):
    """Read values only: no function is ever called but the two that make arrays."""

    def __init__(
        self, body: io.BytesIO, buffers: list[memoryview], values: Collection[str]
    ) -> None:
        super().__init__(body, buffers=buffers)
        self._modules = values

    def find_class(self, module: str, name: str) -> Any:
        """Return a constructor of values; FrameError for everything else."""
        if module == __name__ and name in ("array", "scalar"):
            return array if name == "array" else scalar
        found = vars(sys.modules[module]).get(name) if module in self._modules else None
        known = isinstance(found, type) and dataclasses.is_dataclass(found)
        # without slots an attribute could be set on the class itself through a crafted state
        if known and found.__module__ == module and "__setstate__" in vars(found):
            return found
        raise FrameError(f"{module}.{name} is not let through: it is no dataclass with slots")


def _exactly(link: socket.socket, size: int, deadline: float | None) -> memoryview:
    """Return the next `size` bytes in memory of their own, which arrays may keep and write to."""
    memory: Any = np.empty(size, np.uint8)  # bytearray would write zeros first
    data = memoryview(memory)
    done = 0
    while done < size:
        _allow(link, deadline)
        got = link.recv_into(data[done:])
        if got == 0:
            raise EOFError
        done += got
    return data


def _allow(link: socket.socket, deadline: float | None) -> None:
    if deadline is None:
        return
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    link.settimeout(remaining)
