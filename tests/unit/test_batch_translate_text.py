"""The promise of batchTranslateText: a file is translated or says why not, and all are listed."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from sensorium.models.errors import InvalidArgument
from tests.unit.desk import Desk
from tests.unit.test_glossaries import NAME, PLACE, SERVICE, made
from tests.unit.test_translate_text import engines, speaking


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, *engines(best=speaking(("en", "es"), ("en", "de"))))


def batch(desk: Desk, *files: tuple[str, str], **more: Any) -> Any:
    request = {
        "parent": PLACE,
        "sourceLanguageCode": "en",
        "targetLanguageCodes": ["es"],
        "inputConfigs": [{"mimeType": kind, "gcsSource": {"inputUri": uri}} for uri, kind in files],
        "outputConfig": {"gcsDestination": {"outputUriPrefix": "gs://b/out/"}},
        **more,
    }
    return desk.ask(f"{SERVICE}.BatchTranslateText", request)


def read(desk: Desk, uri: str) -> str:
    return (desk.root / uri.removeprefix("gs://")).read_text()


def index(desk: Desk) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(read(desk, "gs://b/out/index.csv"))))


def test_files_are_translated_into_every_language_and_listed(desk: Desk):
    text = desk.put("in/menu.txt", b"soup & bread")
    page = desk.put("page.html", b"<p>soup <b>hot</b></p>")
    answer = batch(
        desk, (text, "text/plain"), (page, "text/html"), targetLanguageCodes=["es", "de"]
    )
    assert answer["response"]["totalCharacters"] == "68"
    assert answer["response"]["translatedCharacters"] == "68"
    assert answer["metadata"]["state"] == "SUCCEEDED"
    rows = index(desk)
    assert [(row["input_file"], row["target_language_code"]) for row in rows] == [
        *((text, "es"), (text, "de"), (page, "es"), (page, "de"))
    ]
    assert rows[0]["translations_file"] == "gs://b/out/b_in_menu_es_translations.txt"
    assert [read(desk, row["translations_file"]) for row in rows] == [
        "SOUP & BREAD>es",
        "SOUP & BREAD>de",
        "<p>SOUP <b>HOT&gt;es</b></p>",
        "<p>SOUP <b>HOT&gt;de</b></p>",
    ]
    assert not any(row["errors_file"] for row in rows)


def test_a_table_keeps_its_ids(desk: Desk):
    table = desk.put("words.tsv", b"a1\tsoup\n\na2\tbread\n")
    batch(desk, (table, "text/plain"))
    (row,) = index(desk)
    assert read(desk, row["translations_file"]) == "a1\tsoup\tSOUP>es\na2\tbread\tBREAD>es\n"


def test_a_file_that_is_wrong_fails_alone_and_says_why(desk: Desk):
    good = desk.put("good.txt", b"soup")
    bad = desk.put("bad.txt", b"\xff\xfe")
    answer = batch(
        desk, (bad, "text/plain"), ("gs://b/absent.txt", "text/plain"), (good, "text/plain")
    )
    rows = index(desk)
    assert "UTF-8" in read(desk, rows[0]["errors_file"])
    assert "NOT_FOUND" in read(desk, rows[1]["errors_file"])
    assert read(desk, rows[2]["translations_file"]) == "SOUP>es"
    assert answer["response"]["translatedCharacters"] == "4"


def test_a_glossary_makes_files_of_its_own(desk: Desk):
    made(desk, "soup,sopa\n")
    text = desk.put("menu.txt", b"hot soup")
    batch(desk, (text, "text/plain"), glossaries={"es": {"glossary": NAME}})
    (row,) = index(desk)
    assert read(desk, row["translations_file"]) == "HOT SOUP>es"
    assert read(desk, row["glossary_translations_file"]) == "HOT sopa>es"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"targetLanguageCodes": []}, "targetLanguageCodes"),
        ({"targetLanguageCodes": ["es", "es"]}, "targetLanguageCodes"),
        ({"targetLanguageCodes": ["fr"]}, "targetLanguageCodes"),
        ({"sourceLanguageCode": ""}, "sourceLanguageCode"),
        ({"inputConfigs": []}, "inputConfigs"),
        (
            {"outputConfig": {"gcsDestination": {"outputUriPrefix": "out/"}}},
            "outputConfig.gcsDestination.outputUriPrefix",
        ),
    ],
)
def test_what_is_wrong_is_told_before_anything_begins(desk: Desk, more: Any, field: str):
    with pytest.raises(InvalidArgument) as caught:
        batch(desk, ("gs://b/a.txt", "text/plain"), **more)
    assert caught.value.field == field
