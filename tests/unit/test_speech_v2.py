"""The promise of Speech v2: recognizers keep configs, and recordings become text or subtitles."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from sensorium.models.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
)
from sensorium.models.media.audio import encode
from tests.unit.desk import Desk
from tests.unit.talking import RATE, talk

SERVICE = "google.cloud.speech.v2.Speech"
PLACE = "projects/p/locations/global"
ANY, OWN = f"{PLACE}/recognizers/_", f"{PLACE}/recognizers/calls"
REFUND, CANCEL = "i would like a refund", "cancel my subscription"
ENGLISH = {"autoDecodingConfig": {}, "languageCodes": ["en-US"]}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def ask(desk: Desk, rpc: str, **request: Any) -> Any:
    return desk.ask(f"{SERVICE}.{rpc}", request)


def sound(*texts: str, kind: str = "WAV") -> str:
    return base64.b64encode(encode(talk(*texts), RATE, kind)).decode()


def transcripts(results: Any) -> list[str]:
    return [one["alternatives"][0]["transcript"] for one in results]


def test_a_recording_is_written_down_without_a_recognizer(desk: Desk):
    config = {**ENGLISH, "features": {"enableWordTimeOffsets": True, "maxAlternatives": 2}}
    answer = ask(desk, "Recognize", recognizer=ANY, config=config, content=sound(REFUND, CANCEL))
    assert transcripts(answer["results"]) == [REFUND, CANCEL]
    word = answer["results"][0]["alternatives"][0]["words"][0]
    assert word["word"] == "i"
    assert word["startOffset"].endswith("s")
    assert answer["results"][0]["resultEndOffset"] < answer["results"][1]["resultEndOffset"]
    assert answer["metadata"]["totalBilledDuration"].endswith("s")


def made(desk: Desk, **fields: Any) -> Any:
    recognizer = {"defaultRecognitionConfig": ENGLISH, **fields}
    return ask(desk, "CreateRecognizer", parent=PLACE, recognizerId="calls", recognizer=recognizer)[
        "response"
    ]


def test_a_recognizer_keeps_its_config_and_a_request_sets_some_of_it_anew(desk: Desk):
    replaced = {"entries": [{"search": "refund", "replace": "REFUND"}]}
    made(desk, defaultRecognitionConfig={**ENGLISH, "transcriptNormalization": replaced})
    answer = ask(desk, "Recognize", recognizer=OWN, content=sound(REFUND))
    assert transcripts(answer["results"]) == ["i would like a REFUND"]
    answer = ask(
        desk,
        "Recognize",
        recognizer=OWN,
        content=sound(REFUND),
        config={"features": {"enableWordConfidence": True}, "languageCodes": ["tlh"]},
        configMask="features.enableWordConfidence",
    )
    assert transcripts(answer["results"]) == ["i would like a REFUND"]
    assert answer["results"][0]["alternatives"][0]["words"][0]["confidence"] > 0
    with pytest.raises(FailedPrecondition, match="tlh"):
        ask(
            desk,
            "Recognize",
            recognizer=OWN,
            content=sound(REFUND),
            config={"languageCodes": ["tlh"]},
        )


def test_recognizers_are_listed_changed_deleted_and_brought_back(desk: Desk):
    first = made(desk, displayName="Calls")
    assert (first["name"], first["state"], first["displayName"]) == (OWN, "ACTIVE", "Calls")
    with pytest.raises(AlreadyExists):
        made(desk)
    changed = ask(
        desk,
        "UpdateRecognizer",
        recognizer={"name": OWN, "displayName": "All calls", "model": "long"},
        updateMask="displayName",
    )["response"]
    assert changed["displayName"] == "All calls"
    assert "model" not in changed
    assert changed["uid"] == first["uid"]
    (listed,) = ask(desk, "ListRecognizers", parent=PLACE)["recognizers"]
    assert listed == ask(desk, "GetRecognizer", name=OWN)
    assert ask(desk, "DeleteRecognizer", name=OWN)["response"]["state"] == "DELETED"
    assert ask(desk, "ListRecognizers", parent=PLACE).get("recognizers", []) == []
    assert len(ask(desk, "ListRecognizers", parent=PLACE, showDeleted=True)["recognizers"]) == 1
    with pytest.raises(NotFound):
        ask(desk, "Recognize", recognizer=OWN, content=sound(REFUND))
    assert ask(desk, "UndeleteRecognizer", name=OWN)["response"]["state"] == "ACTIVE"
    assert ask(desk, "Recognize", recognizer=OWN, content=sound(REFUND))["results"]


def test_what_is_only_to_be_checked_is_not_made(desk: Desk):
    ask(
        desk,
        "CreateRecognizer",
        parent=PLACE,
        recognizerId="calls",
        recognizer={"defaultRecognitionConfig": ENGLISH},
        validateOnly=True,
    )
    with pytest.raises(NotFound):
        ask(desk, "GetRecognizer", name=OWN)


def batch(desk: Desk, *uris: str, **output: Any) -> Any:
    return ask(
        desk,
        "BatchRecognize",
        recognizer=ANY,
        config=ENGLISH,
        files=[{"uri": uri} for uri in uris],
        recognitionOutputConfig=output,
    )


def test_files_are_written_down_and_one_that_is_wrong_fails_alone(desk: Desk):
    good = desk.put("a.wav", encode(talk(REFUND), RATE, "WAV"))
    bad = desk.put("b.wav", b"no sound")
    done = batch(desk, good, bad, "gs://b/absent.wav", inlineResponseConfig={})
    found = done["response"]["results"]
    assert transcripts(found[good]["inlineResult"]["transcript"]["results"]) == [REFUND]
    assert found[bad]["error"]["code"] == 3
    assert found["gs://b/absent.wav"]["error"]["code"] == 5
    assert done["metadata"]["progressPercent"] == 100
    states = done["metadata"]["batchRecognizeMetadata"]["transcriptionMetadata"]
    assert states[good]["progressPercent"] == 100
    assert states[bad]["error"]["code"] == 3


def test_each_file_may_have_a_config_of_its_own(desk: Desk):
    uris = [desk.put(name, encode(talk(REFUND), RATE, "WAV")) for name in ("a.wav", "b.wav")]
    replaced = {"entries": [{"search": "refund", "replace": "REFUND"}]}
    own = {"transcriptNormalization": replaced, "languageCodes": ["tlh"]}
    files: list[Any] = [
        {"uri": uris[0], "config": own, "configMask": "transcriptNormalization"},
        {"uri": uris[1]},
    ]

    def begun() -> Any:
        return ask(
            desk,
            "BatchRecognize",
            recognizer=ANY,
            config=ENGLISH,
            files=files,
            recognitionOutputConfig={"inlineResponseConfig": {}},
        )

    found = begun()["response"]["results"]
    told = [transcripts(found[uri]["inlineResult"]["transcript"]["results"]) for uri in uris]
    assert told == [["i would like a REFUND"], [REFUND]]
    files[1]["config"] = own
    with pytest.raises(FailedPrecondition, match="tlh"):
        begun()


def test_subtitles_tell_when_each_line_is_said(desk: Desk):
    uri = desk.put("a.wav", encode(talk(REFUND, CANCEL), RATE, "WAV"))
    done = batch(
        desk, uri, inlineResponseConfig={}, outputFormatConfig={"vtt": {}, "srt": {}, "native": {}}
    )
    told = done["response"]["results"][uri]["inlineResult"]
    vtt, srt = told["vttCaptions"], told["srtCaptions"]
    assert vtt.startswith("WEBVTT\n\n00:00:0")
    times = re.findall(r"(\d\d:\d\d:\d\d\.\d{3}) --> (\d\d:\d\d:\d\d\.\d{3})\n(.+)", vtt)
    assert [text for _, _, text in times] == [REFUND, CANCEL]
    assert times[0][0] < times[0][1] < times[1][0] < times[1][1]
    assert srt.startswith("1\n00:00:0")
    assert f"{REFUND}\n\n2\n" in srt
    assert "," in srt.splitlines()[1]


def test_results_go_into_a_bucket(desk: Desk):
    uri = desk.put("calls/a.wav", encode(talk(REFUND), RATE, "WAV"))
    done = batch(desk, uri, gcsOutputConfig={"uri": "gs://b/out/"}, outputFormatConfig={"srt": {}})
    places = done["response"]["results"][uri]["cloudStorageResult"]
    assert re.fullmatch(r"gs://b/out/a_transcript_[0-9a-f]{8}\.json", places["uri"])
    assert transcripts(desk.stored(places["uri"])["results"]) == [REFUND]
    assert REFUND in (desk.root / places["srtFormatUri"].removeprefix("gs://")).read_text()


@pytest.mark.parametrize(
    ("rpc", "request_", "field"),
    [
        ("Recognize", {"recognizer": "x"}, "recognizer"),
        ("Recognize", {"config": {"autoDecodingConfig": {}}}, "config.languageCodes"),
        ("Recognize", {"content": ""}, "content"),
        ("Recognize", {"configMask": "nothing"}, "configMask"),
        ("BatchRecognize", {"files": []}, "files"),
        ("BatchRecognize", {"files": [{"uri": "/etc/passwd"}]}, "files[0].uri"),
    ],
)
def test_what_is_wrong_says_where(desk: Desk, rpc: str, request_: dict[str, Any], field: str):
    whole = {"recognizer": ANY, "config": ENGLISH}
    if rpc == "Recognize":
        whole["content"] = sound(REFUND)
    with pytest.raises(InvalidArgument) as caught:
        ask(desk, rpc, **{**whole, **request_})
    assert caught.value.field == field


def test_a_language_is_not_guessed(desk: Desk):
    config = {**ENGLISH, "languageCodes": ["auto"]}
    with pytest.raises(FailedPrecondition) as caught:
        ask(desk, "Recognize", recognizer=ANY, config=config, content=sound(REFUND))
    assert caught.value.field == "config.languageCodes"
