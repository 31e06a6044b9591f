"""What an engine of each task promises, whoever wrote it; `CHECKS` names the check of a task."""

from __future__ import annotations

from collections.abc import Callable

from sensorium.models.registry import EngineSpec
from tests.conformance import documents, language, pictures, speech, video

CHECKS: dict[type, Callable[[EngineSpec], None]] = {
    **documents.CHECKS,
    **language.CHECKS,
    **pictures.CHECKS,
    **speech.CHECKS,
    **video.CHECKS,
}
