"""videos:annotate: what is shown, written and said in a video."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from sensorium.apis.core import JSON, Call
from sensorium.apis.destinations import checked
from sensorium.apis.operations import Progress, runs, start
from sensorium.apis.storage import now
from sensorium.apis.video import findings, frames, tracks, transcription, video
from sensorium.apis.video.film import Film, Span, opened
from sensorium.models.errors import Code, Failure, InvalidArgument
from sensorium.models.video.tracking import Track

_RPC = "google.cloud.videointelligence.v1.VideoIntelligenceService.AnnotateVideo"
_PREFIX = "projects/-/locations/{}/operations/"
_SERVED = (*frames.LOOKS, *tracks.LOOKS, "SHOT_CHANGE_DETECTION", "SPEECH_TRANSCRIPTION")


@video.rpc(
    _RPC,
    example={
        "inputUri": "gs://examples/film.mp4",
        "features": ["SHOT_CHANGE_DETECTION"],
    },
)
async def annotate_video(request: Any, call: Call) -> JSON:
    """Begin to annotate a video of up to 4 hours.

    Served are SHOT_CHANGE_DETECTION (cuts, fades and wipes), LABEL_DETECTION,
    EXPLICIT_CONTENT_DETECTION, TEXT_DETECTION, SPEECH_TRANSCRIPTION, and FACE_DETECTION,
    OBJECT_TRACKING and PERSON_DETECTION in five frames a second; of those that no engine can do the
    result has an `error` beside what the rest told. Frames are else looked at once a second and at
    least once a shot, those like the one before only once. There is a result for each of
    `videoContext.segments`. With `outputUri` all is written there as JSON too.
    """
    names = _features(request)
    if bool(request.input_uri) == bool(request.input_content):
        raise InvalidArgument("Set either inputUri or inputContent.", field="inputUri")
    if request.input_uri and not request.input_uri.startswith("gs://"):
        raise InvalidArgument("A gs:// URI is needed.", field="inputUri")
    _spans(request, None)
    if "SPEECH_TRANSCRIPTION" in names:
        transcription.asked(request.video_context.speech_transcription_config)
    if request.output_uri:
        try:
            checked(request.output_uri)
        except Failure as failure:
            raise failure.within("outputUri") from failure
    prefix = _PREFIX.format(request.location_id or "us-east1")
    return await start(_RPC, request, call, prefix=prefix)


@runs(_RPC)
async def annotate(request: Any, call: Call, progress: Progress) -> JSON:
    """Annotate the video, a few frames at a time."""
    names = _features(request)
    told = _Told(request, names, progress)
    await told.percent(0)
    content = request.input_content or await call.sources.read(request.input_uri, field="inputUri")
    try:
        film = await opened(content, call)
    except Failure as failure:
        raise failure.within("inputUri" if request.input_uri else "inputContent") from failure
    spans = _spans(request, film.whole)
    seen = await _seen(film, names, call, progress, told)
    found = await _followed(film, names, call, progress)
    heard: JSON = {}
    if "SPEECH_TRANSCRIPTION" in names:
        work = partial(transcription.transcribed, film, spans, request.video_context, call)
        heard = await progress.step("speech", work)
    answer = {
        "annotationResults": [
            _result(request, film, span, number, seen, found, heard)
            for number, span in enumerate(spans)
        ]
    }
    if request.output_uri:
        raw = orjson.dumps(answer, option=orjson.OPT_INDENT_2)
        await call.destinations.write(request.output_uri, raw, field="outputUri")
    await told.percent(100)
    return answer


async def _seen(
    film: Film, names: Sequence[str], call: Call, progress: Progress, told: _Told
) -> dict[str, JSON]:
    """Return what each feature that looks at frames tells of all samples, or its error."""
    looks = [name for name in names if name in frames.LOOKS]
    seen: dict[str, JSON] = {name: {"frames": []} for name in looks}
    for at in range(0, len(film.samples), frames.BATCH):
        going = [name for name in looks if "error" not in seen[name]]
        if not going:
            break
        work = partial(frames.looked_at, film, at, going, call)
        part = await progress.step(f"frames[{at}]", work)
        for name, one in part.items():
            if "error" in one:
                seen[name] = one
            else:
                seen[name]["frames"] += one["frames"]
        await told.percent(min(95, 95 * (at + frames.BATCH) // len(film.samples)))
    return seen


@dataclass(frozen=True, slots=True)
class _Found:
    """Things and faces that were followed, pictures of the faces, and what could not be."""

    tracks: Mapping[str, Sequence[Track]]
    pictures: Sequence[bytes]
    errors: Mapping[str, str]

    def of(self, name: str, span: Span, context: Any) -> JSON:
        """Return what a feature tells of a span; nothing where there is an error."""
        kind = tracks.LOOKS[name][0]
        if kind in self.errors:
            return {}
        found = self.tracks.get(kind, ())
        if name == "FACE_DETECTION":
            return tracks.faces(found, self.pictures, span, context)
        tell = tracks.people if name == "PERSON_DETECTION" else tracks.objects
        return tell(found, span, context)


async def _followed(film: Film, names: Sequence[str], call: Call, progress: Progress) -> _Found:
    """Return what the features that follow things find in the whole film."""
    kinds = tracks.looks(names)
    frames_: dict[str, list[Any]] = {kind: [] for kind in kinds}
    errors: dict[str, str] = {}
    for at in range(0, len(film.dense), tracks.BATCH):
        going = {kind: look for kind, look in kinds.items() if kind not in errors}
        if not going:
            break
        part = await progress.step(f"boxes[{at}]", partial(tracks.sighted, film, at, going, call))
        for kind, one in part.items():
            if "error" in one:
                errors[kind] = one["error"]["message"]
            else:
                frames_[kind] += one["frames"]
    found = {
        kind: tracks.tracks(film, some) for kind, some in frames_.items() if kind not in errors
    }
    pictures = await tracks.thumbnails(film, found.get("faces", ()), call)
    return _Found(found, pictures, errors)


def _result(
    request: Any,
    film: Film,
    span: Span,
    number: int,
    seen: dict[str, JSON],
    found: _Found,
    heard: JSON,
) -> JSON:
    """Return the `VideoAnnotationResults` of one span."""
    names, context = _features(request), request.video_context
    answer: JSON = {"segment": span.wire()}
    if request.input_uri:
        answer["inputUri"] = "/" + request.input_uri.removeprefix("gs://")
    for name, one in seen.items():
        if "error" not in one:
            answer |= findings.FINDINGS[name](film, span, one["frames"], context)
    for name in names:
        if name in tracks.LOOKS:
            answer |= found.of(name, span, context)
    if "SHOT_CHANGE_DETECTION" in names:
        answer |= findings.shots(film, span)
    if "spans" in heard:
        answer["speechTranscriptions"] = heard["spans"][number]
    if errors := list(_errors(names, seen, found, heard)):
        answer["error"] = {"code": int(Code.FAILED_PRECONDITION), "message": "\n".join(errors)}
    return answer


def _errors(
    names: Sequence[str], seen: dict[str, JSON], found: _Found, heard: JSON
) -> Iterator[str]:
    """Yield why features have no answer, one line each."""
    for name in names:
        told = seen.get(name, heard if name == "SPEECH_TRANSCRIPTION" else {})
        if "error" in told:
            yield f"{name}: {told['error']['message']}"
        elif name in tracks.LOOKS and (why := found.errors.get(tracks.LOOKS[name][0])):
            yield f"{name}: {why}"
        elif name not in _SERVED:
            yield f"{name}: this feature is not served here yet."


class _Told:
    """How far each feature is, as the metadata of an operation has it."""

    def __init__(self, request: Any, names: Sequence[str], progress: Progress) -> None:
        self._request, self._names, self._progress = request, names, progress
        self._began = now()

    async def percent(self, value: int) -> None:
        """Tell how much of the work is done."""
        one: JSON = {"progressPercent": value, "startTime": self._began, "updateTime": now()}
        if self._request.input_uri:
            one["inputUri"] = "/" + self._request.input_uri.removeprefix("gs://")
        await self._progress.update(
            annotation_progress=[{**one, "feature": name} for name in self._names]
        )


def _features(request: Any) -> list[str]:
    """Return the names of the features, each once; InvalidArgument without any."""
    kinds = request.DESCRIPTOR.fields_by_name["features"].enum_type.values_by_number
    found = [kinds[number].name for number in request.features if number in kinds]
    if not found or "FEATURE_UNSPECIFIED" in found:
        raise InvalidArgument("Name the features to look for.", field="features")
    return list(dict.fromkeys(found))


def _spans(request: Any, whole: Span | None) -> list[Span]:
    """Return the segments to annotate, the whole video without any; InvalidArgument."""
    found = []
    for index, one in enumerate(request.video_context.segments):
        start = one.start_time_offset.seconds + one.start_time_offset.nanos / 1e9
        end = one.end_time_offset.seconds + one.end_time_offset.nanos / 1e9
        field = f"videoContext.segments[{index}]"
        if start < 0 or (one.HasField("end_time_offset") and end <= start):
            raise InvalidArgument("A segment ends after it begins.", field=field)
        if whole is not None:
            if start >= whole.end:
                raise InvalidArgument(
                    f"The segment begins at {start:g} s, the video ends at {whole.end:g} s.",
                    field=field,
                )
            found.append(Span(start, min(end or whole.end, whole.end)))
    return found or ([whole] if whole is not None else [])
