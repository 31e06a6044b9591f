"""batchRecognize: what is said in recordings of a bucket."""

from __future__ import annotations

import secrets
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import orjson

from sensorium.apis import destinations
from sensorium.apis.core import JSON, Call
from sensorium.apis.operations import Progress, runs, start
from sensorium.apis.speech import hearing, results, sound, speakers, speech
from sensorium.apis.speech.adaptation import fill
from sensorium.apis.speech.config import Asked
from sensorium.apis.speech.hearing import Heard
from sensorium.apis.speech.v2 import captions, config, names
from sensorium.models.errors import Failure, InvalidArgument, ResourceExhausted, Unavailable

_RPC = "google.cloud.speech.v2.Speech.BatchRecognize"
_OUTPUT = "recognitionOutputConfig"
_FILES = 100
_LONGEST = 4 * 3600.0  # seconds


@speech.rpc(
    _RPC,
    example={
        "recognizer": "projects/demo/locations/global/recognizers/_",
        "config": {"autoDecodingConfig": {}, "languageCodes": ["en-US"]},
        "files": [{"uri": "gs://examples/call.wav"}],
        "recognitionOutputConfig": {"inlineResponseConfig": {}},
    },
)
async def batch_recognize(request: Any, call: Call) -> JSON:
    """Begin to write down up to 100 recordings of a bucket, of up to 4 hours each.

    The results are in the operation's response, or under `gcsOutputConfig.uri` as
    `NAME_transcript_ID.json`; `outputFormatConfig` adds subtitles (`vtt`, `srt`). A file that
    cannot be written down fails alone.
    """
    name = names.parse(request.recognizer, "recognizer")
    if not 0 < len(request.files) <= _FILES:
        raise InvalidArgument(f"1 to {_FILES} files.", field="files")
    for index, one in enumerate(request.files):
        if not one.uri.startswith("gs://"):
            raise InvalidArgument("A gs:// URI is needed.", field=f"files[{index}].uri")
        asked = await _asked(request, one, call)
        hearing.spoken(asked, call)
        speakers.check(asked, call)
    if uri := request.recognition_output_config.gcs_output_config.uri:
        destinations.prefix(uri, field=f"{_OUTPUT}.gcsOutputConfig.uri")
    elif len(request.files) > 1 and not _inline(request):
        raise InvalidArgument("Say where the results go.", field=_OUTPUT)
    return await start(_RPC, request, call, prefix=name.operations)


@runs(_RPC)
async def recognize_files(request: Any, call: Call, progress: Progress) -> JSON:
    """Write down the files, one after the other."""
    told: dict[str, JSON] = {}
    states: dict[str, JSON] = {one.uri: {"uri": one.uri} for one in request.files}
    seconds = 0.0
    for index, one in enumerate(request.files):
        work = partial(_recognize, request, one, call)
        done = await progress.step(f"files[{index}]", work)
        seconds += done.pop("seconds")
        told[one.uri] = done
        states[one.uri] |= {"progressPercent": 100} | (
            {"error": done["error"]} if "error" in done else {}
        )
        await progress.update(
            method=_RPC,
            progress_percent=100 * (index + 1) // len(request.files),
            batch_recognize_metadata={"transcriptionMetadata": states},
        )
    return {"results": told, "totalBilledDuration": results.billed(seconds)}


async def _asked(request: Any, one: Any, call: Call) -> Asked:
    whole = await config.merged(request.recognizer, request.config, request.config_mask, call)
    config.override(whole, one.config, config.set_paths(one.config, one.config_mask), "configMask")
    await fill(whole, call, "config")
    return config.read(whole)


async def _recognize(request: Any, one: Any, call: Call) -> JSON:
    """Return what became of one file; an engine that is busy raises."""
    try:
        return await _result(request, one, call)
    except (ResourceExhausted, Unavailable):
        raise
    except Failure as failure:
        return {"error": {"code": int(failure.code), "message": str(failure)}, "seconds": 0.0}


async def _result(request: Any, one: Any, call: Call) -> JSON:
    asked = await _asked(request, one, call)
    content = await call.sources.read(one.uri, field="uri")
    recording = await sound.decoded(content, asked, call, _LONGEST, "uri")
    found = [heard async for _, heard in hearing.heard(recording, asked, call)]
    found = await speakers.identified(found, recording, asked, call)
    billed = {"totalBilledDuration": results.billed(recording.seconds)}
    transcript = {
        "results": results.told(found, asked, results.V2),
        "metadata": billed,
    }
    subtitles = _subtitles(request, found, asked)
    answer: JSON = {"metadata": billed, "seconds": recording.seconds}
    if _inline(request) or not request.recognition_output_config.gcs_output_config.uri:
        inline = {f"{kind}Captions": text for kind, text in subtitles.items()}
        return answer | {"inlineResult": {"transcript": transcript, **inline}}
    uris = await _written(request, one.uri, transcript, subtitles, call)
    return answer | {"cloudStorageResult": uris, "uri": uris["uri"]}


def _inline(request: Any) -> bool:
    return bool(request.recognition_output_config.HasField("inline_response_config"))


def _subtitles(request: Any, found: list[Heard], asked: Asked) -> dict[str, str]:
    formats = request.recognition_output_config.output_format_config
    makers = {"vtt": captions.vtt, "srt": captions.srt}
    return {kind: make(found, asked) for kind, make in makers.items() if formats.HasField(kind)}


async def _written(
    request: Any, uri: str, transcript: JSON, subtitles: dict[str, str], call: Call
) -> JSON:
    """Write what was heard under the place that the request names, and return where."""
    field = f"{_OUTPUT}.gcsOutputConfig.uri"
    folder = request.recognition_output_config.gcs_output_config.uri.rstrip("/")
    start = f"{folder}/{PurePosixPath(uri).stem}_transcript_{secrets.token_hex(4)}"
    written = {"uri": f"{start}.json"}
    raw = orjson.dumps(transcript, option=orjson.OPT_INDENT_2)
    await call.destinations.write(written["uri"], raw, field=field)
    for kind, text in subtitles.items():
        written[f"{kind}FormatUri"] = f"{start}.{kind}"
        await call.destinations.write(
            f"{start}.{kind}", text.encode(), field=field, kind="text/plain"
        )
    return written
