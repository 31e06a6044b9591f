"""A real PostgreSQL for tests, from Debian's packages: made for them, and gone with them."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


@contextmanager
def server() -> Iterator[str]:
    """Start a server on a free port; yield the URL of its database. Skips where there is none."""
    if not _PROGRAMS:
        pytest.skip("PostgreSQL is not installed (Debian's postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="sensorium-postgres-"))
    who = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")  # it refuses to be root
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    try:
        _run(who, "initdb", "-D", f"{folder}/data", "-U", "tester", "-A", "trust", "--no-sync")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        control = ("pg_ctl", "-D", f"{folder}/data", "-w")
        _run(who, *control, "-o", options, "-l", f"{folder}/log", "start")
        try:
            yield f"postgresql+psycopg://tester@127.0.0.1:{port}/postgres"
        finally:
            _run(who, *control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(who: str, program: str, *arguments: str) -> None:
    path = str(_PROGRAMS[0] / program)
    switch = ("setpriv", f"--reuid={who}", f"--regid={who}", "--clear-groups")
    command = [*(switch if os.geteuid() == 0 else ()), path, *arguments]
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd="/"
    )
    assert done.returncode == 0, done.stderr
