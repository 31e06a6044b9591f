"""Service accounts: files for Google's clients, and the check of the tokens they sign with them.

Google's auth libraries sign a JWT with the account's RSA key (RS256) and send it as the bearer
token, without asking a token server (https://google.aip.dev/auth/4111). Only the public key is
kept here: the private one is in the file that `create` returns, once.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sensorium.gateway.keys import checked_name
from sensorium.gateway.ledger import Ledger, Record
from sensorium.gateway.universe import Universe
from sensorium.models.errors import NotFound

_MAX_TOKEN = 8192
_MAX_LIFETIME = 3600  # seconds, as Google's own servers allow
_LEEWAY = 60  # seconds by which clocks may differ
_PRODUCTS = ("cloud-platform", "cloud-vision", "cloud-language", "cloud-translation", "dialogflow")
_SCOPES = frozenset(f"https://www.googleapis.com/auth/{name}" for name in _PRODUCTS)


@dataclass(frozen=True, slots=True)
class Account:
    """A service account without its private key."""

    id: str
    name: str
    email: str
    created: datetime


def _now() -> datetime:
    return datetime.now(UTC)


_CHECKS: Any = {
    "verify_signature": True,
    "verify_exp": False,  # checked by `_timely`, with the clock that tests can set
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,  # checked by `_meant`: `aud` is null beside `scope`
    "verify_iss": False,
    "verify_sub": False,
    "require": ["iss", "sub", "iat", "exp"],
}


class Accounts:
    """The service accounts of one gateway, kept in `path`; safe among processes and threads."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = _now) -> None:
        self._ledger = Ledger(path)
        self._clock = clock

    def create(
        self, name: str, universe: Universe, project: str = "sensorium"
    ) -> tuple[Account, bytes]:
        """Make an account of a universe for `name`; return it and its JSON file, which is not kept.

        The file is what GOOGLE_APPLICATION_CREDENTIALS names.
        """
        checked_name(name)
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        identity, created = secrets.token_hex(20), self._clock()
        local = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        email = f"{local}-{identity[:8]}@{project}.iam.{universe.domain}"
        public = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        with self._ledger.edit() as records:
            records[identity] = {
                "name": name,
                "email": email,
                "universe": universe.domain,
                "public": public.decode(),
                "created": created.isoformat(),
            }
        account = Account(identity, name, email, created)
        return account, _file(account, project, universe, private)

    def list(self) -> list[Account]:
        """Return every account, oldest first."""
        found = [
            Account(identity, r["name"], r["email"], datetime.fromisoformat(r["created"]))
            for identity, r in self._ledger.read().items()
        ]
        return sorted(found, key=lambda account: (account.created, account.id))

    def revoke(self, which: str) -> tuple[Account, ...]:
        """Take back the account with this id or e-mail, or every account of this name.

        Raises NotFound when there is none.
        """
        gone = tuple(a for a in self.list() if which in (a.id, a.email, a.name))
        if not gone:
            raise NotFound(f"No service account has the id, e-mail or name {which!r}.")
        with self._ledger.edit() as records:
            for account in gone:
                records.pop(account.id, None)
        return gone

    def verify(self, token: str) -> str | None:
        """Return the name that owns the account which signed this token, or None.

        A token must be a JWT of RS256 by a known key, issued by and about that account, alive for
        an hour at most, and meant for this universe (`aud`) or for Google's scopes (`scope`).
        """
        if len(token) > _MAX_TOKEN or token.count(".") != 2:
            return None
        try:
            record = self._ledger.read().get(str(jwt.get_unverified_header(token).get("kid")))
            if record is None:
                return None
            claims = jwt.decode(
                token, _public(record["public"]), algorithms=["RS256"], options=_CHECKS
            )
        except jwt.PyJWTError:
            return None
        mine = claims["iss"] == claims["sub"] == record["email"]
        alive = _timely(claims, self._clock().timestamp())
        return str(record["name"]) if mine and alive and _meant(claims, record) else None


@lru_cache(maxsize=256)
def _public(pem: str) -> rsa.RSAPublicKey:
    """Return the key of a PEM text; reading it takes longer than the check of a signature."""
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise jwt.InvalidKeyError("not an RSA key")
    return key


def _timely(claims: Record, now: float) -> bool:
    """Tell whether the token lives now, and for an hour at most."""
    issued, expires = claims["iat"], claims["exp"]
    if type(issued) not in (int, float) or type(expires) not in (int, float):
        return False
    alive = issued - _LEEWAY <= now < expires + _LEEWAY
    return bool(alive and 0 < expires - issued <= _MAX_LIFETIME)


def _meant(claims: Record, record: Record) -> bool:
    """Tell whether the token is for this universe (`aud`), or for Google's scopes."""
    audience, scope = claims.get("aud"), claims.get("scope")
    if audience is None:
        return isinstance(scope, str) and not _SCOPES.isdisjoint(scope.split())
    try:
        parts = urlsplit(audience if isinstance(audience, str) else "")
    except ValueError:
        return False
    host = parts.hostname or ""
    # Python's clients over REST write the public host into `aud`, whatever the universe.
    ours = host.endswith(".googleapis.com") or Universe(record["universe"]).holds(host)
    return parts.scheme == "https" and ours


def _file(account: Account, project: str, universe: Universe, private: rsa.RSAPrivateKey) -> bytes:
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    content = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": account.id,
        "private_key": pem.decode(),
        "client_email": account.email,
        "client_id": str(int(account.id[:16], 16)),
        "auth_uri": f"https://oauth2.{universe}/auth",
        "token_uri": f"https://oauth2.{universe}/token",
        "universe_domain": str(universe),
    }
    return json.dumps(content, indent=2).encode() + b"\n"
