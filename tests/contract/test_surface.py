"""The surface that `/openapi.json` promises, attacked by schemathesis."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import delete, update

from sensorium.apis.core import served
from sensorium.apis.documentai import store
from sensorium.apis.documentai.names import Name
from sensorium.apis.speech.v2 import store as recognizer_store
from sensorium.apis.speech.v2.names import Name as Recognizer
from sensorium.apis.speech.v2.tables import resources
from sensorium.apis.storage import Database, now
from sensorium.apis.translate.glossaries import store as glossary_store
from sensorium.apis.translate.glossaries.names import Name as Glossary
from sensorium.apis.translate.glossaries.tables import entries
from sensorium.apis.wire.table import load
from sensorium.models.errors import AlreadyExists, NotFound
from sensorium.ui.start import curl
from tests.gateway import Running
from tests.unit.desk import paper

CASES = 1000
OF_ONES_OWN = {
    f"google.longrunning.Operations.{verb}Operation" for verb in ("Get", "Wait", "Cancel", "Delete")
}


@pytest.fixture(scope="module")
def specification(gateway: Running) -> dict:
    status, raw = gateway.get("/openapi.json")
    assert status == 200
    return json.loads(raw)


def operations(specification: dict) -> list[dict]:
    return [operation for path in specification["paths"].values() for operation in path.values()]


def test_every_rpc_with_a_path_is_in_the_document(specification: dict):
    documented = {operation["x-rpc"] for operation in operations(specification)}
    expected = {name for name, one in load().methods.items() if one.http and not one.alias}
    assert documented == expected


def test_what_is_not_served_says_so_and_what_is_has_an_example(specification: dict):
    for operation in operations(specification):
        if operation["x-rpc"] in served():
            media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            assert "requestBody" not in operation or "example" in media
        else:
            assert set(operation["responses"]) == {"501"}
            assert "Not yet served" in operation["summary"]


def test_served_methods_survive_a_thousand_hostile_requests(gateway: Running, tmp_path: Path):
    methods = sorted({*served()})
    each = -(-CASES // len(methods))
    wanted = "|".join(re.escape(name) for name in methods)
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            *("run", f"{gateway.url}/openapi.json", "--phases", "examples,fuzzing"),
            *("--max-examples", str(each), "--generation-deterministic"),
            *(
                "--checks",
                "not_a_server_error,response_schema_conformance,content_type_conformance",
            ),
            *("--suppress-health-check", "all", "--request-timeout", "60"),
            *("--include-operation-id-regex", rf"^({wanted})\."),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    (generated,) = re.findall(r"(\d+) generated", done.stdout)
    assert int(generated) >= CASES


def stock(gateway: Running) -> None:
    """Put there what the examples of Product Search are about, where it is not there any more."""
    bucket = gateway.log.parent / "buckets" / "examples"
    bucket.mkdir(parents=True, exist_ok=True)
    Image.linear_gradient("L").save(bucket / "dress.png")
    (bucket / "products.csv").write_text("gs://examples/dress.png,,garments,coat,apparel-v2\n")
    base = "/v1/projects/demo/locations/us-east1"
    for path, body in (
        ("/productSets?productSetId=garments", {"displayName": "Garments"}),
        ("/productSets?productSetId=winter", {"displayName": "Winter"}),
        (
            "/products?productId=dress",
            {"displayName": "A dress", "productCategory": "apparel-v2"},
        ),
        (
            "/products/dress/referenceImages?referenceImageId=front",
            {"uri": "gs://examples/dress.png"},
        ),
        (
            "/productSets/garments:addProduct",
            {"product": "projects/demo/locations/us-east1/products/dress"},
        ),
    ):
        status, answer = gateway.post(base + path, body)
        assert status in (200, 409), answer


def furnish(gateway: Running) -> None:
    """Put there what the examples of Document AI are about, where it is not there any more."""
    papers = {"papers/bill.pdf": paper("Invoice number: 7", "Total $9.00")}
    texts = {"menu": ("Soup", "Fish"), "contract": ("The tenant pays rent", "Governing law")}
    for label, lines in texts.items():
        papers |= {f"sorted/{label}/{i}.pdf": paper(line) for i, line in enumerate(lines)}
    for name, content in papers.items():
        path = gateway.log.parent / "buckets" / "examples" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    database = Database(f"sqlite:///{gateway.log.parent / 'sensorium.db'}")
    place = Name("demo", "us")
    for identity, kind in (
        ("receipts", "EXPENSE_PROCESSOR"),
        ("sorter", "CUSTOM_CLASSIFICATION_PROCESSOR"),
    ):
        name = replace(place, id=identity)
        with suppress(AlreadyExists):
            database.run(True, store.create_processor, name, kind, "")
    version = replace(place, id="sorter", version="first")
    fields = {"display_name": "first", "engine": "", "document_schema": None}
    with suppress(AlreadyExists):
        database.run(True, store.create_version, version, fields)
    database.close()


def note_terms(gateway: Running, anew: bool) -> None:
    """Put the glossary of the examples there with an entry, or take it away."""
    name = Glossary("demo", "us-central1", "shop", "0123456789abcdef")
    database = Database(f"sqlite:///{gateway.log.parent / 'sensorium.db'}")
    with suppress(NotFound):
        database.run(True, glossary_store.delete_glossary, name)
    if not anew:
        fields = {"display_name": "", "pair": True, "languages": ["en", "es"], "uri": ""}
        fields |= {"submitted": now()}
        database.run(True, glossary_store.create_glossary, name, fields, [])
        database.run(True, glossary_store.create_entry, name, {"en": "hat", "es": "gorro"}, "")
        database.run(True, lambda done: done.execute(update(entries).values(id=name.entry)))
    database.close()


def keep_resources(gateway: Running, anew: bool) -> None:
    """Put the recognizer, phrases and classes of the examples there, or take them away."""
    database = Database(f"sqlite:///{gateway.log.parent / 'sensorium.db'}")
    database.run(True, lambda done: done.execute(delete(resources)))
    for kind in () if anew else ("recognizers", "phraseSets", "customClasses"):
        name = Recognizer("demo", "global", kind, "calls")
        database.run(True, recognizer_store.create, name, {})
    database.close()


def settle(gateway: Running, name: str, answer: dict) -> None:
    """Wait for what a request began, so that it does not come in the way of the next."""
    if not answer.get("name") or "@type" not in answer.get("metadata", {}):
        return
    version = load().methods[name].http[0].path.split("/")[1]
    path = answer["name"] if "/" in answer["name"] else f"operations/{answer['name']}"
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if json.loads(gateway.get(f"/{version}/{path}")[1]).get("done"):
            return
        time.sleep(0.05)
    raise AssertionError(f"{name} began what did not end")


NEEDS_AN_ENGINE = {"google.cloud.language.v1.LanguageService.AnalyzeSyntax"}


def test_the_start_page_names_what_grpc_alone_serves(gateway: Running):
    page = gateway.get("/")[1].decode()
    assert "gRPC alone: /google.cloud.speech.v1.Speech/StreamingRecognize" in page


@pytest.mark.parametrize("name", sorted(name for name in served() if load().methods[name].http))
def test_the_line_that_the_start_page_shows_works_as_pasted(gateway: Running, name: str):
    if ".ProductSearch." in name:
        stock(gateway)
    if ".DocumentProcessorService." in name:
        furnish(gateway)
    if "Glossar" in name:
        note_terms(gateway, anew=name.endswith("CreateGlossary"))
    if name.startswith("google.cloud.speech."):
        keep_resources(gateway, anew=".Create" in name)
    line = curl(served()[name], gateway.url)
    assert line.replace("&", "&amp;").partition("-d")[0] in gateway.get("/")[1].decode().replace(
        "&#x27;", "'"
    )
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    answer = json.loads(done.stdout)
    if name in OF_ONES_OWN:  # the line asks about what the caller began before
        assert answer["error"]["status"] == "NOT_FOUND"
        return
    if name in NEEDS_AN_ENGINE:  # that nobody brought here; the answer says what would
        assert answer["error"]["status"] == "FAILED_PRECONDITION"
        assert "Install an engine" in answer["error"]["message"]
        return
    settle(gateway, name, answer)
    assert answer or not load().methods[name].response_type.fields or "List" in name
    assert "error" not in json.dumps(answer)
