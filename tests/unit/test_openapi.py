"""The OpenAPI document, and the schema that it and everything else is made of."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from sensorium.apis.core import Api, Rpc, served
from sensorium.apis.wire import table
from sensorium.gateway import openapi
from tests.fakes import app, asked

METHODS = list(table.load().methods.values())
VERBS = ("get", "put", "post", "delete", "patch")


@pytest.fixture(scope="module")
def document() -> Any:
    return orjson.loads(orjson.dumps(openapi.document(METHODS, served())))


def operations(document: Any) -> dict[tuple[str, str], Any]:
    return {
        (verb, path): operation
        for path, item in document["paths"].items()
        for verb, operation in item.items()
    }


def references(value: Any) -> set[str]:
    """Return every $ref in a document."""
    found, stack = set(), [value]
    while stack:
        here = stack.pop()
        if isinstance(here, dict):
            if isinstance(here.get("$ref"), str):
                found.add(here["$ref"])
            stack += here.values()
        elif isinstance(here, list):
            stack += here
    return found


def test_the_document_is_valid_openapi_3_1(document: Any) -> None:
    validator = pytest.importorskip("openapi_spec_validator")
    errors = list(validator.OpenAPIV31SpecValidator(document).iter_errors())
    assert [f"{list(error.absolute_path)}: {error.message[:200]}" for error in errors] == []


def test_every_reference_is_to_a_schema_that_is_there(document: Any) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= known


def test_operation_ids_are_unique(document: Any) -> None:
    names = [operation["operationId"] for operation in operations(document).values()]
    assert len(names) == len(set(names)) > 500


def test_a_paths_variables_and_parameters_are_the_same(document: Any) -> None:
    for (verb, path), operation in operations(document).items():
        names = re.findall(r"{([^}]*)}", path)
        declared = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
        assert sorted(names) == sorted(declared), (verb, path)
        assert len(set(names)) == len(names)


def test_no_two_paths_differ_in_the_names_of_their_variables_alone(document: Any) -> None:
    shapes: dict[str, str] = {}
    for path in document["paths"]:
        shape = re.sub(r"{[^}]*}", "{}", path)
        assert shapes.setdefault(shape, path) == path


def test_every_rpc_with_an_http_binding_is_there_once_a_binding(document: Any) -> None:
    shown = {operation["x-rpc"] for operation in operations(document).values()}
    assert shown == {one.name for one in METHODS if one.http and not one.alias}


def test_what_nothing_serves_is_shown_as_such_and_promises_501_alone() -> None:
    one = Api("vision", "Vision", "Sees.")
    rpc = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"

    async def annotate(request: Any, call: Any) -> Any:
        """Annotate.

        At length.
        """

    document = openapi.document(METHODS, {rpc: Rpc(rpc, annotate, {"requests": []}, one)})
    for operation in operations(document).values():
        if operation["x-rpc"] == rpc:
            assert operation["x-served"] is True
            assert (operation["summary"], operation["tags"]) == ("Annotate.", ["Vision"])
            assert set(operation["responses"]) == {"200", "default"}
        else:
            assert operation["x-served"] is False
            assert operation["summary"] == "Not yet served: answers 501 UNIMPLEMENTED."
            assert set(operation["responses"]) == {"501"}
            assert operation["tags"][0].startswith("Not yet served: ")
    tags = [tag["name"] for tag in document["tags"]]
    assert tags[0] == "Vision"
    assert len(tags) == len(set(tags))


def test_an_example_shows_in_the_body_and_in_the_path_each_where_it_belongs() -> None:
    one = Api("dialogflow", "Dialogflow", "Talks.")
    detect = "google.cloud.dialogflow.v2.Sessions.DetectIntent"
    update = "google.cloud.dialogflow.v2.Intents.UpdateIntent"
    name = "projects/p1/agent/intents/i1"
    examples = {
        detect: {"session": "projects/p1/agent/sessions/s1", "queryInput": {"text": {}}},
        update: {"intent": {"name": name, "displayName": "x"}, "updateMask": "displayName"},
    }
    rpcs = {rpc: Rpc(rpc, lambda *_: None, example, one) for rpc, example in examples.items()}
    document = openapi.document(METHODS, rpcs)
    shown = operations(document)
    asked_ = shown["post", "/v2/projects/{project}/agent/sessions/{session}:detectIntent"]
    assert asked_["requestBody"]["content"]["application/json"]["example"] == {
        "queryInput": {"text": {}}
    }
    assert [one["example"] for one in asked_["parameters"]] == ["p1", "s1"]
    changed = shown["patch", "/v2/projects/{project}/agent/intents/{intent}"]
    assert changed["requestBody"]["content"]["application/json"]["example"]["displayName"] == "x"
    queries = {one["name"] for one in changed["parameters"] if one["in"] == "query"}
    assert queries == {"updateMask", "languageCode", "intentView"}


def test_the_schemas_say_how_each_kind_of_field_is_written(document: Any) -> None:
    schemas = document["components"]["schemas"]
    image = schemas["google.cloud.vision.v1.Image"]["properties"]
    assert image["content"]["contentEncoding"] == "base64"
    feature = schemas["google.cloud.vision.v1.Feature"]["properties"]
    assert "FACE_DETECTION" in feature["type"]["enum"]
    assert feature["maxResults"]["type"] == "integer"
    segment = schemas["google.cloud.documentai.v1.Document.TextAnchor.TextSegment"]["properties"]
    pattern = re.compile(segment["endIndex"]["pattern"])
    assert segment["endIndex"]["type"] == "string"
    for value in (0, -1, 2**63 - 1, -(2**63)):
        assert pattern.search(str(value))
    labels = schemas["google.cloud.translation.v3.TranslateTextRequest"]["properties"]["labels"]
    assert labels["additionalProperties"] == {"type": "string"}


def test_a_stream_is_an_array(document: Any) -> None:
    path = next(p for p in document["paths"] if p.endswith(":serverStreamingDetectIntent"))
    if document["paths"][path]["post"]["x-served"]:
        answer = document["paths"][path]["post"]["responses"]["200"]
        assert answer["content"]["application/json"]["schema"]["type"] == "array"


def test_the_gateway_serves_the_document() -> None:
    answer = asked(app(), "GET", "/openapi.json")
    assert answer.status == 200
    assert answer.json["openapi"] == "3.1.0"


def test_the_schema_is_what_the_official_clients_declare(tmp_path: Path) -> None:
    for module in ("vision_v1", "dialogflowcx_v3", "documentai_v1"):
        if importlib.util.find_spec("google.cloud") is None or not importlib.util.find_spec(
            f"google.cloud.{module}"
        ):
            pytest.skip("the google-cloud clients are not installed")
    from sensorium.apis.wire.generate import generate

    generate(tmp_path)
    here = Path(table.__file__).parent
    for name in ("routes.json", "schema.pb"):
        assert (tmp_path / name).read_bytes() == (here / name).read_bytes(), name
