"""The router: Google's path templates, there and back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorium.apis.wire.router import VARIABLE, Router, camel, expand
from sensorium.apis.wire.table import Binding, Method, load
from sensorium.models.errors import InvalidArgument

METHODS = list(load().methods.values())
BINDINGS = [(method, binding) for method in METHODS for binding in method.http]
ROUTER = Router(METHODS)
ANNOTATE = load().methods["google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"]
SEGMENT = st.text(min_size=1, max_size=8).filter(lambda text: text not in (".", ".."))


def method(name: str, *paths: str, verb: str = "GET") -> Method:
    """Return an RPC of these path templates."""
    http = tuple(Binding(verb, path, "") for path in paths)
    return Method(
        name, "unary", http, ANNOTATE.request_type, ANNOTATE.response_type, None, None, None
    )


def nested(fields: dict[str, str]) -> dict[str, Any]:
    """Return path fields (`a.b_c`) as the proto-JSON that holds them."""
    request: dict[str, Any] = {}
    for name, value in fields.items():
        *parents, last = (camel(part) for part in name.split("."))
        target = request
        for parent in parents:
            target = target.setdefault(parent, {})
        target[last] = value
    return request


def test_every_binding_of_the_schema_leads_to_its_own_rpc() -> None:
    for one, binding in BINDINGS:
        fields = {
            found[1]: (found[2] or "*").replace("**", "a/b").replace("*", "x-1")
            for found in VARIABLE.finditer(binding.path)
        }
        path, _ = expand(binding.path, nested(fields))
        match = ROUTER.match(binding.verb, path)
        assert match is not None, binding
        assert match.method is one, binding
        if match.binding is binding:  # ListOperations has two forms of the same path
            assert match.fields == fields
    assert len(BINDINGS) > 900


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(BINDINGS), st.data())
def test_a_path_made_of_fields_gives_the_fields_back(
    bound: tuple[Method, Binding], data: st.DataObject
) -> None:
    _, binding = bound
    fields = {}
    for found in VARIABLE.finditer(binding.path):
        parts = [
            data.draw(SEGMENT.filter(lambda s: "/" not in s)) if part in ("*", "**") else part
            for part in (found[2] or "*").split("/")
        ]
        fields[found[1]] = "/".join(parts)
    path, _ = expand(binding.path, nested(fields))
    assert re.fullmatch(r"[A-Za-z0-9/:._~%-]+", path)
    match = ROUTER.match(binding.verb, path)
    assert match is not None
    if match.binding is binding:
        assert match.fields == fields


def test_fields_of_the_path_leave_the_request_and_nested_ones_stay() -> None:
    path, rest = expand("/v2/{intent.name=a/*}:x", {"intent": {"name": "a/b", "c": 1}, "d": 2})
    assert (path, rest) == ("/v2/a/b:x", {"intent": {"name": "a/b", "c": 1}, "d": 2})
    path, rest = expand("/v1/{long_name=a/*}/b", {"longName": "a/b", "d": 2})
    assert (path, rest) == ("/v1/a/b/b", {"d": 2})


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"name": ""},
        {"name": None},
        {"name": 1},
        {"name": "a"},
        {"name": "a/b/c"},
        {"name": "b/c"},
        {"name": "a/"},
        {"name": "a/b/"},
    ],
    ids=str,
)
def test_a_field_that_does_not_fit_the_path_is_refused_by_name(request_: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        expand("/v1/{name=a/*}", request_)
    assert caught.value.field == "name"


@pytest.mark.parametrize("name", ["projects/./operations/1", "projects/p/operations/.."])
def test_a_segment_of_dots_is_refused_because_clients_take_it_out(name: str) -> None:
    with pytest.raises(InvalidArgument, match="dots"):
        expand("/v1/{name=projects/*/operations/*}", {"name": name})


def test_a_slash_in_a_lone_segment_is_encoded_and_comes_back() -> None:
    router = Router([method("a", "/v1/{name}")])
    path, _ = expand("/v1/{name}", {"name": "a/b"})
    assert path == "/v1/a%2Fb"
    match = router.match("GET", path)
    assert match is not None
    assert match.fields == {"name": "a/b"}


def test_an_encoded_slash_makes_no_further_segment_of_a_name() -> None:
    match = Router([method("a", "/v1/{name=projects/*}")]).match("GET", "/v1/projects/a%2Fb%2fc")
    assert match is not None
    assert match.fields == {"name": "projects/a%2Fb%2fc"}


def test_percent_encoding_is_taken_off_fields() -> None:
    match = Router([method("a", "/v1/{name=projects/*}:go")]).match(
        "GET", "/v1/projects/caf%C3%A9%20%3A%25:go"
    )
    assert match is not None
    assert match.fields == {"name": "projects/caf\u00e9 :%"}


def test_an_encoded_colon_is_no_action() -> None:
    router = Router([method("plain", "/v1/{name=a/*}"), method("action", "/v1/{name=a/*}:go")])
    encoded = router.match("GET", "/v1/a/x%3Ago")
    action = router.match("GET", "/v1/a/x:go")
    other = router.match("GET", "/v1/a/x:y")
    assert encoded
    assert encoded.method.name == "plain"
    assert encoded.fields["name"] == "a/x:go"
    assert action
    assert action.method.name == "action"
    assert action.fields["name"] == "a/x"
    assert other
    assert other.method.name == "plain"
    assert other.fields["name"] == "a/x:y"


def test_a_literal_wins_over_a_star_and_a_star_over_two() -> None:
    router = Router(
        [method("rest", "/v1/{n=**}"), method("star", "/v1/a/{n}"), method("lit", "/v1/a/b")]
    )
    names = {
        path: match.method.name
        for path in ("/v1/a/b", "/v1/a/c", "/v1/a/b/c", "/v1/a", "/v1/z/y")
        if (match := router.match("GET", path))
    }
    assert names == {
        "/v1/a/b": "lit",
        "/v1/a/c": "star",
        "/v1/a/b/c": "rest",
        "/v1/a": "rest",
        "/v1/z/y": "rest",
    }


def test_a_literal_that_leads_nowhere_gives_way_to_a_star() -> None:
    router = Router([method("one", "/v1/a/b/c"), method("two", "/v1/{x}/{y}/d")])
    match = router.match("GET", "/v1/a/b/d")
    assert match is not None
    assert match.fields == {"x": "a", "y": "b"}


def test_two_stars_take_all_that_is_left_with_its_action_off() -> None:
    router = Router([method("a", "/v1/ops/{name=**}"), method("b", "/v1/ops/{name=**}:cancel")])
    plain, action = router.match("GET", "/v1/ops/a/b"), router.match("GET", "/v1/ops/a/b:cancel")
    assert plain
    assert plain.fields == {"name": "a/b"}
    assert action
    assert action.fields == {"name": "a/b"}
    assert router.match("GET", "/v1/ops") is None


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/"),
        ("GET", ""),
        ("GET", "/v1/images:annotate"),
        ("POST", "/v1/images"),
        ("POST", "/v1/images:annotat"),
        ("POST", "/v1//images:annotate"),
        ("POST", "/v1/images:annotate/x"),
        ("POST", "/V1/images:annotate"),
        ("POST", "/v1/projects//locations/l:translateText"),
        ("POST", "/v3/projects//locations/l:translateText"),
        ("BREW", "/v1/images:annotate"),
        ("POST", ":annotate"),
        ("POST", "/v1/:"),
        ("POST", "/" + "a/" * 5000),
    ],
)
def test_what_no_template_has_matches_nothing(verb: str, path: str) -> None:
    assert ROUTER.match(verb, path) is None


@settings(deadline=None)
@given(st.text(alphabet="v123/:%*{}.=abc\u00e9\x00", max_size=40))
def test_no_path_breaks_the_router(path: str) -> None:
    for verb in ("GET", "POST"):
        match = ROUTER.match(verb, path)
        assert match is None or all(isinstance(value, str) for value in match.fields.values())


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/v1/a/operations/1", {"name": "a/operations/1"}),
        ("/v1/a/b/c/operations/1", {"name": "a/b/c/operations/1"}),
        ("/v1/a/operations/operations/1", {"name": "a/operations/operations/1"}),
        ("/v1/a/b/operations", {"name": "a/b"}),
        ("/v1/a/b/c", {"name": "a/b/c"}),
        ("/v1/operations/1", {"name": "operations/1"}),
    ],
)
def test_two_stars_may_be_followed_by_more(path: str, fields: dict[str, str]) -> None:
    router = Router(
        [
            method("any", "/v1/{name=**}"),
            method("list", "/v1/{name=**}/operations"),
            method("get", "/v1/{name=**/operations/*}"),
        ]
    )
    found = router.match("GET", path)
    assert found is not None
    assert found.fields == fields
    expected = "list" if path.endswith("/operations") else "get" if "operations/" in path else "any"
    assert found.method.name == ("any" if path == "/v1/operations/1" else expected)


def test_the_first_rpc_to_claim_a_template_keeps_it() -> None:
    router = Router([method("first", "/v1/{a=x/*}"), method("second", "/v1/x/{b}")])
    match = router.match("GET", "/v1/x/y")
    assert match is not None
    assert match.method.name == "first"
