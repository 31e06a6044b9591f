"""Vision v1: pictures and files in, a table of features over them (`features.py`)."""

from sensorium.apis.core import api

vision = api(
    "vision",
    title="Vision",
    summary="Tell what pictures show and read their text, and that of documents.",
)
