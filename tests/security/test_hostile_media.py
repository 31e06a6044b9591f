"""Files made to burst a decoder: refused, while the next one is served."""

from __future__ import annotations

import asyncio
import re
import zlib
from typing import Any

import pytest

from sensorium.models.errors import InvalidArgument
from sensorium.models.pool import LocalModels
from sensorium.models.tasks import DocumentReader, ImageReader, WordReader
from tests.unit.office import docx, repacked
from tests.unit.pdfs import pdf, shown
from tests.unit.test_images import png_of_size


def run(method: Any, *args: Any) -> Any:
    async def call() -> Any:
        pool = LocalModels()
        try:
            return await pool.use(method)(*args)
        finally:
            await pool.close()

    return asyncio.run(call())


def stream(data: bytes, filters: int) -> bytes:
    names = " /FlateDecode" * filters
    return b"<< /Length %d /Filter [%s] >> stream\n%s\nendstream" % (
        len(data),
        names.encode(),
        data,
    )


def test_a_pdf_that_unpacks_to_a_gigabyte_costs_its_own_request_only():
    packer = zlib.compressobj(9)
    data = b"".join([*(packer.compress(b" " * 10**7) for _ in range(100)), packer.flush()])
    bomb = pdf("", objects={11: stream(zlib.compress(data, 9), 2)})
    assert len(bomb) < 20_000

    async def both() -> None:
        pool = LocalModels()
        try:
            page = pool.use(DocumentReader.page)
            with pytest.raises(InvalidArgument, match="pypdfium2"):
                await page(bomb, 1, 150)
            assert (await page(pdf(shown("still here")), 1, 72)).lines is not None
        finally:
            await pool.close()

    asyncio.run(both())


def test_an_office_file_that_unpacks_to_more_than_it_says_costs_its_own_request_only():
    def padded(name: str, part: bytes) -> bytes:
        return part + b" " * 300_000_000 if name == "word/document.xml" else part

    bomb = bytearray(repacked(docx(lambda one: one.add_paragraph("x")), padded))
    assert len(bomb) < 1_000_000
    for start in (found.start() for found in re.finditer(b"PK\x01\x02", bytes(bomb))):
        bomb[start + 24 : start + 28] = (1000).to_bytes(4, "little")  # the size it claims

    async def both() -> None:
        pool = LocalModels()
        try:
            word = pool.use(WordReader.word)
            with pytest.raises(InvalidArgument, match="DOCX"):
                await word(bytes(bomb))
            layout = await word(docx(lambda one: one.add_paragraph("still here")))
            assert [block.text for block in layout.blocks] == ["still here"]
        finally:
            await pool.close()

    asyncio.run(both())


def test_a_picture_of_2500_megapixels_is_refused_before_it_is_decoded():
    with pytest.raises(InvalidArgument, match="too large"):
        run(ImageReader.frames, png_of_size(50_000, 50_000), 100_000_000)


def test_a_picture_inside_a_pdf_that_lies_about_its_size_is_skipped():
    head = (
        b"<< /Type /XObject /Subtype /Image /Width 60000 /Height 60000 /ColorSpace /DeviceRGB "
        b"/BitsPerComponent 8 /Filter /FlateDecode /Length 20 >> stream\n"
    )
    liar = head + zlib.compress(bytes(1000))[:20] + b"\nendstream"
    content = pdf("q 300 0 0 200 0 0 cm /Im1 Do Q", objects={4: liar})
    assert run(DocumentReader.page, content, 1, 72).image.shape == (200, 300, 3)
