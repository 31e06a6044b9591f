"""google-cloud-vision, unmodified: every feature of a picture, and operations that write to gs://.

The engines behind these tests see colours (`tests/unit/seeing.py`).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytest.importorskip("google.cloud.vision_v1")

from google.api_core import exceptions
from google.cloud import vision_v1, vision_v1p4beta1

from tests.contract.clients import TRANSPORTS, client
from tests.gateway import Running, start
from tests.unit.pdfs import pdf, shown
from tests.unit.seeing import BLUE, RED

CLIENTS = (vision_v1.ImageAnnotatorClient, vision_v1p4beta1.ImageAnnotatorClient)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seeing")


@pytest.fixture(scope="module")
def seeing(state: Path) -> Iterator[Running]:
    """A gateway with engines that see colours."""
    running = start(state, module="tests.seeing")
    yield running
    running.stop()


def picture() -> bytes:
    image = Image.new("RGB", (400, 200), (128, 128, 128))
    image.paste(RED, (100, 60, 180, 140))
    image.paste(BLUE, (300, 20, 380, 60))
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", CLIENTS, ids=["v1", "v1p4beta1"])
def test_every_feature_of_one_picture_is_answered_in_one_request(seeing: Running, transport, kind):
    kinds = (
        *("FACE_DETECTION", "SAFE_SEARCH_DETECTION", "IMAGE_PROPERTIES", "CROP_HINTS"),
        *("OBJECT_LOCALIZATION", "LABEL_DETECTION", "WEB_DETECTION", "LANDMARK_DETECTION"),
    )
    answer = client(kind, transport, seeing).annotate_image(
        {
            "image": {"content": picture()},
            "features": [{"type_": one} for one in kinds],
            "image_context": {"crop_hints_params": {"aspect_ratios": [1.0]}},
        }
    )
    assert not answer.error.message
    (face,) = answer.face_annotations
    assert (face.fd_bounding_poly.vertices[0].x, face.fd_bounding_poly.vertices[0].y) == (100, 60)
    assert face.joy_likelihood.name == "UNKNOWN"
    assert face.roll_angle == pytest.approx(45)
    assert {one.type_.name for one in face.landmarks} >= {"LEFT_EYE", "MIDPOINT_BETWEEN_EYES"}
    assert answer.safe_search_annotation.racy.name == "VERY_LIKELY"
    assert answer.safe_search_annotation.medical.name == "POSSIBLE"
    colour = answer.image_properties_annotation.dominant_colors.colors[0]
    assert 0 < colour.pixel_fraction <= 1
    assert colour.color.alpha.value == 1
    (hint,) = answer.crop_hints_annotation.crop_hints
    assert hint.importance_fraction > 0.5
    truck = answer.localized_object_annotations[0]
    assert truck.name == "Truck"
    assert truck.bounding_poly.normalized_vertices[0].x == pytest.approx(0.75)
    assert answer.label_annotations[0].description
    assert answer.web_detection.best_guess_labels[0].label


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_clients_own_shortcuts_are_answered(seeing: Running, transport):
    annotator = client(vision_v1.ImageAnnotatorClient, transport, seeing)
    image = {"content": picture()}
    assert annotator.face_detection(image=image, max_results=1).face_annotations
    assert annotator.object_localization(image=image).localized_object_annotations
    assert annotator.image_properties(image=image).image_properties_annotation
    assert annotator.safe_search_detection(image=image).safe_search_annotation
    assert annotator.crop_hints(image=image).crop_hints_annotation


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_nothing_installed_can_tell_is_that_pictures_error(gateway: Running, transport):
    answer = client(vision_v1.ImageAnnotatorClient, transport, gateway).annotate_image(
        {
            "image": {"content": picture()},
            "features": [
                {"type_": "IMAGE_PROPERTIES"},
                {"type_": "FACE_DETECTION", "model": "clairvoyance"},
            ],
        }
    )
    assert answer.image_properties_annotation.dominant_colors.colors
    assert answer.error.code == 9
    assert "requests[0].features[1].model" in answer.error.message


def stored(state: Path, name: str) -> Any:
    return json.loads((state / "buckets" / "b" / name).read_bytes())


def put(state: Path, name: str, content: bytes) -> str:
    path = state / "buckets" / "b" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return f"gs://b/{name}"


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", CLIENTS, ids=["v1", "v1p4beta1"])
def test_the_result_of_many_pictures_lies_in_the_bucket(seeing: Running, state, transport, kind):
    uri = put(state, "picture.png", picture())
    out = f"gs://b/{transport}-{kind.__module__.split('.')[2]}/"
    operation = client(kind, transport, seeing).async_batch_annotate_images(
        requests=[
            {"image": {"source": {"image_uri": uri}}, "features": [{"type_": "FACE_DETECTION"}]}
        ]
        * 3,
        output_config={"gcs_destination": {"uri": out}, "batch_size": 2},
    )
    result = operation.result(timeout=60)
    assert result.output_config.gcs_destination.uri == out
    assert operation.metadata.state.name == "DONE"
    folder = out.removeprefix("gs://b/")
    for name, count in (("output-1-to-2.json", 2), ("output-3-to-3.json", 1)):
        parsed = vision_v1.BatchAnnotateImagesResponse.from_json(
            json.dumps(stored(state, folder + name))
        )
        assert len(parsed.responses) == count
        assert parsed.responses[0].face_annotations
        assert parsed.responses[0].context.uri == uri


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", CLIENTS, ids=["v1", "v1p4beta1"])
def test_the_pages_of_a_file_lie_in_the_bucket(seeing: Running, state, transport, kind):
    uri = put(state, "paper.pdf", pdf(shown("One"), shown("Two"), shown("Three")))
    out = f"gs://b/pages-{transport}-{kind.__module__.split('.')[2]}/"
    operation = client(kind, transport, seeing).async_batch_annotate_files(
        requests=[
            {
                "input_config": {"gcs_source": {"uri": uri}, "mime_type": "application/pdf"},
                "features": [{"type_": "DOCUMENT_TEXT_DETECTION"}],
                "output_config": {"gcs_destination": {"uri": out}, "batch_size": 2},
            }
        ]
    )
    (result,) = operation.result(timeout=60).responses
    assert result.output_config.gcs_destination.uri == out
    parsed = vision_v1.AnnotateFileResponse.from_json(
        json.dumps(stored(state, out.removeprefix("gs://b/") + "output-1-to-2.json"))
    )
    assert [page.full_text_annotation.text for page in parsed.responses] == ["One", "Two"]
    assert [page.context.page_number for page in parsed.responses] == [1, 2]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_failed_operation_raises_what_went_wrong(seeing: Running, transport):
    operation = client(
        vision_v1.ImageAnnotatorClient, transport, seeing
    ).async_batch_annotate_files(
        requests=[
            {
                "input_config": {"gcs_source": {"uri": "gs://b/none.pdf"}},
                "features": [{"type_": "DOCUMENT_TEXT_DETECTION"}],
                "output_config": {"gcs_destination": {"uri": "gs://b/none/"}},
            }
        ]
    )
    with pytest.raises(exceptions.NotFound, match=r"gs://b/none.pdf"):
        operation.result(timeout=60)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_operation_can_be_asked_about_by_name(seeing: Running, state, transport):
    uri = put(state, "picture.png", picture())
    annotator = client(vision_v1.ImageAnnotatorClient, transport, seeing)
    operation = annotator.async_batch_annotate_images(
        request={
            "parent": "projects/p/locations/us",
            "requests": [
                {"image": {"source": {"image_uri": uri}}, "features": [{"type_": "CROP_HINTS"}]}
            ],
            "output_config": {"gcs_destination": {"uri": "gs://b/named/"}},
        }
    )
    operation.result(timeout=60)
    name = operation.operation.name
    assert name.startswith("projects/p/locations/us/operations/")
    assert annotator.get_operation({"name": name}).done
    with pytest.raises(exceptions.NotFound):
        annotator.get_operation({"name": "projects/p/locations/us/operations/none"})
