"""Service accounts: whose tokens are taken, and whose are not."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.oauth2 import service_account

from sensorium.gateway.accounts import Accounts
from sensorium.gateway.universe import Universe
from sensorium.models.errors import NotFound

UNIVERSE = Universe.parse("ai.sensorium.test")
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(tmp_path / "accounts.json")


def _token(content: dict[str, str], headers: dict[str, Any] | None = None, **changes: Any) -> str:
    now = int(datetime.now(UTC).timestamp())
    email = content["client_email"]
    claims = {"iss": email, "sub": email, "iat": now, "exp": now + 3600, "scope": SCOPE}
    claims = {k: v for k, v in {**claims, **changes}.items() if v is not ...}
    kid = {"kid": content["private_key_id"], **(headers or {})}
    return jwt.encode(claims, content["private_key"], algorithm="RS256", headers=kid)


@pytest.fixture
def content(accounts: Accounts) -> dict[str, str]:
    return dict(json.loads(accounts.create("alice", UNIVERSE)[1]))


@pytest.mark.parametrize("scopes", [[SCOPE], None])
def test_a_token_of_googles_own_library_names_its_owner(
    accounts: Accounts, content: dict[str, str], scopes: list[str] | None
) -> None:
    credentials = service_account.Credentials.from_service_account_info(content, scopes=scopes)
    credentials._create_self_signed_jwt("https://language.googleapis.com/")
    credentials.refresh(None)
    assert credentials.universe_domain == str(UNIVERSE)
    assert accounts.verify(credentials.token) == "alice"


def test_the_private_key_is_not_kept(accounts: Accounts, content: dict[str, str]) -> None:
    kept = accounts._ledger.path.read_text()
    assert "PRIVATE KEY" in content["private_key"]
    assert "PRIVATE KEY" not in kept


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": ..., "aud": "https://language.ai.sensorium.test/"},
        {"scope": ..., "aud": "https://language.googleapis.com/"},
        {"scope": ..., "aud": "https://oauth2.ai.sensorium.test/token"},
        {"aud": None},
        {"scope": f"openid {SCOPE}"},
    ],
)
def test_a_token_for_this_universe_is_taken(
    accounts: Accounts, content: dict[str, str], changes: dict[str, Any]
) -> None:
    assert accounts.verify(_token(content, **changes)) == "alice"


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": ...},
        {"scope": "openid"},
        {"scope": 7},
        {"aud": "https://example.org/"},
        {"aud": "http://language.ai.sensorium.test/"},
        {"aud": "https://evilai.sensorium.test/"},
        {"aud": ["https://language.googleapis.com/"]},
        {"aud": "https://[broken"},
        {"iss": "someone@else"},
        {"sub": "someone@else"},
        {"sub": ...},
        {"exp": ...},
        {"iat": ...},
        {"exp": True},
        {"iat": int(datetime.now(UTC).timestamp()) - 7200},
        {"iat": int(datetime.now(UTC).timestamp()) + 600},
        {"exp": int(datetime.now(UTC).timestamp()) - 61},
        {"exp": int(datetime.now(UTC).timestamp()) + 86400},
    ],
)
def test_a_token_that_is_old_long_foreign_or_for_somebody_else_is_refused(
    accounts: Accounts, content: dict[str, str], changes: dict[str, Any]
) -> None:
    assert accounts.verify(_token(content, **changes)) is None


def test_a_token_without_a_good_signature_is_refused(
    accounts: Accounts, content: dict[str, str]
) -> None:
    token = _token(content)
    head, body, signature = token.split(".")
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    none = base64.urlsafe_b64encode(
        json.dumps({"alg": "none", "kid": content["private_key_id"]}).encode()
    )
    forged = [
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{none.decode().rstrip('=')}.{body}.",
        _token({**content, "private_key": other.decode()}),
        _token(content, headers={"kid": "unknown"}),
        jwt.encode({}, content["private_key"], algorithm="RS256"),
        "a.b.c",
        "..",
        "x" * 10_000,
        "",
    ]
    assert accounts.verify(token) == "alice"
    assert [accounts.verify(one) for one in forged] == [None] * len(forged)


def test_the_public_key_does_not_serve_as_an_hmac_secret(
    accounts: Accounts, content: dict[str, str]
) -> None:
    import hashlib
    import hmac

    public = next(iter(accounts._ledger.read().values()))["public"]
    _, body, _ = _token(content).split(".")
    head = base64.urlsafe_b64encode(
        json.dumps({"alg": "HS256", "kid": content["private_key_id"]}).encode()
    ).rstrip(b"=")
    signed = head + b"." + body.encode()
    signature = hmac.new(public.encode(), signed, hashlib.sha256).digest()
    token = signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")
    assert accounts.verify(token.decode()) is None


def test_a_revoked_account_is_refused_by_a_running_gateway(
    accounts: Accounts, content: dict[str, str]
) -> None:
    running = Accounts(accounts._ledger.path)
    assert running.verify(_token(content)) == "alice"
    (gone,) = accounts.revoke("alice")
    assert gone.email == content["client_email"]
    assert running.verify(_token(content)) is None
    with pytest.raises(NotFound):
        accounts.revoke("alice")
