"""Messages, and what the codec makes of them, for the tests of the codec."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.table import load
from sensorium.models.errors import InvalidArgument
from tests.messages import messages

TYPES = (
    "google.cloud.vision.v1.BatchAnnotateImagesRequest",
    "google.cloud.vision.v1.BatchAnnotateImagesResponse",
    "google.cloud.speech.v1.LongRunningRecognizeResponse",
    "google.cloud.speech.v2.RecognizeRequest",
    "google.cloud.texttospeech.v1.SynthesizeSpeechRequest",
    "google.cloud.translation.v3.TranslateTextRequest",
    "google.cloud.language.v1.AnnotateTextResponse",
    "google.cloud.videointelligence.v1.AnnotateVideoRequest",
    "google.cloud.documentai.v1.ProcessRequest",
    "google.cloud.documentai.v1.Document",
    "google.cloud.dialogflow.v2.DetectIntentRequest",
    "google.cloud.dialogflow.cx.v3.Flow",
    "google.longrunning.Operation",
    "google.rpc.Status",
    "sensorium.translation.v2.DetectLanguageResponse",
)


VISION = "google.cloud.vision.v1.AnnotateImageRequest"
AUDIO = "google.cloud.speech.v1.RecognitionAudio"
INTENT = "google.cloud.dialogflow.v2.DetectIntentRequest"
TRANSLATE = "google.cloud.translation.v3.TranslateTextRequest"


def decoded(name: str, value: Any) -> Any:
    message = load().message(name)()
    decode(message, value)
    return message


def refused(name: str, value: Any) -> InvalidArgument:
    with pytest.raises(InvalidArgument) as caught:
        decoded(name, value)
    return caught.value


RANDOM = st.sampled_from(TYPES).flatmap(lambda name: messages(name).map(lambda m: (name, m)))
many = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
