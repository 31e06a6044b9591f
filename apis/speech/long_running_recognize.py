"""longRunningRecognize: what is said in a long recording."""

from __future__ import annotations

from typing import Any

import orjson

from sensorium.apis.core import JSON, Call
from sensorium.apis.destinations import checked
from sensorium.apis.operations import Progress, runs, start
from sensorium.apis.speech import adaptation, config, hearing, results, sound, speakers, speech
from sensorium.models.errors import Failure, InvalidArgument

_RPC = "google.cloud.speech.v1.Speech.LongRunningRecognize"
_OUTPUT = "outputConfig.gcsUri"
_LONGEST = 4 * 3600.0  # seconds


@speech.rpc(
    _RPC,
    example={
        "config": {"languageCode": "en-US"},
        "audio": {"uri": "gs://examples/call.wav"},
    },
)
async def long_running_recognize(request: Any, call: Call) -> JSON:
    """Begin to write down what is said in a recording of up to 4 hours.

    The operation's metadata tells how far it is. With `outputConfig.gcsUri` the results are written
    there as JSON too. Everything else is as in `recognize`.
    """
    await adaptation.fill(request.config, call, "config")
    asked = config.read(request.config)
    hearing.spoken(asked, call)
    speakers.check(asked, call)
    if request.audio.WhichOneof("audio_source") is None:
        raise InvalidArgument("Set content or uri.", field="audio")
    if request.output_config.gcs_uri:
        try:
            checked(request.output_config.gcs_uri)
        except Failure as failure:
            raise failure.within(_OUTPUT) from failure
    return await start(_RPC, request, call, prefix="")


@runs(_RPC)
async def recognize_long(request: Any, call: Call, progress: Progress) -> JSON:
    """Write down the recording, telling how far it is."""
    await adaptation.fill(request.config, call, "config")
    asked = config.read(request.config)
    await progress.update(uri=request.audio.uri)
    recording = await sound.recorded(request.audio, asked, call, _LONGEST)
    heard = []
    async for done, one in hearing.heard(recording, asked, call):
        heard.append(one)
        await progress.update(progress_percent=int(99 * done))
    heard = await speakers.identified(heard, recording, asked, call)
    found = results.told(heard, asked, results.V1)
    answer: JSON = {"results": found, "totalBilledTime": results.billed(recording.seconds)}
    if uri := request.output_config.gcs_uri:
        answer["outputConfig"] = {"gcsUri": uri}
        raw = orjson.dumps({"results": found}, option=orjson.OPT_INDENT_2)
        await call.destinations.write(uri, raw, field=_OUTPUT)
    await progress.update(progress_percent=100)
    return answer
