"""Who gets in: programs of this machine while it is open, owners of keys otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sensorium.apis.core import Call
from sensorium.gateway.auth import Access
from sensorium.gateway.keys import Keys
from sensorium.models.errors import PermissionDenied
from tests.fakes import access, app, asked, serve, service

RPC = "google.cloud.dialogflow.v2.Sessions.DetectIntent"
PATH = "/v2/projects/p/agent/sessions/s:detectIntent"


@pytest.fixture(autouse=True)
def _served(monkeypatch: pytest.MonkeyPatch) -> None:
    async def handler(request: Any, call: Call) -> dict[str, Any]:
        return {"responseId": call.owner}

    serve(monkeypatch, {RPC: handler})


def status(*headers: tuple[str, str], path: str = PATH, keys: Any = None) -> int:
    """Return the status of a request with these headers."""
    asgi = app(service(access=access(keys)))
    return asked(asgi, "POST" if path.startswith(PATH) else "GET", path, headers=headers).status


# --- open --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8080",
        "127.0.0.1",
        "127.0.0.1:8080",
        "127.9.9.9",
        "[::1]",
        "[::1]:8080",
        "LOCALHOST:1",
        "app.localhost",
        "sensorium.example",
        "sensorium.example:80",
    ],
)
def test_open_access_answers_to_names_of_this_machine_and_allowed_ones(host: str) -> None:
    assert status(("host", host)) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evillocalhost",
        "0.0.0.0:8080",
        "10.0.0.1",
        "[::]:8080",
        "169.254.169.254",
        "[::",
        "]",
        "sensorium.example.evil.example",
        "xsensorium.example",
        "2130706433",
        "127.1",
        "localhost@evil.example",
        "localhost#@evil.example",
        "evil.example/localhost",
    ],
)
def test_a_name_that_was_rebound_to_this_machine_is_refused(host: str) -> None:
    assert status(("host", host)) == 403


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost",
        "http://localhost:7860",
        "http://127.0.0.1:3000",
        "https://[::1]:1",
        "https://sensorium.example",
    ],
)
def test_pages_of_this_machine_may_ask(origin: str) -> None:
    assert status(("origin", origin)) == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://evil.example:80",
        "null",
        "file://",
        "http://localhost.evil",
        "http://127.0.0.1.evil.example",
        "http://0.0.0.0:8080",
        "chrome-extension://abc",
        "x",
        "http://localhost@evil.example",
        "http://[::",
        "http://",
        "http://192.168.0.2",
    ],
)
def test_pages_of_elsewhere_may_not(origin: str) -> None:
    assert status(("origin", origin)) == 403


def test_an_embedded_picture_of_a_foreign_page_may_not_make_engines_work() -> None:
    headers = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]
    assert asked(app(), "POST", PATH, headers=headers).status == 403
    followed = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]
    assert asked(app(), "POST", PATH, headers=followed).status == 200


def test_a_refusal_says_what_to_do() -> None:
    answer = asked(app(), "POST", PATH, headers=[("host", "evil.example")])
    assert answer.error["status"] == "PERMISSION_DENIED"
    assert "SENSORIUM_ALLOWED_HOSTS" in answer.error["message"]


@pytest.mark.parametrize("path", ["/metrics", "/v1/engines"])
def test_what_shows_the_gateways_inside_is_guarded_like_an_rpc(path: str) -> None:
    assert status(path=path) == 200
    assert status(("host", "evil.example"), path=path) == 403
    assert status(("origin", "https://evil.example"), path=path) == 403
    assert status(path=path, keys={"k": "alice"}) == 403
    assert status(("x-goog-api-key", "k"), path=path, keys={"k": "alice"}) == 200
    assert status(path=f"{path}?key=k", keys={"k": "alice"}) == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_open_to_everyone(path: str) -> None:
    assert status(("host", "probe.example"), path=path, keys={"k": "alice"}) == 200


# --- keys --------------------------------------------------------------------------------------

KEYS = {"k": "alice", "l": "bob"}


def owner(path: str, *headers: tuple[str, str]) -> Any:
    answer = asked(app(service(access=access(KEYS))), "POST", path, headers=headers)
    return answer.json["responseId"] if answer.status == 200 else answer.error["status"]


@pytest.mark.parametrize(
    ("path", "headers", "name"),
    [
        (PATH, [("x-goog-api-key", "k")], "alice"),
        (PATH, [("X-Goog-Api-Key", "l")], "bob"),
        (f"{PATH}?key=k", [], "alice"),
        (f"{PATH}?$key=l", [], "bob"),
        (f"{PATH}?%6bey=k", [], "alice"),
        (PATH, [("authorization", "Bearer k")], "alice"),
        (PATH, [("authorization", "bearer  l ")], "bob"),
        (PATH, [("authorization", "Bearer token-of-robot")], "robot"),
        (PATH, [("x-goog-api-key", "k"), ("origin", "https://evil.example")], "alice"),
        (PATH, [("x-goog-api-key", "k"), ("host", "sensors.example")], "alice"),
    ],
)
def test_a_key_opens_in_each_of_the_places_where_clients_put_it(
    path: str, headers: list[tuple[str, str]], name: str
) -> None:
    assert owner(path, *headers) == name


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (PATH, []),
        (PATH, [("x-goog-api-key", "K")]),
        (PATH, [("x-goog-api-key", "k ")]),
        (PATH, [("x-goog-api-key", "k\u00e9")]),
        (PATH, [("x-goog-api-key", "")]),
        (PATH, [("x-goog-api-key", "token-of-robot")]),
        (PATH, [("x-goog-api-key", "x" * 100_000)]),
        (f"{PATH}?key=", []),
        (f"{PATH}?key=bad", []),
        (f"{PATH}?Key=k", []),
        (PATH, [("authorization", "k")]),
        (PATH, [("authorization", "Basic k")]),
        (PATH, [("authorization", "Bearer")]),
        (PATH, [("authorization", "Bearer bad")]),
        (PATH, [("cookie", "key=k")]),
    ],
)
def test_no_key_or_a_bad_one_is_403_and_never_401(
    path: str, headers: list[tuple[str, str]]
) -> None:
    answer = asked(app(service(access=access(KEYS))), "POST", path, headers=headers)
    assert (answer.status, answer.error["status"]) == (403, "PERMISSION_DENIED")
    assert "www-authenticate" not in answer.headers
    for _, value in headers:
        assert len(value) < 3 or value.encode() not in answer.body


def test_a_bad_key_is_refused_before_the_body_is_looked_at() -> None:
    answer = asked(app(service(access=access(KEYS))), "POST", PATH, b"{")
    assert answer.error["status"] == "PERMISSION_DENIED"


def test_what_nothing_serves_is_not_told_to_strangers() -> None:
    asgi = app(service(access=access(KEYS)))
    assert asked(asgi, "POST", "/v1/images:annotate").status == 403


def test_a_revoked_key_is_refused_at_once(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys.json")
    key, text = keys.create("alice")
    keys.create("bob")
    asgi = app(
        service(
            access=Access(
                open_access=lambda: not keys.list(),
                verify_key=keys.verify,
                verify_token=lambda token: None,
            )
        )
    )
    headers = [("x-goog-api-key", text)]
    assert asked(asgi, "POST", PATH, headers=headers).json == {"responseId": "alice"}
    Keys(tmp_path / "keys.json").revoke(key.id)  # as another process would
    assert asked(asgi, "POST", PATH, headers=headers).status == 403


def test_a_token_counts_as_such_only_where_tokens_are_sent() -> None:
    one = access(KEYS)
    assert one.owner({"authorization": "Bearer token-of-robot"}) == "robot"
    with pytest.raises(PermissionDenied):
        one.owner({}, "token-of-robot")
