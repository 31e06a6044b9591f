"""What a file is, told by its bytes: office files by their directory, pages by their first tag."""

from __future__ import annotations

import io
import zipfile

import pytest

from sensorium.models.media.sniff import DOCX, HTML, PPTX, XLSX, structured_type
from tests.unit.office import docx, pptx, xlsx

OFFICE = {
    DOCX: docx(lambda _: None),
    PPTX: pptx(lambda _: None),
    XLSX: xlsx(lambda _: None),
}


@pytest.mark.parametrize("kind", OFFICE)
def test_office_files_are_told(kind: str):
    assert structured_type(OFFICE[kind]) == kind


def test_an_office_file_within_another_archive_does_not_tell():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("report.docx", OFFICE[DOCX])
    assert structured_type(target.getvalue()) is None


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><p>x",
        b"\xef\xbb\xbf  <html lang=en>",
        b"<!-- a --> <!-- b -->\n<!doctype HTML>",
    ],
)
def test_pages_of_the_web_are_told(content: bytes):
    assert structured_type(content) == HTML


@pytest.mark.parametrize(
    "content",
    [b"", b"<p>x", b"<htmlx>", b"# <html>", b"<!-- <html> -->", b"PK\3\4", OFFICE[DOCX][:-30]],
)
def test_other_things_are_not(content: bytes):
    assert structured_type(content) is None


def test_comments_without_end_do_not_hold_up_the_gateway():
    assert structured_type(b"<!---->" * 200) is None
