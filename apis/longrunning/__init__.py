"""google.longrunning: asking about what other methods began (`apis/operations.py`)."""

from sensorium.apis.core import api

longrunning = api(
    "longrunning",
    title="Operations",
    summary="Ask about long-running operations, wait for them, cancel them.",
)
