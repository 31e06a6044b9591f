"""API keys: made, listed, revoked and checked; only their hashes are kept.

A key reads `sk-sensorium-ID-SECRET`: ID (8 hexadecimal digits) finds the record and may be shown
in logs, SECRET is 256 random bits. A plain SHA-256 is kept of it. Slow, salted hashes protect
passwords because people choose guessable ones; 2^256 equally likely secrets cannot be guessed, and
a fast hash keeps the check out of every request's time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sensorium.gateway.ledger import Ledger, Record
from sensorium.models.errors import InvalidArgument, NotFound

PREFIX = "sk-sensorium-"
_FORMAT = re.compile(r"sk-sensorium-([0-9a-f]{8})-[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@+-]{0,63}")


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret."""

    id: str
    name: str
    created: datetime
    expires: datetime | None = None


def _now() -> datetime:
    return datetime.now(UTC)


def checked_name(name: str) -> str:
    """Return the name if it may own keys, else raise InvalidArgument."""
    if not _NAME.fullmatch(name):
        raise InvalidArgument(
            f"{name!r} must be 1 to 64 letters, digits, spaces or any of . _ @ + -, "
            "and begin with a letter or digit.",
            field="name",
        )
    return name


class Keys:
    """The keys of one gateway, kept in `path`; safe among processes and threads.

    A gateway that runs sees a key made or revoked by another process at its next `verify`.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime] = _now) -> None:
        self._ledger = Ledger(path)
        self._clock = clock

    def create(self, name: str, lifetime: timedelta | None = None) -> tuple[Key, str]:
        """Make a key for `name` and return it with its text, which cannot be shown again."""
        checked_name(name)
        if lifetime is not None and lifetime <= timedelta():
            raise InvalidArgument(f"{lifetime} is not a time to come.", field="lifetime")
        created = self._clock()
        expires = created + lifetime if lifetime else None
        with self._ledger.edit() as records:
            identity = secrets.token_hex(4)
            while identity in records:
                identity = secrets.token_hex(4)
            text = f"{PREFIX}{identity}-{secrets.token_hex(32)}"
            records[identity] = {
                "name": name,
                "sha256": _digest(text),
                "created": created.isoformat(),
                "expires": expires.isoformat() if expires else None,
            }
        return Key(identity, name, created, expires), text

    def list(self) -> list[Key]:
        """Return every key, oldest first."""
        found = [_key(identity, record) for identity, record in self._ledger.read().items()]
        return sorted(found, key=lambda key: (key.created, key.id))

    def revoke(self, which: str) -> tuple[Key, ...]:
        """Take back the key with this id, or every key of this name, and return them.

        Raises NotFound when there is none.
        """
        with self._ledger.edit() as records:
            gone = tuple(
                _key(identity, record)
                for identity, record in records.items()
                if which in (identity, record["name"])
            )
            if not gone:
                raise NotFound(f"No key has the id or name {which!r}.", hint=_LIST)
            for key in gone:
                del records[key.id]
        return gone

    def verify(self, text: str) -> str | None:
        """Return the name that owns this key, or None for what is no valid key."""
        match = _FORMAT.fullmatch(text)
        record = self._ledger.read().get(match[1]) if match else None
        if record is None or not hmac.compare_digest(_digest(text), str(record["sha256"])):
            return None
        expires = record.get("expires")
        if expires and datetime.fromisoformat(expires) <= self._clock():
            return None
        return str(record["name"])

    def __bool__(self) -> bool:
        """Tell whether there is any key."""
        return bool(self._ledger.read())


_LIST = "`sensorium keys list` shows them."


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _key(identity: str, record: Record) -> Key:
    expires = record.get("expires")
    return Key(
        identity,
        record["name"],
        datetime.fromisoformat(record["created"]),
        datetime.fromisoformat(expires) if expires else None,
    )
