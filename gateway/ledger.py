"""Ledger: named records in one private JSON file, read by a running gateway as others change it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sensorium.gateway import private
from sensorium.models.errors import FailedPrecondition

Record = dict[str, Any]


class Ledger:
    """Records by id in the file `path` (mode 0600), which need not exist yet.

    Reading costs one `stat` while the file stays the same. Writers exclude each other with a lock
    file and replace the ledger whole, so a reader in any process sees a complete ledger.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._guard = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._records: Mapping[str, Record] = {}

    def read(self) -> Mapping[str, Record]:
        """Return the records, to be left unchanged.

        Raises FailedPrecondition when the file is damaged: nobody is let in on a guess.
        """
        with self._guard:
            signature = self._signature()
            if signature != self._seen:
                self._records = self._load()
                self._seen = signature
            return self._records

    @contextmanager
    def edit(self) -> Iterator[dict[str, Record]]:
        """Yield the records to change; they are kept when the block ends without an error."""
        private.folder(self.path.parent)
        with private.locked(self.path):
            records = self._load()
            yield records
            private.write(self.path, json.dumps(records, indent=1, sort_keys=True).encode())

    def _signature(self) -> tuple[int, int, int] | None:
        # A replaced file has a new inode: two edits within one tick of the clock still differ.
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _load(self) -> dict[str, Record]:
        try:
            records = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise self._damaged(str(error)) from error
        if not isinstance(records, dict) or not all(isinstance(r, dict) for r in records.values()):
            raise self._damaged("it is not an object of objects")
        return records

    def _damaged(self, why: str) -> FailedPrecondition:
        return FailedPrecondition(
            f"{self.path} cannot be read ({why}).", hint="Restore it, or remove it and start anew."
        )
