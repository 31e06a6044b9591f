"""The promise of phrase sets and classes: kept once, they help wherever they are named."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from sensorium.models.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound
from sensorium.models.media.audio import encode
from tests.unit.desk import Desk
from tests.unit.talking import RATE, talk

V1, V2 = "google.cloud.speech.v1", "google.cloud.speech.v2.Speech"
PLACE = "projects/p/locations/global"
SET, CLASS = f"{PLACE}/phraseSets/time", f"{PLACE}/customClasses/thing"
PHRASE = f"what ${{{CLASS}}} is it"
ITEMS = [{"value": "day"}, {"value": "time"}]
TRIES = 4  # the synthetic voice is never quite the same


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def keep(desk: Desk, version: str) -> None:
    service = f"{V1}.Adaptation" if version == "v1" else V2
    for rpc, field, body in (
        ("CustomClass", "customClass", {"items": ITEMS}),
        ("PhraseSet", "phraseSet", {"phrases": [{"value": PHRASE}]}),
    ):
        name = "time" if rpc == "PhraseSet" else "thing"
        desk.ask(f"{service}.Create{rpc}", {"parent": PLACE, f"{field}Id": name, field: body})


def sound() -> str:
    return base64.b64encode(encode(talk("what time is it"), RATE, "WAV")).decode()


def heard_v1(desk: Desk, **adaptation: Any) -> str:
    config = {"languageCode": "en-US", "adaptation": adaptation}
    answer = desk.ask(f"{V1}.Speech.Recognize", {"config": config, "audio": {"content": sound()}})
    return str(answer["results"][0]["alternatives"][0]["transcript"])


def heard_v2(desk: Desk, **adaptation: Any) -> str:
    config = {"languageCodes": ["en-US"], "autoDecodingConfig": {}, "adaptation": adaptation}
    request = {"recognizer": f"{PLACE}/recognizers/_", "config": config, "content": sound()}
    answer = desk.ask(f"{V2}.Recognize", request)
    return str(answer["results"][0]["alternatives"][0]["transcript"])


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_phrases_that_are_kept_are_heard_in_both_versions(desk: Desk, version: str):
    """A set that one version made helps the other, with the items of the class that it names."""
    keep(desk, version)
    assert any(heard_v1(desk, phraseSetReferences=[SET]) == "what time is it" for _ in range(TRIES))
    assert any(
        heard_v2(desk, phraseSets=[{"phraseSet": SET}]) == "what time is it" for _ in range(TRIES)
    )


def test_a_class_that_is_kept_may_be_in_phrases_of_the_request(desk: Desk):
    keep(desk, "v2")
    phrases = [{"phrases": [{"value": PHRASE}]}]
    assert any(heard_v1(desk, phraseSets=phrases) == "what time is it" for _ in range(TRIES))


def test_v1_changes_and_deletes_at_once(desk: Desk):
    keep(desk, "v1")
    service = f"{V1}.Adaptation"
    with pytest.raises(AlreadyExists) as caught:
        keep(desk, "v1")
    assert caught.value.field == "customClassId"
    told = desk.ask(
        f"{service}.UpdatePhraseSet",
        {"phraseSet": {"name": SET, "boost": 7, "phrases": []}, "updateMask": "boost"},
    )
    assert told == {"name": SET, "phrases": [{"value": PHRASE}], "boost": 7.0}
    assert desk.ask(f"{service}.GetPhraseSet", {"name": SET}) == told
    assert desk.ask(f"{service}.ListPhraseSet", {"parent": PLACE})["phraseSets"] == [told]
    (one,) = desk.ask(f"{service}.ListCustomClasses", {"parent": PLACE})["customClasses"]
    assert one == {"name": CLASS, "items": ITEMS}
    assert desk.ask(f"{service}.DeletePhraseSet", {"name": SET}) == {}
    with pytest.raises(NotFound):
        desk.ask(f"{service}.GetPhraseSet", {"name": SET})
    with pytest.raises(NotFound):
        heard_v1(desk, phraseSetReferences=[SET])


def test_v2_brings_back_what_was_deleted(desk: Desk):
    keep(desk, "v2")
    gone = desk.ask(f"{V2}.DeletePhraseSet", {"name": SET})["response"]
    assert gone["state"] == "DELETED"
    with pytest.raises(NotFound):
        heard_v2(desk, phraseSets=[{"phraseSet": SET}])
    assert desk.ask(f"{V2}.ListPhraseSets", {"parent": PLACE}).get("phraseSets", []) == []
    back = desk.ask(f"{V2}.UndeletePhraseSet", {"name": SET})["response"]
    assert (back["state"], back["phrases"]) == ("ACTIVE", [{"value": PHRASE}])
    desk.ask(f"{V2}.DeleteCustomClass", {"name": f"{CLASS}-not", "allowMissing": True})


@pytest.mark.parametrize(
    ("rpc", "request_", "field"),
    [
        (f"{V2}.CreatePhraseSet", {"phraseSet": {"boost": 30}}, "phraseSet"),
        (f"{V2}.CreatePhraseSet", {"phraseSetId": "No"}, "phraseSetId"),
        (f"{V2}.CreateCustomClass", {"customClass": {"items": [{}]}}, "customClass.items"),
        (
            f"{V1}.Adaptation.CreatePhraseSet",
            {"phraseSet": {"phrases": [{"value": "x" * 101}]}},
            "phraseSet",
        ),
    ],
)
def test_what_is_wrong_says_where(desk: Desk, rpc: str, request_: Any, field: str):
    if "PhraseSet" in rpc and "phraseSet" in request_ and "boost" in request_["phraseSet"]:
        request_["phraseSet"]["phrases"] = [{"value": "x"}]
    with pytest.raises(InvalidArgument) as caught:
        desk.ask(rpc, {"parent": PLACE, **request_})
    assert caught.value.field == field


def test_grammars_and_names_of_another_shape_are_refused(desk: Desk):
    with pytest.raises(FailedPrecondition, match="ABNF"):
        heard_v1(desk, abnfGrammar={"abnfStrings": ["x"]})
    with pytest.raises(InvalidArgument) as caught:
        heard_v1(desk, phraseSetReferences=["time"])
    assert caught.value.field == "config.adaptation.phraseSetReferences"
