"""images: and files:asyncBatchAnnotate: operations whose responses go to a bucket, in shards."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sensorium.apis.core import Limits
from sensorium.apis.destinations import LocalDestinations
from sensorium.apis.sources import LocalSources
from sensorium.apis.vision import images
from sensorium.gateway.operations import LocalOperations
from sensorium.models.errors import ResourceExhausted
from sensorium.models.pool import LocalModels
from sensorium.models.registry import discover
from sensorium.models.tasks import DocumentReader, FaceDetector, ImageReader, TextReader
from tests.fakes import app, ask, service
from tests.unit import seeing
from tests.unit.pdfs import pdf, shown
from tests.unit.seeing import RED, spec

TEXT = [{"type": "DOCUMENT_TEXT_DETECTION"}]
FACE = [{"type": "FACE_DETECTION"}]
COLOURS = [{"type": "IMAGE_PROPERTIES"}]


@pytest.fixture(scope="module")
def models() -> Iterator[LocalModels]:
    openers = [one for one in discover() if one.task in (ImageReader, DocumentReader)]
    readers = [spec(FaceDetector, seeing.Faces), spec(TextReader, seeing.Reader)]
    pool = LocalModels([*openers, *readers])
    yield pool
    asyncio.run(pool.close())


@pytest.fixture
def done(models: LocalModels, tmp_path: Path) -> Callable[..., Any]:
    """Send a request and return the operation once it is done, or the refusal."""

    def done(path: str, body: Any, limits: Limits | None = None) -> Any:
        async def run() -> Any:
            store = LocalOperations(limits or Limits())
            rest = app(
                service(
                    limits=limits or Limits(),
                    models=models,
                    sources=LocalSources(tmp_path),
                    destinations=LocalDestinations(tmp_path),
                    operations=store,
                )
            )
            begun = await ask(rest, "POST", path, body)
            if begun.status != 200:
                return begun.json
            name = begun.json["name"]
            assert "done" not in begun.json
            await store.wait(name.rpartition("/")[2], "", 60)
            return (await ask(rest, "GET", f"/v1/{name}")).json

        return asyncio.run(run())

    return done


def png(colour: tuple[int, int, int] = RED) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(target, "PNG")
    return target.getvalue()


def put(root: Path, name: str, content: bytes) -> str:
    path = root / "b" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return f"gs://b/{name}"


def output(uri: str, size: int = 2) -> dict[str, Any]:
    return {"gcsDestination": {"uri": uri}, "batchSize": size}


def shards(root: Path) -> dict[str, Any]:
    """The objects under out/, by name."""
    return {
        path.relative_to(root / "b").as_posix(): json.loads(path.read_bytes())
        for path in sorted((root / "b" / "out").rglob("*"))
        if path.is_file()
    }


def picture(uri: str, features: Any = FACE) -> dict[str, Any]:
    return {"image": {"source": {"imageUri": uri}}, "features": features}


# --- pictures -----------------------------------------------------------------------------------


def test_pictures_are_annotated_into_objects_of_a_batch_each(done, tmp_path):
    good = put(tmp_path, "good.png", png())
    inline = {"image": {"content": base64.b64encode(png()).decode()}, "features": FACE}
    body = {
        "requests": [picture(good), picture("gs://b/missing.png"), inline],
        "outputConfig": output("gs://b/out/"),
    }
    operation = done("/v1/images:asyncBatchAnnotate", body)
    assert operation["done"]
    assert operation["response"] == {
        "@type": "type.googleapis.com/google.cloud.vision.v1.AsyncBatchAnnotateImagesResponse",
        "outputConfig": output("gs://b/out/"),
    }
    assert operation["metadata"]["state"] == "DONE"
    found = shards(tmp_path)
    assert list(found) == ["out/output-1-to-2.json", "out/output-3-to-3.json"]
    first, missing = found["out/output-1-to-2.json"]["responses"]
    assert first["context"] == {"uri": good}
    assert first["faceAnnotations"][0]["fdBoundingPoly"]["vertices"]
    assert missing["error"]["code"] == 5
    assert "requests[1].image.source.imageUri" in missing["error"]["message"]
    (last,) = found["out/output-3-to-3.json"]["responses"]
    assert "context" not in last
    assert last["faceAnnotations"]


def test_a_prefix_that_is_no_folder_begins_the_names(done, tmp_path):
    uri = put(tmp_path, "good.png", png())
    body = {"requests": [picture(uri)], "outputConfig": output("gs://b/out/mine-")}
    done("/v1/images:asyncBatchAnnotate", body)
    assert list(shards(tmp_path)) == ["out/mine-output-1-to-1.json"]


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        ("/v1/images:asyncBatchAnnotate", "projects/sensorium/operations/"),
        ("/v1/projects/p/images:asyncBatchAnnotate", "projects/p/operations/"),
        (
            "/v1/projects/p/locations/eu/images:asyncBatchAnnotate",
            "projects/p/locations/eu/operations/",
        ),
    ],
)
def test_operations_are_named_as_the_clients_poll_them(done, tmp_path, path, prefix):
    uri = put(tmp_path, "good.png", png())
    operation = done(path, {"requests": [picture(uri)], "outputConfig": output("gs://b/out/")})
    assert operation["name"].startswith(prefix)
    assert operation["response"]


def test_the_beta_answers_with_its_own_type(models, tmp_path):
    uri = put(tmp_path, "good.png", png())
    body = {"requests": [picture(uri)], "outputConfig": output("gs://b/out/")}

    async def run() -> Any:
        store = LocalOperations(Limits())
        parts: Any = {"sources": LocalSources(tmp_path), "models": models}
        parts["destinations"] = LocalDestinations(tmp_path)
        rest = app(service(operations=store, **parts))
        begun = await ask(rest, "POST", "/v1p4beta1/images:asyncBatchAnnotate", body)
        return await store.wait(begun.json["name"], "", 60)

    operation = asyncio.run(run())
    assert "v1p4beta1.AsyncBatchAnnotateImagesResponse" in operation.response["@type"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"requests": []}, "requests"),
        ({"requests": [picture("gs://b/x", [])]}, "requests[0].features"),
        ({"outputConfig": {}}, "outputConfig.gcsDestination.uri"),
        ({"outputConfig": output("https://b/out/")}, "outputConfig.gcsDestination.uri"),
        ({"outputConfig": output("gs://b/../c/")}, "outputConfig.gcsDestination.uri"),
        ({"outputConfig": output("gs://")}, "outputConfig.gcsDestination.uri"),
        ({"outputConfig": output("gs://b/out/", 101)}, "outputConfig.batchSize"),
        ({"outputConfig": output("gs://b/out/", -1)}, "outputConfig.batchSize"),
        ({"parent": "planets/mars"}, "parent"),
    ],
    ids=str,
)
def test_what_can_be_known_to_be_wrong_is_refused_at_once(done, change, field):
    body = {"requests": [picture("gs://b/x")], "outputConfig": output("gs://b/out/")} | change
    error = done("/v1/images:asyncBatchAnnotate", body)["error"]
    assert error["status"] == "INVALID_ARGUMENT"
    assert error["message"].startswith(f"{field}:")


def test_too_many_pictures_are_refused(done):
    body = {"requests": [picture("gs://b/x")] * 4, "outputConfig": output("gs://b/out/")}
    error = done("/v1/images:asyncBatchAnnotate", body, Limits(operation_images=3))["error"]
    assert "more than the 3" in error["message"]


def test_an_output_that_cannot_be_written_fails_the_operation(done, tmp_path):
    uri = put(tmp_path, "good.png", png())
    put(tmp_path, "out", b"a file where the folder should be")
    body = {"requests": [picture(uri)], "outputConfig": output("gs://b/out/")}
    operation = done("/v1/images:asyncBatchAnnotate", body)
    assert operation["error"]["code"] == 9
    assert "outputConfig.gcsDestination.uri" in operation["error"]["message"]
    assert "response" not in operation


def test_overload_delays_a_picture_and_does_not_fail_it(done, tmp_path, monkeypatch):
    uri = put(tmp_path, "good.png", png())
    refusals = [ResourceExhausted("Full.", retry_after=0.01)] * 2
    inner = images.features.annotate

    async def annotate(*args: Any) -> Any:
        if refusals:
            raise refusals.pop()
        return await inner(*args)

    async def no_time(seconds: float) -> None:
        return None

    monkeypatch.setattr(images.features, "annotate", annotate)
    monkeypatch.setattr("sensorium.apis.operations.asyncio.sleep", no_time)
    body = {"requests": [picture(uri)], "outputConfig": output("gs://b/out/")}
    assert done("/v1/images:asyncBatchAnnotate", body)["response"]
    (response,) = shards(tmp_path)["out/output-1-to-1.json"]["responses"]
    assert response["faceAnnotations"]
    assert not refusals


# --- files --------------------------------------------------------------------------------------


def file(uri: str, features: Any = TEXT, out: str = "gs://b/out/", size: int = 2) -> Any:
    return {
        "inputConfig": {"gcsSource": {"uri": uri}, "mimeType": "application/pdf"},
        "features": features,
        "outputConfig": output(out, size),
    }


def test_every_page_of_a_file_is_annotated(done, tmp_path):
    paper = pdf(*(shown(f"Page {n} of the paper") for n in range(1, 8)))
    uri = put(tmp_path, "paper.pdf", paper)
    operation = done("/v1/files:asyncBatchAnnotate", {"requests": [file(uri, size=3)]})
    assert operation["response"] == {
        "@type": "type.googleapis.com/google.cloud.vision.v1.AsyncBatchAnnotateFilesResponse",
        "responses": [{"outputConfig": output("gs://b/out/", 3)}],
    }
    found = shards(tmp_path)
    assert list(found) == [f"out/output-{at}.json" for at in ("1-to-3", "4-to-6", "7-to-7")]
    pages = [page for shard in found.values() for page in shard["responses"]]
    assert [page["context"]["pageNumber"] for page in pages] == list(range(1, 8))
    assert [page["fullTextAnnotation"]["text"] for page in pages] == [
        f"Page {n} of the paper" for n in range(1, 8)
    ]
    for shard in found.values():
        assert shard["inputConfig"]["gcsSource"] == {"uri": uri}
        assert shard["totalPages"] == 7


def test_a_file_that_cannot_be_opened_fails_its_operation(done, tmp_path):
    uri = put(tmp_path, "paper.pdf", b"not a paper")
    operation = done("/v1/files:asyncBatchAnnotate", {"requests": [file(uri)]})
    assert operation["error"]["code"] == 3
    assert "requests[0].inputConfig.gcsSource.uri" in operation["error"]["message"]


def test_of_several_files_one_fails_alone(done, tmp_path):
    good = put(tmp_path, "good.pdf", pdf(shown("Good")))
    body = {"requests": [file("gs://b/none.pdf", out="gs://b/out/a-"), file(good)]}
    operation = done("/v1/files:asyncBatchAnnotate", body)
    assert len(operation["response"]["responses"]) == 2
    found = shards(tmp_path)
    assert found["out/a-output-0-to-0.json"]["error"]["code"] == 5
    assert found["out/output-1-to-1.json"]["responses"][0]["fullTextAnnotation"]["text"] == "Good"


def test_content_is_for_the_synchronous_method(done):
    one = file("gs://b/x")
    one["inputConfig"] = {"content": "eA==", "mimeType": "application/pdf"}
    error = done("/v1/files:asyncBatchAnnotate", {"requests": [one]})["error"]
    assert error["message"].startswith("requests[0].inputConfig:")


# --- large and closed papers --------------------------------------------------------------------


@pytest.fixture(scope="module")
def thick() -> bytes:
    return pdf(*[""] * 10_000)


def test_ten_thousand_pages_are_too_many_for_an_operation(done, tmp_path, thick):
    uri = put(tmp_path, "thick.pdf", thick)
    operation = done("/v1/files:asyncBatchAnnotate", {"requests": [file(uri)]})
    assert operation["error"]["code"] == 3
    assert "10000 pages" in operation["error"]["message"]


def test_of_ten_thousand_pages_some_are_answered_at_once(models, tmp_path, thick):
    uri = put(tmp_path, "thick.pdf", thick)
    one = {**file(uri, COLOURS), "pages": [1, -1]}
    del one["outputConfig"]

    async def run() -> Any:
        rest = app(service(models=models, sources=LocalSources(tmp_path)))
        return (await ask(rest, "POST", "/v1/files:annotate", {"requests": [one]})).json

    (response,) = asyncio.run(run())["responses"]
    assert response["totalPages"] == 10_000
    assert [page["context"]["pageNumber"] for page in response["responses"]] == [1, 10_000]
    assert all("imagePropertiesAnnotation" in page for page in response["responses"])
