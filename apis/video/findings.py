"""What the frames of a film tell together, as the fields of `VideoAnnotationResults`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sensorium.apis.core import JSON
from sensorium.apis.video.film import Film, Span, offset
from sensorium.apis.vision.likelihood import likelihood

Told = Sequence[JSON]  # of each sample
_MODES = ("LABEL_DETECTION_MODE_UNSPECIFIED", "SHOT_MODE", "FRAME_MODE", "SHOT_AND_FRAME_MODE")
_GAP = 2.1  # seconds between two frames in which a text is the same one
_NEAR = 0.15  # of the sides: how far it may have moved meanwhile
_FRAME_SURE, _VIDEO_SURE = 0.4, 0.3  # confidences from which labels are told, as at Google's


def shots(film: Film, span: Span) -> JSON:
    """Return `shotAnnotations`."""
    within = (span.common(shot) for shot in film.shots)
    return {"shotAnnotations": [shot.wire() for shot in within if shot is not None]}


def explicit(film: Film, span: Span, told: Told, context: Any) -> JSON:
    """Return `explicitAnnotation`."""
    frames = [
        {
            "timeOffset": offset(time),
            "pornographyLikelihood": likelihood(told[sample]["adult"]),
        }
        for time, sample in film.moments(span)
    ]
    return {"explicitAnnotation": {"frames": frames}}


def labels(film: Film, span: Span, told: Told, context: Any) -> JSON:
    """Return labels of the segment and, as the mode has it, of its shots and frames.

    The confidence of a label in a span is the mean of its score in those of its frames that have
    it, times the square root of their share: what is seen all the time is surer than a glimpse.
    """
    config = context.label_detection_config
    mode = _MODES[config.label_detection_mode] if config.label_detection_mode < 4 else _MODES[1]
    least_video = config.video_confidence_threshold or _VIDEO_SURE
    least_frame = config.frame_confidence_threshold or _FRAME_SURE
    answer: JSON = {}
    moments = film.moments(span)
    answer["segmentLabelAnnotations"] = _by_label([(span, moments)], told, least_video)
    if mode != "FRAME_MODE":
        within = [one for shot in film.shots if (one := span.common(shot)) is not None]
        parts = [(one, [m for m in moments if one.holds(m[0])]) for one in within]
        answer["shotLabelAnnotations"] = _by_label(parts, told, least_video)
    if mode in ("FRAME_MODE", "SHOT_AND_FRAME_MODE"):
        answer["frameLabelAnnotations"] = _of_frames(moments, told, least_frame)
    return answer


def _by_label(
    parts: Sequence[tuple[Span, Sequence[tuple[float, int]]]], told: Told, least: float
) -> list[JSON]:
    found: dict[str, list[JSON]] = {}
    for span, moments in parts:
        scores: dict[str, list[float]] = {}
        for _, sample in moments:
            for name, score in told[sample].items():
                scores.setdefault(name, []).append(score)
        for name, some in scores.items():
            sure = sum(some) / len(some) * (len(some) / len(moments)) ** 0.5
            if sure >= least:
                segment = {"segment": span.wire(), "confidence": sure}
                found.setdefault(name, []).append(segment)
    ranked = sorted(found.items(), key=lambda one: -max(s["confidence"] for s in one[1]))
    return [{"entity": _entity(name), "segments": segments} for name, segments in ranked]


def _of_frames(moments: Sequence[tuple[float, int]], told: Told, least: float) -> list[JSON]:
    found: dict[str, list[JSON]] = {}
    for time, sample in moments:
        for name, score in told[sample].items():
            if score >= least:
                frame = {"timeOffset": offset(time), "confidence": score}
                found.setdefault(name, []).append(frame)
    return [{"entity": _entity(name), "frames": frames} for name, frames in found.items()]


def _entity(name: str) -> JSON:
    return {"description": name, "languageCode": "en-US"}


def text(film: Film, span: Span, told: Told, context: Any) -> JSON:
    """Return `textAnnotations`: each text with the stretches in which it stands in one place."""
    tracks: list[JSON] = []
    for time, sample in film.moments(span):
        for line in told[sample]["lines"]:
            track = next((one for one in tracks if _continues(one, line, time)), None)
            if track is None:
                track = {"text": line["text"], "frames": [], "sure": []}
                tracks.append(track)
            track["frames"].append((time, line["corners"]))
            track["sure"].append(line["confidence"])
    found: dict[str, list[JSON]] = {}
    for track in tracks:
        found.setdefault(track["text"], []).append(_segment(track))
    return {
        "textAnnotations": [
            {"text": words, "segments": segments} for words, segments in found.items()
        ]
    }


def _continues(track: JSON, line: JSON, time: float) -> bool:
    last, corners = track["frames"][-1]
    return (
        track["text"] == line["text"]
        and 0 < time - last <= _GAP
        and all(
            abs(a - b) <= _NEAR
            for old, new in zip(corners, line["corners"], strict=True)
            for a, b in zip(old, new, strict=True)
        )
    )


def _segment(track: JSON) -> JSON:
    frames = track["frames"]
    return {
        "segment": Span(frames[0][0], frames[-1][0]).wire(),
        "confidence": sum(track["sure"]) / len(track["sure"]),
        "frames": [
            {
                "timeOffset": offset(time),
                "rotatedBoundingBox": {"vertices": [{"x": x, "y": y} for x, y in corners]},
            }
            for time, corners in frames
        ],
    }


FINDINGS: Mapping[str, Callable[[Film, Span, Told, Any], JSON]] = {
    "LABEL_DETECTION": labels,
    "EXPLICIT_CONTENT_DETECTION": explicit,
    "TEXT_DETECTION": text,
}
