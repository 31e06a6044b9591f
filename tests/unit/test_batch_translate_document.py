"""The promise of batchTranslateDocument: each file keeps its layout, and a bad one fails alone."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import docx as library
import pytest

from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.registry import discover
from tests.unit.desk import Desk
from tests.unit.office import docx
from tests.unit.pdfs import pdf, scan
from tests.unit.test_glossaries import NAME, PLACE, SERVICE, made
from tests.unit.test_translate_document import menu
from tests.unit.test_translate_text import engines, speaking


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    openers = [spec for spec in discover() if spec.name in ("ooxml", "pdfium_text")]
    return Desk(tmp_path, *openers, *engines(best=speaking(("en", "es"), ("en", "de"))))


def batch(desk: Desk, *uris: str, **more: Any) -> Any:
    request = {
        "parent": PLACE,
        "sourceLanguageCode": "en",
        "targetLanguageCodes": ["es"],
        "inputConfigs": [{"gcsSource": {"inputUri": uri}} for uri in uris],
        "outputConfig": {"gcsDestination": {"outputUriPrefix": "gs://b/out/"}},
        **more,
    }
    return desk.ask(f"{SERVICE}.BatchTranslateDocument", request)


def stored(desk: Desk, uri: str) -> bytes:
    return (desk.root / uri.removeprefix("gs://")).read_bytes()


def index(desk: Desk) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(stored(desk, "gs://b/out/index.csv").decode())))


def test_files_are_translated_into_every_language_and_listed(desk: Desk):
    text = desk.put("in/menu.docx", docx(menu))
    page = desk.put("page.html", b"<p>soup <b>hot</b></p>")
    answer = batch(desk, text, page, targetLanguageCodes=["es", "de"])
    assert answer["metadata"]["state"] == "SUCCEEDED"
    assert answer["response"]["totalCharacters"] == answer["response"]["translatedCharacters"]
    rows = index(desk)
    assert [(row["input_file"], row["target_language_code"]) for row in rows] == [
        *((text, "es"), (text, "de"), (page, "es"), (page, "de"))
    ]
    assert rows[1]["translations_file"] == "gs://b/out/b_in_menu_de_translations.docx"
    document = library.Document(io.BytesIO(stored(desk, rows[1]["translations_file"])))
    assert document.paragraphs[0].text == "MENU>de"
    assert stored(desk, rows[2]["translations_file"]) == b"<p>SOUP <b>HOT&gt;es</b></p>"


def test_a_file_that_cannot_be_read_fails_alone(desk: Desk):
    good = desk.put("page.html", b"<p>soup</p>")
    bad = desk.put("scan.pdf", pdf("q 300 0 0 200 0 0 cm /Im1 Do Q", objects=scan()))
    answer = batch(desk, bad, "gs://b/absent.docx", good)
    assert answer["metadata"]["state"] == "SUCCEEDED"
    rows = index(desk)
    reasons = [stored(desk, row["errors_file"]).decode() for row in rows[:2]]
    assert reasons[0].startswith("FAILED_PRECONDITION: inputConfigs[0]: The PDF")
    assert reasons[1].startswith("NOT_FOUND")
    assert stored(desk, rows[2]["translations_file"]) == b"<p>SOUP&gt;es</p>"


def test_terms_of_a_glossary_make_a_second_file(desk: Desk):
    made(desk, "hot soup,sopa\nbread,pan\n")
    text = desk.put("menu.docx", docx(menu))
    batch(desk, text, glossaries={"es": {"glossary": NAME}})
    (row,) = index(desk)
    document = library.Document(io.BytesIO(stored(desk, row["glossary_translations_file"])))
    assert document.tables[0].cell(0, 0).text.startswith("pan")


@pytest.mark.parametrize(
    ("more", "field", "kind"),
    [
        ({"targetLanguageCodes": []}, "targetLanguageCodes", InvalidArgument),
        ({"targetLanguageCodes": ["fr"]}, "targetLanguageCodes", InvalidArgument),
        ({"sourceLanguageCode": ""}, "sourceLanguageCode", InvalidArgument),
        ({"inputConfigs": []}, "inputConfigs", InvalidArgument),
        ({"formatConversions": {"a": "b"}}, "formatConversions", FailedPrecondition),
    ],
)
def test_what_is_wrong_is_told_before_anything_begins(
    desk: Desk, more: Any, field: str, kind: type[Exception]
):
    with pytest.raises(kind) as caught:
        batch(desk, "gs://b/a.docx", **more)
    assert getattr(caught.value, "field", "") == field
