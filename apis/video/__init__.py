"""Video Intelligence: shots, labels, text, speech, faces and things of videos."""

from __future__ import annotations

from sensorium.apis.core import api

video = api(
    "video",
    title="Video Intelligence",
    summary="Tell the shots of a video, and what is shown, written and said in it.",
)
