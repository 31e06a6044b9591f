"""Video Intelligence through Google's own client, on REST and gRPC."""

from __future__ import annotations

import pytest

pytest.importorskip("google.cloud.videointelligence")

from google.cloud import videointelligence_v1 as video

from tests.contract.clients import TRANSPORTS, client
from tests.gateway import Running
from tests.unit.filming import encoded, joined, scene


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_film_is_annotated_and_its_progress_can_be_polled(gateway: Running, transport: str):
    film, _ = joined([scene(1, 2.0), scene(2, 2.0)], "cut")
    service = client(video.VideoIntelligenceServiceClient, transport, gateway)
    operation = service.annotate_video(
        request={
            "input_content": encoded(film),
            "features": [
                video.Feature.SHOT_CHANGE_DETECTION,
                video.Feature.EXPLICIT_CONTENT_DETECTION,
                video.Feature.LOGO_RECOGNITION,
            ],
        }
    )
    (result,) = operation.result(timeout=120).annotation_results
    starts = [one.start_time_offset.total_seconds() for one in result.shot_annotations]
    assert starts == pytest.approx([0.0, 2.0], abs=0.05)
    assert len(result.explicit_annotation.frames) == 4
    assert "LOGO_RECOGNITION" in result.error.message
    progress = operation.metadata.annotation_progress
    assert {one.progress_percent for one in progress} == {100}
    assert len(progress) == 3
