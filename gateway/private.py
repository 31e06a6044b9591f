"""Files that only their owner may read: written whole or not at all, one writer at a time."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def folder(path: Path) -> Path:
    """Make the folder, closed to other users, and return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace the file's content in one step; readers see the old file or the new one."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the only lock on `path` among threads and processes of this machine."""
    # The lock lives beside the file: the file itself is replaced, and its lock would go with it.
    lock = path.with_name(f".{path.name}.lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
