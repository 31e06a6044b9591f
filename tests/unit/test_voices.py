"""Text-to-Speech: the voices there are, and which one speaks."""

from typing import Any

import pytest

from sensorium.apis.texttospeech.voices import Catalog, catalog
from sensorium.models.engines.espeak import Espeak
from sensorium.models.errors import InvalidArgument
from sensorium.models.tasks import Gender, Voice
from tests.unit.speaking import HELLO, answer, refusal, synthesize

# --- voices ---


def listed(code: str = "") -> list[dict[str, Any]]:
    return answer("ListVoices", {"languageCode": code})["voices"]


def test_voices_are_listed_in_googles_manner():
    assert listed("en-US")[0] == {
        "languageCodes": ["en-US"],
        "name": "en-US-Standard-A",
        "ssmlGender": "MALE",
        "naturalSampleRateHertz": 22050,
    }
    names = [voice["name"] for voice in listed()]
    assert len(names) == len(set(names)) > 1000


def test_voices_are_filtered_by_prefix_of_the_language():
    found = {voice["languageCodes"][0] for voice in listed("en")}
    assert {"en-US", "en-GB"} <= found
    assert all(code.startswith("en-") for code in found)
    assert {voice["languageCodes"][0] for voice in listed("no")} == {"nb-NO"}
    assert {voice["languageCodes"][0] for voice in listed("EN-gb-SCOTLAND")} == {"en-GB-scotland"}
    assert listed("xx") == []


def test_what_is_no_language_code_is_refused():
    with pytest.raises(InvalidArgument) as caught:
        listed("not a code")
    assert caught.value.field == "languageCode"


def test_every_listed_voice_can_be_asked_for_by_its_name():
    voices = catalog(Espeak().voices())
    for one in voices:
        assert voices.choose(one.language, one.name) is one
        assert voices.choose(one.language, one.voice.name) is one


VOICES = catalog(Espeak().voices())


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("en", "en-US"),
        ("en-us", "en-US"),
        ("en-AU", "en-GB"),
        ("en-CA", "en-US"),
        ("de", "de-DE"),
        ("de-AT", "de-DE"),
        ("es-MX", "es-419"),
        ("es-US", "es-419"),
        ("es-ES", "es-ES"),
        ("pt-BR", "pt-BR"),
        ("pt-PT", "pt-PT"),
        ("fr-CA", "fr-FR"),
        ("zh-CN", "cmn-CN"),
        ("cmn-TW", "cmn-CN"),
        ("zh-HK", "yue-HK"),
        ("no-NO", "nb-NO"),
        ("ar-XA", "ar-XA"),
        ("sr-RS", "sr-RS"),
        ("fil-PH", None),
        ("xx-YY", None),
        ("", None),
        ("not a code", None),
    ],
)
def test_a_language_without_voices_of_its_region_gets_the_nearest(code, language):
    assert VOICES.language(code) == language


@pytest.mark.parametrize(
    ("name", "language", "gender"),
    [
        ("en-US-Standard-A", "en-US", "MALE"),
        ("en-US-Standard-C", "en-US", "FEMALE"),
        ("en-US-Wavenet-D", "en-US", "MALE"),
        ("en-US-Neural2-F", "en-US", "FEMALE"),
        ("de-DE-Standard-B", "de-DE", "MALE"),
        ("ja-JP-Wavenet-B", "ja-JP", "FEMALE"),
        ("es-US-Neural2-A", "es-419", "FEMALE"),
        ("fr-FR-Chirp3-HD-Kore", "fr-FR", "FEMALE"),
        ("fr-FR-Chirp3-HD-Puck", "fr-FR", "MALE"),
        ("en-US-Studio-O", "en-US", "FEMALE"),
    ],
)
def test_googles_names_stand_for_voices_of_that_language_and_gender(name, language, gender):
    found = VOICES.choose(language, name)
    assert (found.language, found.voice.gender) == (language, gender)


def test_letters_of_one_gender_are_different_voices():
    assert VOICES.choose("en-US", "en-US-Wavenet-A") is VOICES.choose("en-US", "en-US-Standard-A")
    assert VOICES.choose("en-US", "en-US-Wavenet-A") is not VOICES.choose(
        "en-US", "en-US-Standard-B"
    )


@pytest.mark.parametrize("gender", ["MALE", "FEMALE"])
def test_a_gender_is_enough_to_choose(gender):
    assert VOICES.choose("en-US", gender=gender).voice.gender == gender
    voice = {"languageCode": "en-US", "ssmlGender": gender}
    assert synthesize(HELLO, voice=voice)


def test_a_neutral_voice_is_any_voice_because_there_is_none():
    assert VOICES.choose("en-US", gender="NEUTRAL").name == "en-US-Standard-A"


@pytest.mark.parametrize(
    ("voice", "field", "said"),
    [
        ({"name": "en-US-Standard-A"}, "voice.languageCode", "required"),
        ({"languageCode": "xx-YY"}, "voice.languageCode", "'xx-YY'"),
        ({"languageCode": "en-US", "name": "en-US-Standard"}, "voice.name", "does not exist"),
        ({"languageCode": "en-US", "name": "Siri"}, "voice.name", "does not exist"),
        ({"languageCode": "en-US", "name": "xx-YY-Wavenet-A"}, "voice.name", "does not exist"),
        ({"languageCode": "en-US", "name": "de-DE-Wavenet-A"}, "voice.languageCode", "de-DE"),
    ],
)
def test_a_voice_that_cannot_be_is_refused_by_field(voice, field, said):
    failure = refusal(HELLO, voice=voice)
    assert isinstance(failure, InvalidArgument)
    assert failure.field == field
    assert said in failure.message


def test_an_engine_with_few_voices_still_serves_names_and_genders():
    def one(gender: Gender) -> Catalog:
        return Catalog((Voice("amy", ("en-US",), gender, 22050),))

    assert [voice.name for voice in one("FEMALE")] == ["en-US-Standard-C"]
    assert [voice.name for voice in one("NEUTRAL")] == ["en-US-Standard-A"]
    assert one("FEMALE").choose("en-US", gender="MALE").voice.name == "amy"
    assert one("FEMALE").choose("en-US", "en-US-Wavenet-D").voice.name == "amy"
