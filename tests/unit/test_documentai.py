"""process: documents read into text, pages and layouts, and what cannot be read refused."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from sensorium.apis.documentai import documentai
from sensorium.apis.documentai.document import document
from sensorium.apis.documentai.opening import File
from sensorium.apis.documentai.sheets import Sheet
from sensorium.apis.languages import Languages
from sensorium.models.errors import FailedPrecondition, InvalidArgument, NotFound, OutOfRange
from sensorium.models.tasks import Block, Line, Page, Paragraph, Point, Symbol, Word
from tests.unit.desk import PLACE, Desk, cut, paper, picture, sheets
from tests.unit.pdfs import pdf, shown


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# --- offsets ----------------------------------------------------------------------------------

SQUARE = (Point(0, 0), Point(10, 0), Point(10, 10), Point(0, 10))
CHARACTER = st.sampled_from(["a", "Z", "é", "ß", "中", "م", "e\u0301", "😀", "𝒳", "-", "7"])


def word(text: list[str], space: bool) -> Word:
    return Word(tuple(Symbol(one, SQUARE, 0.5) for one in text), SQUARE, 0.5, space)


WORD = st.builds(word, st.lists(CHARACTER, min_size=1, max_size=4), st.booleans())
LINE = st.lists(WORD, min_size=1, max_size=3).map(lambda words: Line(tuple(words), SQUARE, 0.5))
PARAGRAPH = st.lists(LINE, min_size=1, max_size=3).map(lambda one: Paragraph(tuple(one), SQUARE))
BLOCK = st.lists(PARAGRAPH, min_size=1, max_size=2).map(lambda one: Block(tuple(one), SQUARE))
PAGE = st.lists(BLOCK, max_size=2).map(lambda blocks: Page(100, 100, tuple(blocks)))


@given(st.lists(PAGE, min_size=1, max_size=3))
def test_every_anchor_cuts_what_its_element_says(pages: list[Page]):
    read = [Sheet(i, page, Languages()) for i, page in enumerate(pages, 1)]
    answer, reading = document(File(b"", "image/png", len(pages), "x"), read, symbols=True)
    words = iter(reading.placed.words)
    for page, answered in zip(pages, answer["pages"], strict=True):
        whole = page.blocks
        paragraphs = [one for block in whole for one in block.paragraphs]
        lines = [line for one in paragraphs for line in one.lines]
        tokens = iter(answered["tokens"])
        symbols = iter(answered["symbols"])
        for line, told in zip(lines, answered["lines"], strict=True):
            joined = ""
            for one in line.words:
                token = next(tokens)
                text = cut(answer, token["layout"]["textAnchor"])
                drawn = "".join(symbol.text for symbol in one.symbols)
                assert text.rstrip(" \n") == drawn
                placed = next(words)
                assert answer["text"][placed.start : placed.end] == drawn
                assert ("detectedBreak" in token) == (text != drawn)
                joined += text
                hyphen = token.get("detectedBreak", {}).get("type") == "HYPHEN"
                for symbol in one.symbols[: -1 if hyphen else None]:
                    assert cut(answer, next(symbols)["layout"]["textAnchor"]) == symbol.text
            assert cut(answer, told["layout"]["textAnchor"]) == joined
            assert joined.endswith("\n")
        for kind, expected in (("blocks", whole), ("paragraphs", paragraphs)):
            cuts = [cut(answer, one["layout"]["textAnchor"]) for one in answered[kind]]
            assert len(cuts) == len(expected)
            assert "".join(cuts) == cut(answer, answered["layout"]["textAnchor"])
    assert (
        "".join(cut(answer, one["layout"]["textAnchor"]) for one in answer["pages"])
        == (answer["text"])
    )


# --- what an answer holds ---------------------------------------------------------------------


def test_a_pdf_is_read_into_pages_with_every_layout(desk: Desk):
    answer = desk.process(sheets(("First page", "second line"), ("Another page",)))
    assert answer["text"] == "First page\nsecond line\nAnother page\n"
    assert answer["mimeType"] == "application/pdf"
    first, second = answer["pages"]
    assert (first["pageNumber"], second["pageNumber"]) == (1, 2)
    assert first["dimension"] == {"width": 834, "height": 556, "unit": "pixels"}
    assert [cut(answer, one["layout"]["textAnchor"]) for one in first["tokens"]] == [
        *("First ", "page\n", "second ", "line\n")
    ]
    layout = first["tokens"][0]["layout"]
    assert layout["orientation"] == "PAGE_UP"
    corner, share = (
        layout["boundingPoly"]["vertices"][0],
        layout["boundingPoly"]["normalizedVertices"],
    )
    assert corner["x"] == pytest.approx(share[0]["x"] * 834, abs=1)
    assert "image" not in first
    assert "symbols" not in first
    assert cut(answer, second["layout"]["textAnchor"]) == "Another page\n"


def test_a_picture_is_read_by_ocr_and_answered_with_its_pixels(desk: Desk):
    answer = desk.process(
        picture("Hello world"),
        imagelessMode=False,
        processOptions={"ocrConfig": {"enableSymbol": True, "hints": {"languageHints": ["en"]}}},
    )
    assert answer["text"] == "Hello world\n"
    (page,) = answer["pages"]
    assert "".join(cut(answer, one["layout"]["textAnchor"]) for one in page["symbols"]) == (
        "Helloworld"
    )
    assert page["image"]["mimeType"] == "image/png"
    assert (page["image"]["width"], page["image"]["height"]) == (900, 130)


def test_every_frame_of_an_animated_gif_is_a_page(desk: Desk):
    frames = [Image.open(io.BytesIO(picture(text))) for text in ("One", "Two")]
    target = io.BytesIO()
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:])
    answer = desk.process(target.getvalue())
    assert [page["pageNumber"] for page in answer["pages"]] == [1, 2]
    assert answer["mimeType"] == "image/gif"


@pytest.mark.parametrize("mode", ["CMYK", "I;16"])
def test_pictures_of_print_and_of_science_are_read(desk: Desk, mode: str):
    if mode == "I;16":
        grey = Image.open(io.BytesIO(picture("Hello"))).convert("L")
        target = io.BytesIO()
        grey.convert("I").point(lambda value: value * 257).convert("I;16").save(target, "PNG")
        content = target.getvalue()
    else:
        content = picture("Hello", mode=mode, kind="TIFF")
    assert desk.process(content)["text"] == "Hello\n"


def test_a_page_without_words_is_an_empty_answer(desk: Desk):
    answer = desk.process(paper())
    assert "text" not in answer
    (page,) = answer["pages"]
    assert "tokens" not in page
    assert page["layout"]["textAnchor"] == {}


def test_a_page_on_its_side_says_how_to_look_at_it(desk: Desk):
    image = Image.open(io.BytesIO(picture("This text lies on its side"))).rotate(-90, expand=True)
    target = io.BytesIO()
    image.save(target, "PNG")
    (page,) = desk.process(target.getvalue())["pages"]
    assert page["layout"]["orientation"] == "PAGE_RIGHT"


def test_scores_tell_a_blurred_page_from_a_sharp_one(desk: Desk):
    wanted = {"processOptions": {"ocrConfig": {"enableImageQualityScores": True}}}
    sharp = picture("A line of text", "and another one")
    target = io.BytesIO()
    Image.open(io.BytesIO(sharp)).filter(ImageFilter.GaussianBlur(6)).save(target, "PNG")
    scores = [
        desk.process(content, **wanted)["pages"][0]["imageQualityScores"]
        for content in (sharp, target.getvalue())
    ]
    assert scores[0]["qualityScore"] > 0.9 > 0.5 > scores[1]["qualityScore"]
    assert scores[1]["detectedDefects"][0]["type"] == "quality/defect_blurry"


def test_barcodes_of_a_page_are_named_as_google_names_them(desk: Desk):
    zxingcpp = pytest.importorskip("zxingcpp")
    code = zxingcpp.create_barcode("https://example.com/a", zxingcpp.BarcodeFormat.QRCode)
    pixels = zxingcpp.write_barcode_to_image(code, scale=8)
    page = Image.new("RGB", (800, 500), "white")
    page.paste(Image.fromarray(pixels), (100, 100))
    target = io.BytesIO()
    page.save(target, "PNG")
    (found,) = desk.process(target.getvalue())["pages"][0]["detectedBarcodes"]
    assert found["barcode"] == {
        "format": "QR_CODE",
        "valueFormat": "URL",
        "rawValue": "https://example.com/a",
    }


# --- what is asked for ------------------------------------------------------------------------

FOUR = sheets(("One",), ("Two",), ("Three",), ("Four",))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"fromStart": 2}, "One\nTwo\n"),
        ({"fromEnd": 1}, "Four\n"),
        ({"fromStart": 9}, "One\nTwo\nThree\nFour\n"),
        ({"individualPageSelector": {"pages": [3, 1, 3]}}, "One\nThree\n"),
    ],
)
def test_pages_are_selected(desk: Desk, options, text):
    assert desk.process(FOUR, processOptions=options)["text"] == text


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"individualPageSelector": {"pages": [5]}}, OutOfRange),
        ({"individualPageSelector": {"pages": [0]}}, InvalidArgument),
        ({"fromStart": -1}, InvalidArgument),
        ({"ocrConfig": {"premiumFeatures": {"enableMathOcr": True}}}, FailedPrecondition),
        ({"ocrConfig": {"computeStyleInfo": True}}, FailedPrecondition),
        ({"ocrConfig": {"hints": {"languageHints": ["no such!"]}}}, InvalidArgument),
    ],
)
def test_what_cannot_be_done_names_its_option(desk: Desk, options, kind):
    with pytest.raises(kind) as refused:
        desk.process(FOUR, processOptions=options)
    assert str(refused.value).startswith("processOptions.")


def test_more_pages_than_allowed_are_refused_and_twice_as_many_served_without_pictures(tmp_path):
    desk = Desk(tmp_path, document_pages=2)
    assert desk.process(FOUR)["pages"][3]["pageNumber"] == 4
    with pytest.raises(InvalidArgument, match="4 pages are more than the 2"):
        desk.process(FOUR, imagelessMode=False)


def test_ten_thousand_pages_are_refused_before_any_is_read(desk: Desk):
    with pytest.raises(InvalidArgument, match="10000 pages are more than the 30"):
        desk.process(pdf(*[""] * 10_000))
    answer = desk.process(pdf(*[""] * 10_000), processOptions={"fromEnd": 1})
    assert answer["pages"][0]["pageNumber"] == 10_000


def test_a_pdfs_own_text_is_used_unless_the_request_leaves_it_off(desk: Desk):
    content = paper("Rn rn")
    sure = desk.process(content)["pages"][0]["layout"]["confidence"]
    read = desk.process(content, processOptions={"ocrConfig": {"enableSymbol": True}})
    native = {"ocrConfig": {"enableNativePdfParsing": True}}
    assert sure == 1
    assert read["pages"][0]["layout"]["confidence"] < 1
    assert desk.process(content, processOptions=native)["pages"][0]["layout"]["confidence"] == 1


def test_a_field_mask_leaves_the_rest_out(desk: Desk):
    answer = desk.process(paper("Hello"), fieldMask="text,pages.pageNumber,pages.lines")
    assert set(answer) == {"text", "pages"}
    assert set(answer["pages"][0]) == {"pageNumber", "lines"}
    with pytest.raises(InvalidArgument, match=r"no field 'pages\.colour'"):
        desk.process(paper("Hello"), fieldMask="pages.colour")


def test_documents_come_from_buckets_and_inline(desk: Desk):
    uri = desk.put("a.pdf", paper("From a bucket"))
    name = f"{PLACE}/processors/ocr"
    for source in ({"gcsDocument": {"gcsUri": uri}}, {"inlineDocument": {"uri": uri}}):
        answer = desk.ask("ProcessDocument", {"name": name, "imagelessMode": True, **source})
        assert answer["document"]["text"] == "From a bucket\n"
        assert answer["document"]["uri"] == uri
        assert answer["humanReviewStatus"] == {"state": "SKIPPED"}
    with pytest.raises(NotFound, match=r"gcsDocument\.gcsUri"):
        desk.ask("ProcessDocument", {"name": name, "gcsDocument": {"gcsUri": "gs://b/none"}})
    with pytest.raises(InvalidArgument, match="A document is needed"):
        desk.ask("ProcessDocument", {"name": name})


# --- what cannot be read ----------------------------------------------------------------------

ENCRYPTED = (
    "/Encrypt << /Filter /Standard /V 1 /R 2 /Length 40 /P -44 "
    f"/O <{'28' * 32}> /U <{'29' * 32}> >> /ID [<{'00' * 16}> <{'00' * 16}>]"
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (paper("Hello")[:200], "PDF cannot be opened"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"just words", "no picture"),
        (picture("Hello")[:500], "decoded"),
    ],
)
def test_what_is_no_document_is_refused_with_the_reason(desk: Desk, content: bytes, said: str):
    with pytest.raises(InvalidArgument, match=said) as refused:
        desk.process(content)
    assert "rawDocument.content" in str(refused.value)


def test_an_encrypted_pdf_says_that_it_needs_a_password(desk: Desk):
    with pytest.raises(InvalidArgument, match="needs a password"):
        desk.process(pdf(shown("Secret"), extra=ENCRYPTED))


@pytest.mark.parametrize("said", ["image/png", "text/csv"])
def test_a_file_that_is_not_what_it_is_said_to_be_is_refused(desk: Desk, said: str):
    request = {
        "name": f"{PLACE}/processors/ocr",
        "rawDocument": {"content": "JVBERi0xLjcK", "mimeType": said},
    }
    with pytest.raises(InvalidArgument, match=r"rawDocument\.mimeType"):
        desk.ask("ProcessDocument", request)


# --- documents that were read before ----------------------------------------------------------


def test_a_document_that_was_read_before_is_enriched_and_not_read_again(desk: Desk):
    read = desk.process(sheets(("Invoice number: B-7", "Total $9.00")))
    request = {"name": f"{PLACE}/processors/invoice", "inlineDocument": read}
    answer = desk.ask("ProcessDocument", request)["document"]
    assert answer["text"] == read["text"]
    kept, sent = answer["pages"][0], read["pages"][0]
    assert set(kept) == set(sent)
    assert [cut(answer, one["layout"]["textAnchor"]) for one in kept["tokens"]] == [
        cut(read, one["layout"]["textAnchor"]) for one in sent["tokens"]
    ]
    (found,) = [one for one in answer["entities"] if one["type"] == "invoice_id"]
    assert cut(answer, found["textAnchor"]) == "B-7"
    assert found["pageAnchor"]["pageRefs"][0]["boundingPoly"]["normalizedVertices"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"text": "short"}, "textAnchor"),
        ({"pages": [{"pageNumber": 1}]}, "dimension"),
        ({"text": ""}, "inlineDocument"),
    ],
)
def test_a_read_document_that_contradicts_itself_is_refused(desk: Desk, change, where: str):
    read = desk.process(paper("Invoice number: B-7")) | change
    with pytest.raises(InvalidArgument, match=where):
        desk.ask("ProcessDocument", {"name": f"{PLACE}/processors/invoice", "inlineDocument": read})


# --- the command line -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["read", "invoice", "receipt"])
def test_commands_make_requests_that_are_answered(desk: Desk, name: str):
    command = documentai.commands[name]
    request = command.build(paper("Hello"))
    request["rawDocument"]["content"] = base64.b64encode(request["rawDocument"]["content"]).decode()
    assert desk.ask(command.rpc.rpartition(".")[2], request)["document"]["text"] == "Hello\n"
