"""Vision v1: pictures and files in, a table of features over them (`features.py`)."""

from sensorium.apis.core import api

vision = api(
    "vision",
    title="Vision",
    summary="Read the text in pictures and documents.",
)

from sensorium.apis.vision import files as files  # noqa: E402
from sensorium.apis.vision import images as images  # noqa: E402
from sensorium.apis.vision import text as text  # noqa: E402
