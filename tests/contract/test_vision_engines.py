"""google-cloud-vision, unmodified, on a gateway as it comes: what needs no model is answered.

The pictures are drawn; the engines that see them are those that the package brings.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("google.cloud.vision_v1")

from google.cloud import vision_v1

from tests.contract.clients import TRANSPORTS, client
from tests.gateway import Running, start
from tests.unit.portraits import placed, portrait
from tests.unit.test_nudenet_embedder import scene
from tests.unit.test_nudenet_labeler import yin_and_yang

PLACE = "projects/shop/locations/eu"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fresh")


@pytest.fixture(scope="module")
def fresh(state: Path) -> Iterator[Running]:
    """A gateway on which nothing was ever pulled."""
    running = start(state)
    yield running
    running.stop()


def saved(image: Image.Image, kind: str = "PNG", **how: int) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **how)
    return target.getvalue()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_faces_are_found_with_their_landmarks(fresh: Running, transport: str):
    group = Image.fromarray(placed(640, 320, (portrait(180), 40, 60), (portrait(180), 380, 60)))
    annotator = client(vision_v1.ImageAnnotatorClient, transport, fresh)
    answer = annotator.face_detection(image={"content": saved(group)})
    assert not answer.error.message
    left, right = sorted(
        answer.face_annotations, key=lambda one: one.fd_bounding_poly.vertices[0].x
    )
    assert left.fd_bounding_poly.vertices[1].x < 320 < right.fd_bounding_poly.vertices[0].x
    for face in (left, right):
        assert face.detection_confidence > 0.9
        assert abs(face.roll_angle) < 6
        kinds = {one.type_.name for one in face.landmarks}
        assert {"LEFT_EYE", "RIGHT_EYE", "NOSE_TIP", "MOUTH_LEFT", "MOUTH_RIGHT"} <= kinds
        assert face.joy_likelihood.name == "UNKNOWN"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_harmless_picture_is_for_everybody(fresh: Running, transport: str):
    annotator = client(vision_v1.ImageAnnotatorClient, transport, fresh)
    answer = annotator.safe_search_detection(image={"content": saved(scene(1))})
    rated = answer.safe_search_annotation
    assert rated.adult.name in ("VERY_UNLIKELY", "UNLIKELY")
    assert rated.racy.name in ("VERY_UNLIKELY", "UNLIKELY")
    assert {rated.violence.name, rated.medical.name, rated.spoof.name} == {"UNKNOWN"}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_known_thing_has_a_label_and_is_the_best_guess(fresh: Running, transport: str):
    answer = client(vision_v1.ImageAnnotatorClient, transport, fresh).annotate_image(
        {
            "image": {"content": saved(Image.fromarray(yin_and_yang()))},
            "features": [{"type_": "LABEL_DETECTION"}, {"type_": "WEB_DETECTION"}],
        }
    )
    assert not answer.error.message
    (label,) = answer.label_annotations
    assert label.description == "Yin and yang"
    assert label.mid == ""
    assert answer.web_detection.best_guess_labels[0].label == "Yin and yang"
    assert not answer.web_detection.web_entities


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_is_unknown_has_no_label_and_no_error(fresh: Running, transport: str):
    annotator = client(vision_v1.ImageAnnotatorClient, transport, fresh)
    blank = saved(Image.new("RGB", (300, 200), "white"))
    answer = annotator.label_detection(image={"content": blank})
    assert not answer.error.message
    assert not answer.label_annotations


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_product_is_found_by_a_changed_copy_of_its_picture(
    fresh: Running, state: Path, transport: str
):
    products = client(vision_v1.ProductSearchClient, transport, fresh)
    bucket = state / "buckets" / "goods"
    bucket.mkdir(parents=True, exist_ok=True)
    group = products.create_product_set(
        parent=PLACE, product_set={"display_name": "S"}, product_set_id=transport
    )
    for seed in range(6):
        (bucket / f"{seed}.png").write_bytes(saved(scene(seed)))
        product = products.create_product(
            parent=PLACE,
            product={"display_name": "P", "product_category": "general-v1"},
            product_id=f"{transport}-{seed}",
        )
        products.create_reference_image(
            parent=product.name,
            reference_image={"uri": f"gs://goods/{seed}.png"},
            reference_image_id="one",
        )
        products.add_product_to_product_set(name=group.name, product=product.name)
    copy = saved(scene(4).crop((12, 8, 308, 230)), "JPEG", quality=40)
    answer = client(vision_v1.ImageAnnotatorClient, transport, fresh).annotate_image(
        {
            "image": {"content": copy},
            "features": [{"type_": "PRODUCT_SEARCH"}],
            "image_context": {
                "product_search_params": {
                    "product_set": group.name,
                    "product_categories": ["general-v1"],
                }
            },
        }
    )
    assert not answer.error.message
    best = answer.product_search_results.results[0]
    assert best.product.name.endswith(f"/{transport}-4")
    assert best.image.endswith("/referenceImages/one")


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", ["OBJECT_LOCALIZATION", "LANDMARK_DETECTION", "LOGO_DETECTION"])
def test_what_nothing_can_tell_says_what_would(fresh: Running, transport: str, kind: str):
    answer = client(vision_v1.ImageAnnotatorClient, transport, fresh).annotate_image(
        {
            "image": {"content": saved(scene(2))},
            "features": [{"type_": kind}, {"type_": "IMAGE_PROPERTIES"}],
        }
    )
    assert answer.image_properties_annotation.dominant_colors.colors
    assert answer.error.code == 9
    assert "sensorium pull" in answer.error.message
